//! A simulated phone and engine on a virtual clock, with the invariants that each call must keep.

mod checks;
mod claims;
mod clock;
mod person;
mod phone;
mod policy;
mod waits;

use crate::audio::EncodedAudio;
use crate::call::{
    CallEvent, CallPolicy, CallSession, EngineCommand, EngineEvent, EngineKind, HistoryTurn, Input, ItemId, Operator,
    Output, ResponseOutcome, StreamEndAction, ToolCall, TurnRecord, Usage,
};
use crate::domain::EndReason;
use claims::Claims;
use person::RingsAt;
pub(in crate::call) use phone::start;
use phone::{Phone, Piece};
pub(super) use policy::{NOT_DONE, NOT_READ, checking, policy};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use waits::Waits;

pub(super) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Returns a tool call for a tool that the session does not implement itself. `n` distinguishes the tool call from
/// others.
pub(super) fn free_slots(n: &str) -> ToolCall {
    run("free_slots", format!("{{\"n\":\"{n}\"}}"))
}

pub(super) fn run(name: &str, arguments: String) -> ToolCall {
    ToolCall::Run { name: name.to_owned(), arguments, time_limit: ms(8000) }
}

pub(super) fn transfer() -> ToolCall {
    ToolCall::Transfer { reason: "a price".into() }
}

/// The longest pause between the digits of a number that the caller enters.
const ENTRY_PAUSE: Duration = Duration::from_secs(4);
/// The sample value of the built-in sentences. Each utterance of the agent has a different sample value.
const CLIP: u8 = 250;
const MORE_TIME: u8 = 251;
/// The sample value of the audio of an employee who has taken the call over.
const EMPLOYEE: u8 = 252;
/// The maximum error of the session's estimate of what the caller has heard, after the simulated phone has stalled or
/// marks were lost: between two marks, the session estimates the position in the agent's audio from the clock.
const UNSURE_MS: u64 = 600;
/// The error text of failed responses.
const REASON: &str = "HTTP 429";
/// The delay from the socket to the caller's telephone that the session assumes.
const LINE_DELAY_MS: u64 = 60;
/// Returns the audio byte at an offset of an utterance. Each frame starts with the utterance's sample value and the
/// frame number. Each 300 ms of sound are followed by a pause of 60 ms.
fn sound(sample: u8, at: u64) -> u8 {
    let number = at / 160;
    match at % 160 {
        0 => sample,
        place @ 1..=3 => number.to_le_bytes()[usize::try_from(place).unwrap() - 1],
        _ if number % 18 < 15 => 0x10,
        _ => 0xff,
    }
}

/// Returns the sample value of a frame's utterance, and the number of the frame in the utterance. The number is none
/// for a short padded frame.
fn frame_of_utterance(frame: &[u8]) -> (u8, Option<u64>) {
    let number = u64::from_le_bytes([frame[1], frame[2], frame[3], 0, 0, 0, 0, 0]);
    (frame[0], (frame[3] != 0xff).then_some(number))
}

/// A session, the simulated phone and engine, and the recorded outputs.
pub(super) struct Rig {
    pub(super) session: CallSession,
    pub(super) now: Instant,
    began: Instant,
    phone: Phone,
    pub(super) observed: Observed,
    next_frame: u64,
    timestamp: u64,
    engine: EngineSide,
    has_lost_marks: bool,
    has_stalled: bool,
    /// Whether the pipeline engine reports speech only with its words.
    detects_late: bool,
    waits: Waits,
    seen_calls: BTreeSet<String>,
    /// The response with the tool call that ends the phone call or transfers the caller.
    last_words: Option<u8>,
    /// Where the call rings while the caller waits for a person.
    rings_at: Option<RingsAt>,
    /// How many bytes of each utterance the simulated engine has sent to the session.
    said: BTreeMap<ItemId, u64>,
    claims: Claims,
}

/// The state of the call as the engine sees it.
#[derive(Default)]
struct EngineSide {
    is_ready: bool,
    active: Option<u8>,
    /// True while a response was requested and has not started.
    is_asked: bool,
    /// Since when the engine detects speech of the caller.
    speaks: Option<Instant>,
    noticed: Option<Instant>,
}

/// The recorded outputs, and the state for the checks of their invariants.
#[derive(Default)]
pub(super) struct Observed {
    pub(super) outputs: Vec<Output>,
    pub(super) ended: Option<(EndReason, StreamEndAction)>,
    pub(super) redirects: u32,
    pub(super) opened: Vec<EngineKind>,
    pub(super) turns: BTreeMap<ItemId, TurnRecord>,
    /// All utterances with their responses; the index is the sample value.
    utterances: Vec<(ItemId, u8)>,
    /// The number of bytes of each utterance that arrived from the current engine.
    received: BTreeMap<ItemId, u64>,
    /// The number of bytes of each utterance that arrived in time from any engine.
    received_ever: BTreeMap<ItemId, u64>,
    truncated: BTreeSet<ItemId>,
    tools: BTreeSet<String>,
    /// Responses whose audio must no longer be heard.
    silenced: BTreeSet<u8>,
    /// The response of each tool call.
    calls: BTreeMap<String, u8>,
    /// Responses whose audio was sent and that were not silenced.
    open: BTreeSet<u8>,
    last_heard_frame: Option<u64>,
    /// True if the next frame for the engine need not follow the last one: a new engine was opened, or audio was lost
    /// while no stream was open.
    may_skip_frames: bool,
    pub(super) frames_heard: u64,
    pub(super) plays: u64,
    /// The plays of the agent's responses, without clips and the employee.
    pub(super) response_plays: u64,
    /// How much audio of the employee was played to the caller, and of the caller to the employee, in bytes.
    pub(super) employee_played: usize,
    pub(super) employee_heard: usize,
    pub(super) is_engine_closed: bool,
    /// True once the caller has spoken, as far as the engine and the local detector can tell.
    has_spoken: bool,
    employee_at: Option<Instant>,
    /// The built-in sentences that were played: the sample value and the start time of each.
    pub(super) clips: Vec<(u8, Instant)>,
    last_sample: u8,
    /// The number of the frame of each utterance that the session must send next, by sample value.
    next_frame: BTreeMap<u8, u64>,
    /// Utterances whose last word may be repeated, because the phone's queue was cleared.
    repeatable: BTreeSet<u8>,
    /// The positions at which utterances resumed after a clear: the sample value, and the number of the first frame.
    pub(super) resumed_at: Vec<(u8, u64)>,
    /// Since when the agent has been stopped while it is not known whether the caller is interrupting.
    pub(super) paused_since: Option<Instant>,
}

impl Rig {
    pub(super) fn new(policy: CallPolicy) -> Self {
        let now = start();
        let mut rig = Self {
            detects_late: policy.pipeline_detects_late,
            session: CallSession::new(policy, now),
            now,
            began: now,
            phone: Phone::default(),
            observed: Observed::default(),
            next_frame: 0,
            timestamp: 0,
            engine: EngineSide::default(),
            has_lost_marks: false,
            has_stalled: false,
            waits: Waits::default(),
            seen_calls: BTreeSet::new(),
            last_words: None,
            rings_at: None,
            said: BTreeMap::new(),
            claims: Claims::default(),
        };
        rig.drain();
        rig
    }

    pub(super) fn live() -> Self {
        Self::live_with(policy())
    }

    pub(super) fn live_with(policy: CallPolicy) -> Self {
        let mut rig = Self::new(policy);
        rig.engine(EngineEvent::Ready);
        rig.start_stream();
        rig
    }

    pub(super) fn start_stream(&mut self) {
        if self.is_transferring() {
            return self.input(Input::StreamStarted);
        }
        if !std::mem::replace(&mut self.phone.stream, true) {
            // On a later stream, the agent speaks first: it explains the interruption or the failed transfer.
            let is_second = self.observed.outputs.contains(&Output::AwaitStream);
            self.waits.since = self.waits.since.map(|_| self.now).or(is_second.then_some(self.now));
            // Speech on the first stream is no longer expected to receive a reply.
            self.waits.voice.end();
        }
        self.input(Input::StreamStarted);
    }

    pub(super) fn input(&mut self, input: Input) {
        match &input {
            Input::CallerKey(key) if !self.session.is_taken_over() && !self.is_ringing() => {
                self.waits.voice.end();
                let since = match (key, self.session.is_number_expected()) {
                    ('*', true) => None,
                    ('#', _) | (_, false) => Some(self.now),
                    (_, true) => Some(self.now + ENTRY_PAUSE),
                };
                self.waits.since = since.filter(|_| self.phone.stream);
                self.waits.is_over = self.waits.is_final;
            }
            Input::TransferFailed(_) if self.is_transferring() => {
                // The voicemail engine leads the conversation itself.
                let is_over = self.observed.opened.last() == Some(&EngineKind::Voicemail);
                let since = (!is_over).then_some(self.now);
                self.waits = Waits { since, is_over, is_final: is_over, ..Waits::default() };
            }
            Input::Operator(Operator::Hint(_) | Operator::HandBack | Operator::TakeOver { .. })
            | Input::PageAnswering
            | Input::PageUnanswered => {}
            Input::Operator(command) => {
                self.waits.is_over = true;
                self.waits.is_final |= *command == Operator::Transfer;
            }
            _ => {}
        }
        self.session.handle_input(input, self.now);
        self.drain();
    }

    pub(super) fn engine(&mut self, event: EngineEvent) {
        match &event {
            EngineEvent::Ready => self.engine.is_ready = true,
            EngineEvent::AgentText { response, item, is_final, .. } => {
                self.observed.received.entry(item.clone()).or_default();
                self.claims.text(response, item, *is_final);
            }
            EngineEvent::AudioDelta { response, item, audio } => {
                let is_late = self.observed.silenced.contains(&response.parse().unwrap());
                *self.observed.received.entry(item.clone()).or_default() += audio.len() as u64;
                let count = if is_late { 0 } else { audio.len() as u64 };
                *self.observed.received_ever.entry(item.clone()).or_default() += count;
            }
            // An engine that is not ready receives no audio, so the event does not belong to speech of the caller.
            EngineEvent::SpeechStarted { at_ms: None, .. } if !self.waits_for_person() && self.engine.is_ready => {
                (self.engine.speaks, self.engine.noticed) = (Some(self.now), Some(self.now));
                self.waits.is_over_agent = self.is_agent_speaking();
                self.waits.voice.short_sounds = None;
                self.waits.since = None;
                self.waits.is_over = self.waits.is_final;
            }
            EngineEvent::SpeechStopped { .. } if self.engine.is_ready && !self.waits_for_person() => {
                self.engine_sound_ended();
                self.engine.noticed = Some(self.now);
            }
            EngineEvent::ToolCall { response, id, call } => {
                let is_new = self.seen_calls.insert(id.clone());
                if is_new {
                    self.observed.calls.insert(id.clone(), response.parse().unwrap());
                }
                if is_new && matches!(call, ToolCall::EndCall | ToolCall::Transfer { .. }) {
                    self.last_words = Some(response.parse().unwrap());
                }
            }
            EngineEvent::Finished { message_taken } => {
                self.waits.is_over = true;
                self.waits.is_final |= *message_taken;
            }
            EngineEvent::ResponseStarted { response } => {
                let response = response.parse().unwrap();
                self.engine.active = Some(response);
                self.engine.is_asked = false;
                self.claims.response_started(response, self.engine.is_ready);
                if self.waits_for_person() {
                    self.observed.silenced.insert(response);
                }
            }
            EngineEvent::ResponseDone { response, outcome, .. } => {
                self.engine.active = None;
                let response: u8 = response.parse().unwrap();
                let of_it = |(item, of): &(ItemId, u8)| *of == response && self.observed.received_ever[item] >= 160;
                let is_valid = *outcome == ResponseOutcome::Completed && !self.observed.silenced.contains(&response);
                if is_valid && self.observed.utterances.iter().any(of_it) {
                    self.waits.since = None;
                }
                self.waits.is_over |= self.last_words.take_if(|of| *of == response).is_some() && is_valid;
            }
            EngineEvent::Warning { .. } => self.engine.is_asked = false,
            EngineEvent::Failed { .. } => self.lose_engine(),
            _ => {}
        }
        self.input(Input::Engine(event));
    }

    /// Returns true while the engine detects speech of the caller, so that the agent must not speak.
    fn is_spoken_over(&self) -> bool {
        self.engine.speaks.is_some()
    }

    pub(super) fn is_engine_ready(&self) -> bool {
        self.engine.is_ready
    }

    pub(super) fn is_engine_answering(&self) -> bool {
        self.engine.active.is_some()
    }

    /// Returns true if the audio of the response must no longer be heard.
    pub(super) fn is_silenced(&self, response: u8) -> bool {
        self.observed.silenced.contains(&response)
    }

    pub(super) fn is_engine_asked(&self) -> bool {
        self.engine.is_asked
    }

    /// Sends the next 20 ms of the caller's audio, after a gap of `gap` ms. The audio contains voice while the engine
    /// detects speech.
    pub(super) fn frame(&mut self, gap: u64) {
        self.frame_of(gap, self.is_spoken_over());
    }

    pub(super) fn frames(&mut self, is_voice: bool, time: Duration) {
        for _ in 0..time.as_millis() / 20 {
            self.frame_of(0, is_voice);
            self.pass(ms(20));
        }
    }

    pub(super) fn frame_of(&mut self, gap: u64, is_voice: bool) {
        if !self.phone.stream {
            return;
        }
        self.timestamp += gap;
        let mut samples = [0u8; 160];
        samples[..8].copy_from_slice(&self.next_frame.to_le_bytes());
        self.next_frame += 1;
        let audio = EncodedAudio::encode(&samples);
        if !self.is_ringing() {
            self.hear_caller(is_voice);
        }
        let is_engine_open = self.engine.is_ready && !self.waits_for_person();
        self.observed.has_spoken |= is_engine_open && self.is_spoken_over() && self.waits.voice.is_person();
        self.input(Input::CallerAudio { timestamp_ms: self.timestamp, audio, is_voice });
        self.timestamp += 20;
        if self.engine.is_ready && self.phone.stream && !self.is_ringing() && !self.session.is_over() {
            assert_eq!(self.observed.last_heard_frame, Some(self.next_frame - 1), "a frame was not passed on");
        }
    }

    pub(super) fn say(&mut self, response: u8, item: &str, bytes: usize) {
        let item: ItemId = item.into();
        let known = self.observed.utterances.iter().position(|(known, _)| *known == item);
        let place = known.unwrap_or_else(|| {
            self.observed.utterances.push((item.clone(), response));
            self.observed.utterances.len() - 1
        });
        let sample = u8::try_from(place).unwrap();
        assert!(sample < CLIP, "too many utterances");
        let said = self.said.entry(item.clone()).or_default();
        let bytes = bytes as u64;
        let audio = EncodedAudio::encode(&(*said..*said + bytes).map(|at| sound(sample, at)).collect::<Vec<_>>());
        *said += bytes;
        self.engine(EngineEvent::AudioDelta { response: response.to_string().into(), item, audio });
    }

    fn is_agent_speaking(&self) -> bool {
        let is_asked = self.engine.is_asked || self.engine.active.is_some();
        // The session cannot know yet that the phone has just played the last audio.
        let has_just_spoken = self.phone.quiet_since().flatten().is_some_and(|at| self.now - at <= ms(LINE_DELAY_MS));
        self.phone.has_sound() || has_just_spoken || is_asked || self.observed.paused_since.is_some()
    }

    /// Sends a mark that must have no effect: older than a clear, invented, or of audio that was played long ago.
    pub(super) fn stale_mark(&mut self, name: &str) {
        let is_to_come = self.phone.queue.iter().any(|piece| matches!(piece, Piece::Mark(mark) if mark == name));
        if !is_to_come {
            self.input(Input::Mark(name.to_owned()));
        }
    }

    pub(super) fn respond(&mut self, response: u8) {
        self.engine(EngineEvent::ResponseStarted { response: response.to_string().into() });
    }

    pub(super) fn done(&mut self, response: u8) {
        let usage = Usage { tokens_in: 1, tokens_out: 2, cost_micros: 3 };
        let response = response.to_string().into();
        self.engine(EngineEvent::ResponseDone { response, outcome: ResponseOutcome::Completed, usage });
    }

    pub(super) fn fail(&mut self, response: u8, retry_after: Option<Duration>) {
        self.end(response, ResponseOutcome::Failed { retry_after, reason: REASON.into() });
    }

    pub(super) fn end(&mut self, response: u8, outcome: ResponseOutcome) {
        let response = response.to_string().into();
        self.engine(EngineEvent::ResponseDone { response, outcome, usage: Usage::default() });
    }

    pub(super) fn run_tool(&mut self, response: u8, id: &str) {
        self.call(response, id, free_slots(id));
    }

    pub(super) fn call(&mut self, response: u8, id: &str, call: ToolCall) {
        self.engine(EngineEvent::ToolCall { response: response.to_string().into(), id: id.to_owned(), call });
    }

    /// Returns the built-in sentences that were played, with their start times since the start of the call.
    pub(super) fn clips(&self) -> Vec<(u8, Duration)> {
        self.observed.clips.iter().map(|(sample, at)| (*sample, *at - self.began)).collect()
    }

    pub(super) fn text(&mut self, response: u8, item: &str, text: &str, is_final: bool) {
        let (response, text) = (response.to_string().into(), text.to_owned());
        self.engine(EngineEvent::AgentText { response, item: item.into(), text, is_final });
    }

    /// Makes the phone play nothing for the given time, which is too short for the phone's marks to count as lost. Only
    /// the first stall of a phone call has an effect.
    pub(super) fn stall(&mut self, time: Duration) {
        if !std::mem::replace(&mut self.has_stalled, true) {
            self.phone.stall(time, self.now);
        }
    }

    pub(super) fn count(&self, is: impl Fn(&Output) -> bool) -> usize {
        self.observed.outputs.iter().filter(|output| is(output)).count()
    }

    /// Returns the conversation that the engine which was opened last has received, and how long its opening is delayed.
    pub(super) fn last_opening(&self) -> (Vec<HistoryTurn>, Duration) {
        let opening = self.observed.outputs.iter().rev().find_map(|output| match output {
            Output::OpenEngine { history, delay, .. } => Some((history.clone(), *delay)),
            _ => None,
        });
        opening.unwrap()
    }

    pub(super) fn commands(&self) -> Vec<EngineCommand> {
        let commands = self.observed.outputs.iter().filter_map(|output| match output {
            Output::Engine(command) if !matches!(command, EngineCommand::AppendAudio(_)) => Some(command.clone()),
            _ => None,
        });
        commands.collect()
    }

    pub(super) fn has_event(&self, event: &CallEvent) -> bool {
        self.observed.outputs.iter().any(|output| matches!(output, Output::Event(seen) if seen == event))
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.now - self.began
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            self.check(&output);
            self.observed.outputs.push(output);
        }
        assert!(
            self.session.is_over() || self.session.poll_timeout().is_some(),
            "a call that waits for nothing is silent"
        );
        assert_eq!(self.session.is_over(), self.observed.ended.is_some());
    }
}

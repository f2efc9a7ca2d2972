//! One call from Twilio's first webhook to its end.

mod barge_in;
mod connection;
mod conversation;
mod ending;
mod speech;
mod tools;
mod transfer;
mod watch;

use super::caller_audio::CallerAudio;
use super::local_speech::LocalSpeech;
use super::playback::{Outgoing, Playback, Source};
use super::responses::Responses;
use super::timers::{Timer, Timers};
use super::transcript::Transcript;
use super::{
    CallEvent, CallPolicy, Clip, EngineCommand, EngineKind, Input, ItemId, Operator, Output, ResponseId,
    ResponseRequest, StreamEndAction, TurnRecord,
};
use crate::domain::EndReason;
use speech::Speech;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tools::Tools;
use watch::Watch;

/// How long a call may continue after the prompt to wrap up.
const WRAP_UP: Duration = Duration::from_mins(1);

/// One call. The module's documentation describes how to drive it.
#[derive(Debug)]
pub struct CallSession {
    policy: CallPolicy,
    phase: Phase,
    /// When the caller's first stream started; turns are timed from there.
    began: Option<Instant>,
    /// When the caller's current stream started, if there is one.
    stream_began: Option<Instant>,
    /// A stream was lost, and another one was requested.
    has_lost_stream: bool,
    /// Another stream was requested: what the agent says first on it.
    resume_with: Option<ResponseRequest>,
    engine: Engine,
    caller_audio: CallerAudio,
    playback: Playback,
    responses: Responses,
    transcript: Transcript,
    timers: Timers,
    outputs: VecDeque<Output>,
    speech: Speech,
    local_speech: LocalSpeech,
    /// Since when speech that the local detector found is unnoticed by the engine.
    undetected_since: Option<Instant>,
    watch: Watch,
    message_taken: bool,
    keys: String,
    last_key: Option<Instant>,
    tools: Tools,
    /// The agent's newest utterance, and its response.
    newest: Option<(ResponseId, ItemId)>,
    /// The bytes of audio of that response.
    newest_bytes: usize,
    idle_prompts: u32,
    warnings: u32,
    clips: u32,
}

#[derive(Debug)]
enum Phase {
    /// The greeting plays; the stream and the engine are connecting.
    Connecting,
    /// Twilio was requested to redirect the call to its recorder.
    Redirecting,
    /// The conversation is running.
    Live,
    /// The human agent's phone rings; the caller has no stream.
    Transferring,
    /// The last words are played.
    Ending { reason: EndReason, action: StreamEndAction, limit: Instant },
    /// Over.
    Done,
}

/// The current engine and its state.
#[derive(Debug)]
struct Engine {
    /// Its index in `CallPolicy::engines`.
    index: usize,
    is_ready: bool,
    /// The generation: counts each opening, so nothing about earlier engines is sent to this one.
    generation: u32,
    /// How often it has failed since its last complete response.
    consecutive_failures: u32,
}

impl CallSession {
    /// Creates the session when Twilio reports the call: the greeting starts now, and the engine connects meanwhile.
    pub fn new(policy: CallPolicy, now: Instant) -> Self {
        let mut session = Self {
            phase: Phase::Connecting,
            began: None,
            stream_began: None,
            has_lost_stream: false,
            resume_with: None,
            engine: Engine { index: 0, is_ready: false, generation: 0, consecutive_failures: 0 },
            caller_audio: CallerAudio::default(),
            playback: Playback::new(policy.lead),
            responses: Responses::default(),
            transcript: Transcript::default(),
            timers: Timers::default(),
            outputs: VecDeque::new(),
            speech: Speech::default(),
            local_speech: LocalSpeech::default(),
            undetected_since: None,
            watch: Watch::default(),
            message_taken: false,
            keys: String::new(),
            last_key: None,
            tools: Tools::default(),
            newest: None,
            newest_bytes: 0,
            idle_prompts: 0,
            warnings: 0,
            clips: 0,
            policy,
        };
        session.timers.set(Timer::Watchdog, now + session.policy.greeting + session.policy.watchdog);
        session.open_engine(Duration::ZERO);
        session.advance(now);
        session
    }

    /// Processes an input.
    pub fn handle_input(&mut self, input: Input, now: Instant) {
        if self.is_over() {
            return;
        }
        match input {
            Input::CallerAudio { timestamp_ms, audio, is_voice } => {
                self.caller_audio(timestamp_ms, audio, is_voice, now);
            }
            Input::Mark(name) => self.mark(&name, now),
            Input::Engine(event) => self.engine_event(event, now),
            Input::StreamStarted => self.stream_started(now),
            Input::CallerKey(key) => self.caller_key(key, now),
            Input::StreamStopped => self.stream_stopped(now),
            Input::StreamLost => self.stream_lost(now),
            Input::ToolFinished { id, output } => self.tool_finished(&id, &output),
            Input::Operator(Operator::HangUp) => self.finish(EndReason::AgentHungUp, StreamEndAction::HangUp, now),
            Input::Operator(Operator::Transfer) => self.finish(EndReason::Transferred, StreamEndAction::Transfer, now),
            Input::TransferAccepted => self.transfer_accepted(now),
            Input::TransferFailed(reason) => self.transfer_failed(reason, now),
            Input::RedirectFailed => self.redirect_failed(now),
            Input::RedirectDone => self.redirect_done(now),
            Input::Shutdown { deadline } => self.timers.set(Timer::Shutdown, deadline),
        }
        self.advance(now);
    }

    /// Processes the timers that are due. Call it at [`CallSession::poll_timeout`], or at any time.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::Watchdog => self.watchdog(now),
                Timer::FlushPlayback | Timer::Retry => {}
                Timer::MarkTimeout => self.expire_marks(now),
                Timer::Idle => self.idle(now),
                Timer::MediaGap => self.media_gap(now),
                Timer::Keys => self.send_keys(now),
                Timer::Filler => self.filler(now),
                Timer::ResponseTimeout => self.response_timed_out(now),
                Timer::Stuck => self.stuck(now),
                Timer::ToolLimit => self.tool_limit(now),
                Timer::WrapUp => self.wrap_up(now),
                Timer::MaxCall => self.max_duration_reached(now),
                Timer::Drain => self.drained(now),
                Timer::Shutdown => self.end(EndReason::Shutdown, StreamEndAction::Record, now),
            }
            if self.is_over() {
                return;
            }
        }
        self.advance(now);
    }

    /// When [`CallSession::handle_timeout`] is due. Call it again after each input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The next output. Call it after each input until it returns none.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns true once the call is over and [`Output::Ended`] was returned or is queued.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    /// The engine in use.
    pub fn engine(&self) -> EngineKind {
        self.policy.engines.get(self.engine.index).copied().unwrap_or(EngineKind::Voicemail)
    }

    /// Performs the follow-up work of any input: moves audio and responses, and sets the timers that depend on them.
    fn advance(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        self.record_heard(now);
        if self.engine.is_ready && self.stream_began.is_some() {
            while let Some(audio) = self.caller_audio.poll() {
                self.outputs.push_back(Output::Engine(EngineCommand::AppendAudio(audio)));
            }
            // A request waits while the caller speaks.
            if !self.engine_detects_speech()
                && let Some(request) = self.responses.poll_request(now)
            {
                self.outputs.push_back(Output::Engine(EngineCommand::Respond(request)));
            }
        }
        if self.stream_began.is_some() {
            self.flush_playback(now);
        }
        self.watch(now);
        self.watch_speech(now);
        self.watch_idle(now);
        self.watch_ending(now);
    }

    /// Sends the audio that may be sent now.
    fn flush_playback(&mut self, now: Instant) {
        while let Some(send) = self.playback.poll_send(now) {
            match send {
                Outgoing::Audio { audio, delay, item, is_first } => {
                    let at_ms = self.stream_ms(now + delay);
                    if is_first && !is_clip(&item) {
                        let latency_ms = self.transcript.first_sent(&item, now);
                        self.outputs.push_back(Output::Event(CallEvent::FirstAudio { latency_ms }));
                    }
                    self.watch.sent(Duration::from_millis(audio.ms()), now);
                    self.outputs.push_back(Output::Play { audio, at_ms });
                }
                Outgoing::Mark(name) => self.outputs.push_back(Output::Mark(name)),
            }
        }
        self.timers.set_or_cancel(Timer::FlushPlayback, self.playback.next_send_at().map(|at| at.max(now + MIN_WAIT)));
        self.timers.set_or_cancel(Timer::MarkTimeout, self.playback.marks_expire_at());
    }

    /// Plays a built-in sentence.
    fn play_clip(&mut self, clip: Clip) {
        let audio = match clip {
            Clip::OneMoment => &self.policy.prompts.one_moment_clip,
            Clip::MoreTime => &self.policy.prompts.more_time_clip,
            Clip::Goodbye => &self.policy.prompts.goodbye_clip,
            Clip::StillThere => &self.policy.prompts.still_there_clip,
        };
        if audio.is_empty() {
            return;
        }
        self.clips += 1;
        let source = Source { engine: None, response: None, item: format!("{CLIP}{}", self.clips).into() };
        self.playback.insert(source, audio);
    }

    fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    /// Milliseconds since the caller's first stream started.
    fn call_ms(&self, now: Instant) -> u64 {
        ms_since(self.began, now)
    }

    /// Milliseconds since the caller's current stream started.
    fn stream_ms(&self, now: Instant) -> u64 {
        ms_since(self.stream_began, now)
    }

    fn event(&mut self, event: CallEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn command(&mut self, command: EngineCommand) {
        if self.engine.is_ready {
            self.outputs.push_back(Output::Engine(command));
        }
    }
}

fn ms_since(began: Option<Instant>, now: Instant) -> u64 {
    let passed = began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
    u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
}

/// Boxed, because turns are large and rare while audio outputs are small and come fifty times a second.
fn turn_output(turn: TurnRecord) -> Output {
    Output::Turn(Box::new(turn))
}

/// After an engine has detected speech, its detection is trusted for this long.
const TRUSTED: Duration = Duration::from_secs(2);

/// The shortest wait for capacity: timers are not more precise.
const MIN_WAIT: Duration = Duration::from_millis(1);

/// The prefix of the item ids of the built-in sentences.
const CLIP: &str = "clip.";

fn is_clip(item: &str) -> bool {
    item.starts_with(CLIP)
}

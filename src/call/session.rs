//! One call from Twilio's first word to its end.

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
use super::playback::{Playback, Send, Source};
use super::responses::Responses;
use super::timers::{Timer, Timers};
use super::transcript::Transcript;
use super::{
    After, CallEvent, CallPolicy, Clip, EngineCommand, EngineKind, Input, ItemId, Operator, Output, ResponseId,
    TurnRecord, Wish,
};
use crate::domain::EndReason;
use speech::Speech;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tools::Tools;
use watch::Watch;

/// How long a call may go on after the word that ends it.
const WRAP_UP: Duration = Duration::from_mins(1);

/// One call. See the room's own documentation for how to drive it.
#[derive(Debug)]
pub struct CallSession {
    policy: CallPolicy,
    phase: Phase,
    /// When the caller's first stream began: turns are counted from there.
    began: Option<Instant>,
    /// When the caller's present stream began, if there is one.
    stream_began: Option<Instant>,
    /// A stream was lost, and another one was asked for.
    has_lost_stream: bool,
    /// Another stream was asked for: what the agent says first on it.
    resume_with: Option<Wish>,
    engine: Engine,
    caller_audio: CallerAudio,
    playback: Playback,
    responses: Responses,
    transcript: Transcript,
    timers: Timers,
    outputs: VecDeque<Output>,
    speech: Speech,
    local_speech: LocalSpeech,
    /// When the caller said something that our own detector heard and the engine has not reacted to.
    unheard_since: Option<Instant>,
    watch: Watch,
    message_taken: bool,
    keys: String,
    last_key: Option<Instant>,
    tools: Tools,
    /// The newest uttering of the agent, and the answer that it belongs to.
    newest: Option<(ResponseId, ItemId)>,
    /// The bytes of sound of that answer.
    newest_bytes: usize,
    idle_prompts: u32,
    warnings: u32,
    clips: u32,
}

#[derive(Debug)]
enum Phase {
    /// The greeting plays; stream and engine are on their way.
    Connecting,
    /// Twilio's REST interface has been asked to take the call to its recorder.
    Redirecting,
    /// They talk.
    Live,
    /// A person's phone rings; the caller has no stream.
    Transferring,
    /// The last words are being heard.
    Ending { reason: EndReason, after: After, limit: Instant },
    /// Over.
    Done,
}

/// The engine in use: which of the policy's, and how it stands.
#[derive(Debug)]
struct Engine {
    /// Its place in `CallPolicy::engines`.
    place: usize,
    is_ready: bool,
    /// Counts each opening, so that nothing of before is told to it.
    number: u32,
    /// How often it has failed since its last whole answer.
    failures: u32,
}

impl CallSession {
    /// A call that Twilio has just told us of: its greeting begins to play now, and the engine is opened meanwhile.
    pub fn new(policy: CallPolicy, now: Instant) -> Self {
        let mut session = Self {
            phase: Phase::Connecting,
            began: None,
            stream_began: None,
            has_lost_stream: false,
            resume_with: None,
            engine: Engine { place: 0, is_ready: false, number: 0, failures: 0 },
            caller_audio: CallerAudio::default(),
            playback: Playback::new(policy.lead),
            responses: Responses::default(),
            transcript: Transcript::default(),
            timers: Timers::default(),
            outputs: VecDeque::new(),
            speech: Speech::default(),
            local_speech: LocalSpeech::default(),
            unheard_since: None,
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
        session.settle_down(now);
        session
    }

    /// Something happened.
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
            Input::Operator(Operator::HangUp) => self.finish(EndReason::AgentHungUp, After::HangUp, now),
            Input::Operator(Operator::Transfer) => self.finish(EndReason::Transferred, After::Transfer, now),
            Input::TransferAccepted => self.transfer_accepted(now),
            Input::TransferFailed(why) => self.transfer_failed(why, now),
            Input::RedirectFailed => self.redirect_failed(now),
            Input::RedirectDone => self.redirect_done(now),
            Input::Shutdown { deadline } => self.timers.set(Timer::Shutdown, deadline),
        }
        self.settle_down(now);
    }

    /// Time has passed; call it at [`CallSession::poll_timeout`] or any time.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::Watchdog => self.watchdog(now),
                Timer::Pump | Timer::Retry => {}
                Timer::Settle => self.settle_playback(now),
                Timer::Idle => self.idle(now),
                Timer::MediaGap => self.media_gap(now),
                Timer::Keys => self.send_keys(now),
                Timer::Filler => self.filler(now),
                Timer::Life => self.no_life(now),
                Timer::Stuck => self.stuck(now),
                Timer::ToolLimit => self.tool_limit(now),
                Timer::WrapUp => self.wrap_up(now),
                Timer::MaxCall => self.too_long(now),
                Timer::Drain => self.drained(now),
                Timer::Shutdown => self.end(EndReason::Shutdown, After::Record, now),
            }
            if self.is_over() {
                return;
            }
        }
        self.settle_down(now);
    }

    /// When [`CallSession::handle_timeout`] is due. Ask again after each input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The next thing to do. Ask after each input until it is none.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether the call is over and [`Output::Ended`] has been given out or waits to be.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    /// Which engine is in use.
    pub fn engine(&self) -> EngineKind {
        self.policy.engines.get(self.engine.place).copied().unwrap_or(EngineKind::Voicemail)
    }

    /// Does what any input may have made possible: moves sound and answers, sets the timers that follow from them.
    fn settle_down(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        self.note_heard(now);
        if self.engine.is_ready && self.stream_began.is_some() {
            while let Some(audio) = self.caller_audio.poll() {
                self.outputs.push_back(Output::Engine(EngineCommand::Hear(audio)));
            }
            // Nobody is spoken over.
            if !self.engine_hears_speech()
                && let Some(wish) = self.responses.poll_create(now)
            {
                self.outputs.push_back(Output::Engine(EngineCommand::Respond(wish)));
            }
        }
        if self.stream_began.is_some() {
            self.pump(now);
        }
        self.watch(now);
        self.watch_speech(now);
        self.watch_idle(now);
        self.watch_ending(now);
    }

    /// Sends what there is room for.
    fn pump(&mut self, now: Instant) {
        while let Some(send) = self.playback.poll_send(now) {
            match send {
                Send::Audio { audio, delay, item, is_first } => {
                    let at_ms = self.stream_ms(now + delay);
                    if is_first && !is_clip(&item) {
                        let latency_ms = self.transcript.first_sent(&item, now);
                        self.outputs.push_back(Output::Event(CallEvent::FirstAudio { latency_ms }));
                    }
                    self.watch.sent(Duration::from_millis(audio.ms()), now);
                    self.outputs.push_back(Output::Play { audio, at_ms });
                }
                Send::Mark(name) => self.outputs.push_back(Output::Mark(name)),
            }
        }
        self.timers.set_or_cancel(Timer::Pump, self.playback.next_send_at().map(|at| at.max(now + MIN_WAIT)));
        self.timers.set_or_cancel(Timer::Settle, self.playback.settles_at());
    }

    /// Says one of our own sentences.
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

    /// Milliseconds since the caller's first stream began.
    fn call_ms(&self, now: Instant) -> u64 {
        ms_since(self.began, now)
    }

    /// Milliseconds since the caller's present stream began.
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

/// Turns are large and rare; what goes out fifty times a second is small.
fn written(turn: TurnRecord) -> Output {
    Output::Turn(Box::new(turn))
}

/// An engine that has noticed speech is not doubted for so long.
const TRUSTED: Duration = Duration::from_secs(2);

/// The shortest wait for room: timers are not finer.
const MIN_WAIT: Duration = Duration::from_millis(1);

/// How the items of our own sentences are called.
const CLIP: &str = "clip.";

fn is_clip(item: &str) -> bool {
    item.starts_with(CLIP)
}

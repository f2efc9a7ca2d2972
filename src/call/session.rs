//! One call from Twilio's first word to its end.

mod barge_in;
mod connection;
mod conversation;
mod ending;

use super::ear::Ear;
use super::playback::{Playback, Send, Source};
use super::responses::Responses;
use super::timers::{Timer, Timers};
use super::transcript::Transcript;
use super::{
    After, CallEvent, CallPolicy, Clip, EngineCommand, EngineKind, Input, ItemId, Operator, Output, ResponseId,
    TurnRecord,
};
use crate::audio::EncodedAudio;
use crate::domain::EndReason;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a call may go on after the word that ends it.
const WRAP_UP: Duration = Duration::from_mins(1);

/// One call. See the room's own documentation for how to drive it.
#[derive(Debug)]
pub struct CallSession {
    policy: CallPolicy,
    phase: Phase,
    /// When the caller's stream began, if it has.
    stream_began: Option<Instant>,
    engine: Engine,
    ear: Ear,
    playback: Playback,
    responses: Responses,
    transcript: Transcript,
    timers: Timers,
    outputs: VecDeque<Output>,
    /// When the caller's voice last came.
    last_media: Option<Instant>,
    /// The caller speaks.
    is_speaking: bool,
    message_taken: bool,
    keys: String,
    /// Seconds of silence put into the caller's present speech, because the line brings nothing.
    gap_fills: u32,
    tools: VecDeque<RunningTool>,
    /// Tools that were run; the oldest are forgotten.
    tools_run: VecDeque<String>,
    /// The newest uttering of the agent, and the answer that it belongs to.
    newest: Option<(ResponseId, ItemId)>,
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
    /// The last words are being heard.
    Ending { reason: EndReason, after: After },
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
    /// How often it has failed since it last spoke.
    strikes: u32,
}

#[derive(Debug)]
struct RunningTool {
    id: String,
    /// The number of the engine that wants it.
    engine: u32,
    limit: Instant,
}

impl CallSession {
    /// A call that Twilio has just told us of: its greeting begins to play now, and the engine is opened meanwhile.
    pub fn new(policy: CallPolicy, now: Instant) -> Self {
        let mut session = Self {
            phase: Phase::Connecting,
            stream_began: None,
            engine: Engine { place: 0, is_ready: false, number: 0, strikes: 0 },
            ear: Ear::default(),
            playback: Playback::new(policy.lead),
            responses: Responses::default(),
            transcript: Transcript::default(),
            timers: Timers::default(),
            outputs: VecDeque::new(),
            last_media: None,
            is_speaking: false,
            message_taken: false,
            keys: String::new(),
            gap_fills: 0,
            tools: VecDeque::new(),
            tools_run: VecDeque::new(),
            newest: None,
            idle_prompts: 0,
            warnings: 0,
            clips: 0,
            policy,
        };
        session.timers.set(Timer::Watchdog, now + session.policy.greeting + session.policy.watchdog);
        session.open_engine(Duration::ZERO);
        session
    }

    /// Something happened.
    pub fn handle_input(&mut self, input: Input, now: Instant) {
        if self.is_over() {
            return;
        }
        match input {
            Input::CallerAudio { timestamp_ms, audio } => self.caller_audio(timestamp_ms, audio, now),
            Input::Mark(name) => self.mark(&name, now),
            Input::Engine(event) => self.engine_event(event, now),
            Input::StreamStarted => self.stream_started(now),
            Input::CallerKey(key) => self.caller_key(key, now),
            Input::StreamStopped => self.stream_stopped(now),
            Input::StreamLost => self.stream_lost(now),
            Input::ToolFinished { id, output } => self.tool_finished(&id, output, now),
            Input::Operator(Operator::HangUp) => self.finish(EndReason::AgentHungUp, After::HangUp, now),
            Input::Operator(Operator::Transfer) => self.finish(EndReason::Transferred, After::Transfer, now),
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
                Timer::Pump => {}
                Timer::Settle => self.settle_playback(now),
                Timer::Idle => self.idle(now),
                Timer::MediaGap => self.media_gap(now),
                Timer::Keys => self.send_keys(now),
                Timer::Mute => self.engine_failed(true, "no answer came".into(), now),
                Timer::Filler => self.filler(),
                Timer::ToolLimit => self.tool_limit(now),
                Timer::Reconnect => self.give_up_engine(now),
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
            while let Some(audio) = self.ear.poll() {
                self.outputs.push_back(Output::Engine(EngineCommand::Hear(audio)));
            }
            // Nobody is spoken over.
            if !self.is_speaking
                && let Some(wish) = self.responses.poll_create()
            {
                self.outputs.push_back(Output::Engine(EngineCommand::Respond(wish)));
                self.expect_beginning(now);
            }
        }
        if self.stream_began.is_some() {
            self.pump(now);
        }
        if matches!(self.phase, Phase::Ending { .. }) && !self.playback.is_busy() && !self.responses.is_answering() {
            self.drained(now);
        }
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
            Clip::Goodbye => &self.policy.prompts.goodbye_clip,
            Clip::StillThere => &self.policy.prompts.still_there_clip,
        };
        if audio.is_empty() {
            return;
        }
        self.clips += 1;
        let source = Source { engine: None, response: None, item: format!("{CLIP}{}", self.clips).into() };
        self.playback.enqueue(&source, audio);
        self.playback.finish(&source.item);
    }

    fn caller_audio(&mut self, timestamp_ms: u64, audio: EncodedAudio, now: Instant) {
        if self.stream_began.is_some() {
            self.last_media = Some(now);
            self.gap_fills = 0;
            self.ear.hear(timestamp_ms, audio);
        }
    }

    /// Milliseconds since the stream began.
    fn stream_ms(&self, now: Instant) -> u64 {
        let passed = self.stream_began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
        u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
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

/// Turns are large and rare; what goes out fifty times a second is small.
fn written(turn: TurnRecord) -> Output {
    Output::Turn(Box::new(turn))
}

/// The shortest wait for room: timers are not finer.
const MIN_WAIT: Duration = Duration::from_millis(1);

/// How the items of our own sentences are called.
const CLIP: &str = "clip.";

fn is_clip(item: &str) -> bool {
    item.starts_with(CLIP)
}

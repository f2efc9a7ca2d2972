//! One phone call, from Twilio's first webhook to the end of the call.

mod agent_speech;
mod barge_in;
mod caller_speech;
mod claims;
mod connection;
mod conversation;
mod early_reply;
mod ending;
mod engine_link;
mod idle;
mod interruption;
mod keys;
mod notes;
mod page_ring;
mod progress;
mod reply_watch;
mod speech;
mod stream_link;
mod takeover;
mod tools;
mod transfer;

use super::caller_audio::CallerAudio;
use super::playback::{Outgoing, Playback, Source};
use super::responses::Responses;
use super::robot::RobotWatch;
use super::timers::{Timer, Timers};
use super::transcript::Transcript;
use super::{
    CallEvent, CallPolicy, CallerWords, Clip, EngineCommand, EngineKind, HandBackCause, Input, Operator, OtherFillers,
    Output, StreamEndAction, TurnRecord,
};
use crate::audio::ringing_tone;
use crate::domain::EndReason;
use crate::promise::ClaimCheck;
use crate::spoken::language_of;
use agent_speech::{AgentSpeech, is_clip};
use caller_speech::CallerSpeech;
use claims::AgentText;
use early_reply::EarlyReplies;
use engine_link::EngineLink;
use idle::IdleWatch;
use interruption::Interruptions;
use keys::Keys;
use notes::Notes;
pub use progress::Activity;
use reply_watch::ReplyWatch;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use stream_link::StreamLink;
use takeover::Takeover;
pub use takeover::TakeoverState;
use tools::Tools;

/// How long a call may continue after the prompt to wrap up.
const WRAP_UP: Duration = Duration::from_mins(1);

/// A phone call. The documentation of the parent module describes how to drive it.
#[derive(Debug)]
pub struct CallSession {
    policy: CallPolicy,
    phase: Phase,
    stream: StreamLink,
    engine: EngineLink,
    caller: Caller,
    playback: Playback,
    agent_speech: AgentSpeech,
    agent_text: AgentText,
    interruptions: Interruptions,
    early_replies: EarlyReplies,
    responses: Responses,
    notes: Notes,
    tools: Tools,
    transcript: Transcript,
    reply_watch: ReplyWatch,
    idle: IdleWatch,
    timers: Timers,
    outputs: VecDeque<Output>,
}

/// The caller's audio, speech and keys.
#[derive(Debug, Default)]
struct Caller {
    audio: CallerAudio,
    speech: CallerSpeech,
    keys: Keys,
    /// True once the caller has started to leave a message.
    has_left_message: bool,
    /// None unless calls of machines are ended.
    robot: Option<RobotWatch>,
}

#[derive(Debug)]
enum Phase {
    /// The greeting plays; the stream and the engine are connecting.
    Connecting,
    /// The redirect of the call to Twilio's recorder was requested.
    Redirecting,
    /// The conversation is running.
    Live,
    /// An employee talks with the caller, and no engine is open.
    TakenOver(Takeover),
    /// The web pages of the staff ring until this time. The caller hears a ringing tone; the engine stays open and does
    /// not take part.
    Ringing {
        until: Instant,
        /// True if an employee has begun to answer.
        is_prolonged: bool,
    },
    /// The human agent's phone rings; the caller has no stream.
    Transferring,
    /// The last audio has been playing since `since`. After this audio, or at `limit` at the latest, the call ends or
    /// is transferred.
    Ending { reason: EndReason, action: StreamEndAction, since: Instant, limit: Instant },
    /// The call is over.
    Done,
}

impl CallSession {
    /// Creates the session when Twilio reports the call. The greeting starts now, and the engine connects meanwhile.
    pub fn new(policy: CallPolicy, now: Instant) -> Self {
        let mut session = Self {
            phase: Phase::Connecting,
            stream: StreamLink::default(),
            engine: EngineLink::new(policy.engines.clone()),
            caller: Caller { robot: policy.ends_robots.then(RobotWatch::default), ..Caller::default() },
            playback: Playback::new(policy.lead),
            agent_speech: AgentSpeech::default(),
            agent_text: AgentText::default(),
            interruptions: Interruptions::default(),
            early_replies: EarlyReplies::default(),
            responses: Responses::default(),
            notes: Notes::default(),
            tools: Tools::default(),
            transcript: Transcript::default(),
            reply_watch: ReplyWatch::default(),
            idle: IdleWatch::new(policy.ends_silent),
            timers: Timers::default(),
            outputs: VecDeque::new(),
            policy,
        };
        session.timers.set(Timer::Watchdog, now + session.policy.greeting + session.policy.watchdog);
        session.open_engine(Duration::ZERO);
        session.advance(now);
        session
    }

    /// Processes an input. Once the call is over, inputs are ignored.
    pub fn handle_input(&mut self, input: Input, now: Instant) {
        if self.is_over() {
            return;
        }
        match input {
            Input::CallerAudio { timestamp_ms, audio, is_voice } => {
                self.caller_audio(timestamp_ms, audio, is_voice, now);
            }
            Input::Mark(name) => self.mark(&name, now),
            Input::Engine(_) if self.engine.is_closed() => {}
            Input::Engine(event) => self.engine_event(event, now),
            Input::StreamStarted => self.stream_started(now),
            Input::CallerKey(key) => self.caller_key(key, now),
            Input::StreamStopped => self.stream_stopped(now),
            Input::StreamLost => self.stream_lost(now),
            Input::ToolFinished { id, output } => self.tool_finished(&id, &output, now),
            Input::Operator(Operator::Hint(text)) => self.hint(text, now),
            Input::Operator(Operator::HangUp) => self.finish(EndReason::AgentHungUp, StreamEndAction::HangUp, now),
            Input::Operator(Operator::Transfer) => self.transfer_for_employee(now),
            Input::Operator(Operator::TakeOver { name }) => self.take_over(&name, now),
            Input::Operator(Operator::HandBack) => self.hand_back(HandBackCause::Employee, now),
            Input::Operator(Operator::End) => self.end_by_employee(now),
            Input::EmployeeAudio(audio) => self.employee_audio(audio, now),
            Input::EmployeeLost => self.hand_back(HandBackCause::Lost, now),
            Input::PageAnswering => self.prolong_page_ring(now),
            Input::PageUnanswered => self.page_unanswered(now),
            Input::TransferAccepted => self.transfer_accepted(now),
            Input::TransferFailed(reason) => self.transfer_failed(reason, now),
            Input::RedirectFailed => self.redirect_failed(now),
            Input::RedirectDone => self.redirect_done(now),
            Input::Shutdown { within } => self.timers.set(Timer::Shutdown, now + within),
        }
        self.advance(now);
    }

    /// Processes the timers that are due. The driver uses this method at the time that [`CallSession::poll_timeout`]
    /// returns; using it earlier is harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::Watchdog => self.watchdog(now),
                Timer::FlushPlayback | Timer::Retry | Timer::HeldReply | Timer::Renewal => {}
                Timer::MarkTimeout => self.expire_marks(now),
                Timer::Idle => self.idle(now),
                Timer::MediaGap => self.media_gap(now),
                Timer::Keys => self.send_keys(now),
                Timer::Filler => self.filler(now),
                Timer::ResponseTimeout => self.response_timed_out(now),
                Timer::Interruption => self.interruption_due(now),
                Timer::Stuck => self.stuck(now),
                Timer::ToolLimit => self.tool_limit(now),
                Timer::WrapUp => self.wrap_up(now),
                Timer::MaxCall => self.max_duration_reached(now),
                Timer::PageRing => self.page_ring_due(now),
                Timer::Employee => self.hand_back(HandBackCause::Lost, now),
                Timer::Drain => self.drained(now),
                Timer::Shutdown => self.end(EndReason::Shutdown, StreamEndAction::Record, now),
            }
            if self.is_over() {
                return;
            }
        }
        self.advance(now);
    }

    /// Returns when [`CallSession::handle_timeout`] is due. The result may change with each input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Returns the next output. After each input and each timeout, the driver uses this method until it returns none.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns true once the call is over and [`Output::Ended`] was returned or is queued.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    /// Returns the conversation so far.
    pub fn caller_words(&self) -> CallerWords {
        self.transcript.words_so_far()
    }

    /// Returns how the agent's words are checked; none if they are not checked.
    pub fn claim_check(&self) -> Option<&ClaimCheck> {
        self.policy.claims.as_ref()
    }

    /// Returns the kind of the engine in use. The engine is not necessarily connected.
    pub fn engine(&self) -> EngineKind {
        self.engine.kind()
    }

    /// Returns true while the call is live with an agent that can follow a hint of the staff.
    pub fn takes_hints(&self) -> bool {
        self.is_live() && self.engine.is_ready() && self.engine.capabilities().can_follow_instructions
    }

    /// Does what depends on the state after every input and timeout.
    fn advance(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        self.record_heard(now);
        if self.engine.is_ready() && self.stream.is_open() && !self.is_ringing() {
            while let Some(audio) = self.caller.audio.poll() {
                self.outputs.push_back(Output::Engine(EngineCommand::AppendAudio(audio)));
            }
            self.send_notes();
            if !self.caller.speech.is_detected()
                && !self.interruptions.is_pausing()
                && !self.early_replies.has_deferred_calls()
                && let Some(request) = self.responses.poll_request(now)
            {
                self.outputs.push_back(Output::Engine(EngineCommand::Respond(request)));
            }
        }
        self.watch_renewal(now);
        self.watch_held_reply(now);
        if self.is_over() {
            return;
        }
        self.watch_page_ring(now);
        if self.stream.is_open() {
            self.flush_playback(now);
        }
        self.watch_interruption(now);
        self.watch_reply(now);
        self.watch_speech(now);
        self.watch_idle(now);
        self.watch_employee();
        self.watch_ending(now);
    }

    fn flush_playback(&mut self, now: Instant) {
        while let Some(send) = self.playback.poll_send(now) {
            match send {
                Outgoing::Audio { audio, delay, item, is_first } => {
                    let at_ms = self.stream.stream_ms(now + delay);
                    if is_first && !is_clip(&item) {
                        let latency_ms = self.transcript.first_sent(&item, now);
                        self.outputs.push_back(Output::Event(CallEvent::FirstAudio { latency_ms }));
                    }
                    self.reply_watch.sent(Duration::from_millis(audio.ms()), now);
                    self.outputs.push_back(Output::Play { audio, at_ms });
                }
                Outgoing::Mark(name) => self.outputs.push_back(Output::Mark(name)),
            }
        }
        self.timers.set_or_cancel(Timer::FlushPlayback, self.playback.next_send_at().map(|at| at.max(now + MIN_WAIT)));
        self.timers.set_or_cancel(Timer::MarkTimeout, self.playback.marks_expire_at());
    }

    fn hint(&mut self, text: String, now: Instant) {
        if self.takes_hints() {
            let turn = self.transcript.hint(&text, self.stream.call_ms(now));
            self.outputs.push_back(turn_output(turn));
            self.command(EngineCommand::Hint(text));
        }
    }

    /// Returns the fillers in the language of the caller's last words, if it is not that of the other built-in sentences.
    fn other_fillers(&self) -> Option<&OtherFillers> {
        let other = self.policy.prompts.other_fillers.as_ref()?;
        let words = self.transcript.last_sentence_of_caller()?;
        (language_of(words, &other.expected) == other.language).then_some(other)
    }

    fn play_clip(&mut self, clip: Clip) {
        let (prompts, other) = (&self.policy.prompts, self.other_fillers());
        let audio = match clip {
            Clip::OneMoment => other.map_or(&prompts.one_moment_clip, |other| &other.one_moment_clip).clone(),
            Clip::MoreTime => other.map_or(&prompts.more_time_clip, |other| &other.more_time_clip).clone(),
            Clip::Goodbye => prompts.goodbye_clip.clone(),
            Clip::StillThere => prompts.still_there_clip.clone(),
            Clip::Ringing => ringing_tone(),
        };
        if audio.is_empty() {
            return;
        }
        let source = Source { engine: None, response: None, item: self.agent_speech.next_clip() };
        self.playback.insert(source, &audio);
    }

    fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    fn event(&mut self, event: CallEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn command(&mut self, command: EngineCommand) {
        if self.engine.is_ready() {
            self.outputs.push_back(Output::Engine(command));
        }
    }
}

/// Boxes the turn, because turns are large and rare, while audio outputs are small and occur fifty times a second.
fn turn_output(turn: TurnRecord) -> Output {
    Output::Turn(Box::new(turn))
}

/// The minimum wait before more audio is sent, because timers are not more precise.
const MIN_WAIT: Duration = Duration::from_millis(1);

//! An employee takes the call over: the agent stops, its engine is closed, and the employee talks with the caller
//! through the browser until the employee hands the call back or is disconnected.

use super::transfer::ACCEPTED;
use super::{CallSession, Phase, WRAP_UP, turn_output};
use crate::audio::{EncodedAudio, FRAME_BYTES, mulaw};
use crate::call::playback::LINE_DELAY;
use crate::call::timers::Timer;
use crate::call::{CallEvent, Clip, HandBackCause, ItemId, Output, ResponseRequest};
use std::time::{Duration, Instant};

/// The time without audio of the employee after which the agent continues. A browser sends audio all the time, also
/// when the microphone is muted, so missing audio means a lost connection. The caller then hears a request to wait
/// before two seconds of silence have passed.
const EMPLOYEE_TIMEOUT: Duration = Duration::from_millis(1500);
/// The longest accepted piece of the employee's audio. Browsers send 20 ms.
const MAX_PIECE_BYTES: usize = 10 * FRAME_BYTES;
/// The maximum time for which a piece of the employee's audio waits until earlier pieces were played. A piece that
/// would wait longer is dropped. Such pieces arrive in a burst, after the employee's network has held them back.
const MAX_DELAY: Duration = Duration::from_millis(400);
/// Above this delay, pauses of the employee are dropped, so that the delay decreases without a loss of words.
const SHORTENED_FROM: Duration = Duration::from_millis(100);
/// The maximum duration of a takeover. After this time, the agent continues, because the employee may have forgotten
/// the browser tab.
const MAX_TAKEOVER: Duration = Duration::from_hours(1);
/// The maximum mean level of a pause.
const PAUSE_LEVEL: u32 = 120;

/// The state of a call that an employee has taken over, as the employee sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeoverState {
    /// The caller hears the request to wait a moment.
    Announcing,
    /// The caller hears the employee.
    Talking,
}

/// A call that an employee has taken over.
#[derive(Debug)]
pub(super) struct Takeover {
    /// The employee's turn in the transcript.
    item: ItemId,
    last_audio: Instant,
    /// When the caller will have heard all audio of the employee.
    heard_until: Instant,
    /// How long the call may continue with the agent after the takeover.
    call_left: Duration,
}

impl Takeover {
    /// Returns how long after `now` the caller will hear the audio; none if it is dropped.
    fn admit(&mut self, audio: &EncodedAudio, now: Instant) -> Option<Duration> {
        let earliest = now + LINE_DELAY;
        let begins = self.heard_until.max(earliest);
        let delay = begins - earliest;
        let is_pause = || mulaw::level(&audio.decode()) <= PAUSE_LEVEL;
        if delay > MAX_DELAY || (delay > SHORTENED_FROM && is_pause()) {
            return None;
        }
        self.heard_until = begins + Duration::from_millis(audio.ms());
        Some(begins - now)
    }
}

impl CallSession {
    /// Returns true while an employee may take the call over: an AI leads the conversation, or the call rings in the web
    /// page, and the caller has a stream.
    pub fn may_be_taken_over(&self) -> bool {
        self.stream.is_open() && (self.is_ringing() || (self.is_live() && self.engine.kind().is_ai()))
    }

    /// Returns the state of the takeover; none unless an employee has taken the call over.
    pub fn takeover(&self, now: Instant) -> Option<TakeoverState> {
        let is_announcing = self.is_agent_heard(now);
        let state = if is_announcing { TakeoverState::Announcing } else { TakeoverState::Talking };
        self.is_taken_over().then_some(state)
    }

    /// Returns true while an employee has taken the call over.
    pub fn is_taken_over(&self) -> bool {
        matches!(self.phase, Phase::TakenOver(_))
    }

    pub(super) fn take_over(&mut self, name: &str, now: Instant) {
        if !self.may_be_taken_over() {
            return;
        }
        self.not_silent();
        // A caller who hears a ringing tone expects an answer, not a request to wait.
        let is_announced = !self.end_page_ring(ACCEPTED, now);
        self.stop_speaking(false, now);
        if is_announced && !self.caller.speech.is_in_progress(now) {
            self.play_clip(Clip::OneMoment);
        }
        self.close_engine();
        // What the caller has said so far is answered by the employee.
        self.forget_keys();
        self.mark_answered();
        self.caller.speech.forget();
        let call_left = self.timers.at(Timer::MaxCall).map_or(WRAP_UP, |at| at.saturating_duration_since(now));
        self.timers.set(Timer::MaxCall, now + MAX_TAKEOVER);
        self.timers.cancel(Timer::WrapUp);
        let turn = self.transcript.employee_started(name, self.stream.call_ms(now));
        let item = turn.item.clone();
        self.outputs.push_back(turn_output(turn));
        self.phase = Phase::TakenOver(Takeover { item, last_audio: now, heard_until: now, call_left });
        self.event(CallEvent::TakenOver);
    }

    fn close_engine(&mut self) {
        self.engine.close();
        self.tools.engine_lost();
        self.responses.reset();
        self.responses.drop_request();
        self.outputs.push_back(Output::CloseEngine);
    }

    /// Audio that arrives while the caller hears the request to wait is dropped.
    pub(super) fn employee_audio(&mut self, audio: EncodedAudio, now: Instant) {
        let can_play = self.stream.is_open() && !self.is_agent_heard(now);
        let is_whole = audio.len().is_multiple_of(FRAME_BYTES) && (1..=MAX_PIECE_BYTES).contains(&audio.len());
        let Phase::TakenOver(takeover) = &mut self.phase else { return };
        takeover.last_audio = now;
        if can_play
            && is_whole
            && let Some(delay) = takeover.admit(&audio, now)
        {
            let at_ms = self.stream.stream_ms(now + delay);
            self.outputs.push_back(Output::Play { audio, at_ms });
        }
    }

    pub(super) fn watch_employee(&mut self) {
        let at = if let Phase::TakenOver(takeover) = &self.phase {
            Some(takeover.last_audio + EMPLOYEE_TIMEOUT)
        } else {
            None
        };
        self.timers.set_or_cancel(Timer::Employee, at);
    }

    /// If the stream is open, the caller hears a request to wait at once, because the engine has to be opened.
    pub(super) fn hand_back(&mut self, cause: HandBackCause, now: Instant) {
        let Some(call_left) = self.end_takeover(now) else { return };
        self.event(CallEvent::HandedBack { cause });
        let left = call_left.max(2 * WRAP_UP);
        self.timers.set(Timer::MaxCall, now + left);
        self.timers.set(Timer::WrapUp, now + left.saturating_sub(WRAP_UP));
        self.caller.audio.forget();
        self.idle.caller_is_active();
        self.reply_watch.cleared(now);
        self.reply_watch.reset_retries();
        let instructions = match cause {
            HandBackCause::Employee => HANDED_BACK,
            HandBackCause::Lost => EMPLOYEE_LOST,
            HandBackCause::TimeLimit => EMPLOYEE_STOPPED,
        };
        let request = ResponseRequest::Instructed(instructions.into());
        if self.stream.is_open() {
            self.responses.request(request);
            self.play_clip(Clip::OneMoment);
        } else {
            self.stream.request(Some(request));
        }
        self.open_engine(Duration::ZERO);
    }

    /// Returns how long the call may continue; none if no employee has taken the call over.
    pub(super) fn end_takeover(&mut self, now: Instant) -> Option<Duration> {
        let Phase::TakenOver(takeover) = &self.phase else { return None };
        let turn = self.transcript.employee_stopped(&takeover.item, self.stream.call_ms(now));
        let call_left = takeover.call_left;
        self.outputs.extend(turn.map(turn_output));
        self.phase = Phase::Live;
        Some(call_left)
    }
}

const HANDED_BACK: &str = "A colleague of the business has just talked with the caller directly. You did not hear it, and it \
    may have changed what was agreed before. The colleague has handed the call back to you. Say in a few words that you \
    are back, and ask how you can help further.";
const EMPLOYEE_LOST: &str = "A colleague of the business has just talked with the caller directly. You did not hear it, and \
    it may have changed what was agreed before. The colleague's connection broke. Say so in a few words, and offer to \
    continue yourself or to take a message.";
const EMPLOYEE_STOPPED: &str = "A colleague of the business has just talked with the caller directly. You did not hear it, \
    and it may have changed what was agreed before. The colleague's connection was ended, because it had lasted an hour. \
    Say in a few words that you continue, and ask how you can help further.";

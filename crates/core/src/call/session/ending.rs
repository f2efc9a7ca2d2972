//! The end of a call: the last words are played, then the stream is closed and Twilio requests the next TwiML.

use super::{CallSession, Phase, turn_output};
use crate::call::timers::Timer;
use crate::call::{Clip, Output, ResponseRequest, StreamEndAction};
use crate::domain::EndReason;
use std::time::{Duration, Instant};

/// An engine that is still speaking the last words continues within this time.
const CONTINUATION_TIMEOUT: Duration = Duration::from_millis(1900);
/// The maximum duration of the last words.
const MAX_LAST_WORDS: Duration = Duration::from_mins(2);
/// If the caller is speaking when the call must end soon, the prompt to wrap up is repeated after this time.
const WRAP_UP_RETRY: Duration = Duration::from_secs(1);
/// The maximum duration of the last words of a call that is too long.
const TOO_LONG_LIMIT: Duration = Duration::from_secs(15);
/// The maximum duration of the goodbye of a call that an employee ends.
const EMPLOYEE_LIMIT: Duration = Duration::from_secs(3);

impl CallSession {
    /// Lets the current speech be heard, then ends the call.
    pub(super) fn finish(&mut self, reason: EndReason, action: StreamEndAction, now: Instant) {
        if !matches!(self.phase, Phase::Live) {
            // The call has no conversation yet, so nothing can be said or transferred.
            if matches!(self.phase, Phase::Connecting) && action != StreamEndAction::Transfer {
                self.end(reason, action, now);
            }
            return;
        }
        self.phase = Phase::Ending { reason, action, limit: now + MAX_LAST_WORDS };
        self.responses.drop_request();
    }

    /// A response is complete. A response that ends the call must contain spoken words, and they must be heard.
    pub(super) fn ensure_goodbye(&mut self, was_spoken: bool) {
        if let Phase::Ending { reason, .. } = self.phase
            && !was_spoken
            && reason == EndReason::AgentHungUp
            && !self.playback.is_busy()
        {
            self.play_clip(Clip::Goodbye);
        }
    }

    /// Ends the call once no further audio will be heard.
    pub(super) fn watch_ending(&mut self, now: Instant) {
        let Phase::Ending { limit, .. } = self.phase else { return };
        if self.interruptions.is_pausing() {
            return self.timers.set(Timer::Drain, limit);
        }
        // The confirmation that the engine has cancelled an answer may never come.
        let is_responding = self.responses.is_speaking() && self.engine.is_ready();
        if !self.playback.is_busy() && !is_responding {
            return self.drained(now);
        }
        let at = if is_responding { self.reply_watch.last_words_until(now) + CONTINUATION_TIMEOUT } else { limit };
        self.timers.set(Timer::Drain, at.min(limit));
    }

    /// The last words were heard, or their time is over.
    pub(super) fn drained(&mut self, now: Instant) {
        match self.phase {
            Phase::Ending { action: StreamEndAction::Transfer, .. } => self.start_transfer(now),
            Phase::Ending { reason, action, .. } => self.end(reason, action, now),
            _ => {}
        }
    }

    pub(super) fn wrap_up(&mut self, now: Instant) {
        if self.caller.speech.is_in_progress(now) {
            return self.timers.set(Timer::WrapUp, now + WRAP_UP_RETRY);
        }
        if matches!(self.phase, Phase::Live)
            && self.engine.is_ready()
            && self.engine.capabilities().can_follow_instructions
        {
            self.responses.request(ResponseRequest::Instructed(self.policy.prompts.wrap_up.clone()));
        }
    }

    pub(super) fn max_duration_reached(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Ending { .. }) {
            return self.drained(now);
        }
        if self.is_transferring() {
            return self.timers.set(Timer::MaxCall, now + TOO_LONG_LIMIT);
        }
        self.stop_speaking(false, now);
        self.play_clip(Clip::Goodbye);
        self.finish(EndReason::TooLong, StreamEndAction::HangUp, now);
        if let Phase::Ending { limit, .. } = &mut self.phase {
            *limit = now + TOO_LONG_LIMIT;
        }
    }

    /// An employee ends the call. The caller first hears a goodbye of about a second: a caller who is cut off in the
    /// middle of a sentence takes that for a fault and calls again. The call ends at once if it is ending already (for
    /// example at a second command), or if no audio can be played.
    pub(super) fn end_by_employee(&mut self, now: Instant) {
        if !self.is_live() || !self.stream.is_open() {
            return self.end(EndReason::EmployeeHungUp, StreamEndAction::HangUp, now);
        }
        self.stop_speaking(false, now);
        self.play_clip(Clip::Goodbye);
        self.finish(EndReason::EmployeeHungUp, StreamEndAction::HangUp, now);
        if let Phase::Ending { limit, .. } = &mut self.phase {
            *limit = now + EMPLOYEE_LIMIT;
        }
    }

    /// An employee takes the call: the caller is asked for a moment, unless they speak, and the human agent's phone rings.
    pub(super) fn put_through(&mut self, now: Instant) {
        if !self.is_live() || !self.stream.is_open() {
            return;
        }
        self.stop_speaking(false, now);
        if !self.caller.speech.is_in_progress(now) {
            self.play_clip(Clip::OneMoment);
        }
        self.finish(EndReason::Transferred, StreamEndAction::Transfer, now);
        if let Phase::Ending { limit, .. } = &mut self.phase {
            *limit = now + EMPLOYEE_LIMIT;
        }
    }

    /// The only place where a call ends.
    pub(super) fn end(&mut self, reason: EndReason, action: StreamEndAction, now: Instant) {
        if self.is_over() {
            return;
        }
        self.stop_playback(now);
        let at_ms = self.stream.call_ms(now);
        self.outputs.extend(self.transcript.close(at_ms).into_iter().map(turn_output));
        self.outputs.push_back(Output::CloseStream);
        self.outputs.push_back(Output::Ended { reason, action });
        self.phase = Phase::Done;
        self.timers.cancel_all();
    }

    /// The stream is about to close: stores how much of the last words was heard.
    pub(super) fn stop_playback(&mut self, now: Instant) {
        let at_ms = self.stream.call_ms(now);
        self.record_heard(now);
        self.drop_pause(now);
        for utterance in self.playback.clear(now) {
            self.record_heard_part(&utterance, at_ms);
        }
    }
}

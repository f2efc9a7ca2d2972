//! Ends a call: the last audio plays, then the stream is closed and Twilio requests the next TwiML.

use super::transfer::NOT_ANSWERED;
use super::{CallSession, Phase, turn_output};
use crate::call::timers::Timer;
use crate::call::{CallEvent, Clip, HandBackCause, Output, RobotEvidence, StreamEndAction};
use crate::domain::EndReason;
use std::time::{Duration, Instant};

/// How long the session waits for an engine to continue its last response, after the end of the last audio. Messages
/// without audio do not prolong the wait, because the caller hears nothing of them.
const CONTINUATION_TIMEOUT: Duration = Duration::from_millis(1900);
/// The maximum duration of the last audio.
const MAX_LAST_WORDS: Duration = Duration::from_mins(2);
/// The delay before the prompt to wrap up is retried, if the caller was speaking or waits for a person.
const WRAP_UP_RETRY: Duration = Duration::from_secs(1);
/// The maximum duration of the last audio after the call has reached its maximum duration.
const TOO_LONG_LIMIT: Duration = Duration::from_secs(15);
/// The maximum duration of the last audio after an employee's command.
const EMPLOYEE_LIMIT: Duration = Duration::from_secs(3);

impl CallSession {
    /// Lets the caller hear the current speech, then ends or transfers the call.
    pub(super) fn finish(&mut self, reason: EndReason, action: StreamEndAction, now: Instant) {
        if !matches!(self.phase, Phase::Live) {
            // The conversation has not started, so no speech can play and no transfer is possible.
            if matches!(self.phase, Phase::Connecting) && action != StreamEndAction::Transfer {
                self.end(reason, action, now);
            }
            return;
        }
        self.phase = Phase::Ending { reason, action, since: now, limit: now + MAX_LAST_WORDS };
        self.responses.drop_request();
    }

    pub(super) fn ensure_goodbye(&mut self, was_spoken: bool) {
        if let Phase::Ending { reason, .. } = self.phase
            && !was_spoken
            && reason == EndReason::AgentHungUp
            && !self.playback.is_busy()
        {
            self.play_clip(Clip::Goodbye);
        }
    }

    pub(super) fn watch_ending(&mut self, now: Instant) {
        let Phase::Ending { since, limit, .. } = self.phase else { return };
        if self.interruptions.is_pausing() {
            return self.timers.set(Timer::Drain, limit);
        }
        // Wait for a response only while it is not cancelled: the engine may never confirm a cancellation.
        let is_responding = self.responses.is_speaking() && self.engine.is_ready();
        if !self.playback.is_busy() && !is_responding {
            return self.drained(now);
        }
        let at = if is_responding { self.reply_watch.heard_until(since) + CONTINUATION_TIMEOUT } else { limit };
        self.timers.set(Timer::Drain, at.min(limit));
    }

    pub(super) fn drained(&mut self, now: Instant) {
        match self.phase {
            Phase::Ending { action: StreamEndAction::Transfer, .. } => self.ring_person(now),
            Phase::Ending { reason, action, .. } => self.end(reason, action, now),
            _ => {}
        }
    }

    pub(super) fn wrap_up(&mut self, now: Instant) {
        if self.caller.speech.is_in_progress(now) || self.waits_for_person() {
            return self.timers.set(Timer::WrapUp, now + WRAP_UP_RETRY);
        }
        if matches!(self.phase, Phase::Live) {
            self.inform(self.policy.prompts.wrap_up.clone());
        }
    }

    pub(super) fn max_duration_reached(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Ending { .. }) {
            return self.drained(now);
        }
        if self.waits_for_person() {
            return self.timers.set(Timer::MaxCall, now + TOO_LONG_LIMIT);
        }
        if self.is_taken_over() {
            return self.hand_back(HandBackCause::TimeLimit, now);
        }
        self.stop_speaking(false, now);
        self.play_clip(Clip::Goodbye);
        self.finish(EndReason::TooLong, StreamEndAction::HangUp, now);
        if let Phase::Ending { limit, .. } = &mut self.phase {
            *limit = now + TOO_LONG_LIMIT;
        }
    }

    /// The caller first hears a goodbye, because a caller who is cut off in the middle of a sentence assumes a fault
    /// and calls again.
    pub(super) fn end_by_employee(&mut self, now: Instant) {
        self.end_takeover(now);
        self.end_page_ring(NOT_ANSWERED, now);
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

    /// Ends the call of a machine, which needs no goodbye. An employee may have taken the call over, or a human agent's
    /// phone may ring; then people decide.
    pub(super) fn end_robot(&mut self, evidence: RobotEvidence, now: Instant) {
        self.caller.robot = None;
        if matches!(self.phase, Phase::Connecting | Phase::Live) {
            self.event(CallEvent::RobotDetected(evidence));
            self.end(EndReason::Robot, StreamEndAction::HangUp, now);
        }
    }

    pub(super) fn transfer_for_employee(&mut self, now: Instant) {
        if self.is_ringing() {
            return self.start_transfer(now);
        }
        if !self.is_live() || !self.stream.is_open() {
            return;
        }
        self.not_silent();
        self.stop_speaking(false, now);
        if !self.caller.speech.is_in_progress(now) {
            self.play_clip(Clip::OneMoment);
        }
        self.finish(EndReason::Transferred, StreamEndAction::Transfer, now);
        if let Phase::Ending { limit, .. } = &mut self.phase {
            *limit = now + EMPLOYEE_LIMIT;
        }
    }

    /// All endings use this function.
    pub(super) fn end(&mut self, reason: EndReason, action: StreamEndAction, now: Instant) {
        if self.is_over() {
            return;
        }
        if self.is_transferring() && reason != EndReason::Transferred {
            self.record_transfer(Some(NOT_ANSWERED), now);
        }
        self.end_page_ring(NOT_ANSWERED, now);
        self.stop_playback(now);
        let is_unanswered =
            reason == EndReason::CallerHungUp && self.engine.kind().is_ai() && !self.transcript.is_heard();
        let reason = if is_unanswered { EndReason::Unanswered } else { reason };
        let at_ms = self.stream.call_ms(now);
        self.outputs.extend(self.transcript.close(at_ms).into_iter().map(turn_output));
        self.outputs.push_back(Output::CloseStream);
        self.outputs.push_back(Output::Ended { reason, action });
        self.phase = Phase::Done;
        self.timers.cancel_all();
    }

    /// Stores how much of the last audio was heard, before the stream is closed.
    pub(super) fn stop_playback(&mut self, now: Instant) {
        let at_ms = self.stream.call_ms(now);
        self.record_heard(now);
        self.drop_pause(now);
        self.drop_held_reply(now);
        for utterance in self.playback.clear(now) {
            self.record_heard_part(&utterance, at_ms);
        }
    }
}

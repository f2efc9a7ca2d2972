//! A caller who asks for a person first rings in the open web pages of the staff, where an employee can answer with the
//! browser ([`super::takeover`]). If no employee answers there, the human agent's phone rings ([`super::transfer`]).
//!
//! Meanwhile the caller hears a ringing tone, and what the caller says is not for the agent.

use super::{CallSession, Phase};
use crate::call::timers::Timer;
use crate::call::{Clip, Output, ResponseRequest};
use crate::domain::TransferFailure;
use std::time::{Duration, Instant};

/// How long a call rings at least after an employee has begun to answer it: the time for the browser's question whether
/// the page may use the microphone.
const ANSWERING: Duration = Duration::from_secs(20);

impl CallSession {
    /// Rings at a person after the agent's announcement. A transfer that an employee has requested rings at the phone
    /// at once.
    pub(super) fn ring_person(&mut self, now: Instant) {
        match self.policy.page_ring.filter(|_| self.tools.has_transfer() && self.stream.is_open()) {
            Some(ring) => self.ring_page(ring.time, now),
            None => self.start_transfer(now),
        }
    }

    fn ring_page(&mut self, time: Duration, now: Instant) {
        self.phase = Phase::Ringing { until: now + time, is_prolonged: false };
        self.timers.cancel(Timer::Drain);
        self.stop_speaking(false, now);
        self.forget_keys();
        self.caller.speech.forget();
        self.record_transfer(None, now);
        self.outputs.push_back(Output::RingPage { reason: self.tools.transfer_reason(), time });
        // The ringing tone begins now.
        self.timers.set(Timer::PageRing, now);
    }

    pub(super) fn is_ringing(&self) -> bool {
        matches!(self.phase, Phase::Ringing { .. })
    }

    /// Returns true while the caller waits for a person, so that the agent does not take part.
    pub(super) fn waits_for_person(&self) -> bool {
        self.is_ringing() || self.is_transferring()
    }

    /// Returns true if the human agent's phone rings after the web pages.
    pub(super) fn rings_phone(&self) -> bool {
        self.policy.page_ring.is_none_or(|ring| ring.has_phone)
    }

    /// Gives an employee who has begun to answer the time to finish it. This happens once, so that the caller does not
    /// wait without end.
    pub(super) fn prolong_page_ring(&mut self, now: Instant) {
        let Phase::Ringing { until, is_prolonged } = &mut self.phase else { return };
        if !*is_prolonged && *until < now + ANSWERING {
            (*until, *is_prolonged) = (now + ANSWERING, true);
            self.outputs.push_back(Output::ProlongPageRing { time: ANSWERING });
        }
    }

    /// Keeps the ringing tone audible.
    pub(super) fn watch_page_ring(&mut self, now: Instant) {
        let Phase::Ringing { until, .. } = self.phase else { return self.timers.cancel(Timer::PageRing) };
        // Twilio's marks may be late or lost, so the end of the tone is calculated from the clock.
        if !self.is_agent_heard(now) {
            self.play_clip(Clip::Ringing);
        }
        let heard = self.reply_watch.heard_until(until);
        self.timers.set(Timer::PageRing, if heard > now { until.min(heard) } else { until });
    }

    pub(super) fn page_ring_due(&mut self, now: Instant) {
        if let Phase::Ringing { until, .. } = self.phase
            && until <= now
        {
            self.page_unanswered(now);
        }
    }

    pub(super) fn page_unanswered(&mut self, now: Instant) {
        if !self.is_ringing() {
            return;
        }
        if self.rings_phone() {
            return self.start_transfer(now);
        }
        self.stop_speaking(false, now);
        self.return_to_agent(TransferFailure::NoAnswer, now);
        // The ringing tone may have stopped in its pause, so the caller must hear something at once.
        self.play_clip(Clip::OneMoment);
        self.responses.request(ResponseRequest::Reply);
    }

    /// Stops the ringing; the conversation is live again. `result` is the result of the transfer. Returns false if the
    /// call did not ring in the web page.
    pub(super) fn end_page_ring(&mut self, result: &str, now: Instant) -> bool {
        if !self.is_ringing() {
            return false;
        }
        self.leave_page_ring();
        self.phase = Phase::Live;
        self.record_transfer(Some(result), now);
        // No output of the tool is due: an employee handles the call.
        self.tools.take_transfer();
        true
    }

    pub(super) fn leave_page_ring(&mut self) {
        if self.is_ringing() {
            self.outputs.push_back(Output::EndPageRing);
            // What the caller said meanwhile was not passed on, which is no gap of the line.
            self.caller.audio.restart_clock();
        }
    }
}

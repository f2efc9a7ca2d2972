//! The end of a call: the last words are played, then the stream is closed and Twilio requests the next TwiML.

use super::{CallSession, Phase, written};
use crate::call::timers::Timer;
use crate::call::{After, Clip, Output, Wish};
use crate::domain::EndReason;
use std::time::{Duration, Instant};

/// An engine that is still speaking the last words continues within this time.
const NEXT_WORDS: Duration = Duration::from_millis(1900);
/// The maximum duration of the last words.
const LONGEST_WORDS: Duration = Duration::from_mins(2);
/// If the caller is speaking when the call must end soon, the prompt to wrap up is repeated after this time.
const WRAP_UP_AGAIN: Duration = Duration::from_secs(1);
/// The maximum duration of the last words of a call that is too long.
const TOO_LONG_LIMIT: Duration = Duration::from_secs(15);

impl CallSession {
    /// Lets the current speech be heard, then ends the call.
    pub(super) fn finish(&mut self, reason: EndReason, after: After, now: Instant) {
        if !matches!(self.phase, Phase::Live) {
            // The call has no conversation yet, so nothing can be said or transferred.
            if matches!(self.phase, Phase::Connecting) && after != After::Transfer {
                self.end(reason, after, now);
            }
            return;
        }
        self.phase = Phase::Ending { reason, after, limit: now + LONGEST_WORDS };
        self.responses.want_nothing();
    }

    /// A response is complete. A response that ends the call must contain spoken words, and they must be heard.
    pub(super) fn last_words(&mut self, was_spoken: bool) {
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
        let is_answering = self.responses.is_answering() && self.engine.is_ready;
        if !self.playback.is_busy() && !is_answering {
            return self.drained(now);
        }
        let at = if is_answering { self.watch.last_words_until(now) + NEXT_WORDS } else { limit };
        self.timers.set(Timer::Drain, at.min(limit));
    }

    /// The last words were heard, or their time is over.
    pub(super) fn drained(&mut self, now: Instant) {
        match self.phase {
            Phase::Ending { after: After::Transfer, .. } => self.put_through(now),
            Phase::Ending { reason, after, .. } => self.end(reason, after, now),
            _ => {}
        }
    }

    pub(super) fn wrap_up(&mut self, now: Instant) {
        if self.is_spoken_over(now) {
            return self.timers.set(Timer::WrapUp, now + WRAP_UP_AGAIN);
        }
        if matches!(self.phase, Phase::Live) && self.engine.is_ready && self.engine().caps().can_improvise {
            self.responses.want(Wish::Say(self.policy.prompts.wrap_up.clone()));
        }
    }

    pub(super) fn too_long(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Ending { .. }) {
            return self.drained(now);
        }
        if self.is_transferring() {
            return self.timers.set(Timer::MaxCall, now + TOO_LONG_LIMIT);
        }
        self.barge_in(false, now);
        self.play_clip(Clip::Goodbye);
        self.finish(EndReason::TooLong, After::HangUp, now);
        if let Phase::Ending { limit, .. } = &mut self.phase {
            *limit = now + TOO_LONG_LIMIT;
        }
    }

    /// The only place where a call ends.
    pub(super) fn end(&mut self, reason: EndReason, after: After, now: Instant) {
        if self.is_over() {
            return;
        }
        self.stop_playback(now);
        let at_ms = self.call_ms(now);
        self.outputs.extend(self.transcript.close(at_ms).into_iter().map(written));
        self.outputs.push_back(Output::CloseStream);
        self.outputs.push_back(Output::Ended { reason, after });
        self.phase = Phase::Done;
        self.timers.cancel_all();
    }

    /// The stream is about to close: stores how much of the last words was heard.
    pub(super) fn stop_playback(&mut self, now: Instant) {
        let at_ms = self.call_ms(now);
        self.note_heard(now);
        for cut in self.playback.clear(now) {
            self.write_cut(&cut, at_ms);
        }
    }
}

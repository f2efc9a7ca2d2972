//! Holds a reply that was requested early. An engine that only measures the caller's silence can end the turn after a
//! short one, and prepare its reply during a pause in which the caller may continue. The caller does not hear the
//! reply, and its tools do not run, until the caller has been silent for long enough; if the caller continues to speak,
//! the reply is discarded.
//!
//! How long is enough depends on whether the words are a complete sentence (`crate::completeness`).

use super::CallSession;
use super::interruption::CompletedCalls;
use crate::call::timers::Timer;
use crate::call::{CallEvent, ItemId};
use crate::completeness::judge;
use std::time::{Duration, Instant};

/// The maximum time for which a reply is held after the end of the caller's voice, as the engine reports it. It is
/// shorter than the time after which a filler is played.
const MAX_HOLD: Duration = Duration::from_millis(1500);

/// A reply that the caller does not hear yet.
#[derive(Debug)]
pub(super) struct HeldReply {
    /// The utterance to which it is the reply.
    item: ItemId,
    /// The end of the caller's voice, as the engine reports it.
    ended: Instant,
    /// The silence after which the reply may be heard.
    wait: Duration,
    /// The reply's tool calls, once the reply is complete.
    calls: Option<CompletedCalls>,
    /// True once the reply is complete.
    is_completed: bool,
}

impl CallSession {
    /// Returns true while a reply is held.
    pub(super) fn is_reply_held(&self) -> bool {
        self.held_reply.is_some()
    }

    /// Holds the reply to the utterance that has just ended, unless the agent is still speaking.
    pub(super) fn hold_reply(&mut self, item: &ItemId, ended: Instant, now: Instant) {
        let Some(wait) = self.policy.hold_replies.filter(|_| self.engine.capabilities().only_measures_silence) else {
            return;
        };
        if let Some(held) = &mut self.held_reply {
            (held.item, held.ended) = (item.clone(), ended);
        } else if self.is_live() && self.stream.is_open() && !self.playback.is_open() {
            self.playback.hold(now);
            let (calls, is_completed) = (None, false);
            self.held_reply = Some(HeldReply { item: item.clone(), ended, wait, calls, is_completed });
        }
        self.words_of_held(item);
    }

    /// Uses the words of the utterance to decide how long its reply is held.
    pub(super) fn words_of_held(&mut self, item: &ItemId) {
        let Some(held) = self.held_reply.as_mut().filter(|held| held.item == *item) else { return };
        if let Some(wait) = judge(self.transcript.caller_words(item)).wait() {
            held.wait = wait;
        }
    }

    /// Defers the tool calls of a completed reply while it is held. Returns false if no reply is held.
    pub(super) fn defer_held_calls(&mut self, calls: &CompletedCalls) -> bool {
        let Some(held) = &mut self.held_reply else { return false };
        held.calls = Some(calls.clone());
        true
    }

    /// Records that the reply is complete. Returns true if it is held, so that the caller has not heard it.
    pub(super) fn completed_while_held(&mut self) -> bool {
        let Some(held) = &mut self.held_reply else { return false };
        held.is_completed = true;
        true
    }

    /// Lets the caller hear the reply once it is due, or sets the timer.
    pub(super) fn watch_held_reply(&mut self, now: Instant) {
        let due = self.held_reply.as_ref().map(|held| {
            let quiet_since = self.caller.speech.last_voice().map_or(held.ended, |voice| voice.max(held.ended));
            (quiet_since + held.wait).min(held.ended + MAX_HOLD)
        });
        if due.is_some_and(|due| due <= now) {
            self.release_reply(now);
        }
        self.timers.set_or_cancel(Timer::HeldReply, due.filter(|due| *due > now));
    }

    /// Lets the caller hear the reply, and runs its tools.
    pub(super) fn release_reply(&mut self, now: Instant) {
        let Some(held) = self.held_reply.take() else { return };
        self.playback.resume();
        if self.playback.is_open() {
            self.reply_watch.response_audible_until(now + self.playback.remaining(now));
        }
        if held.is_completed {
            self.mark_answered();
        }
        if let Some(CompletedCalls { response, was_spoken }) = held.calls {
            self.run_calls(&response, true, now);
            self.ensure_goodbye(was_spoken);
        }
    }

    /// Discards the reply, because the caller continues to speak. Returns false if no reply is held.
    pub(super) fn discard_held_reply(&mut self, now: Instant) -> bool {
        let is_held = self.is_reply_held();
        if is_held {
            self.playback.items().for_each(|item| self.transcript.forget(item));
            self.event(CallEvent::HeldReplyDiscarded);
            self.stop_speaking(false, now);
        }
        is_held
    }

    /// Forgets the held reply, whose audio is dropped. Its tools do not run.
    pub(super) fn drop_held_reply(&mut self, now: Instant) {
        if let Some(calls) = self.held_reply.take().and_then(|held| held.calls) {
            self.run_calls(&calls.response, false, now);
        }
    }
}

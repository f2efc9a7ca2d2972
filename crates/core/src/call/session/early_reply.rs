//! Early replies. An engine that only measures the caller's silence can end the turn after a short silence, and prepare
//! its reply during a pause in which the caller may continue. The reply is held: the caller does not hear the reply,
//! and its tools do not run, until the caller has been silent for long enough. If the caller continues to speak, the
//! reply is discarded.
//!
//! The required silence depends on whether the words are a complete sentence (`crate::completeness`).

use super::CallSession;
use super::interruption::{CompletedCalls, SAME_END};
use crate::call::timers::Timer;
use crate::call::{CallEvent, EngineCommand, ItemId, ResponseId};
use crate::completeness::estimate;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The maximum time for which a reply is held after the end of the caller's voice.
const MAX_HOLD: Duration = Duration::from_millis(1500);
/// The maximum time by which a sound that only the local detector finds, such as a television, prolongs a hold.
const MAX_EXTENSION: Duration = Duration::from_millis(500);
/// After this many discarded replies in a row, the reply to the next turn is not requested early.
const MAX_DISCARDED: u32 = 2;
/// How many utterances of discarded replies are remembered.
const MAX_DROPPED: usize = 16;

#[derive(Debug, Default)]
pub(super) struct EarlyReplies {
    held: Option<HeldReply>,
    /// The number of replies that were discarded since the caller last heard a reply.
    discarded: u32,
    /// Utterances of cancelled responses that never became audible, and that the engine still has in its conversation.
    unspoken: Vec<(ResponseId, ItemId)>,
    /// Utterances of discarded replies that were deleted at the engine.
    dropped: VecDeque<ItemId>,
}

/// A reply that the caller does not hear yet.
#[derive(Debug)]
struct HeldReply {
    /// The caller's utterance that the reply answers.
    caller_item: ItemId,
    ended: Instant,
    /// The silence after which the reply may be heard.
    wait: Duration,
    /// The agent's utterances in the reply so far.
    items: Vec<ItemId>,
    /// The tool calls of complete responses.
    calls: Vec<CompletedCalls>,
    /// True once a response is complete.
    is_completed: bool,
}

impl EarlyReplies {
    /// Returns true while a reply is held that has deferred tool calls. No further response is requested then, because
    /// the model has not received the outputs of those calls.
    pub(super) fn has_deferred_calls(&self) -> bool {
        self.held.as_ref().is_some_and(|held| !held.calls.is_empty())
    }

    pub(super) fn answered(&mut self) {
        self.discarded = 0;
    }

    pub(super) fn engine_lost(&mut self) {
        self.unspoken.clear();
    }

    /// Removes an utterance from the held reply, which continues with another response.
    fn remove(&mut self, item: &ItemId) {
        if let Some(held) = &mut self.held {
            held.items.retain(|known| known != item);
        }
    }
}

impl CallSession {
    pub(super) fn is_reply_held(&self) -> bool {
        self.early_replies.held.is_some()
    }

    /// Requests the reply to a turn that the engine has ended, and holds it if the engine ends turns early.
    pub(super) fn reply_to_turn(&mut self, item: &ItemId, ended: Instant, now: Instant) {
        self.request_reply(ended, now);
        let wait = self.policy.hold_replies.filter(|_| self.engine.capabilities().only_measures_silence);
        let Some(wait) = wait.filter(|_| self.is_live() && self.stream.is_open()) else { return };
        if self.early_replies.discarded >= MAX_DISCARDED {
            return self.responses.not_before(ended + wait);
        }
        let caller_item = item.clone();
        if let Some(held) = &mut self.early_replies.held {
            (held.caller_item, held.ended, held.wait) = (caller_item, ended, wait);
        } else if !self.is_agent_heard(now) {
            self.playback.hold_unsent();
            let (items, calls, is_completed) = (Vec::new(), Vec::new(), false);
            self.early_replies.held = Some(HeldReply { caller_item, ended, wait, items, calls, is_completed });
        }
        self.update_held_wait(item);
    }

    /// Uses the words of the turn to decide how long its reply is held. Words that may still change decide nothing.
    pub(super) fn update_held_wait(&mut self, item: &ItemId) {
        let Some(held) = self.early_replies.held.as_mut().filter(|held| held.caller_item == *item) else { return };
        if let Some(wait) = self.transcript.final_unanswered_words(item).and_then(|words| estimate(&words).wait()) {
            held.wait = wait;
        }
    }

    pub(super) fn note_held_item(&mut self, item: &ItemId) {
        if let Some(held) = &mut self.early_replies.held
            && !held.items.contains(item)
        {
            held.items.push(item.clone());
        }
    }

    /// Returns false if no reply is held.
    pub(super) fn defer_held_calls(&mut self, calls: &CompletedCalls) -> bool {
        let Some(held) = &mut self.early_replies.held else { return false };
        held.calls.push(calls.clone());
        true
    }

    /// Records that a response is complete. Returns true if the response is held, so that the caller has not heard it.
    pub(super) fn completed_while_held(&mut self) -> bool {
        let Some(held) = &mut self.early_replies.held else { return false };
        held.is_completed = true;
        true
    }

    /// Returns true for an utterance of the held reply, of which the caller has heard nothing.
    pub(super) fn is_held_item(&self, item: &ItemId) -> bool {
        let is_known = |held: &HeldReply| held.items.contains(item);
        self.early_replies.held.as_ref().is_some_and(is_known) && !self.playback.has_sent(item)
    }

    pub(super) fn watch_held_reply(&mut self, now: Instant) {
        let Some(held) = &self.early_replies.held else { return self.timers.cancel(Timer::HeldReply) };
        let last_voice = self.caller.speech.last_voice().unwrap_or(held.ended);
        // A noise that only the engine detects does not discard the reply.
        if self.caller.speech.is_detected() && last_voice > held.ended + SAME_END {
            self.timers.cancel(Timer::HeldReply);
            return self.discard_held_reply(now);
        }
        let latest = held.ended + MAX_HOLD;
        let quiet_since = last_voice.clamp(held.ended, held.ended + MAX_EXTENSION);
        let is_ready = self.playback.has_unsent() || !held.calls.is_empty() || held.is_completed;
        // Until the reply is ready, words of the caller may arrive that change the wait.
        let due = if is_ready { (quiet_since + held.wait).min(latest) } else { latest };
        if due <= now {
            self.release_reply(now);
        }
        self.timers.set_or_cancel(Timer::HeldReply, Some(due).filter(|due| *due > now));
    }

    pub(super) fn release_reply(&mut self, now: Instant) {
        let Some(held) = self.early_replies.held.take() else { return };
        self.playback.resume();
        if self.playback.is_open() {
            self.reply_watch.response_audible(self.playback.remaining(now), now);
        }
        if held.is_completed {
            self.mark_answered();
        }
        for calls in held.calls {
            self.run_deferred_calls(&calls, now);
        }
    }

    pub(super) fn discard_held_reply(&mut self, now: Instant) {
        let Some(held) = &self.early_replies.held else { return };
        let items: Vec<ItemId> = held.items.iter().filter(|item| !self.playback.has_sent(item)).cloned().collect();
        for item in &items {
            self.transcript.forget(item);
            match self.responses.active() {
                // The text of the utterance has arrived, but no audio, so the audio that is cleared below does not
                // contain the utterance.
                Some(response) if !self.playback.has(item) => {
                    self.early_replies.unspoken.push((response, item.clone()));
                }
                _ => self.early_replies.dropped.push_back(item.clone()),
            }
        }
        while self.early_replies.dropped.len() > MAX_DROPPED {
            self.early_replies.dropped.pop_front();
        }
        self.early_replies.discarded += 1;
        self.stop_speaking(false, now);
        self.event(CallEvent::HeldReplyDiscarded);
    }

    /// Forgets the held reply, whose audio is dropped. Its tools do not run.
    pub(super) fn drop_held_reply(&mut self, now: Instant) {
        let Some(held) = self.early_replies.held.take() else { return };
        for calls in held.calls {
            self.run_calls(&calls, false, now);
        }
    }

    /// An utterance that never became audible is deleted at the engine when the response has ended, because the model
    /// would otherwise believe that the caller has heard it.
    pub(super) fn cancelled_item(&mut self, response: &ResponseId, item: &ItemId) {
        let is_known = self.transcript.has(item) || self.early_replies.dropped.contains(item);
        let is_noted = self.early_replies.unspoken.iter().any(|(_, noted)| noted == item);
        if !is_known && !is_noted && self.engine.capabilities().can_truncate {
            self.early_replies.unspoken.push((response.clone(), item.clone()));
        }
    }

    /// Forgets an utterance of which the caller has heard nothing. At the engine, it is deleted once its response has
    /// ended.
    pub(super) fn forget_unheard(&mut self, response: &ResponseId, item: ItemId) {
        self.transcript.forget(&item);
        self.early_replies.remove(&item);
        if self.responses.active().as_ref() == Some(response) {
            self.early_replies.unspoken.push((response.clone(), item));
        } else if self.engine.capabilities().can_truncate {
            self.command(EngineCommand::Delete { item });
        }
    }

    pub(super) fn delete_unspoken(&mut self, response: &ResponseId) {
        let all = std::mem::take(&mut self.early_replies.unspoken);
        let (ended, rest) = all.into_iter().partition(|(of, _)| of == response);
        self.early_replies.unspoken = rest;
        for (_, item) in ended {
            self.command(EngineCommand::Delete { item });
        }
    }
}

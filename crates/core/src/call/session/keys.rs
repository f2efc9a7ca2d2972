//! Handles the keys that the caller presses.

use super::{CallSession, Phase};
use crate::call::timers::Timer;
use crate::call::{CallEvent, EngineCommand, ResponseRequest};
use std::time::{Duration, Instant};

/// Keys that follow each other within this time form one input.
const KEYS_PAUSE: Duration = Duration::from_millis(1500);
/// The maximum number of keys in one input; further keys are dropped.
const MAX_KEYS: usize = 32;

/// The keys that the caller pressed and that were not answered yet.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// The keys that were not sent to the engine yet.
    pressed: String,
    /// The keys that were sent to the engine. If the engine is lost before it answers, the next engine receives them.
    unanswered: String,
    /// When the caller last pressed a key in this call.
    last: Option<Instant>,
}

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.pressed.is_empty()
    }

    pub(super) fn answered(&mut self) {
        self.unanswered.clear();
    }

    pub(super) fn engine_lost(&mut self) {
        self.pressed.insert_str(0, &std::mem::take(&mut self.unanswered));
    }

    fn press(&mut self, key: char, now: Instant) {
        self.last = Some(now);
        if self.pressed.len() < MAX_KEYS {
            self.pressed.push(key);
        }
    }

    fn take(&mut self) -> String {
        let keys = std::mem::take(&mut self.pressed);
        self.unanswered.push_str(&keys);
        keys
    }
}

impl CallSession {
    pub(super) fn caller_key(&mut self, key: char, now: Instant) {
        if matches!(self.phase, Phase::Redirecting) || !self.stream.is_open() {
            return;
        }
        self.idle.caller_is_active();
        self.not_silent();
        self.timers.cancel(Timer::Idle);
        self.event(CallEvent::Key(key));
        if self.is_taken_over() || self.is_ringing() {
            return;
        }
        // The keys are the caller's reply, so the session does not wait for the end of the current speech.
        let change = self.caller.speech.end_local();
        self.local_speech_changed(change, now);
        self.barge_in(false, now);
        self.caller.keys.press(key, now);
        let pause = if key == '#' { Duration::ZERO } else { KEYS_PAUSE };
        self.timers.set(Timer::Keys, now + pause);
    }

    /// If the engine is not ready, the keys are kept until it is ready.
    pub(super) fn send_keys(&mut self, now: Instant) {
        self.reply_watch.record_silence(self.caller.keys.last.unwrap_or(now), now);
        if self.engine.is_ready() {
            let keys = self.caller.keys.take();
            self.command(EngineCommand::Keys(keys));
            if self.engine.capabilities().can_follow_instructions {
                self.agent_text.turn_began();
                self.responses.request(ResponseRequest::Reply);
            }
        }
    }

    pub(super) fn forget_keys(&mut self) {
        self.timers.cancel(Timer::Keys);
        self.caller.keys = Keys { last: self.caller.keys.last, ..Keys::default() };
    }

    /// Returns true if the input is complete, but was not sent to the engine yet.
    pub(super) fn has_keys_for_engine(&self) -> bool {
        !self.caller.keys.is_empty() && !self.timers.is_set(Timer::Keys)
    }
}

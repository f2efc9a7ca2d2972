//! Handles the keys that the caller presses, unasked or because the agent has asked for a number.

use super::tools::ToolCallId;
use super::{CallSession, Phase, turn_output};
use crate::call::timers::Timer;
use crate::call::{CallEvent, EngineCommand, ResponseRequest};
use crate::domain::{BuiltInTool, ToolUse};
use serde_json::json;
use std::time::{Duration, Instant};

/// Keys that follow each other within this time form one input.
const KEYS_PAUSE: Duration = Duration::from_millis(1500);
/// The same while the caller enters a number that the agent has asked for, and may be reading it from a card.
const ENTRY_PAUSE: Duration = Duration::from_secs(4);
/// After the last digit of a number of known length, a `#` within this time only confirms the number.
const CONFIRMING: Duration = Duration::from_secs(4);
/// The key that deletes what was entered of a number that the agent has asked for.
const START_AGAIN: char = '*';
/// The output of the tool call with which the agent announces that it asks for a number.
const EXPECTED: &str =
    r#"{"ok":true,"next":"Ask for it, unless you have. The keys arrive as a message of their own."}"#;
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
    /// The number that the agent has asked for.
    expected: Option<ExpectedNumber>,
    /// Until when a `#` belongs to the number before it.
    confirmed_until: Option<Instant>,
}

/// A number that the caller should enter with the keys of the phone.
#[derive(Debug)]
struct ExpectedNumber {
    call: ToolCallId,
    /// The exact number of digits, if it is known.
    digits: Option<u8>,
    /// Whether the caller has spoken since.
    has_spoken: bool,
}

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.pressed.is_empty()
    }

    /// A caller who was answered after words has said the number instead, or speaks about something else.
    pub(super) fn answered(&mut self) {
        self.unanswered.clear();
        self.expected = self.expected.take().filter(|number| !number.has_spoken);
    }

    pub(super) fn caller_spoke(&mut self) {
        if let Some(number) = &mut self.expected {
            number.has_spoken = true;
        }
    }

    pub(super) fn engine_lost(&mut self) {
        self.pressed.insert_str(0, &std::mem::take(&mut self.unanswered));
    }

    /// Returns true if the key only confirms the number before it.
    fn confirms(&mut self, key: char, now: Instant) -> bool {
        self.confirmed_until.take().is_some_and(|until| key == '#' && now < until)
    }

    /// Returns the time until the input counts as complete, unless another key follows. None if nothing is entered.
    fn press(&mut self, key: char, now: Instant) -> Option<Duration> {
        self.last = Some(now);
        if key == START_AGAIN && self.expected.is_some() {
            self.pressed.clear();
            return None;
        }
        if self.pressed.len() < MAX_KEYS {
            self.pressed.push(key);
        }
        let digits = self.expected.as_ref().and_then(|number| number.digits);
        if digits.is_some_and(|digits| self.pressed.len() == usize::from(digits)) {
            self.confirmed_until = Some(now + CONFIRMING);
            return Some(Duration::ZERO);
        }
        Some(match (key, &self.expected) {
            ('#', _) => Duration::ZERO,
            (_, Some(_)) => ENTRY_PAUSE,
            (_, None) => KEYS_PAUSE,
        })
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
        if self.is_taken_over() || self.is_ringing() || self.caller.keys.confirms(key, now) {
            return;
        }
        // The keys are the caller's reply, so the session does not wait for the end of the current speech.
        let change = self.caller.speech.end_local();
        self.local_speech_changed(change, now);
        self.barge_in(false, now);
        let complete_in = self.caller.keys.press(key, now);
        self.timers.set_or_cancel(Timer::Keys, complete_in.map(|pause| now + pause));
    }

    /// The next keys are a number that the agent asks for, until the caller has spoken and was answered. Returns true if
    /// the agent should be asked for a response: it has called the tool without asking the caller.
    pub(super) fn collect_keys(
        &mut self,
        call: ToolCallId,
        digits: Option<u8>,
        was_spoken: bool,
        now: Instant,
    ) -> bool {
        let arguments = digits.map_or_else(|| json!({}), |digits| json!({"digits": digits})).to_string();
        let (tool, at_ms) = (ToolUse::new(BuiltInTool::CollectKeys.as_str(), &arguments), self.stream.call_ms(now));
        let started = self.transcript.tool_started(&call.id, &tool, at_ms);
        let finished = self.transcript.tool_finished(&call.id, EXPECTED, at_ms);
        self.outputs.extend([Some(started), finished].into_iter().flatten().map(turn_output));
        self.tool_output(call.clone(), EXPECTED);
        self.caller.keys.expected = Some(ExpectedNumber { call, digits, has_spoken: false });
        !was_spoken
    }

    /// If the engine is not ready, the keys are kept until it is ready.
    pub(super) fn send_keys(&mut self, now: Instant) {
        self.reply_watch.record_silence(self.caller.keys.last.unwrap_or(now), now);
        if self.engine.is_ready() {
            let keys = self.caller.keys.take();
            if let Some(number) = self.caller.keys.expected.take() {
                let output = json!({"keys": keys.trim_end_matches('#')}).to_string();
                let turn = self.transcript.tool_finished(&number.call.id, &output, self.stream.call_ms(now));
                self.outputs.extend(turn.map(turn_output));
            }
            self.command(EngineCommand::Keys(keys));
            if self.engine.capabilities().can_follow_instructions {
                self.agent_text.turn_began();
                self.responses.request(ResponseRequest::Reply);
            }
        }
    }

    /// Returns true while the caller may be entering a number, and pauses between its digits.
    #[cfg(test)]
    pub(in crate::call) fn is_number_expected(&self) -> bool {
        self.caller.keys.expected.is_some()
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

//! Hints: what the business's staff tell the agent while it talks, and the caller does not hear.

use super::{CallSession, turn_output};
use crate::call::EngineCommand;
use std::time::Instant;

impl CallSession {
    /// Returns true while an agent leads the conversation that can follow a hint.
    pub fn takes_hints(&self) -> bool {
        self.is_live() && self.engine.is_ready() && self.engine.capabilities().can_follow_instructions
    }

    /// The agent knows the hint from its next answer on: what it is saying is not interrupted.
    pub(super) fn hint(&mut self, text: String, now: Instant) {
        if self.takes_hints() {
            let turn = self.transcript.hint(&text, self.stream.call_ms(now));
            self.outputs.push_back(turn_output(turn));
            self.command(EngineCommand::Hint(text));
        }
    }
}

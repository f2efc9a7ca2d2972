//! Notes for the agent: what it must know besides the conversation, such as the result of a late tool. A note is part of
//! the engine's conversation, so the agent has it also if the caller interrupts the reply to it.

use super::CallSession;
use crate::call::{EngineCommand, ResponseRequest};

/// The notes that were not answered yet.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// The notes that were not sent to the engine yet.
    waiting: Vec<String>,
    /// The notes that were sent to the engine. If the engine is lost before it answers, the next engine receives them.
    unanswered: Vec<String>,
}

impl Notes {
    pub(super) fn answered(&mut self) {
        self.unanswered.clear();
    }

    pub(super) fn engine_lost(&mut self) {
        self.waiting.splice(0..0, std::mem::take(&mut self.unanswered));
    }
}

impl CallSession {
    pub(super) fn note(&mut self, note: String) {
        if self.engine.capabilities().can_follow_instructions {
            self.notes.waiting.push(note);
        }
    }

    pub(super) fn inform(&mut self, note: String) {
        if self.engine.capabilities().can_follow_instructions {
            self.note(note);
            self.responses.request(ResponseRequest::Reply);
        }
    }

    /// The engine must be ready.
    pub(super) fn send_notes(&mut self) {
        for note in std::mem::take(&mut self.notes.waiting) {
            self.notes.unanswered.push(note.clone());
            self.command(EngineCommand::Note(note));
        }
    }
}

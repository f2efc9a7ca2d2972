//! Transfers the caller to the human agent's phone.

use super::CallTask;
use crate::domain::TransferFailure;
use crate::runtime::calls::{CallMessage, TransferAnswer, can_transfer};

impl CallTask {
    pub(super) fn may_transfer(&self) -> TransferAnswer {
        if self.is_trial() || !self.session.may_be_taken_over() {
            TransferAnswer::NoAgent
        } else if can_transfer(&self.settings.config, &self.context.call) {
            TransferAnswer::Rings
        } else {
            TransferAnswer::NoNumber
        }
    }

    pub(super) fn start_transfer(&mut self, reason: &str) {
        if self.is_trial() {
            // A call in a browser cannot be transferred. This is not expected, because the transfer tool of a trial
            // call only reports that a real call would be transferred.
            return drop(self.sender.send(CallMessage::TransferFailed(TransferFailure::Failed)));
        }
        if self.rehearsed.is_some() {
            // No phone rings. The rehearsal ends as if the human agent had answered.
            drop(self.sender.send(CallMessage::TransferAccepted));
        } else {
            self.calls.start_transfer(&self.sid, reason);
        }
        self.end_stream();
    }
}

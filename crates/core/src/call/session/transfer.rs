//! Transfers the caller to a human agent, and resumes the conversation if the human agent does not accept the call.

use super::{CallSession, Phase};
use crate::call::timers::Timer;
use crate::call::{CallEvent, EngineCommand, Output, ResponseRequest, StreamEndAction};
use crate::domain::{EndReason, TransferFailure};
use std::time::{Duration, Instant};

/// The maximum time for the ringing and the human agent's answer. After this time, no report from Twilio is expected.
const TRANSFER_LIMIT: Duration = Duration::from_mins(2);

impl CallSession {
    /// The engine stays connected, so that the conversation can continue if the transfer fails.
    pub(super) fn start_transfer(&mut self, now: Instant) {
        self.leave_page_ring();
        self.outputs.push_back(Output::StartTransfer { reason: self.tools.transfer_reason() });
        self.stop_playback(now);
        if let Some(response) = self.responses.cancel_active() {
            self.command(EngineCommand::Cancel { response });
        }
        self.caller.speech.forget();
        self.stream.close();
        self.phase = Phase::Transferring;
        self.timers.cancel(Timer::Drain);
        self.timers.set(Timer::Watchdog, now + TRANSFER_LIMIT);
        self.event(CallEvent::TransferBegan);
    }

    pub(super) fn is_transferring(&self) -> bool {
        matches!(self.phase, Phase::Transferring)
    }

    pub(super) fn transfer_accepted(&mut self, now: Instant) {
        if self.is_transferring() {
            self.event(CallEvent::TransferAccepted);
            self.end(EndReason::Transferred, StreamEndAction::Transfer, now);
        }
    }

    pub(super) fn transfer_failed(&mut self, reason: TransferFailure, now: Instant) {
        if !self.is_transferring() {
            return;
        }
        self.return_to_agent(reason);
        self.wait_for_stream(Some(ResponseRequest::Reply), now);
    }

    /// Returns to the conversation with the agent, which receives the reason why no person has answered.
    pub(super) fn return_to_agent(&mut self, reason: TransferFailure) {
        self.leave_page_ring();
        self.phase = Phase::Live;
        self.event(CallEvent::TransferFailed(reason));
        let tool_call = self.tools.take_transfer();
        match tool_call.filter(|call| call.engine == self.engine.generation() && self.engine.is_ready()) {
            Some(call) => {
                let output = format!(r#"{{"error":"{}"}}"#, message_to_model(reason));
                self.command(EngineCommand::ToolOutput { id: call.id, output });
            }
            None => self.note(format!("The caller was to be transferred to a person: {}", message_to_model(reason))),
        }
    }
}

const fn message_to_model(reason: TransferFailure) -> &'static str {
    match reason {
        TransferFailure::Declined => "the person cannot talk now; say so and offer to take a message",
        TransferFailure::NotAccepted | TransferFailure::NoAnswer => {
            "no person took the call; say so and offer to take a message"
        }
        TransferFailure::Busy => "the line is busy; say so and offer to take a message",
        TransferFailure::Failed => "the person cannot be reached; say so and offer to take a message",
    }
}

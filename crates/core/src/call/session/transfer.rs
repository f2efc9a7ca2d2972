//! Transfers the caller to a human agent, and resumes the conversation if the human agent does not accept the call.

use super::{CallSession, Phase, turn_output};
use crate::call::timers::Timer;
use crate::call::{CallEvent, EngineCommand, Output, ResponseRequest, StreamEndAction, tool_item};
use crate::domain::{BuiltInTool, EndReason, ToolUse, TransferFailure};
use serde_json::json;
use std::time::{Duration, Instant};

/// The maximum time for the ringing and the human agent's answer. After this time, no report from Twilio is expected.
const TRANSFER_LIMIT: Duration = Duration::from_mins(2);
/// The result of a transfer in the transcript, if a person answered.
pub(super) const ACCEPTED: &str = r#"{"ok":true}"#;
/// The same if the call ended before.
pub(super) const NOT_ANSWERED: &str = r#"{"error":"the call ended before a person answered"}"#;

impl CallSession {
    /// The engine stays connected, so that the conversation can continue if the transfer fails.
    pub(super) fn start_transfer(&mut self, now: Instant) {
        self.leave_page_ring();
        self.record_transfer(None, now);
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
            self.record_transfer(Some(ACCEPTED), now);
            self.end(EndReason::Transferred, StreamEndAction::Transfer, now);
        }
    }

    pub(super) fn transfer_failed(&mut self, reason: TransferFailure, now: Instant) {
        if !self.is_transferring() {
            return;
        }
        self.return_to_agent(reason, now);
        self.wait_for_stream(Some(ResponseRequest::Reply), now);
    }

    /// Returns to the conversation with the agent, which receives the reason why no person has answered.
    pub(super) fn return_to_agent(&mut self, reason: TransferFailure, now: Instant) {
        self.leave_page_ring();
        self.phase = Phase::Live;
        self.event(CallEvent::TransferFailed(reason));
        let output = json!({ "error": message_to_model(reason) }).to_string();
        self.record_transfer(Some(&output), now);
        let tool_call = self.tools.take_transfer();
        match tool_call.filter(|call| call.engine == self.engine.generation() && self.engine.is_ready()) {
            Some(call) => {
                self.command(EngineCommand::ToolOutput { id: call.id, output });
            }
            None => self.note(format!("The caller was to be transferred to a person: {}", message_to_model(reason))),
        }
    }

    /// Adds the agent's attempt to transfer the caller to the transcript, or its result. A transfer that an employee has
    /// requested is no tool call.
    pub(super) fn record_transfer(&mut self, output: Option<&str>, now: Instant) {
        let (Some(id), at_ms) = (self.tools.transfer_id(), self.stream.call_ms(now)) else { return };
        let turn = match output {
            Some(output) => self.transcript.tool_finished(&id, output, at_ms),
            None if self.transcript.has(&tool_item(&id)) => None,
            None => {
                let arguments = json!({ "reason": self.tools.transfer_reason() }).to_string();
                let tool = ToolUse::new(BuiltInTool::TransferToPerson.as_str(), &arguments);
                Some(self.transcript.tool_started(&id, &tool, at_ms))
            }
        };
        self.outputs.extend(turn.map(turn_output));
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

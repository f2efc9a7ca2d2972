//! Runs the engine's tool calls, each at most once, and returns their outputs to the engine.

mod received;
mod runs;

use super::interruption::CompletedCalls;
use super::{CallSession, turn_output};
use crate::call::late_output::{LateOutput, STILL_RUNNING};
use crate::call::timers::Timer;
use crate::call::{EngineCommand, Output, ResponseId, ResponseRequest, StreamEndAction, ToolCall};
use crate::domain::{EndReason, ToolUse};
use received::ReceivedCalls;
pub(super) use runs::ToolCallId;
use runs::{Finish, Invocation, Start, ToolRuns};
use std::time::{Duration, Instant};

/// The maximum number of successive responses that call tools and say nothing. An answer needs a few: one for the
/// appointments, one for the free times, one to book, and some more after rejections. Each is paid for.
const MAX_SILENT_ROUNDS: u32 = 8;
/// The output of a tool call that was cancelled before it ran.
const REVOKED: &str = r#"{"error":"revoked: the answer was interrupted; nothing was done"}"#;
/// The output of a tool call that was rejected because too many tool calls are waiting for an output.
const TOO_MANY: &str = r#"{"error":"too many at once"}"#;

/// The tool calls of a phone call.
#[derive(Debug, Default)]
pub(super) struct Tools {
    received: ReceivedCalls,
    runs: ToolRuns,
    /// The tool call that is ending the phone call.
    ending: Option<ToolCallId>,
    /// The tool call that is transferring the caller to a human agent.
    transfer: Option<TransferCall>,
    /// The number of successive responses that called tools and said nothing.
    silent_rounds: u32,
}

#[derive(Debug)]
struct TransferCall {
    call: ToolCallId,
    reason: String,
}

impl Tools {
    pub(super) fn is_running(&self) -> bool {
        self.runs.is_running()
    }

    pub(super) fn transfer_reason(&self) -> Option<String> {
        self.transfer.as_ref().map(|transfer| transfer.reason.clone())
    }

    pub(super) fn transfer_id(&self) -> Option<String> {
        self.transfer.as_ref().map(|transfer| transfer.call.id.clone())
    }

    pub(super) fn has_transfer(&self) -> bool {
        self.transfer.is_some()
    }

    pub(super) fn take_transfer(&mut self) -> Option<ToolCallId> {
        self.transfer.take().map(|transfer| transfer.call)
    }

    pub(super) fn has_received(&self, response: &ResponseId) -> bool {
        self.received.has(response)
    }

    pub(super) fn engine_lost(&mut self) {
        self.received.clear();
        self.silent_rounds = 0;
    }

    /// Counts a completed response. Returns true if the engine has called tools so often without a word that it will
    /// probably never answer.
    pub(super) fn is_endless(&mut self, has_called: bool, was_spoken: bool) -> bool {
        self.silent_rounds = if has_called && !was_spoken { self.silent_rounds + 1 } else { 0 };
        self.silent_rounds > MAX_SILENT_ROUNDS
    }
}

impl CallSession {
    /// The tool call runs once its response is completed, unless the caller speaks before.
    pub(super) fn tool_call(&mut self, response: ResponseId, id: String, call: ToolCall) {
        self.tools.received.add(response, id, call);
    }

    /// If the response was not completed, sends outputs that report that the tool calls did not run. Returns true if
    /// the response contains tool calls.
    pub(super) fn run_calls(&mut self, of: &CompletedCalls, was_completed: bool, now: Instant) -> bool {
        let calls = self.tools.received.take(&of.response);
        let has_called = !calls.is_empty();
        let mut has_output = false;
        for received in calls {
            if self.is_over() {
                break;
            }
            let id = ToolCallId { id: received.id, engine: self.engine.generation() };
            if was_completed {
                has_output |= self.run_call(id, received.call, of.was_spoken, now);
            } else {
                self.tool_output(id, REVOKED);
            }
        }
        if has_output && !self.is_over() {
            self.request_reply_after_last_output();
        }
        has_called
    }

    /// Returns true if the output was already sent, and the engine should continue with it.
    fn run_call(&mut self, id: ToolCallId, call: ToolCall, was_spoken: bool, now: Instant) -> bool {
        match call {
            ToolCall::EndCall => {
                self.tools.ending = Some(id);
                self.finish(EndReason::AgentHungUp, StreamEndAction::HangUp, now);
                false
            }
            ToolCall::Transfer { reason } => {
                self.tools.transfer = Some(TransferCall { call: id, reason });
                self.finish(EndReason::Transferred, StreamEndAction::Transfer, now);
                false
            }
            ToolCall::CollectKeys { digits } => self.collect_keys(id, digits, was_spoken, now),
            ToolCall::Run { name, arguments, time_limit } => {
                self.start_tool(id, Invocation { name, arguments }, time_limit, now)
            }
        }
    }

    /// Returns true if the tool call has received its output at once.
    fn start_tool(&mut self, call: ToolCallId, invocation: Invocation, time_limit: Duration, now: Instant) -> bool {
        let start = self.tools.runs.start(call.clone(), invocation.clone(), now + time_limit);
        let has_output = matches!(start, Start::Finished(_) | Start::TooMany);
        match start {
            Start::Run => {
                let Invocation { name, arguments } = invocation;
                let at_ms = self.stream.call_ms(now);
                let turn = self.transcript.tool_started(&call.id, &ToolUse::new(&name, &arguments), at_ms);
                self.outputs.push_back(turn_output(turn));
                self.outputs.push_back(Output::RunTool { id: call.id, name, arguments });
            }
            Start::Join => {}
            Start::Finished(output) => self.tool_output(call, &output),
            Start::TooMany => self.tool_output(call, TOO_MANY),
        }
        self.arm_tool_limit();
        has_output
    }

    pub(super) fn tool_finished(&mut self, id: &str, output: &str, now: Instant) {
        let at_ms = self.stream.call_ms(now);
        self.outputs.extend(self.transcript.tool_finished(id, output, at_ms).map(turn_output));
        match self.tools.runs.finish(id, output) {
            Finish::Awaited(calls) => {
                self.arm_tool_limit();
                for call in calls {
                    self.tool_output(call, output);
                }
                self.request_reply_after_last_output();
            }
            Finish::Late { name } => {
                self.inform(LateOutput { tool: Some(&name), output }.note());
            }
            Finish::Ignore => {}
        }
    }

    /// If the engine that made the tool call was replaced, the current engine receives the output as a note.
    pub(super) fn tool_output(&mut self, call: ToolCallId, output: &str) {
        if call.engine == self.engine.generation() {
            self.command(EngineCommand::ToolOutput { id: call.id, output: output.to_owned() });
        } else {
            self.note(LateOutput { tool: None, output }.note());
        }
    }

    /// Requests a reply once no tool is running. An earlier reply would cover only some of the outputs, and a second
    /// reply would follow.
    fn request_reply_after_last_output(&mut self) {
        if !self.tools.is_running() && self.engine.capabilities().can_follow_instructions {
            self.responses.request(ResponseRequest::Reply);
        }
    }

    /// The tools continue to run, and the engine receives their outputs later.
    pub(super) fn tool_limit(&mut self, now: Instant) {
        for call in self.tools.runs.expire(now) {
            self.tool_output(call, STILL_RUNNING);
        }
        self.request_reply_after_last_output();
        self.arm_tool_limit();
    }

    pub(super) fn revoke_end_of_conversation(&mut self) {
        let engine = self.engine.generation();
        let calls = [self.tools.ending.take(), self.tools.take_transfer()];
        for call in calls.into_iter().flatten().filter(|call| call.engine == engine) {
            self.tool_output(call, REVOKED);
        }
    }

    fn arm_tool_limit(&mut self) {
        self.timers.set_or_cancel(Timer::ToolLimit, self.tools.runs.next_limit());
    }
}

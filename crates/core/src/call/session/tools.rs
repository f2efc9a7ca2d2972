//! The engine's tool calls: which are run, each at most once, and how their outputs return.

use super::CallSession;
use crate::call::timers::Timer;
use crate::call::{EngineCommand, Output, ResponseId, ResponseRequest, StreamEndAction};
use crate::domain::EndReason;
use std::collections::VecDeque;
use std::time::Instant;

/// The maximum number of tools that run at once.
const MAX_TOOLS: usize = 8;
/// How many tool call ids are remembered to prevent a second run.
const MAX_SEEN_CALLS: usize = 64;
/// How many tools that exceeded their limit are remembered with their output.
const MAX_LATE_TOOLS: usize = 16;

/// The tools that the session itself implements.
const END_CALL: &str = "end_call";
const TRANSFER: &str = "transfer_to_person";

/// The output of a tool call that was withdrawn.
const REVOKED: &str = r#"{"error":"revoked: the answer was interrupted; nothing was done"}"#;
/// The output of a tool that is still running at its limit.
const STILL_RUNNING: &str =
    r#"{"error":"it takes longer than usual and is still running; do not call it again: say so, its result follows"}"#;

/// A tool call of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ToolCall {
    pub(super) id: String,
    name: String,
    pub(super) arguments: String,
}

/// The tool calls of one phone call.
#[derive(Debug, Default)]
pub(super) struct Tools {
    /// Complete tool calls of responses that have not ended.
    pending: Vec<(ResponseId, ToolCall)>,
    running: Vec<RunningTool>,
    /// Tools that exceeded their limit; those with an output have finished.
    late: VecDeque<(RunningTool, Option<String>)>,
    /// The ids of received tool calls; the oldest are evicted.
    seen: VecDeque<String>,
    /// The tool call that ends the phone call, and the generation of its engine.
    ending: Option<(String, u32)>,
    /// The tool call that transfers the caller to a human agent, and the generation of its engine.
    pub(super) transfer: Option<(ToolCall, u32)>,
}

#[derive(Debug)]
struct RunningTool {
    call: ToolCall,
    /// The generation of the engine that made the call.
    engine: u32,
    limit: Instant,
    /// The id under which it was started.
    started_as: String,
}

impl Tools {
    /// Returns true while the engine waits for the output of a tool.
    pub(super) fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    fn is_new(&mut self, id: &str) -> bool {
        let is_new = !self.seen.iter().any(|seen| seen == id);
        if is_new {
            if self.seen.len() == MAX_SEEN_CALLS {
                self.seen.pop_front();
            }
            self.seen.push_back(id.to_owned());
        }
        is_new
    }

    /// The id under which an identical call was started already, with the output if it is known.
    fn find_identical(&self, call: &ToolCall) -> Option<(String, Option<String>)> {
        let is_same = |tool: &RunningTool| tool.call.name == call.name && tool.call.arguments == call.arguments;
        let late = self.late.iter().find(|(tool, _)| is_same(tool));
        late.map(|(tool, output)| (tool.started_as.clone(), output.clone())).or_else(|| {
            let running = self.running.iter().find(|tool| is_same(tool))?;
            Some((running.started_as.clone(), None))
        })
    }
}

impl CallSession {
    /// A complete tool call of the engine. It runs when its response has ended, unless the caller speaks before.
    pub(super) fn tool_call(&mut self, response: ResponseId, id: String, name: String, arguments: String) {
        if self.tools.is_new(&id) {
            self.tools.pending.push((response, ToolCall { id, name, arguments }));
        }
    }

    /// A response has ended: its tool calls run if it was completed; otherwise the engine receives an output that says that they did not run.
    /// Returns true if there were any.
    pub(super) fn run_calls(&mut self, response: &ResponseId, was_completed: bool, now: Instant) -> bool {
        let calls = self.tools.pending.extract_if(.., |(of, _)| of == response).map(|(_, call)| call);
        let mut calls: Vec<_> = calls.collect();
        let has_called = !calls.is_empty();
        // The call that ends the phone call runs last.
        calls.sort_by_key(|call| matches!(call.name.as_str(), END_CALL | TRANSFER));
        for call in calls {
            if self.is_over() {
                break;
            }
            if was_completed {
                self.run_call(call, now);
            } else {
                self.command(EngineCommand::ToolOutput { id: call.id, output: REVOKED.into() });
            }
        }
        has_called
    }

    fn run_call(&mut self, call: ToolCall, now: Instant) {
        match call.name.as_str() {
            END_CALL => {
                self.tools.ending = Some((call.id, self.engine.generation));
                self.finish(EndReason::AgentHungUp, StreamEndAction::HangUp, now);
            }
            TRANSFER if self.policy.can_transfer => {
                self.tools.transfer = Some((call, self.engine.generation));
                self.finish(EndReason::Transferred, StreamEndAction::Transfer, now);
            }
            _ if self.tools.running.len() >= MAX_TOOLS => {
                self.command(EngineCommand::ToolOutput {
                    id: call.id,
                    output: r#"{"error":"too many at once"}"#.into(),
                });
                self.responses.request(ResponseRequest::Reply);
            }
            _ => self.start_tool(call, now),
        }
    }

    fn start_tool(&mut self, call: ToolCall, now: Instant) {
        let same = self.tools.find_identical(&call);
        if let Some((started_as, Some(output))) = same {
            // It exceeded its limit and has finished since.
            self.tools.late.retain(|(tool, _)| tool.started_as != started_as);
            self.command(EngineCommand::ToolOutput { id: call.id, output });
            return self.request_reply_after_last_output();
        }
        let limit = now + self.policy.tool_limit;
        let started_as = same.map_or_else(|| call.id.clone(), |(started_as, _)| started_as);
        if started_as == call.id {
            let ToolCall { id, name, arguments } = call.clone();
            self.outputs.push_back(Output::RunTool { id, name, arguments });
        }
        self.tools.running.push(RunningTool { call, engine: self.engine.generation, limit, started_as });
        self.arm_tool_limit();
    }

    /// A tool has finished: its output is sent for every tool call that waits for it.
    pub(super) fn tool_finished(&mut self, id: &str, output: &str) {
        let waiting: Vec<_> = self.tools.running.extract_if(.., |tool| tool.started_as == id).collect();
        if waiting.is_empty() {
            return self.late_tool_finished(id, output);
        }
        // The engine has the output now; a later identical call gets the same output.
        self.tools.late.retain(|(tool, _)| tool.started_as != id);
        self.arm_tool_limit();
        for tool in waiting {
            self.send_output(&tool, output);
        }
        self.request_reply_after_last_output();
    }

    fn late_tool_finished(&mut self, id: &str, output: &str) {
        let Some((tool, known)) = self.tools.late.iter_mut().find(|(tool, _)| tool.started_as == id) else { return };
        let is_first_output = known.replace(output.to_owned()).is_none();
        let what =
            format!("The tool {} has now answered: {output}. Do not call it again; go on from there.", tool.call.name);
        if is_first_output && self.engine().capabilities().can_follow_instructions {
            self.responses.request(ResponseRequest::Instructed(what));
        }
    }

    fn send_output(&mut self, tool: &RunningTool, output: &str) {
        if tool.engine == self.engine.generation {
            self.command(EngineCommand::ToolOutput { id: tool.call.id.clone(), output: output.to_owned() });
        } else if self.engine().capabilities().can_follow_instructions {
            // Another engine has taken over, and does not know the tool call.
            let what = format!("A tool that was used before has answered: {output}. Go on from there.");
            self.responses.request(ResponseRequest::Instructed(what));
        }
    }

    /// A response to only a part of the outputs would be followed by a second one.
    fn request_reply_after_last_output(&mut self) {
        if !self.tools.is_running() && self.engine().capabilities().can_follow_instructions {
            self.responses.request(ResponseRequest::Reply);
        }
    }

    /// A tool that still runs at its limit is not stopped: the engine receives a notice, and the output later.
    pub(super) fn tool_limit(&mut self, now: Instant) {
        let late: Vec<_> = self.tools.running.extract_if(.., |tool| tool.limit <= now).collect();
        for tool in late {
            self.send_output(&tool, STILL_RUNNING);
            if !self.tools.late.iter().any(|(known, _)| known.started_as == tool.started_as) {
                if self.tools.late.len() == MAX_LATE_TOOLS {
                    self.tools.late.pop_front();
                }
                self.tools.late.push_back((tool, None));
            }
        }
        self.request_reply_after_last_output();
        self.arm_tool_limit();
    }

    /// The caller continued to speak: the tool call that would have ended the phone call is withdrawn.
    pub(super) fn revoke_end_call(&mut self) {
        if let Some((id, _)) = self.tools.ending.take().filter(|(_, engine)| *engine == self.engine.generation) {
            self.command(EngineCommand::ToolOutput { id, output: REVOKED.into() });
        }
    }

    /// The pending tool calls of a lost engine are not run.
    pub(super) fn forget_pending_calls(&mut self) {
        self.tools.pending.clear();
    }

    fn arm_tool_limit(&mut self) {
        self.timers.set_or_cancel(Timer::ToolLimit, self.tools.running.iter().map(|tool| tool.limit).min());
    }
}

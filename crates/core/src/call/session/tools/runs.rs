//! The running tools, and the tool calls that wait for their outputs. Identical tool calls share one run.

use std::collections::VecDeque;
use std::time::Instant;

/// The maximum number of tool calls that wait for an output.
const MAX_RUNNING: usize = 8;
/// The maximum number of tools beyond their time limit that are kept, with their output.
const MAX_LATE: usize = 16;

/// The identity of a tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::call::session) struct ToolCallId {
    pub(in crate::call::session) id: String,
    /// The generation of the engine that made the tool call.
    pub(in crate::call::session) engine: u32,
}

#[derive(Debug, Default)]
pub(super) struct ToolRuns {
    running: Vec<RunningTool>,
    /// Tools that exceeded their time limit.
    late: VecDeque<LateTool>,
}

/// The name and arguments of a tool call. Tool calls with equal values are identical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invocation {
    pub(super) name: String,
    /// The arguments, as JSON.
    pub(super) arguments: String,
}

#[derive(Debug)]
struct RunningTool {
    call: ToolCallId,
    invocation: Invocation,
    limit: Instant,
    /// The id of the tool call that started the tool.
    started_as: String,
}

#[derive(Debug)]
struct LateTool {
    invocation: Invocation,
    /// The id of the tool call that started the tool.
    started_as: String,
    /// The output; none until the tool has finished.
    output: Option<String>,
}

/// The result of adding a tool call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The tool must be started, with the id of this tool call.
    Run,
    /// A tool with the same name and arguments is already running; its output is also sent for this tool call.
    Join,
    /// An identical tool call exceeded its time limit and has finished since, with this output.
    Finished(String),
    /// The tool call is rejected: too many tool calls are waiting for an output.
    TooMany,
}

/// The result of handling a tool's output.
#[derive(Debug)]
pub(super) enum Finish {
    /// The tool calls that are waiting for the output.
    Awaited(Vec<ToolCallId>),
    /// The tool exceeded its time limit, and this is its first output.
    Late { name: String },
    /// The tool is unknown, or its output was received before.
    Ignore,
}

impl ToolRuns {
    pub(super) fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    pub(super) fn next_limit(&self) -> Option<Instant> {
        self.running.iter().map(|tool| tool.limit).min()
    }

    pub(super) fn start(&mut self, call: ToolCallId, invocation: Invocation, limit: Instant) -> Start {
        if self.running.len() >= MAX_RUNNING {
            return Start::TooMany;
        }
        let is_finished = |tool: &LateTool| tool.invocation == invocation && tool.output.is_some();
        if let Some(finished) = self.late.iter().position(is_finished)
            && let Some(LateTool { output: Some(output), .. }) = self.late.remove(finished)
        {
            return Start::Finished(output);
        }
        let late = self.late.iter().filter(|tool| tool.invocation == invocation).map(|tool| &tool.started_as);
        let running = self.running.iter().filter(|tool| tool.invocation == invocation).map(|tool| &tool.started_as);
        let known = late.chain(running).next().cloned();
        let start = if known.is_some() { Start::Join } else { Start::Run };
        let started_as = known.unwrap_or_else(|| call.id.clone());
        self.running.push(RunningTool { call, invocation, limit, started_as });
        start
    }

    pub(super) fn finish(&mut self, id: &str, output: &str) -> Finish {
        let waiting: Vec<_> = self.running.extract_if(.., |tool| tool.started_as == id).collect();
        if !waiting.is_empty() {
            // The engine receives the output now, so a later identical tool call starts a new run.
            self.late.retain(|tool| tool.started_as != id);
            return Finish::Awaited(waiting.into_iter().map(|tool| tool.call).collect());
        }
        let Some(tool) = self.late.iter_mut().find(|tool| tool.started_as == id) else { return Finish::Ignore };
        if tool.output.replace(output.to_owned()).is_some() {
            return Finish::Ignore;
        }
        Finish::Late { name: tool.invocation.name.clone() }
    }

    /// The tools are not stopped.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<ToolCallId> {
        let expired: Vec<_> = self.running.extract_if(.., |tool| tool.limit <= now).collect();
        let mut calls = Vec::new();
        for RunningTool { call, invocation, started_as, .. } in expired {
            if !self.late.iter().any(|known| known.started_as == started_as) {
                if self.late.len() == MAX_LATE {
                    self.late.pop_front();
                }
                self.late.push_back(LateTool { invocation, started_as, output: None });
            }
            calls.push(call);
        }
        calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::start;
    use std::time::Duration;

    fn call(id: &str) -> ToolCallId {
        ToolCallId { id: id.to_owned(), engine: 1 }
    }

    fn invocation(arguments: &str) -> Invocation {
        Invocation { name: "free_slots".into(), arguments: arguments.to_owned() }
    }

    #[test]
    fn only_so_many_tool_calls_wait_at_once() {
        let (mut runs, limit) = (ToolRuns::default(), start() + Duration::from_secs(8));
        for n in 0..MAX_RUNNING {
            assert_eq!(runs.start(call(&n.to_string()), invocation(&n.to_string()), limit), Start::Run);
        }
        assert_eq!(runs.start(call("more"), invocation("more"), limit), Start::TooMany);
        assert!(matches!(runs.finish("0", "{}"), Finish::Awaited(calls) if calls == [call("0")]));
        assert_eq!(runs.start(call("more"), invocation("more"), limit), Start::Run);
    }

    #[test]
    fn identical_calls_share_one_run_and_each_has_a_limit_of_its_own() {
        let (mut runs, now) = (ToolRuns::default(), start());
        let after = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(runs.start(call("a"), invocation("1"), after(8)), Start::Run);
        assert_eq!(runs.start(call("b"), invocation("1"), after(9)), Start::Join);
        assert_eq!(runs.next_limit(), Some(after(8)));
        assert_eq!(runs.expire(after(8)), [call("a")]);
        assert!(runs.is_running(), "b still waits");
        assert!(matches!(runs.finish("a", "{}"), Finish::Awaited(calls) if calls == [call("b")]));
        assert_eq!(runs.start(call("c"), invocation("1"), after(20)), Start::Run, "its output was delivered");
    }

    #[test]
    fn a_late_output_is_reported_once_and_given_to_the_next_identical_call() {
        let (mut runs, now) = (ToolRuns::default(), start());
        assert_eq!(runs.start(call("a"), invocation("1"), now), Start::Run);
        assert_eq!(runs.expire(now), [call("a")]);
        assert!(matches!(runs.finish("a", "late"), Finish::Late { name } if name == "free_slots"));
        assert!(matches!(runs.finish("a", "late"), Finish::Ignore));
        assert_eq!(runs.start(call("b"), invocation("1"), now), Start::Finished("late".into()));
        assert!(matches!(runs.finish("unknown", "{}"), Finish::Ignore));
    }
}

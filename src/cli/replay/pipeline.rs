//! A pipeline of a replayed call.

use crate::pipeline::{Pipeline, PipelineInput, PipelineOutput, Start};
use serde::Serialize;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Outputs of the replay that were not compared yet, with their times.
pub(super) type Pending = VecDeque<(Duration, Value)>;

/// In a call, actions are performed at once, but events wait for the session. So each kind is compared in its own
/// order.
pub(super) struct ReplayedPipeline {
    pipeline: Pipeline,
    actions: Pending,
    events: Pending,
}

impl ReplayedPipeline {
    pub(super) fn new(start: &Start) -> Self {
        Self { pipeline: Pipeline::new(start.clone()), actions: Pending::new(), events: Pending::new() }
    }

    /// Returns what the pipeline has decided. `start` is the time at which the session was created, and `at` the time
    /// since then.
    pub(super) fn handle_input(&mut self, input: PipelineInput, at: Duration, start: Instant) -> Vec<PipelineOutput> {
        self.pipeline.handle_input(input, start + at);
        let actions = std::iter::from_fn(|| self.pipeline.poll_action()).map(PipelineOutput::Action);
        let mut decided: Vec<_> = actions.collect();
        self.actions.extend(decided.iter().map(|action| (at, value(action))));
        while let Some(event) = self.pipeline.poll_event() {
            let event = PipelineOutput::from(&event);
            self.events.push_back((at, value(&event)));
            decided.push(event);
        }
        decided
    }

    /// Returns the next output of the same kind as this one in the log.
    pub(super) fn next_like(&mut self, logged: &Value) -> Option<(Duration, Value)> {
        if logged.get("action").is_some() { self.next_action() } else { self.events.pop_front() }
    }

    /// The session may have closed the pipeline before all its events were processed, but no action is lost.
    pub(super) fn next_action(&mut self) -> Option<(Duration, Value)> {
        self.actions.pop_front()
    }
}

/// In the format of the input log.
pub(super) fn value(output: &impl Serialize) -> Value {
    serde_json::to_value(output).unwrap_or_default()
}

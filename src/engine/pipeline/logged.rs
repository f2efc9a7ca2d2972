//! The logic of a pipeline together with the record of its inputs and decisions.

use crate::call::EngineEvent;
use crate::pipeline::{Action, Pipeline as Logic, PipelineInput, PipelineOutput, PipelineStep, Start};
use std::time::Instant;

pub(super) struct LoggedLogic {
    logic: Logic,
    /// The steps that were not passed on yet, each with its time; none if they are not recorded.
    steps: Option<Vec<(Instant, PipelineStep)>>,
    /// The time of the last input. The decisions that follow from it have the same time.
    at: Instant,
}

impl LoggedLogic {
    pub(super) fn new(start: Start, is_logged: bool, now: Instant) -> Self {
        let steps = is_logged.then(|| vec![(now, PipelineStep::Start(Box::new(start.clone())))]);
        Self { logic: Logic::new(start), steps, at: now }
    }

    pub(super) fn handle_input(&mut self, input: PipelineInput, now: Instant) {
        self.at = now;
        if let Some(steps) = &mut self.steps {
            steps.push((now, PipelineStep::Input(input.clone())));
        }
        self.logic.handle_input(input, now);
    }

    pub(super) fn poll_action(&mut self) -> Option<Action> {
        let action = self.logic.poll_action()?;
        self.decided(|| PipelineOutput::Action(action.clone()));
        Some(action)
    }

    pub(super) fn poll_event(&mut self) -> Option<EngineEvent> {
        let event = self.logic.poll_event()?;
        self.decided(|| (&event).into());
        Some(event)
    }

    fn decided(&mut self, output: impl FnOnce() -> PipelineOutput) {
        if let Some(steps) = &mut self.steps {
            steps.push((self.at, PipelineStep::Output(output())));
        }
    }

    pub(super) fn drain_steps(&mut self) -> impl Iterator<Item = (Instant, PipelineStep)> {
        self.steps.iter_mut().flat_map(|steps| steps.drain(..))
    }
}

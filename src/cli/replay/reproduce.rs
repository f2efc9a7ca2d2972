//! Feeds the logged inputs of a call into a new session, and those of its pipelines into new pipelines, and compares
//! their outputs with the logged ones.

use super::pipeline::{Pending, ReplayedPipeline, value};
use crate::call::{CallSession, Input, Output};
use crate::clock;
use crate::pipeline::{PipelineInput, PipelineOutput, Start};
use crate::runtime::input_log::{LoggedCall, ReadRecord, Record};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub(super) struct Replay {
    /// What the session and the pipelines processed, in order.
    pub(super) steps: Vec<Step>,
    /// The number of outputs that were compared and are equal.
    pub(super) compared: usize,
    pub(super) outcome: Outcome,
}

pub(super) struct Step {
    /// The time since the session was created.
    pub(super) at: Duration,
    pub(super) cause: Cause,
    pub(super) decisions: Vec<Decision>,
}

pub(super) enum Decision {
    Session(Output),
    Pipeline(PipelineOutput),
}

pub(super) enum Cause {
    Start,
    Input(Input),
    Timeout,
    PipelineStart(Box<Start>),
    PipelineInput(PipelineInput),
    /// The number of missing records.
    Gap(u64),
    Full,
}

pub(super) enum Outcome {
    /// All outputs in the log are equal. If the log is complete, the replay has no further outputs.
    Reproduced,
    Different(Difference),
    /// All outputs are equal up to this time, where inputs are missing.
    Gap(Duration),
}

pub(super) struct Difference {
    /// The time of the input or timer after which the outputs differ.
    at: Duration,
    /// The output in the log; none if the log has no further output.
    logged: Option<Value>,
    /// The output of the replay; none if it has no further output.
    replayed: Option<Value>,
}

impl Replay {
    pub(super) fn run(call: &LoggedCall) -> Self {
        let start = clock::instant();
        let mut session = CallSession::new(call.header.policy.clone(), start);
        let mut replay = Self { steps: Vec::new(), compared: 0, outcome: Outcome::Reproduced };
        let (mut pending, mut pipeline) = (Pending::new(), None);
        replay.add(Duration::ZERO, Cause::Start, &mut session, &mut pending);
        for record in &call.records {
            match record {
                Record::Input { at_ns, input } => {
                    let at = Duration::from_nanos(*at_ns);
                    session.handle_input(input.clone(), start + at);
                    replay.add(at, Cause::Input(input.clone()), &mut session, &mut pending);
                }
                Record::Timeout { at_ns } => {
                    let at = Duration::from_nanos(*at_ns);
                    session.handle_timeout(start + at);
                    replay.add(at, Cause::Timeout, &mut session, &mut pending);
                }
                Record::Output(logged) => replay.compare(logged, pending.pop_front()),
                Record::Gap { records } => replay.lose(Cause::Gap(*records), &mut session, &mut pending),
                Record::Full => replay.lose(Cause::Full, &mut session, &mut pending),
                Record::PipelineStart { .. } | Record::PipelineInput { .. } | Record::PipelineOutput(_) => {
                    replay.step_pipeline(record, &mut pipeline, start);
                }
                Record::End => break,
            }
        }
        if call.is_complete {
            let left = pipeline.as_mut().and_then(ReplayedPipeline::next_action).or_else(|| pending.pop_front());
            replay.compare_end(left);
        }
        replay
    }

    fn step_pipeline(&mut self, record: &ReadRecord, pipeline: &mut Option<ReplayedPipeline>, start: Instant) {
        match (record, pipeline) {
            (Record::PipelineStart { at_ns, start }, pipeline) => {
                self.compare_end(pipeline.as_mut().and_then(ReplayedPipeline::next_action));
                *pipeline = Some(ReplayedPipeline::new(start));
                let (at, cause) = (Duration::from_nanos(*at_ns), Cause::PipelineStart(start.clone()));
                self.steps.push(Step { at, cause, decisions: Vec::new() });
            }
            (Record::PipelineInput { at_ns, input }, Some(pipeline)) => {
                let at = Duration::from_nanos(*at_ns);
                let decisions = pipeline.handle_input(input.clone(), at, start);
                let decisions = decisions.into_iter().map(Decision::Pipeline).collect();
                self.steps.push(Step { at, cause: Cause::PipelineInput(input.clone()), decisions });
            }
            (Record::PipelineOutput(logged), Some(pipeline)) => self.compare(logged, pipeline.next_like(logged)),
            // The start of the pipeline is missing.
            _ => {}
        }
    }

    fn add(&mut self, at: Duration, cause: Cause, session: &mut CallSession, pending: &mut Pending) {
        let outputs: Vec<_> = std::iter::from_fn(|| session.poll_output()).collect();
        pending.extend(outputs.iter().map(|output| (at, value(output))));
        self.steps.push(Step { at, cause, decisions: outputs.into_iter().map(Decision::Session).collect() });
    }

    fn compare(&mut self, logged: &Value, replayed: Option<(Duration, Value)>) {
        if !matches!(self.outcome, Outcome::Reproduced) {
            return;
        }
        if replayed.as_ref().is_some_and(|(_, replayed)| replayed == logged) {
            self.compared += 1;
            return;
        }
        let at = replayed.as_ref().map_or_else(|| self.now(), |(at, _)| *at);
        let replayed = replayed.map(|(_, replayed)| replayed);
        self.outcome = Outcome::Different(Difference { at, logged: Some(logged.clone()), replayed });
    }

    /// Compares the end of the log with an output of the replay that the log does not contain, if there is one.
    fn compare_end(&mut self, left: Option<(Duration, Value)>) {
        if let Some((at, replayed)) = left
            && matches!(self.outcome, Outcome::Reproduced)
        {
            self.outcome = Outcome::Different(Difference { at, logged: None, replayed: Some(replayed) });
        }
    }

    /// What follows missing inputs cannot be compared.
    fn lose(&mut self, cause: Cause, session: &mut CallSession, pending: &mut Pending) {
        let at = self.now();
        if matches!(self.outcome, Outcome::Reproduced) {
            self.outcome = Outcome::Gap(at);
        }
        self.add(at, cause, session, pending);
    }

    fn now(&self) -> Duration {
        self.steps.last().map_or(Duration::ZERO, |step| step.at)
    }

    /// Returns a log with the same inputs, and the outputs of this program.
    pub(super) fn as_log(&self, call: &LoggedCall) -> LoggedCall {
        let mut records = Vec::new();
        for step in &self.steps {
            let at_ns = u64::try_from(step.at.as_nanos()).unwrap_or(u64::MAX);
            match &step.cause {
                Cause::Start => {}
                Cause::Input(input) => records.push(Record::Input { at_ns, input: input.clone() }),
                Cause::Timeout => records.push(Record::Timeout { at_ns }),
                Cause::PipelineStart(start) => records.push(Record::PipelineStart { at_ns, start: start.clone() }),
                Cause::PipelineInput(input) => records.push(Record::PipelineInput { at_ns, input: input.clone() }),
                Cause::Gap(lost) => records.push(Record::Gap { records: *lost }),
                Cause::Full => records.push(Record::Full),
            }
            records.extend(step.decisions.iter().map(|decision| match decision {
                Decision::Session(output) => Record::Output(value(output)),
                Decision::Pipeline(output) => Record::PipelineOutput(value(output)),
            }));
        }
        LoggedCall { header: call.header.by_this_program(), records, is_complete: call.is_complete }
    }

    pub(super) fn summary(&self) -> String {
        let (inputs, compared) = (self.steps.len() - 1, self.compared);
        match &self.outcome {
            Outcome::Reproduced => format!("Reproduced exactly: {inputs} inputs, {compared} decisions.\n"),
            Outcome::Gap(at) => format!(
                "Reproduced up to {}, where inputs are missing in the log: {compared} decisions. What follows in the \
                 timeline may not have happened.\n",
                seconds(*at)
            ),
            Outcome::Different(Difference { at, logged, replayed }) => {
                let show =
                    |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
                format!(
                    "Different at {}, after {compared} equal decisions. The timeline shows the replay.\n  in the call: {}\n  \
                     now:         {}\n",
                    seconds(*at),
                    show(logged),
                    show(replayed)
                )
            }
        }
    }
}

impl Outcome {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::Different(_) => "different",
            Self::Gap(_) => "gap",
        }
    }

    pub(super) fn difference(&self) -> Option<Value> {
        let Self::Different(Difference { at, logged, replayed }) = self else { return None };
        Some(json!({"at_ms": at.as_millis(), "logged": logged, "replayed": replayed}))
    }
}

pub(super) fn seconds(at: Duration) -> String {
    let ms = at.as_millis();
    format!("{:02}:{:02}.{:03}", ms / 60_000, ms / 1000 % 60, ms % 1000)
}

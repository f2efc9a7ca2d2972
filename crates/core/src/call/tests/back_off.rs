//! No request to an engine, and no attempt to open one again, comes earlier than the back-off after the failure.

use super::rig::{Rig, ms, policy};
use crate::call::{CallPolicy, EngineCommand, EngineEvent, EngineKind, Output};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// The minimum time between a failed response and the next request.
const MIN_BACK_OFF: Duration = Duration::from_millis(250);
/// The minimum delay before an engine that failed is opened again.
const MIN_REOPEN: Duration = Duration::from_millis(100);
/// The maximum number of attempts with an engine that never succeeds, before another engine is used.
const MAX_ATTEMPTS: usize = 2;

#[derive(Clone, Copy, Debug)]
enum Step {
    Talk,
    Key,
    Pass(u64),
    /// The response to the request fails. The provider may name a delay in milliseconds.
    Fail(Option<u64>),
    /// The response to the request is complete.
    Answer,
    Lose(bool),
    Ready,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Talk),
        1 => Just(Step::Key),
        3 => (1u64..150).prop_map(|frames| Step::Pass(frames * 20)),
        6 => prop::option::of(0u64..8000).prop_map(Step::Fail),
        1 => Just(Step::Answer),
        1 => any::<bool>().prop_map(Step::Lose),
        3 => Just(Step::Ready),
    ]
}

/// A call, and when the next request may be sent at the earliest.
struct Watched {
    rig: Rig,
    requests: usize,
    openings: usize,
    not_before: Option<Instant>,
}

impl Watched {
    fn check(&mut self) {
        let openings = self.rig.observed.opened.len();
        if std::mem::replace(&mut self.openings, openings) != openings {
            // The delay was that of the earlier engine.
            self.not_before = None;
        }
        let requests = self.rig.count(|output| matches!(output, Output::Engine(EngineCommand::Respond(_))));
        if std::mem::replace(&mut self.requests, requests) != requests {
            let now = self.rig.now;
            assert!(self.not_before.is_none_or(|at| now >= at), "{:?} too early", self.not_before.map(|at| at - now));
            self.not_before = None;
        }
    }

    fn pass(&mut self, time: u64) {
        for _ in 0..time / 20 {
            self.rig.frames(false, ms(20));
            self.check();
        }
    }

    fn play(&mut self, step: Step, number: u8) {
        let rig = &mut self.rig;
        match step {
            Step::Talk if rig.is_engine_ready() => {
                let item = format!("c{number}");
                rig.engine(EngineEvent::SpeechStarted { item: item.as_str().into(), at_ms: None });
                rig.frames(true, ms(800));
                self.pass(500);
                self.rig.engine(EngineEvent::SpeechStopped { item: item.as_str().into(), at_ms: None });
            }
            Step::Key => rig.input(crate::call::Input::CallerKey('#')),
            Step::Fail(after) if rig.is_engine_asked() => {
                rig.respond(number);
                let (was_cancelled, failed) = (rig.is_silenced(number), rig.now);
                rig.fail(number, after.map(ms));
                if !was_cancelled {
                    self.not_before = Some(failed + after.map_or(MIN_BACK_OFF, ms).max(MIN_BACK_OFF));
                }
            }
            Step::Answer if rig.is_engine_asked() => {
                rig.respond(number);
                rig.say(number, &format!("a{number}"), 4000);
                rig.done(number);
                self.pass(600);
            }
            Step::Lose(retry) => rig.engine(EngineEvent::Failed { retry, reason: "test".into() }),
            Step::Ready if !rig.is_engine_ready() => rig.engine(EngineEvent::Ready),
            Step::Pass(time) => self.pass(time),
            Step::Talk | Step::Fail(_) | Step::Answer | Step::Ready => {}
        }
        self.check();
    }
}

/// Checks the attempts to open engines: the same engine is opened again after a delay, and not again and again.
fn check_openings(rig: &Rig, has_succeeded: bool) {
    let openings = rig.observed.outputs.iter().filter_map(|output| match output {
        Output::OpenEngine { kind, delay, .. } => Some((*kind, *delay)),
        _ => None,
    });
    let openings: Vec<_> = openings.collect();
    for pair in openings.windows(2) {
        assert!(pair[0].0 != pair[1].0 || pair[1].1 >= MIN_REOPEN, "opened again after {:?}", pair[1].1);
    }
    for run in openings.chunk_by(|one, other| one.0 == other.0) {
        assert!(has_succeeded || run.len() <= MAX_ATTEMPTS, "{} attempts with {:?}", run.len(), run[0].0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_request_is_sent_before_the_back_off_is_over(steps in prop::collection::vec(step(), 1..40)) {
        let engines = vec![EngineKind::Realtime, EngineKind::Pipeline, EngineKind::Voicemail];
        let rig = Rig::live_with(CallPolicy { engines, ..policy() });
        let mut watched = Watched { rig, requests: 0, openings: 0, not_before: None };
        watched.check();
        let has_succeeded = steps.iter().any(|step| matches!(step, Step::Answer));
        for (number, step) in (1..).zip(steps) {
            let is_voicemail = watched.rig.observed.opened.last() == Some(&EngineKind::Voicemail);
            if watched.rig.session.is_over() || is_voicemail {
                break;
            }
            watched.play(step, number);
        }
        watched.pass(9000);
        check_openings(&watched.rig, has_succeeded);
    }
}

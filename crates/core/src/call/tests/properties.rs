//! Property tests: for each order of inputs, the session's state stays consistent and the call ends. The rig checks the
//! invariants.

mod found;
mod step;

use super::rig::{Rig, checking, free_slots, ms, policy, transfer};
use crate::call::{CallPolicy, EngineEvent, EngineKind, Input, Operator, PageRing, ResponseOutcome, ToolCall, Usage};
use crate::domain::{TransferFailure, WordTime};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::time::Duration;
use step::{Step, is_of_engine, step};

/// A model of a real engine: at most one active response, each response with any number of utterances, including none,
/// and unique response ids.
#[derive(Default)]
struct Engine {
    answers: u8,
    is_answering: bool,
    utterances: u8,
    /// The generation of the engine. Events of an earlier generation are not sent.
    number: usize,
}

impl Engine {
    fn item(&self) -> String {
        format!("a{}.{}", self.answers, self.utterances)
    }
}

/// `is_checked`: whether the agent's words are checked.
fn play(rig: &mut Rig, engine: &mut Engine, step: &Step, number: usize, is_checked: bool) {
    let caller = format!("c{}", number / 4);
    if engine.number != rig.observed.opened.len() {
        (engine.number, engine.is_answering) = (rig.observed.opened.len(), false);
    }
    if rig.observed.is_engine_closed {
        engine.is_answering = false;
        if is_of_engine(step) {
            return;
        }
    }
    match *step {
        Step::Pass(time) => rig.pass(ms(time.into())),
        Step::Quiet(time) => rig.frames(false, ms(time.into())),
        Step::Talk(time) => rig.frames(true, ms(time.into())),
        Step::Activity => rig.engine(EngineEvent::Activity),
        Step::PassWithoutMarks(time) => rig.pass_without_marks(ms(time.into())),
        Step::Stall(time) => rig.stall(ms(time.into())),
        Step::Stream => rig.start_stream(),
        Step::Ready => rig.engine(EngineEvent::Ready),
        Step::Frames { count, gap } => (0..count).for_each(|n| rig.frame(if n == 0 { gap.into() } else { 0 })),
        Step::Speech(true) => rig.engine(EngineEvent::SpeechStarted { item: caller.into(), at_ms: None }),
        Step::Speech(false) => rig.engine(EngineEvent::SpeechStopped { item: caller.into(), at_ms: None }),
        Step::Respond if !engine.is_answering => {
            *engine = Engine { answers: engine.answers + 1, is_answering: true, utterances: 0, number: engine.number };
            rig.respond(engine.answers);
        }
        Step::Say(bytes) if engine.is_answering => rig.say(engine.answers, &engine.item(), bytes.into()),
        Step::Text(is_final) if engine.is_answering => {
            let text = if is_final { "שלום לך, איך אפשר לעזור?" } else { "שלום " };
            rig.text(engine.answers, &engine.item(), text, is_final);
        }
        Step::Claim(is_final) if engine.is_answering => claim(rig, engine, is_final, is_checked),
        Step::AudioDone if engine.is_answering => {
            rig.engine(EngineEvent::AudioDone { item: engine.item().into() });
            engine.utterances += 1;
        }
        Step::Done if engine.is_answering => {
            engine.is_answering = false;
            let (response, outcome) = (engine.answers.to_string().into(), outcome(number));
            rig.engine(EngineEvent::ResponseDone { response, outcome, usage: Usage::default() });
        }
        Step::CallerText { words, is_final } => {
            rig.engine(EngineEvent::CallerText { item: caller.into(), text: words.into(), is_final });
        }
        Step::WordTimes(count) => {
            let time = |word: u64| WordTime { start_ms: word * 300, end_ms: word * 300 + 200 };
            rig.engine(EngineEvent::CallerWordTimes {
                item: caller.into(),
                times: (0..count.into()).map(time).collect(),
            });
        }
        Step::NoWords(until) => rig.engine(EngineEvent::NoWords { until_ms: until.into() }),
        Step::NoText => rig.engine(EngineEvent::TranscriptionFailed { item: caller.into() }),
        Step::Noise(count) => (0..count).for_each(|_| rig.frame_of(0, false)),
        Step::Tool { id, kind } if engine.is_answering => {
            let id = id.to_string();
            let call = match kind {
                0 => ToolCall::EndCall,
                1 => transfer(),
                2 => ToolCall::CollectKeys { digits: (id.len() % 2 == 0).then_some(2) },
                _ => free_slots(&id),
            };
            rig.call(engine.answers, &id, call);
        }
        Step::Respond
        | Step::Say(_)
        | Step::Text(_)
        | Step::Claim(_)
        | Step::AudioDone
        | Step::Done
        | Step::Tool { .. } => {}
        Step::ToolFinished(id) => rig.input(Input::ToolFinished { id: id.to_string(), output: "{}".into() }),
        Step::Key(key) => rig.input(Input::CallerKey(key)),
        Step::StaleMark(n) => rig.stale_mark(&format!("g{}.{}", n % 4, n / 4)),
        Step::Warning => rig.engine(EngineEvent::Warning { code: "conversation_already_has_active_response".into() }),
        Step::MessageStarted => rig.engine(EngineEvent::MessageStarted),
        Step::Finished(message_taken) => rig.engine(EngineEvent::Finished { message_taken }),
        // Voicemail fails only if the call is not recorded.
        Step::Failed(_) if rig.observed.opened.last() == Some(&EngineKind::Voicemail) => {}
        Step::Failed(retry) => {
            engine.is_answering = false;
            rig.engine(EngineEvent::Failed { retry, reason: "test".into() });
        }
        Step::Operator(ref command) => rig.input(Input::Operator(command.clone())),
        Step::Hint => rig.input(Input::Operator(Operator::Hint("x".into()))),
        Step::TakeOver => rig.take_over(),
        Step::PageAnswering => rig.input(Input::PageAnswering),
        Step::PageUnanswered => rig.input(Input::PageUnanswered),
        Step::Employee(count) => rig.employee(count.into()),
        Step::EmployeeBurst(count) => (0..count).for_each(|_| rig.employee_frame()),
        Step::HandBack => rig.input(Input::Operator(Operator::HandBack)),
        Step::EmployeeLost => rig.input(Input::EmployeeLost),
        Step::Redirected => rig.input(Input::RedirectDone),
        Step::Shutdown(time) => rig.input(Input::Shutdown { within: ms(time.into()) }),
        Step::Stop => rig.input(Input::StreamStopped),
        Step::StreamLost => rig.input(Input::StreamLost),
        Step::Transferred(true) => rig.input(Input::TransferAccepted),
        Step::Transferred(false) => rig.input(Input::TransferFailed(TransferFailure::NoAnswer)),
    }
}

/// Sends text with a false claim, and checks that the session stops the response.
fn claim(rig: &mut Rig, engine: &Engine, is_final: bool, is_checked: bool) {
    let (response, item) = (engine.answers, engine.item());
    let must_stop = is_checked && rig.must_stop_claim(response, &item);
    rig.text(response, &item, "קבעתי לך תור ליום שני. ", is_final);
    assert!(!must_stop || rig.is_silenced(response), "a false claim is not stopped");
}

/// Returns how a response ends.
fn outcome(number: usize) -> ResponseOutcome {
    match number % 10 {
        0 => ResponseOutcome::Failed { retry_after: None, reason: "HTTP 503".into() },
        3 => ResponseOutcome::Failed { retry_after: Some(ms(1200)), reason: "HTTP 429".into() },
        5 => ResponseOutcome::Incomplete,
        6 => ResponseOutcome::Filtered,
        7 => ResponseOutcome::Cancelled,
        _ => ResponseOutcome::Completed,
    }
}

/// The varying part of a call's policy. It is short, so that a failure is readable.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
struct Setup {
    engines: &'static [EngineKind],
    holds_replies: bool,
    ends_silent: bool,
    page_ring: Option<PageRing>,
    is_checked: bool,
    detects_late: bool,
}

impl Setup {
    fn of(engines: &'static [EngineKind]) -> Self {
        Self {
            engines,
            holds_replies: false,
            ends_silent: false,
            page_ring: None,
            is_checked: false,
            detects_late: false,
        }
    }

    fn policy(self) -> CallPolicy {
        let hold_replies = self.holds_replies.then_some(ms(500));
        let Self { ends_silent, page_ring, detects_late: pipeline_detects_late, .. } = self;
        let policy = if self.is_checked { checking() } else { policy() };
        let engines = self.engines.to_vec();
        CallPolicy { engines, pipeline_detects_late, hold_replies, ends_silent, page_ring, ..policy }
    }
}

fn setups() -> impl Strategy<Value = Setup> {
    use EngineKind::{Pipeline, Realtime, Voicemail};
    let engines = prop::sample::select(vec![
        &[Realtime, Voicemail][..],
        &[Pipeline, Voicemail],
        &[Realtime, Pipeline, Voicemail],
        &[Pipeline, Realtime, Voicemail],
        &[Voicemail],
    ]);
    let page_ring = prop::option::of(any::<bool>().prop_map(|has_phone| PageRing { time: ms(15_000), has_phone }));
    let setup = |(engines, holds_replies, ends_silent, page_ring, is_checked)| Setup {
        engines,
        holds_replies,
        ends_silent,
        page_ring,
        is_checked,
        detects_late: false,
    };
    (engines, any::<bool>(), any::<bool>(), page_ring, any::<bool>()).prop_map(setup)
}

fn run(steps: &[Step], engines: &'static [EngineKind], connected: bool) -> Rig {
    run_with(steps, Setup::of(engines), connected)
}

fn run_with(steps: &[Step], setup: Setup, connected: bool) -> Rig {
    let policy = setup.policy();
    let mut rig = if connected { Rig::live_with(policy) } else { Rig::new(policy) };
    let mut engine = Engine::default();
    for (number, step) in steps.iter().enumerate() {
        if rig.session.is_over() {
            break;
        }
        play(&mut rig, &mut engine, step, number, setup.is_checked);
    }
    fall_silent(&mut rig);
    assert!(rig.session.is_over(), "a call without an end");
    assert!(rig.observed.redirects <= 1);
    rig.check_heard_turns();
    rig.check_silent_end();
    for turn in rig.observed.turns.values() {
        let (times, words) = (turn.word_times.len(), turn.text.split_whitespace().count());
        assert!(times == 0 || times == words, "{turn:?}");
    }
    rig
}

/// Sends no further input: no marks, no caller audio, and no engine events except those of the voicemail engine. The
/// call must end. The rig checks that a waiting caller hears audio meanwhile.
fn fall_silent(rig: &mut Rig) {
    let (mut prompts, mut prompted_s) = (100, None);
    for second in 0..720 {
        rig.pass_without_marks(Duration::from_secs(1));
        if rig.session.is_over() {
            return;
        }
        if rig.observed.opened.last() == Some(&EngineKind::Voicemail) {
            if !rig.is_engine_ready() {
                rig.engine(EngineEvent::Ready);
            }
            if rig.is_engine_asked() {
                prompts += 1;
                rig.respond(prompts);
                rig.say(prompts, &format!("p{prompts}"), 8000);
                rig.done(prompts);
            }
            if *prompted_s.get_or_insert(second) + 10 == second {
                rig.engine(EngineEvent::Finished { message_taken: false });
            }
        }
    }
}

/// Checks at least this many sequences of steps; `PROPTEST_CASES` can request more. With `PROPTEST_RNG_SEED`, each run
/// uses the same sequences, and each of these tests uses different sequences. The macro of proptest would use the same
/// sequences for all tests.
fn for_any_order(cases: u32, test: u64, check: impl Fn(&[Step], Setup)) {
    for_any_order_of(step(), cases, test, check);
}

fn for_any_order_of(step: impl Strategy<Value = Step>, cases: u32, test: u64, check: impl Fn(&[Step], Setup)) {
    let default = ProptestConfig::default();
    let rng_seed = match default.rng_seed {
        RngSeed::Fixed(seed) => RngSeed::Fixed(seed.wrapping_mul(TESTS).wrapping_add(test)),
        RngSeed::Random => RngSeed::Random,
    };
    let cases = cases.max(default.cases);
    let config = ProptestConfig { cases, failure_persistence: None, rng_seed, ..default };
    let orders = (prop::collection::vec(step, 1..40), setups());
    let checked = TestRunner::new(config).run(&orders, |(steps, setup)| {
        check(&steps, setup);
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}

const TESTS: u64 = 6;

// Separate tests, so that they run in parallel: 100,000 phone calls in total.
macro_rules! any_order {
    ($($name:ident: $connected:literal, $test:literal;)+) => {
        $(#[test]
        fn $name() {
            for_any_order(20_000, $test, |steps, setup| drop(run_with(steps, setup, $connected)));
        })+
    };
}

any_order! {
    connected_calls_balance_1: true, 0;
    connected_calls_balance_2: true, 1;
    connected_calls_balance_3: true, 2;
    ringing_calls_balance_1: false, 3;
    ringing_calls_balance_2: false, 4;
}

/// The engine reports speech only with its words, and also reports sounds without words.
#[test]
fn calls_with_a_late_transcriber_balance() {
    let step = prop_oneof![12 => step(), 1 => (0u16..3000).prop_map(Step::NoWords)];
    for_any_order_of(step, 10_000, 6, |steps, setup| {
        drop(run_with(steps, Setup { detects_late: true, ..setup }, true));
    });
}

#[test]
fn a_call_replays_to_the_same_decisions() {
    for_any_order(500, 5, |steps, setup| {
        let (first, second) = (run_with(steps, setup, true), run_with(steps, setup, true));
        assert_eq!(first.observed.outputs, second.observed.outputs);
    });
}

//! Tests of barge-in: the outputs to the phone and to the engine, and the stored turns.

use super::rig::{Rig, ms, policy};
use crate::call::{CallEvent, CallPolicy, EngineCommand, EngineEvent, Input, Output};

#[test]
fn a_barge_in_clears_the_phone_first_and_truncates_to_what_was_heard() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c0".into(), at_ms: None });
    rig.engine(EngineEvent::SpeechStopped { item: "c0".into(), at_ms: None });
    rig.pass(ms(500));
    rig.respond(1);
    rig.text(1, "a", "אחת שתיים שלוש ארבע", true);
    for _ in 0..20 {
        rig.say(1, "a", 800);
    }
    rig.pass(ms(1060));
    let before = rig.observed.outputs.len();
    rig.engine(EngineEvent::SpeechStarted { item: "c1".into(), at_ms: None });
    let after = &rig.observed.outputs[before..];
    assert!(matches!(after[0], Output::Clear { .. }), "{after:?}");
    rig.frames(true, ms(500));
    let [EngineCommand::Respond(_), EngineCommand::Cancel { .. }, EngineCommand::Truncate { item, heard_ms }] =
        &rig.commands()[..]
    else {
        panic!("{:?}", rig.commands())
    };
    assert_eq!(&**item, "a");
    assert!((900..=1060).contains(heard_ms), "{heard_ms}");
    assert_eq!(rig.observed.turns["a"].heard_text, "אחת שתיים");
    assert!(rig.observed.turns["a"].interrupted);
    assert_eq!(rig.observed.turns["a"].latency.first_delta_ms, Some(500));

    rig.say(1, "a", 800);
    rig.pass(ms(3000));
    assert_eq!(rig.observed.turns["a"].heard_text, "אחת שתיים");
}

#[test]
fn only_the_caller_interrupts() {
    let is_barge_in = |output: &Output| matches!(output, Output::Event(CallEvent::BargeIn { .. }));
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.pass(ms(500));
    rig.input(Input::CallerKey('1'));
    assert!(rig.observed.outputs.iter().any(is_barge_in), "a key interrupts the agent");

    let mut rig = Rig::live();
    rig.pass(policy().max_call.checked_sub(ms(3000)).unwrap());
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.pass(ms(20_000));
    assert!(rig.observed.outputs.iter().any(|output| matches!(output, Output::Clear { .. })), "the answer is cut");
    assert!(!rig.observed.outputs.iter().any(is_barge_in), "the end of the longest call is no interruption");
}

#[test]
fn an_answer_of_which_nothing_was_heard_is_deleted() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 800);
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(500));
    let cancel = EngineCommand::Cancel { response: "1".into() };
    let delete = EngineCommand::Delete { item: "a".into() };
    assert_eq!(rig.commands(), [cancel, delete], "an item cannot be deleted during its response");
}

#[test]
fn the_result_of_a_late_tool_reaches_the_model_although_the_caller_interrupts() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.run_tool(1, "t");
    rig.done(1);
    rig.pass(ms(9000));
    rig.respond(2);
    rig.say(2, "a", 16_000);
    rig.input(Input::ToolFinished { id: "t".into(), output: "SLOTS".into() });
    rig.input(Input::CallerKey('1'));
    rig.done(2);
    rig.pass(ms(3000));
    let is_result = |command: &EngineCommand| format!("{command:?}").contains("SLOTS");
    assert!(rig.commands().iter().any(is_result), "{:?}", rig.commands());
}

#[test]
fn a_note_that_a_lost_engine_has_not_answered_reaches_the_next_engine() {
    let mut rig = Rig::live_with(CallPolicy { max_call: ms(75_000), idle: None, ..policy() });
    let notes = |rig: &Rig| rig.commands().iter().filter(|c| **c == EngineCommand::Note("wrap up".into())).count();
    rig.pass(ms(15_500));
    assert_eq!(notes(&rig), 1, "{:?}", rig.commands());
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.engine(EngineEvent::Ready);
    rig.pass(ms(500));
    assert_eq!(notes(&rig), 2, "{:?}", rig.commands());
}

#[test]
fn the_model_learns_that_the_call_must_end_although_the_caller_interrupts() {
    let mut rig = Rig::live_with(CallPolicy { max_call: ms(75_000), idle: None, ..policy() });
    rig.respond(1);
    rig.say(1, "a", 160_000);
    rig.pass(ms(15_500));
    rig.input(Input::CallerKey('1'));
    rig.done(1);
    rig.pass(ms(3000));
    assert!(rig.commands().iter().any(|command| format!("{command:?}").contains("wrap up")), "{:?}", rig.commands());
}

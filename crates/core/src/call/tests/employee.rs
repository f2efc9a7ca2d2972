//! Tests of an employee who observes or ends a running call, or sends a hint to its agent.

use super::rig::{Rig, ms, policy};
use crate::call::{Activity, EngineCommand, EngineEvent, Input, Operator, Output, StreamEndAction};
use crate::domain::{EndReason, Speaker};

#[test]
fn an_employee_ends_the_call_with_a_goodbye_and_at_once_the_second_time() {
    let speaking = || {
        let mut rig = Rig::live();
        rig.respond(1);
        rig.say(1, "a", 80_000);
        rig.pass(ms(500));
        rig
    };
    let mut rig = speaking();
    rig.input(Input::Operator(Operator::End));
    assert_eq!(rig.count(|o| matches!(o, Output::Clear { .. })), 1, "the agent stops speaking");
    assert_eq!((rig.clips().len(), &rig.observed.ended), (1, &None));
    rig.pass(ms(3000));
    assert_eq!(rig.observed.ended, Some((EndReason::EmployeeHungUp, StreamEndAction::HangUp)));

    let mut rig = speaking();
    rig.input(Input::Operator(Operator::End));
    rig.input(Input::Operator(Operator::End));
    assert_eq!(rig.observed.ended, Some((EndReason::EmployeeHungUp, StreamEndAction::HangUp)));

    let mut rig = Rig::live();
    rig.input(Input::Operator(Operator::Transfer));
    rig.pass(ms(5000));
    rig.input(Input::Operator(Operator::End));
    assert_eq!(
        rig.observed.ended,
        Some((EndReason::EmployeeHungUp, StreamEndAction::HangUp)),
        "while a person's phone rings"
    );
}

#[test]
fn a_caller_who_talks_over_the_goodbye_is_not_left_in_silence() {
    let mut rig = Rig::live();
    // The engine never confirms the cancellation of the response.
    rig.respond(1);
    rig.input(Input::Operator(Operator::End));
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.pass(ms(2000));
    assert_eq!(rig.observed.ended, Some((EndReason::EmployeeHungUp, StreamEndAction::HangUp)));
}

#[test]
fn a_hint_is_for_the_agent_alone_and_does_not_interrupt_it() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 16_000);
    rig.frames(false, ms(500));
    assert!(rig.session.takes_hints());
    rig.input(Input::Operator(Operator::Hint("ten percent off".into())));
    assert_eq!(rig.commands(), [EngineCommand::Hint("ten percent off".into())]);
    let turn = rig.observed.turns.values().find(|turn| turn.speaker == Speaker::System).unwrap();
    assert_eq!(turn.text, "ten percent off");
    rig.engine(EngineEvent::Failed { retry: true, reason: "test".into() });
    assert!(!rig.session.takes_hints(), "no engine is there to follow it");
    let (history, _) = rig.last_opening();
    assert!(
        history.iter().any(|turn| turn.speaker == Speaker::System && turn.text == "ten percent off"),
        "{history:?}"
    );
}

#[test]
fn an_observer_sees_what_the_call_is_doing_and_the_words_as_they_are_heard() {
    let mut rig = Rig::new(policy());
    assert_eq!(rig.session.activity(rig.now), Activity::Connecting);
    rig.engine(EngineEvent::Ready);
    rig.start_stream();
    assert_eq!(rig.session.activity(rig.now), Activity::Listening);
    rig.engine(EngineEvent::SpeechStarted { item: "c0".into(), at_ms: None });
    assert_eq!(rig.session.activity(rig.now), Activity::CallerSpeaking);
    rig.engine(EngineEvent::SpeechStopped { item: "c0".into(), at_ms: None });
    assert_eq!(rig.session.activity(rig.now), Activity::Thinking);
    rig.respond(1);
    rig.text(1, "a", "אחת שתיים שלוש ארבע", true);
    for _ in 0..20 {
        rig.say(1, "a", 800);
    }
    assert_eq!(rig.session.activity(rig.now), Activity::Speaking);
    let heard = |rig: &mut Rig| -> Vec<_> {
        let open = rig.session.open_turns(rig.now).into_iter();
        open.filter(|turn| turn.speaker == Speaker::Agent).map(|turn| turn.heard_text).collect()
    };
    assert_eq!(heard(&mut rig), [""]);
    rig.pass(ms(1060));
    assert_eq!(heard(&mut rig), ["אחת שתיים"]);
    rig.engine(EngineEvent::AudioDone { item: "a".into() });
    rig.done(1);
    rig.pass(ms(1500));
    assert_eq!(rig.session.activity(rig.now), Activity::Listening);
    assert!(heard(&mut rig).is_empty(), "a turn that is complete is not open");
}

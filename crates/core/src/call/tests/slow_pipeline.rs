//! Tests of a pipeline whose services are slow, such as models on the owner's own machine.

use super::rig::{Rig, ms, policy};
use crate::call::{CallPolicy, EngineCommand, EngineEvent, EngineKind, Output, ResponseRequest};

/// Returns a call whose pipeline is its only AI engine. The engine reports speech only with its words.
fn slow_pipeline() -> Rig {
    let engines = vec![EngineKind::Pipeline, EngineKind::Voicemail];
    Rig::live_with(CallPolicy { engines, pipeline_detects_late: true, ..policy() })
}

#[test]
fn a_slow_part_of_the_only_pipeline_is_waited_for() {
    // The transcriber.
    let mut rig = slow_pipeline();
    rig.frames(true, ms(1500));
    rig.frames(false, ms(600 + 5000));
    let plays = rig.observed.plays;
    ask_late(&mut rig, "יש תור מחר?");
    assert_eq!(rig.count(|output| matches!(output, Output::Clear { .. })), 0, "the request to wait is heard whole");
    assert_eq!(rig.commands(), [EngineCommand::Respond(ResponseRequest::Reply)]);
    assert!(plays > 0);
    // The model, then the synthesiser.
    rig.respond(1);
    rig.pass(ms(4200));
    rig.text(1, "a", "כן", false);
    rig.pass(ms(3100));
    rig.say(1, "a", 8000);
    rig.done(1);
    assert_eq!(rig.observed.opened, [EngineKind::Pipeline]);
    assert_eq!(rig.commands().len(), 1, "the request is not repeated");
}

fn ask_late(rig: &mut Rig, words: &str) {
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: Some(0) });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: Some(1500) });
    rig.engine(EngineEvent::CallerText { item: "c".into(), text: words.into(), is_final: true });
}

#[test]
fn a_mute_pipeline_ends_with_voicemail_or_with_the_other_engine() {
    use EngineKind::{Pipeline, Realtime, Voicemail};
    for (engines, first_s, opened) in [
        (vec![Pipeline, Voicemail], 8, vec![Pipeline, Pipeline, Voicemail]),
        (vec![Pipeline, Realtime, Voicemail], 3, vec![Pipeline, Pipeline, Realtime]),
    ] {
        let mut rig = Rig::live_with(CallPolicy { engines, pipeline_detects_late: true, ..policy() });
        rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
        rig.frames(true, ms(1000));
        rig.frames(false, ms(500));
        rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
        rig.respond(1);
        rig.pass(ms(first_s * 1000 - 100));
        assert_eq!(rig.observed.opened.len(), 1);
        rig.pass(ms(400));
        rig.engine(EngineEvent::Ready);
        rig.pass(ms(3100));
        assert_eq!(rig.observed.opened, opened);
    }
}

#[test]
fn the_turn_of_a_caller_has_the_times_of_the_voice() {
    let mut rig = slow_pipeline();
    rig.frames(false, ms(1000));
    let before = rig.elapsed().as_millis();
    rig.frames(true, ms(1500));
    rig.frames(false, ms(1600));
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: Some(1000) });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: Some(2500) });
    rig.engine(EngineEvent::CallerText { item: "c".into(), text: "שלום".into(), is_final: true });
    let turn = &rig.observed.turns["c"];
    let (start, end) = (u128::from(turn.started_ms), turn.ended_ms.map(u128::from));
    assert!(start.abs_diff(before) <= 40 && end.is_some_and(|end| end.abs_diff(before + 1500) <= 40), "{turn:?}");
}

//! Tests of a pipeline whose services are slow, such as models on the owner's own machine, or fail.

use super::rig::{Rig, ms, policy};
use crate::call::{
    CallEvent, CallPolicy, EngineCommand, EngineEvent, EngineKind, Output, ResponseOutcome, ResponseRequest,
};

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

/// Returns the reason of the lost pipeline, which answers each of these attempts in this way.
fn reason_of_lost_pipeline(attempts: u8, answer: impl Fn(&mut Rig, u8)) -> String {
    let engines = vec![EngineKind::Pipeline, EngineKind::Voicemail];
    let mut rig = Rig::live_with(CallPolicy { engines, ..policy() });
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.frames(false, ms(500));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    for response in 1..=attempts {
        rig.respond(response);
        answer(&mut rig, response);
        rig.pass(ms(1100));
    }
    rig.pass(ms(3000));
    let reason = rig.observed.outputs.iter().find_map(|output| match output {
        Output::Event(CallEvent::EngineLost { reason, .. }) => Some(reason.clone()),
        _ => None,
    });
    reason.expect("a lost engine")
}

#[test]
fn the_part_of_a_pipeline_that_fails_is_named() {
    use ResponseOutcome::{Completed, Incomplete};
    let text = |rig: &mut Rig| rig.engine(EngineEvent::FirstToken);
    let asked = |rig: &mut Rig| rig.engine(EngineEvent::SpeechRequested);
    assert_eq!(reason_of_lost_pipeline(1, |rig, _| text(rig)), "model: no answer in time", "a text that does not end");
    let is_asked = |rig: &mut Rig, _| {
        text(rig);
        asked(rig);
    };
    assert_eq!(reason_of_lost_pipeline(1, is_asked), "synthesiser: no answer in time");
    for outcome in [Completed, Incomplete] {
        let reason = reason_of_lost_pipeline(3, |rig, response| rig.end(response, outcome.clone()));
        assert_eq!(reason, "model: the responses fail");
    }
    let without_audio = |rig: &mut Rig, response| {
        asked(rig);
        rig.end(response, Completed);
    };
    assert_eq!(reason_of_lost_pipeline(3, without_audio), "synthesiser: the responses fail");
}

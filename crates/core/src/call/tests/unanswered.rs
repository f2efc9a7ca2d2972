//! Tests of callers who hang up before they hear the agent.

use super::rig::{Rig, ms};
use crate::call::{EngineEvent, Input};
use crate::domain::EndReason;

#[test]
fn a_caller_who_hears_only_built_in_sentences_was_not_answered() {
    let end = |heard: bool| {
        let mut rig = Rig::live();
        rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
        rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
        rig.pass(ms(2500));
        assert_eq!(rig.clips().len(), 1);
        rig.respond(1);
        rig.text(1, "a", "בוודאי, מיד", false);
        rig.say(1, "a", 8000);
        rig.pass(ms(if heard { 3000 } else { 0 }));
        rig.input(Input::StreamStopped);
        rig.observed.ended.map(|(reason, _)| reason)
    };
    assert_eq!(end(false), Some(EndReason::Unanswered));
    assert_eq!(end(true), Some(EndReason::CallerHungUp));
}

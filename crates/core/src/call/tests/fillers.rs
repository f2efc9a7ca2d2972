//! The language of the fillers, and their times while a new session of a lost engine detects the question again.

use super::rig::{Rig, ms, policy};
use crate::audio::EncodedAudio;
use crate::call::{EngineCommand, EngineEvent, OtherFillers, ResponseRequest};

/// Sends speech of the caller, so that a reply of the engine is due.
fn ask(rig: &mut Rig, item: &str) {
    rig.engine(EngineEvent::SpeechStarted { item: item.into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.frames(false, ms(500));
    rig.engine(EngineEvent::SpeechStopped { item: item.into(), at_ms: None });
}

#[test]
fn fillers_are_in_the_language_of_the_caller_s_last_sentence() {
    const OTHER: u8 = 253;
    let audio = || EncodedAudio::encode(&vec![OTHER; 1600 * 8]);
    for (said, is_other) in [
        (&["מתי אתם פתוחים היום?"][..], false),
        (&["When are you open?"], true),
        (&["When are you open?", "אפשר לקבוע תור?"], false),
        (&["מתי אתם פתוחים היום?", "OK"], false),
        (&["Когда вы открыты?"], false),
        (&[], false),
    ] {
        let mut policy = policy();
        let (language, expected) = ("en".to_owned(), "he".to_owned());
        let other = OtherFillers { language, expected, one_moment_clip: audio(), more_time_clip: audio() };
        policy.prompts.other_fillers = Some(other);
        let mut rig = Rig::live_with(policy);
        for (text, number) in said.iter().zip(0..) {
            let item = format!("earlier{number}");
            ask(&mut rig, &item);
            let text = (*text).to_owned();
            rig.engine(EngineEvent::CallerText { item: item.as_str().into(), text, is_final: true });
        }
        if said.is_empty() {
            ask(&mut rig, "c");
        }
        rig.pass(ms(2500));
        let clips = rig.clips();
        assert_eq!(clips.first().map(|(clip, _)| *clip == OTHER), Some(is_other), "{said:?}: {clips:?}");
    }
}

/// The new session of a lost engine detects the caller's question in the replayed audio, while the caller hears nothing.
#[test]
fn a_caller_whose_question_is_detected_again_does_not_wait_in_silence() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c1".into(), at_ms: Some(0) });
    rig.frames(true, ms(1000));
    rig.frames(false, ms(500));
    rig.engine(EngineEvent::SpeechStopped { item: "c1".into(), at_ms: Some(1000) });
    let asked = rig.elapsed();
    rig.respond(1);
    rig.pass(ms(3300));
    assert_eq!(rig.observed.opened.len(), 2);
    rig.engine(EngineEvent::Ready);
    rig.engine(EngineEvent::SpeechStarted { item: "c2".into(), at_ms: Some(0) });
    for _ in 0..8 {
        rig.pass(ms(500));
        rig.engine(EngineEvent::Activity);
    }
    let fillers: Vec<_> = rig.clips().iter().map(|(_, at)| at.saturating_sub(asked).as_millis()).collect();
    assert!(matches!(fillers[..], [1000..=1200, 4500..=4740]), "{fillers:?}");
    rig.engine(EngineEvent::SpeechStopped { item: "c2".into(), at_ms: Some(1000) });
    assert_eq!(rig.commands().last(), Some(&EngineCommand::Respond(ResponseRequest::Reply)));
}

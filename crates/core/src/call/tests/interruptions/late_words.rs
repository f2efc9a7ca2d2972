//! Tests of an engine that reports speech only with its words, when the transcription of the whole utterance is complete.

use super::{assert_continues, is_cut, replies, say, start, stop, undone};
use crate::call::tests::rig::{Rig, ms, policy};
use crate::call::{CallPolicy, EngineEvent, EngineKind, FalseBargeIn};
use proptest::prelude::*;

/// The silence after which the utterance is sent to the transcriber.
const SILENCE: u64 = 600;

/// Returns a call in which the caller has heard `heard` ms of a response of 12 s.
fn speaking(heard: u64) -> Rig {
    let engines = vec![EngineKind::Pipeline, EngineKind::Voicemail];
    let mut rig = Rig::live_with(CallPolicy { engines, pipeline_detects_late: true, ..policy() });
    super::answer_of(&mut rig, super::WORDS, 120);
    rig.frames(false, ms(heard));
    rig
}

/// Sends a sound with this much voice, whose transcription takes `transcription` ms.
fn sound(rig: &mut Rig, voice: u64, transcription: u64) {
    rig.frames(true, ms(voice));
    rig.frames(false, ms(SILENCE + transcription));
}

fn transcribed(rig: &mut Rig, words: &str) {
    start(rig, "c");
    stop(rig, "c");
    say(rig, "c", words);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn speech_interrupts_and_the_answer_is_not_resumed(
        voice in 35u64..400, transcription in 0u64..60, heard in 10u64..300,
    ) {
        let mut rig = speaking(heard * 20);
        rig.frames(true, ms(740));
        prop_assert!(is_cut(&rig));
        let plays = rig.observed.response_plays;
        sound(&mut rig, voice * 20, transcription * 20);
        prop_assert_eq!(replies(&rig), 0, "the words are not known yet");
        transcribed(&mut rig, "רגע, אני רוצה לשאול משהו אחר");
        prop_assert_eq!(replies(&rig), 1);
        prop_assert_eq!(rig.observed.response_plays, plays, "the answer was resumed");
    }

    #[test]
    fn a_short_sound_stops_the_agent_until_its_words_are_known(
        voice in 11u64..30, transcription in 0u64..110, heard in 10u64..300,
        words in prop::sample::select(vec!["כן", "אהה", ""]),
    ) {
        let mut rig = speaking(heard * 20);
        rig.frames(true, ms(220));
        let plays = rig.observed.plays;
        sound(&mut rig, (voice - 11) * 20, transcription * 20);
        prop_assert_eq!(rig.observed.plays, plays, "it waits for the words");
        if words.is_empty() {
            rig.engine(EngineEvent::NoWords { until_ms: (heard + voice) * 20 });
        } else {
            transcribed(&mut rig, words);
        }
        let cause = if words.is_empty() { FalseBargeIn::Noise } else { FalseBargeIn::BackChannel };
        prop_assert_eq!(undone(&rig), [cause]);
        rig.frames(false, ms(6000));
        assert_continues(&mut rig);
    }
}

#[test]
fn a_short_request_interrupts_when_its_words_are_known() {
    let mut rig = speaking(2000);
    sound(&mut rig, 400, 1500);
    assert!(!is_cut(&rig));
    transcribed(&mut rig, "רגע, שאלה");
    assert!(is_cut(&rig));
    assert_eq!((undone(&rig), replies(&rig)), (Vec::new(), 1));
}

#[test]
fn the_agent_waits_for_the_words_of_a_second_sound() {
    let mut rig = speaking(2000);
    rig.frames(true, ms(300));
    rig.frames(false, ms(700));
    rig.frames(true, ms(300));
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: Some(2000) });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: Some(2300) });
    say(&mut rig, "c", "כן");
    assert_eq!(undone(&rig), []);
    rig.frames(false, ms(700));
    rig.engine(EngineEvent::NoWords { until_ms: 3300 });
    assert_eq!(undone(&rig), [FalseBargeIn::Noise]);
}

#[test]
fn a_transcriber_that_never_answers_does_not_silence_the_agent() {
    let mut rig = speaking(2000);
    rig.frames(true, ms(300));
    rig.frames(false, ms(4000));
    assert_eq!(undone(&rig), [FalseBargeIn::Unknown]);
    rig.frames(true, ms(300));
    assert_eq!(rig.count(|output| matches!(output, crate::call::Output::Clear { .. })), 2, "it stops again");
}

#[test]
fn a_caller_who_adds_words_before_the_reply_begins_is_not_talked_over() {
    let engines = vec![EngineKind::Pipeline, EngineKind::Voicemail];
    let mut rig = Rig::live_with(CallPolicy { engines, pipeline_detects_late: true, ..policy() });
    rig.frames(true, ms(1000));
    rig.frames(false, ms(1000));
    transcribed(&mut rig, "יש תור מחר?");
    assert_eq!(replies(&rig), 1);
    rig.frames(true, ms(300));
    super::answer_of(&mut rig, super::WORDS, 60);
    let plays = rig.observed.plays;
    rig.frames(true, ms(1500));
    assert_eq!(rig.observed.plays, plays);
    rig.frames(false, ms(800));
    start(&mut rig, "d");
    stop(&mut rig, "d");
    say(&mut rig, "d", "ואם לא, אז מחרתיים");
    assert_eq!(replies(&rig), 2);
}

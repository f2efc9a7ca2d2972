//! Tests of sounds during the agent's speech that may be replies to the agent, and of the caller's wait for a reply
//! afterwards.

use super::{answer_of, is_cut, replies, say, sound, speaking, start, stop, undone};
use crate::call::tests::rig::{Rig, free_slots, ms, policy};
use crate::call::{CallPolicy, EngineCommand, EngineEvent, FalseBargeIn};
use std::time::Duration;

const QUESTION: &str = "תרצה תור למחר בשעה ארבע?";

/// Returns a call in which the caller has heard 1.5 s of a question of 4 s.
fn asking() -> Rig {
    let mut rig = Rig::live();
    answer_of(&mut rig, QUESTION, 40);
    rig.frames(false, ms(1500));
    rig
}

/// Sends a sound whose words do not arrive in time.
fn unknown_sound(rig: &mut Rig) {
    start(rig, "c");
    rig.frames(true, ms(300));
    rig.frames(false, ms(500));
    stop(rig, "c");
    rig.frames(false, ms(900));
}

#[test]
fn a_yes_whose_words_are_late_or_never_known_is_answered_after_the_question() {
    for is_late in [true, false] {
        let mut rig = asking();
        unknown_sound(&mut rig);
        assert_eq!(undone(&rig), [FalseBargeIn::Unknown]);
        if is_late {
            rig.frames(false, ms(300));
            say(&mut rig, "c", "כן");
        }
        rig.frames(false, ms(4500));
        assert!(!is_cut(&rig));
        assert_eq!(replies(&rig), 1, "late: {is_late}");
    }
}

#[test]
fn a_click_after_a_yes_does_not_withdraw_the_yes() {
    let mut rig = asking();
    sound(&mut rig, "c1", 300, "כן");
    rig.frames(false, ms(300));
    start(&mut rig, "c2");
    rig.frames(false, ms(700));
    assert_eq!(undone(&rig), [FalseBargeIn::BackChannel, FalseBargeIn::Noise]);
    stop(&mut rig, "c2");
    rig.frames(false, ms(4500));
    assert_eq!(replies(&rig), 1);
}

#[test]
fn an_okay_is_no_reply_to_a_question_that_was_asked_later() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.text(1, "a", "רגע, אני בודקת.", true);
    rig.say(1, "a", 16_000);
    rig.call(1, "t", free_slots("t"));
    rig.done(1);
    rig.frames(false, ms(300));
    sound(&mut rig, "c", 200, "אוקיי");
    rig.input(crate::call::Input::ToolFinished { id: "t".into(), output: "{}".into() });
    assert_eq!(replies(&rig), 1, "to the tool's result");
    rig.respond(2);
    rig.text(2, "b", QUESTION, true);
    rig.say(2, "b", 8000);
    rig.done(2);
    rig.frames(false, ms(6000));
    assert_eq!(replies(&rig), 1, "the agent waits for an answer");
}

#[test]
fn words_that_could_not_be_transcribed_are_kept_at_the_model() {
    let mut rig = asking();
    start(&mut rig, "c");
    rig.frames(true, ms(300));
    rig.frames(false, ms(500));
    stop(&mut rig, "c");
    rig.engine(EngineEvent::TranscriptionFailed { item: "c".into() });
    rig.frames(false, ms(6000));
    assert!(!rig.commands().iter().any(|command| matches!(command, EngineCommand::Delete { .. })));
    assert_eq!(replies(&rig), 1, "they may be the reply to the question");
}

#[test]
fn late_words_are_answered_although_the_agent_echoes() {
    let mut rig = asking();
    unknown_sound(&mut rig);
    rig.frames(true, ms(240));
    say(&mut rig, "c", "רגע");
    assert!(is_cut(&rig));
    assert_eq!(replies(&rig), 1);
}

/// The engine does not detect the caller's reply during the last second of a sentence.
#[test]
fn a_reply_that_a_deaf_engine_missed_is_not_left_unanswered() {
    for (sentence, is_complete) in [("אנחנו פתוחים עד שמונה.", true), (QUESTION, true), (QUESTION, false)]
    {
        let mut rig = Rig::live();
        rig.respond(1);
        rig.text(1, "a", sentence, true);
        rig.say(1, "a", 24_000);
        if is_complete {
            rig.done(1);
        }
        rig.frames(false, ms(1800));
        rig.frames(true, ms(1200));
        if !is_complete {
            rig.done(1);
        }
        rig.frames(false, ms(500));
        assert_eq!(undone(&rig), [FalseBargeIn::Unknown], "{sentence}");
        // The caller hears the rest of the sentence, and then less than two seconds of silence.
        rig.frames(false, ms(3500));
        assert_eq!((rig.clips().len(), rig.observed.opened.len()), (1, 1), "{sentence}");
        rig.frames(false, ms(1000));
        assert_eq!(rig.observed.opened.len(), 2, "{sentence}");
        let before = rig.observed.frames_heard;
        rig.engine(EngineEvent::Ready);
        assert!(rig.observed.frames_heard - before > 1200 / 20, "the next engine receives what was said");
    }
}

#[test]
fn a_short_sentence_that_cannot_be_transcribed_gets_a_reply() {
    for (is_late, has_voice) in [(false, true), (true, true), (false, false)] {
        let mut rig = Rig::live();
        answer_of(&mut rig, "אנחנו פתוחים עד שמונה, וביום שישי עד אחת.", 80);
        rig.frames(false, ms(1000));
        start(&mut rig, "c");
        rig.frames(has_voice, ms(400));
        rig.frames(false, ms(500));
        stop(&mut rig, "c");
        if is_late {
            rig.frames(false, ms(1500));
        }
        rig.engine(EngineEvent::TranscriptionFailed { item: "c".into() });
        assert_eq!(undone(&rig).len(), 1, "the words are not waited for any more");
        rig.frames(false, ms(9000));
        assert!(!is_cut(&rig));
        assert_eq!(replies(&rig), usize::from(has_voice), "late: {is_late}");
    }
}

#[test]
fn behind_a_noise_that_is_no_interruption_the_caller_waits_as_ever() {
    let mut rig = Rig::live_with(CallPolicy { turn_end: ms(8000), ..policy() });
    rig.respond(1);
    rig.say(1, "a", 16_000);
    rig.frames(false, ms(1000));
    start(&mut rig, "c");
    rig.frames(false, ms(700));
    assert_eq!(undone(&rig), [FalseBargeIn::Noise]);
    // The street noise continues, and a tool runs for a long time.
    rig.call(1, "t", free_slots("t"));
    rig.done(1);
    rig.frames(false, ms(2700));
    assert_eq!(rig.clips().len(), 1, "the wait is filled");
}

#[test]
fn a_word_is_not_lost_with_the_engine_that_detected_it() {
    let mut rig = speaking(1000);
    start(&mut rig, "c");
    rig.frames(true, ms(300));
    rig.engine(EngineEvent::Failed { retry: true, reason: "test".into() });
    rig.engine(EngineEvent::Ready);
    rig.frames(false, ms(2500));
    assert_eq!(rig.clips().len(), 1, "the caller waits for an answer");
}

#[test]
fn an_engine_is_not_renewed_before_a_yes_is_answered() {
    let mut rig = Rig::live_with(CallPolicy { max_call: Duration::from_hours(3), idle: None, ..policy() });
    rig.pass(Duration::from_mins(55));
    assert_eq!(rig.observed.opened.len(), 2);
    rig.engine(EngineEvent::Ready);
    rig.pass(ms(55 * 60_000 - 2000));
    answer_of(&mut rig, QUESTION, 40);
    rig.frames(false, ms(1500));
    sound(&mut rig, "c", 300, "כן");
    assert_eq!(undone(&rig), [FalseBargeIn::BackChannel]);
    let asked = (0..300).find(|_| {
        rig.frames(false, ms(20));
        replies(&rig) > 0
    });
    assert_eq!((asked.is_some(), rig.observed.opened.len()), (true, 2));
}

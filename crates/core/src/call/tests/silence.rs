//! The call of a caller who never speaks ends after one question. A caller who has given any sign of a person is asked
//! twice.

use super::rig::{Rig, ms};
use crate::call::{CallEvent, CallPolicy, EngineEvent, EngineKind, Input, StreamEndAction};
use crate::domain::EndReason;

const SILENT: (EndReason, StreamEndAction) = (EndReason::Silent, StreamEndAction::HangUp);
const IDLE: (EndReason, StreamEndAction) = (EndReason::Idle, StreamEndAction::HangUp);

fn policy() -> CallPolicy {
    CallPolicy { ends_silent: true, ..super::rig::policy() }
}

/// Lets the silence last until the agent asks for the `number`-th time, and speaks the question, which takes one second.
#[track_caller]
fn ask(rig: &mut Rig, number: u8) {
    rig.frames(false, ms(10_100));
    assert!(rig.has_event(&CallEvent::IdlePrompt { number: number.into() }), "{:?}", rig.elapsed());
    rig.respond(number);
    rig.say(number, &format!("a{number}"), 8000);
    rig.done(number);
    rig.frames(false, ms(1200));
}

/// The engine detects a sound of half a second.
fn sound(rig: &mut Rig, item: &str, is_voice: bool) {
    rig.engine(EngineEvent::SpeechStarted { item: item.into(), at_ms: None });
    rig.frames(is_voice, ms(500));
    rig.engine(EngineEvent::SpeechStopped { item: item.into(), at_ms: None });
}

fn transcript(rig: &mut Rig, item: &str, text: &str) {
    rig.engine(EngineEvent::CallerText { item: item.into(), text: text.into(), is_final: true });
}

/// The agent answers what the engine has detected, in one second.
fn answer(rig: &mut Rig, number: u8) {
    rig.respond(number);
    rig.say(number, &format!("a{number}"), 8000);
    rig.done(number);
    rig.frames(false, ms(1200));
}

#[test]
fn a_caller_who_never_speaks_is_asked_once() {
    let mut rig = Rig::live_with(policy());
    ask(&mut rig, 1);
    rig.frames(false, ms(7000));
    assert_eq!(rig.observed.ended, None, "time to find words");
    rig.frames(false, ms(1500));
    assert_eq!(rig.observed.ended, Some(SILENT));
    assert!(rig.elapsed() < ms(21_000), "{:?}", rig.elapsed());
    assert!(!rig.has_event(&CallEvent::IdlePrompt { number: 2 }));
}

#[test]
fn a_caller_who_has_given_a_sign_is_asked_twice() {
    type Sign = (&'static str, fn(&mut Rig));
    let signs: [Sign; 7] = [
        ("a word", |rig| {
            sound(rig, "c", true);
            transcript(rig, "c", "הלו");
            answer(rig, 9);
        }),
        ("a key", |rig| {
            rig.input(Input::CallerKey('1'));
            rig.frames(false, ms(1600));
            answer(rig, 9);
        }),
        ("words that cannot be transcribed", |rig| {
            sound(rig, "c", true);
            rig.engine(EngineEvent::TranscriptionFailed { item: "c".into() });
            answer(rig, 9);
        }),
        ("words that are never transcribed", |rig| {
            sound(rig, "c", true);
            answer(rig, 9);
        }),
        ("speech whose transcript is empty", |rig| {
            sound(rig, "c", true);
            transcript(rig, "c", "");
            answer(rig, 9);
        }),
        ("speech that the engine detects late, and whose transcript is empty", |rig| {
            rig.frames(true, ms(300));
            sound(rig, "c", false);
            transcript(rig, "c", "");
            answer(rig, 9);
        }),
        ("speech during the agent's sentence, whose transcript is empty", |rig| {
            rig.respond(9);
            rig.say(9, "a9", 16_000);
            rig.done(9);
            rig.frames(false, ms(500));
            rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
            rig.frames(true, ms(300));
            rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
            transcript(rig, "c", "");
            rig.frames(false, ms(1700));
        }),
    ];
    for (what, sign) in signs {
        let mut rig = Rig::live_with(policy());
        sign(&mut rig);
        ask(&mut rig, 1);
        ask(&mut rig, 2);
        rig.frames(false, ms(10_500));
        assert_eq!(rig.observed.ended, Some(IDLE), "{what}");
    }
}

#[test]
fn an_answer_after_the_question_continues_the_call() {
    let mut rig = Rig::live_with(policy());
    ask(&mut rig, 1);
    rig.frames(false, ms(6000));
    sound(&mut rig, "c", true);
    answer(&mut rig, 2);
    // The transcript is late.
    transcript(&mut rig, "c", "כן, אני כאן");
    rig.frames(false, ms(8500));
    assert_eq!(rig.observed.ended, None);
    assert!(!rig.has_event(&CallEvent::IdlePrompt { number: 2 }), "the usual time applies again");
}

#[test]
fn a_word_during_the_goodbye_continues_the_call() {
    let mut rig = Rig::live_with(policy());
    ask(&mut rig, 1);
    rig.frames(false, ms(7950));
    assert_eq!(rig.observed.ended, None);
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(700));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    transcript(&mut rig, "c", "רגע");
    answer(&mut rig, 2);
    rig.frames(false, ms(8500));
    assert_eq!(rig.observed.ended, None);
}

/// A robot dialer from whose line noise comes again and again. The agent answers each request at once.
#[test]
fn noise_delays_the_end_only_a_little() {
    for period in [3000, 6000, 9000] {
        let mut rig = Rig::live_with(policy());
        let (mut quiet_ms, mut noises, mut answers) = (0, 0, 0);
        while rig.observed.ended.is_none() && rig.elapsed() < ms(60_000) {
            rig.frames(false, ms(100));
            quiet_ms += 100;
            if rig.is_engine_asked() {
                answers += 1;
                rig.respond(answers);
                rig.say(answers, &format!("a{answers}"), 8000);
                rig.done(answers);
            }
            if quiet_ms >= period && rig.observed.ended.is_none() {
                (quiet_ms, noises) = (0, noises + 1);
                sound(&mut rig, &format!("c{noises}"), false);
                transcript(&mut rig, &format!("c{noises}"), "");
            }
        }
        if period == 3000 {
            assert_eq!(rig.observed.ended, None, "the line is never quiet for four seconds");
        } else {
            assert_eq!(rig.observed.ended, Some(SILENT), "noise every {period} ms");
            assert!(rig.elapsed() < ms(45_000), "{:?}", rig.elapsed());
        }
    }
}

#[test]
fn silence_ends_no_call_early_without_the_setting_or_without_questions_or_in_voicemail() {
    let mut rig = Rig::live_with(super::rig::policy());
    ask(&mut rig, 1);
    ask(&mut rig, 2);
    rig.frames(false, ms(10_500));
    assert_eq!(rig.observed.ended, Some(IDLE));

    let mut rig = Rig::live_with(CallPolicy { idle: None, ..policy() });
    rig.frames(false, ms(60_000));
    assert_eq!(rig.observed.ended, None);

    let mut rig = Rig::live_with(CallPolicy { engines: vec![EngineKind::Voicemail], ..policy() });
    answer(&mut rig, 1);
    rig.engine(EngineEvent::Finished { message_taken: false });
    rig.frames(false, ms(1000));
    assert_eq!(rig.observed.ended, Some(IDLE));
}

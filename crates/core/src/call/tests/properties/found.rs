//! Failures that the property tests found.

use super::step::Step;
use super::{Setup, run, run_with};
use crate::call::EngineKind::{Pipeline, Realtime, Voicemail};
use crate::call::{Operator, PageRing};
use std::time::Duration;

#[test]
fn the_wait_begins_at_the_end_of_the_voice_and_not_when_it_is_noticed() {
    // A noise while a reply is due. The engine does not detect its end.
    let noise = [
        Step::Talk(20),
        Step::Speech(false),
        Step::Speech(true),
        Step::Respond,
        Step::Done,
        Step::Speech(true),
        Step::Quiet(780),
    ];
    run(&noise, &[Realtime, Voicemail], true);
    // The engine is lost while it detects speech.
    let lost = [Step::Speech(true), Step::Key('#'), Step::Talk(20), Step::Quiet(860), Step::Failed(false)];
    run(&lost, &[Realtime, Pipeline, Voicemail], true);
    // The marks are lost, and a sound started before the agent spoke.
    let marks_lost = [
        Step::Respond,
        Step::Speech(true),
        Step::Stall(800),
        Step::Stall(800),
        Step::Stall(800),
        Step::Say(5121),
        Step::Done,
        Step::Speech(true),
    ];
    run(&marks_lost, &[Realtime, Voicemail], true);
}

#[test]
fn a_sound_after_the_agents_last_word_is_answered_though_its_marks_are_late_or_lost() {
    // A false detection of speech after a filler whose marks are lost.
    let marks_lost = [
        Step::Activity,
        Step::Activity,
        Step::Respond,
        Step::Stall(800),
        Step::Say(1601),
        Step::PassWithoutMarks(1460),
        Step::Text(false),
        Step::Stall(800),
        Step::Done,
        Step::PassWithoutMarks(1901),
        Step::Speech(true),
        Step::Speech(false),
    ];
    run(&marks_lost, &[Realtime, Voicemail], true);
    // The engine reports the end of its response after the caller has heard it, and does not detect the caller's
    // speech.
    let mark_late = [
        Step::Pass(0),
        Step::Respond,
        Step::Say(800),
        Step::Text(false),
        Step::Quiet(220),
        Step::Done,
        Step::Talk(600),
    ];
    run(&mark_late, &[Realtime, Voicemail], true);
}

/// An engine reports the end of speech without its start, and is then lost.
#[test]
fn speech_whose_end_alone_was_detected_is_answered_once() {
    let frame = Step::Frames { count: 1, gap: 0 };
    let steps = [
        Step::Talk(600),
        Step::Speech(false),
        Step::Failed(false),
        frame.clone(),
        Step::Respond,
        Step::Say(800),
        frame,
        Step::Done,
    ];
    run(&steps, &[Realtime, Pipeline, Voicemail], true);
}

/// A response that started unasked at the end of the call, and messages of the engine without audio after the goodbye.
#[test]
fn a_call_that_ends_does_not_wait_longer_because_of_messages_without_audio() {
    let employee = [
        Step::Operator(Operator::End),
        Step::Speech(true),
        Step::Failed(true),
        Step::Respond,
        Step::Ready,
        Step::Pass(401),
        Step::CallerText { words: "כן", is_final: false },
    ];
    run(&employee, &[Realtime, Voicemail], true);
    let idle = [
        Step::Say(800),
        Step::Stream,
        Step::Respond,
        Step::Stream,
        Step::Tool { id: 0, kind: 2 },
        Step::Finished(false),
        Step::Stream,
        Step::Speech(true),
        Step::Stream,
        Step::StaleMark(0),
        Step::Stream,
        Step::Done,
        Step::Speech(false),
        Step::Respond,
        Step::PassWithoutMarks(961),
        Step::Ready,
    ];
    run(&idle, &[Realtime, Voicemail], true);
}

/// The line fails twice after the caller's last word, for five seconds in total, and the engine then reports the end
/// of the speech.
#[test]
fn a_late_report_of_the_end_of_speech_does_not_restart_the_wait() {
    let steps = [
        Step::Speech(false),
        Step::Talk(600),
        Step::PassWithoutMarks(2357),
        Step::Frames { count: 1, gap: 0 },
        Step::Pass(2624),
        Step::Speech(false),
    ];
    run(&steps, &[Realtime, Voicemail], true);
}

/// A mark of a request to wait arrives almost two seconds late, when its audio has long been heard. The next request
/// to wait must not be held back.
#[test]
fn a_mark_that_is_very_late_delays_no_request_to_wait() {
    let steps = [
        Step::Respond,
        Step::PassWithoutMarks(1200),
        Step::Speech(true),
        Step::TakeOver,
        Step::PassWithoutMarks(1628),
        Step::PassWithoutMarks(2394),
        Step::PassWithoutMarks(579),
        Step::StaleMark(27),
    ];
    run(&steps, &[Realtime, Voicemail], true);
}

/// An answer is cut while the marks after a stall are lost, so that the session cannot know that the caller heard it.
#[test]
fn an_answer_that_was_heard_without_marks_may_be_reported_as_unheard() {
    let steps = [
        Step::Operator(Operator::Transfer),
        Step::Respond,
        Step::Employee(10),
        Step::Employee(70),
        Step::Stall(800),
        Step::Say(800),
        Step::CallerText { words: "כן", is_final: false },
        Step::Quiet(400),
        Step::StaleMark(0),
        Step::Tool { id: 0, kind: 1 },
        Step::CallerText { words: "כן", is_final: false },
        Step::Done,
    ];
    let page_ring = Some(PageRing { time: Duration::from_secs(15), has_phone: false });
    run_with(&steps, Setup { page_ring, ..Setup::of(&[Realtime, Voicemail]) }, true);
}

/// The engine is lost while its answer is held back, and the answer, once it is released, ends the call.
#[test]
fn a_released_answer_that_ends_the_call_is_the_last_output() {
    const FRAME: Step = Step::Frames { count: 1, gap: 0 };
    let start = [Step::Failed(true), Step::Talk(900), FRAME, FRAME, FRAME, FRAME, FRAME, FRAME, FRAME, Step::Respond];
    let said = [Step::EmployeeBurst(1), Step::Say(800), Step::Say(800), FRAME, FRAME, Step::Quiet(1140), FRAME, FRAME];
    let streamed =
        [Step::PassWithoutMarks(380), Step::Hint, FRAME, Step::Stream, Step::Talk(200), Step::Activity, FRAME];
    let ended = [Step::Tool { id: 0, kind: 0 }, Step::Activity, FRAME, Step::Done];
    let steps: Vec<Step> = start.into_iter().chain(said).chain(streamed).chain(ended).collect();
    run(&steps, &[Realtime, Voicemail], false);
}

/// A short sound stops a filler in a pause of the agent's answer, or begins just before the answer is heard. The
/// transcriber reports nothing about the sound.
#[test]
fn a_caller_who_waits_is_not_left_in_silence_because_of_a_short_sound() {
    let setup = Setup { detects_late: true, ..Setup::of(&[Pipeline, Voicemail]) };
    let in_a_filler = [Step::Speech(false), Step::Respond, Step::Say(800), Step::Quiet(1180), Step::Talk(200)];
    let before_the_answer = [Step::Speech(false), Step::Respond, Step::Say(1600), Step::Talk(200)];
    for steps in [&in_a_filler[..], &before_the_answer] {
        run_with(&[steps, &[Step::Quiet(500)]].concat(), setup, true);
    }
}

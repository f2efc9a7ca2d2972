//! False claims of an engine that does not check its words itself: the agent is stopped before the caller hears them.

use super::rig::{NOT_DONE, NOT_READ, Rig, checking, ms, run, transfer};
use crate::call::{
    CallEvent, CallPolicy, EngineCommand, EngineEvent, EngineKind, Input, Operator, Output, ResponseRequest, ToolCall,
};
use crate::domain::Speaker;
use crate::promise::Promise;
use std::time::Duration;

/// A sentence that may be said at any time. It lasts at least 1.6 seconds.
const GREETING: &str = "שלום לך, אנחנו פתוחים היום עד שבע בערב. ";
const BOOKED: &str = "קבעתי לך תור ליום שני בעשר.";

fn rig() -> Rig {
    Rig::live_with(checking())
}

fn holding() -> Rig {
    Rig::live_with(CallPolicy { hold_replies: Some(ms(500)), ..checking() })
}

/// The caller speaks for a second, and the engine detects the end of the turn.
fn speak(rig: &mut Rig, item: &str) {
    rig.engine(EngineEvent::SpeechStarted { item: item.into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.frames(false, ms(200));
    rig.engine(EngineEvent::SpeechStopped { item: item.into(), at_ms: None });
}

/// Sends text in pieces of a few letters, as engines do.
fn text(rig: &mut Rig, response: u8, item: &str, text: &str) {
    let letters: Vec<char> = text.chars().collect();
    for piece in letters.chunks(4) {
        rig.text(response, item, &piece.iter().collect::<String>(), false);
    }
}

/// Sends a complete response with this text and as much audio as it takes to say it.
fn say(rig: &mut Rig, response: u8, item: &str, said: &str) {
    rig.respond(response);
    rig.say(response, item, said.chars().count() * 65 * 8);
    text(rig, response, item, said);
    rig.text(response, item, said, true);
    rig.engine(EngineEvent::AudioDone { item: item.into() });
    rig.done(response);
}

fn book(rig: &mut Rig, response: u8, output: &str) {
    rig.respond(response);
    rig.call(response, "t", run("book_appointment", r#"{"start":"2026-11-30T10:00"}"#.into()));
    rig.done(response);
    rig.input(Input::ToolFinished { id: "t".into(), output: output.into() });
}

fn stopped(rig: &Rig) -> Vec<(Promise, bool)> {
    let stopped = rig.observed.outputs.iter().filter_map(|output| match output {
        Output::Event(CallEvent::ClaimStopped { promise, was_heard }) => Some((*promise, *was_heard)),
        _ => None,
    });
    stopped.collect()
}

/// Returns the instructions of the requests.
fn instructions(rig: &Rig) -> Vec<String> {
    let instructions = rig.commands().into_iter().filter_map(|command| match command {
        EngineCommand::Respond(ResponseRequest::Instructed(text)) => Some(text),
        _ => None,
    });
    instructions.collect()
}

fn heard(rig: &Rig) -> String {
    let mut turns: Vec<_> = rig.observed.turns.values().filter(|turn| turn.speaker == Speaker::Agent).collect();
    turns.sort_by_key(|turn| turn.seq);
    turns.iter().map(|turn| turn.heard_text.as_str()).collect::<Vec<_>>().join("|")
}

fn is_cleared(rig: &Rig) -> bool {
    rig.count(|output| matches!(output, Output::Clear { .. })) > 0
}

#[test]
fn a_false_claim_is_stopped_before_it_is_heard_and_the_model_is_asked_again() {
    let mut rig = rig();
    rig.respond(1);
    text(&mut rig, 1, "a", GREETING);
    rig.say(1, "a", 16_000);
    rig.pass(ms(500));
    text(&mut rig, 1, "a", BOOKED);
    assert_eq!(stopped(&rig), [(Promise::Booked, false)]);
    assert!(is_cleared(&rig));
    let [EngineCommand::Cancel { response }, EngineCommand::Truncate { item, heard_ms }] = &rig.commands()[..] else {
        panic!("{:?}", rig.commands())
    };
    assert_eq!((&**response, &**item), ("1", "a"));
    assert!((300..600).contains(heard_ms), "{heard_ms}");
    rig.say(1, "a", 8000);
    rig.done(1);
    let [correction] = &instructions(&rig)[..] else { panic!("{:?}", rig.commands()) };
    assert!(correction.contains("that an appointment is booked") && correction.contains("has not heard"));
    let plays = rig.observed.plays;
    say(&mut rig, 2, "b", "לאיזו שעה לקבוע?");
    rig.pass(ms(2000));
    assert!(rig.observed.plays > plays);
    assert!(heard(&rig).ends_with("|לאיזו שעה לקבוע?") && !heard(&rig).contains("קבעתי"), "{}", heard(&rig));
    assert_eq!(stopped(&rig).len(), 1);
}

#[test]
fn a_claim_of_which_nothing_was_sent_is_dropped_without_a_break() {
    let mut rig = rig();
    say(&mut rig, 1, "a", GREETING);
    rig.pass(ms(500));
    rig.respond(2);
    rig.say(2, "b", 1600);
    text(&mut rig, 2, "b", BOOKED);
    assert_eq!(stopped(&rig), [(Promise::Booked, false)]);
    assert_eq!(rig.commands(), [EngineCommand::Cancel { response: "2".into() }]);
    rig.done(2);
    assert_eq!(rig.commands()[1], EngineCommand::Delete { item: "b".into() });
    assert_eq!(instructions(&rig).len(), 1);
    say(&mut rig, 3, "c", "לאיזו שעה?");
    rig.pass(ms(5000));
    assert!(!is_cleared(&rig), "the earlier answer is heard to its end");
    assert_eq!(heard(&rig), format!("{GREETING}|לאיזו שעה?"));
}

#[test]
fn a_claim_that_was_audible_counts_as_heard() {
    for (before, passed, was_heard) in
        [("", 20, false), ("", 200, true), (GREETING, 200, false), (GREETING, 3000, true)]
    {
        let mut rig = rig();
        rig.respond(1);
        text(&mut rig, 1, "a", before);
        rig.say(1, "a", 40_000);
        rig.pass(ms(passed));
        text(&mut rig, 1, "a", BOOKED);
        assert_eq!(stopped(&rig), [(Promise::Booked, was_heard)], "{before} {passed}");
        rig.done(1);
        let correction = instructions(&rig)[0].clone();
        assert_eq!(correction.contains("The caller has heard it"), was_heard, "{correction}");
    }
}

#[test]
fn a_claim_whose_text_arrives_after_its_audio_was_heard_is_corrected() {
    let mut rig = rig();
    rig.respond(1);
    rig.say(1, "a", 1600);
    rig.engine(EngineEvent::AudioDone { item: "a".into() });
    rig.pass(ms(1000));
    rig.text(1, "a", BOOKED, true);
    assert_eq!(stopped(&rig), [(Promise::Booked, true)]);
    rig.done(1);
    assert_eq!(instructions(&rig).len(), 1);
    assert_eq!(heard(&rig), BOOKED);
}

#[test]
fn a_true_claim_is_not_stopped() {
    let mut rig = rig();
    book(&mut rig, 1, r#"{"booked":{"start":"2026-11-30T10:00"}}"#);
    say(&mut rig, 2, "a", BOOKED);
    rig.pass(ms(3000));
    assert_eq!((heard(&rig).as_str(), stopped(&rig).len()), (BOOKED, 0));
    // A tool that has failed, or that is still running, confirms nothing.
    for output in [Some(r#"{"error":"this time is taken"}"#), None] {
        let mut rig = self::rig();
        rig.respond(1);
        rig.call(1, "t", run("book_appointment", "{}".into()));
        rig.done(1);
        if let Some(output) = output {
            rig.input(Input::ToolFinished { id: "t".into(), output: output.into() });
        }
        say(&mut rig, 2, "a", BOOKED);
        assert_eq!(stopped(&rig).len(), 1, "{output:?}");
    }
}

#[test]
fn a_claim_that_the_tool_has_made_true_since_may_be_said() {
    let mut rig = rig();
    rig.respond(1);
    rig.say(1, "a", 40_000);
    rig.pass(ms(3000));
    text(&mut rig, 1, "a", BOOKED);
    rig.done(1);
    assert_eq!(stopped(&rig), [(Promise::Booked, true)]);
    book(&mut rig, 2, r#"{"booked":{"start":"2026-11-30T10:00"}}"#);
    say(&mut rig, 3, "b", BOOKED);
    rig.pass(ms(3000));
    assert_eq!(stopped(&rig).len(), 1);
    assert!(heard(&rig).ends_with(BOOKED), "{}", heard(&rig));
}

#[test]
fn a_question_is_not_stopped() {
    for said in ["התור שלך נקבע ליום שני, נכון?", "לקבוע לך תור ליום שני בעשר?", "אני קובעת לך עכשיו, רגע."]
    {
        let mut rig = rig();
        say(&mut rig, 1, "a", said);
        rig.pass(ms(4000));
        assert_eq!((heard(&rig).as_str(), stopped(&rig).len()), (said, 0));
    }
}

#[test]
fn a_sentence_that_does_not_end_is_decided_with_the_response() {
    let mut rig = rig();
    rig.respond(1);
    rig.say(1, "a", 1600);
    text(&mut rig, 1, "a", "קבעתי לך תור ליום שני");
    assert_eq!(stopped(&rig).len(), 0, "the sentence may become a question");
    rig.call(1, "t", ToolCall::EndCall);
    rig.done(1);
    assert_eq!(stopped(&rig).len(), 1);
    assert!(!rig.commands().contains(&EngineCommand::Cancel { response: "1".into() }), "it has ended");
    assert_eq!(instructions(&rig).len(), 1);
    rig.pass(ms(500));
    assert!(!rig.session.is_over(), "the call does not end with a false claim");
}

#[test]
fn a_text_without_parts_is_checked_too() {
    let mut rig = rig();
    rig.respond(1);
    rig.text(1, "a", BOOKED, true);
    rig.done(1);
    assert_eq!(stopped(&rig), [(Promise::Booked, false)]);
    assert_eq!(
        rig.commands()[..2],
        [EngineCommand::Cancel { response: "1".into() }, EngineCommand::Delete { item: "a".into() }]
    );
}

#[test]
fn the_tools_of_a_stopped_response_do_not_run() {
    for call in [run("book_appointment", "{}".into()), ToolCall::EndCall, transfer()] {
        let mut rig = rig();
        rig.respond(1);
        rig.say(1, "a", 1600);
        rig.text(1, "a", BOOKED, true);
        rig.call(1, "t", call.clone());
        rig.done(1);
        assert_eq!(rig.count(|output| matches!(output, Output::RunTool { .. })), 0, "{call:?}");
        let is_revoked =
            |c: &EngineCommand| matches!(c, EngineCommand::ToolOutput { output, .. } if output.contains("revoked"));
        assert!(rig.commands().iter().any(is_revoked), "{call:?}: {:?}", rig.commands());
        rig.pass(ms(1000));
        assert!(!rig.session.is_over(), "{call:?}");
        let is_request = |c: &&EngineCommand| matches!(c, EngineCommand::Respond(_));
        assert_eq!(rig.commands().iter().filter(is_request).count(), 1, "{call:?}");
    }
}

#[test]
fn a_false_claim_that_is_repeated_becomes_a_built_in_sentence() {
    for (said, sentence) in [(BOOKED, NOT_DONE), ("מחר בעשר פנוי, מתאים לך?", NOT_READ)] {
        let mut rig = rig();
        speak(&mut rig, "c1");
        say(&mut rig, 1, "a1", said);
        say(&mut rig, 2, "a2", said);
        let all = instructions(&rig);
        assert_eq!((all.len(), stopped(&rig).len()), (2, 2), "{all:?}");
        assert!(all[1].ends_with(sentence) && !all[1].contains("Your last answer"), "{all:?}");
        // The model is not asked again, whatever it says.
        say(&mut rig, 3, "a3", sentence);
        rig.pass(ms(4000));
        assert!(heard(&rig).ends_with(sentence), "{}", heard(&rig));
        // The reply to the caller's next turn may be corrected again.
        speak(&mut rig, "c2");
        say(&mut rig, 4, "a4", said);
        assert!(instructions(&rig)[2].contains("Your last answer"), "{:?}", instructions(&rig));
    }
}

#[test]
fn a_response_in_place_of_a_built_in_sentence_is_not_checked() {
    let mut rig = rig();
    for (response, item) in [(1, "a1"), (2, "a2"), (3, "a3")] {
        say(&mut rig, response, item, BOOKED);
    }
    assert_eq!((stopped(&rig).len(), instructions(&rig).len()), (2, 2), "the model is not asked again and again");
    // Another response in the same turn is checked.
    rig.pass(ms(3000));
    say(&mut rig, 4, "a4", BOOKED);
    assert_eq!(stopped(&rig).len(), 3);
}

#[test]
fn instructions_that_were_not_carried_out_are_repeated() {
    let mut rig = Rig::live_with(CallPolicy { speaks_first: true, ..checking() });
    assert_eq!(instructions(&rig), ["open"]);
    say(&mut rig, 1, "a", BOOKED);
    let correction = &instructions(&rig)[1];
    assert!(correction.starts_with("open\n\nYour last answer said"), "{correction}");
}

#[test]
fn a_held_reply_with_a_false_claim_is_replaced_without_a_sound() {
    let mut rig = holding();
    speak(&mut rig, "c");
    rig.engine(EngineEvent::CallerText { item: "c".into(), text: "אני רוצה ל".into(), is_final: true });
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.text(1, "a", BOOKED, true);
    rig.done(1);
    assert_eq!(stopped(&rig), [(Promise::Booked, false)]);
    assert!(!is_cleared(&rig) && !rig.has_event(&CallEvent::HeldReplyDiscarded));
    assert_eq!(
        rig.commands()[1..3],
        [EngineCommand::Cancel { response: "1".into() }, EngineCommand::Delete { item: "a".into() }]
    );
    say(&mut rig, 2, "b", "לאיזו שעה לקבוע?");
    rig.frames(false, ms(400));
    assert_eq!(rig.observed.plays, 0, "the reply is still held");
    rig.frames(false, ms(3000));
    assert_eq!(heard(&rig), "לאיזו שעה לקבוע?");
}

#[test]
fn a_claim_while_the_caller_makes_a_sound_is_not_corrected_during_the_sound() {
    let mut rig = rig();
    rig.respond(1);
    rig.say(1, "a", 16_000);
    rig.frames(false, ms(500));
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(100));
    rig.text(1, "a", BOOKED, true);
    rig.done(1);
    assert_eq!(stopped(&rig), [(Promise::Booked, true)]);
    rig.frames(true, ms(900));
    assert_eq!(instructions(&rig).len(), 0, "the caller speaks");
    rig.frames(false, ms(200));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    assert_eq!(instructions(&rig).len(), 1);
    say(&mut rig, 2, "b", "לא, עוד לא קבעתי. לקבוע?");
    rig.frames(false, ms(3000));
    assert!(heard(&rig).ends_with("לקבוע?"), "{}", heard(&rig));
}

#[test]
fn a_caller_who_interrupts_is_answered_without_a_correction() {
    let mut rig = rig();
    rig.respond(1);
    rig.say(1, "a", 16_000);
    rig.frames(false, ms(500));
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.text(1, "a", BOOKED, true);
    rig.done(1);
    assert_eq!(stopped(&rig).len(), 0, "the response was cancelled before");
    rig.frames(false, ms(200));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    assert_eq!(rig.commands().last(), Some(&EngineCommand::Respond(ResponseRequest::Reply)));
}

#[test]
fn the_agent_is_not_checked_after_the_staff_have_taken_part() {
    let mut rig = rig();
    rig.input(Input::Operator(Operator::Hint("the appointment is booked".into())));
    say(&mut rig, 1, "a", BOOKED);
    assert_eq!(stopped(&rig).len(), 0);
}

#[test]
fn an_engine_that_checks_its_words_itself_is_not_checked_again() {
    let engines = vec![EngineKind::Pipeline, EngineKind::Voicemail];
    let mut rig = Rig::live_with(CallPolicy { engines, ..checking() });
    say(&mut rig, 1, "a", BOOKED);
    assert_eq!(stopped(&rig).len(), 0);
}

#[test]
fn a_claim_that_breaks_off_with_the_engine_is_corrected_by_the_next_session() {
    let mut rig = rig();
    rig.respond(1);
    rig.say(1, "a", 16_000);
    text(&mut rig, 1, "a", "קבעתי לך תור ליום ");
    rig.pass(ms(500));
    rig.engine(EngineEvent::Failed { retry: true, reason: "test".into() });
    assert_eq!(stopped(&rig), [(Promise::Booked, true)]);
    rig.engine(EngineEvent::Ready);
    assert_eq!(instructions(&rig).len(), 1);
}

#[test]
fn a_caller_hears_a_filler_while_the_model_answers_again() {
    let mut rig = rig();
    speak(&mut rig, "c");
    rig.respond(1);
    rig.say(1, "a", 1600);
    rig.frames(false, ms(100));
    rig.text(1, "a", BOOKED, true);
    rig.done(1);
    rig.frames(false, Duration::from_secs(2));
    assert_eq!(rig.clips().len(), 1);
}

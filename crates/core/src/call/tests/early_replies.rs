//! Tests of early replies: they are requested after a short silence, and held until the caller has been silent for long
//! enough, or discarded if the caller continues to speak.

use super::rig::{Rig, free_slots, ms, policy};
use crate::call::{
    Activity, CallEvent, CallPolicy, EngineCommand, EngineEvent, Input, Output, ResponseRequest, ToolCall,
};
use crate::domain::EndReason;
use std::time::Duration;

/// The silence after which the engine ends the turn, in milliseconds.
const SHORT: u64 = 200;
/// The length of a frame in milliseconds.
const FRAME: u64 = 20;
const REPLY: EngineCommand = EngineCommand::Respond(ResponseRequest::Reply);

fn holding() -> Rig {
    Rig::live_with(CallPolicy { hold_replies: Some(ms(500)), ..policy() })
}

fn begin(rig: &mut Rig, item: &str) {
    rig.engine(EngineEvent::SpeechStarted { item: item.into(), at_ms: None });
}

fn end(rig: &mut Rig, item: &str) {
    rig.frames(false, ms(SHORT));
    rig.engine(EngineEvent::SpeechStopped { item: item.into(), at_ms: None });
}

fn speak(rig: &mut Rig, item: &str) {
    begin(rig, item);
    rig.frames(true, ms(1000));
    end(rig, item);
}

fn words(rig: &mut Rig, item: &str, words: &str) {
    rig.engine(EngineEvent::CallerText { item: item.into(), text: words.into(), is_final: true });
}

/// Sends a complete reply of a second.
fn reply(rig: &mut Rig, response: u8, item: &str) {
    rig.respond(response);
    rig.text(response, item, "שלום", true);
    (0..10).for_each(|_| rig.say(response, item, 800));
    rig.done(response);
}

fn count(rig: &Rig, is: impl Fn(&EngineCommand) -> bool) -> usize {
    rig.commands().iter().filter(|command| is(command)).count()
}

fn assert_deleted_once(rig: &Rig, item: &str) {
    let is_deletion = |command: &EngineCommand| *command == EngineCommand::Delete { item: item.into() };
    assert_eq!(count(rig, is_deletion), 1, "{:?}", rig.commands());
}

fn tools(rig: &Rig) -> usize {
    rig.count(|output| matches!(output, Output::RunTool { .. }))
}

/// Returns how long after the last frame with voice the caller hears the reply. The engine sends the complete reply
/// `after` milliseconds after that frame, and the transcript `said` just before the reply.
fn heard_after(said: Option<&str>, after: u64) -> Duration {
    let mut rig = holding();
    speak(&mut rig, "c");
    assert_eq!(rig.commands(), [REPLY], "the reply is requested at once");
    rig.frames(false, ms(after - SHORT - FRAME));
    if let Some(said) = said {
        words(&mut rig, "c", said);
    }
    reply(&mut rig, 1, "a");
    let mut passed = after;
    while rig.observed.plays == 0 {
        assert!(passed < 3000, "the reply is never heard");
        rig.frames(false, ms(FRAME));
        passed += FRAME;
    }
    ms(passed)
}

#[test]
fn a_complete_sentence_is_answered_as_soon_as_the_reply_is_there() {
    assert_eq!(heard_after(Some("תור למחר בשעה חמש"), 240), ms(240));
}

#[test]
fn an_open_sentence_is_given_a_second() {
    assert_eq!(heard_after(Some("אני רוצה ל"), 240), ms(1000));
}

#[test]
fn without_words_the_usual_silence_is_waited_for() {
    assert_eq!(heard_after(None, 240), ms(500));
    assert_eq!(heard_after(Some("I would like an appointment"), 240), ms(500), "only Hebrew words are evaluated");
    assert_eq!(heard_after(None, 700), ms(700), "a late reply is not delayed further");
}

#[test]
fn a_caller_who_continues_hears_nothing_of_the_reply() {
    let mut rig = holding();
    speak(&mut rig, "c1");
    words(&mut rig, "c1", "אני רוצה ל");
    reply(&mut rig, 1, "a1");
    rig.frames(false, ms(400));
    speak(&mut rig, "c2");
    words(&mut rig, "c2", "לקבוע תור למחר בשעה חמש");
    assert_eq!(rig.observed.plays, 0);
    assert!(rig.has_event(&CallEvent::HeldReplyDiscarded));
    assert_eq!(rig.count(|output| matches!(output, Output::Event(CallEvent::BargeIn { .. }))), 0);
    assert_eq!(rig.commands(), [REPLY, EngineCommand::Delete { item: "a1".into() }, REPLY]);
    reply(&mut rig, 2, "a2");
    rig.frames(false, ms(3000));
    assert_eq!(rig.observed.turns["a2"].heard_text, "שלום");
    assert!(!rig.observed.turns.contains_key("a1"));
}

#[test]
fn a_reply_that_is_still_being_made_is_cancelled() {
    let mut rig = holding();
    speak(&mut rig, "c1");
    rig.respond(1);
    rig.say(1, "a1", 800);
    begin(&mut rig, "c2");
    rig.frames(true, ms(200));
    let cancelled = [EngineCommand::Cancel { response: "1".into() }, EngineCommand::Delete { item: "a1".into() }];
    assert_eq!(rig.commands()[1..], cancelled);
}

#[test]
fn voice_that_the_engine_has_not_detected_yet_prolongs_the_hold() {
    let mut rig = holding();
    speak(&mut rig, "c1");
    reply(&mut rig, 1, "a1");
    rig.frames(false, ms(200));
    rig.frames(true, ms(200));
    rig.frames(false, ms(300));
    assert_eq!(rig.observed.plays, 0);
    rig.frames(false, ms(400));
    assert!(rig.observed.plays > 0, "it was only a noise");
}

#[test]
fn tools_run_when_the_turn_is_over() {
    let mut rig = holding();
    speak(&mut rig, "c");
    words(&mut rig, "c", "אני רוצה ל");
    rig.respond(1);
    rig.call(1, "t", free_slots("t"));
    rig.done(1);
    rig.frames(false, ms(600));
    assert_eq!(tools(&rig), 0);
    rig.frames(false, ms(220));
    assert_eq!(tools(&rig), 1);
}

#[test]
fn tools_of_a_discarded_reply_do_not_run() {
    let mut rig = holding();
    speak(&mut rig, "c1");
    rig.respond(1);
    rig.call(1, "t", ToolCall::EndCall);
    rig.done(1);
    begin(&mut rig, "c2");
    rig.frames(true, ms(400));
    assert!(!rig.session.is_over());
    let revoked = |command: &EngineCommand| matches!(command, EngineCommand::ToolOutput { id, .. } if id == "t");
    assert!(rig.commands().iter().any(revoked), "{:?}", rig.commands());
}

#[test]
fn the_goodbye_of_a_call_is_held_too() {
    let mut rig = holding();
    speak(&mut rig, "c");
    reply(&mut rig, 1, "a");
    rig.frames(false, ms(2000));
    speak(&mut rig, "d");
    rig.respond(2);
    rig.say(2, "b", 800);
    rig.call(2, "t", ToolCall::EndCall);
    rig.done(2);
    rig.frames(false, ms(3000));
    assert_eq!(rig.observed.ended.map(|(reason, _)| reason), Some(EndReason::AgentHungUp));
}

#[test]
fn the_reply_of_a_lost_engine_is_heard() {
    let mut rig = holding();
    speak(&mut rig, "c");
    words(&mut rig, "c", "אני רוצה ל");
    reply(&mut rig, 1, "a");
    rig.engine(EngineEvent::Failed { retry: true, reason: "test".into() });
    rig.frames(false, ms(1500));
    assert!(rig.observed.plays > 0);
}

#[test]
fn an_observer_does_not_see_a_held_reply() {
    let mut rig = holding();
    speak(&mut rig, "c");
    reply(&mut rig, 1, "a");
    let seen = |rig: &mut Rig| rig.session.open_turns(rig.now).iter().any(|turn| *turn.item == *"a");
    assert!(!seen(&mut rig));
    assert_ne!(rig.session.activity(rig.now), Activity::Speaking);
    rig.frames(false, ms(500));
    assert!(seen(&mut rig));
    assert_eq!(rig.session.activity(rig.now), Activity::Speaking);
}

#[test]
fn a_reply_is_held_although_the_marks_of_the_last_one_are_late() {
    let mut rig = holding();
    reply(&mut rig, 1, "a1");
    rig.pass_without_marks(ms(1200));
    begin(&mut rig, "c");
    for _ in 0..20 {
        rig.frame_of(0, true);
        rig.pass_without_marks(ms(20));
    }
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    let plays = rig.observed.plays;
    reply(&mut rig, 2, "a2");
    rig.pass_without_marks(ms(300));
    assert_eq!(rig.observed.plays, plays, "held");
    rig.pass_without_marks(ms(400));
    assert!(rig.observed.plays > plays);
}

#[test]
fn a_caller_with_many_pauses_is_not_answered_early_in_each() {
    let mut rig = holding();
    for part in 0..6 {
        let item = format!("c{part}");
        begin(&mut rig, &item);
        rig.frames(true, ms(600));
        if part > 0 && rig.observed.plays == 0 && rig.is_engine_answering() {
            rig.done(part);
        }
        end(&mut rig, &item);
        rig.frames(false, ms(100));
        if rig.is_engine_asked() {
            rig.respond(part + 1);
        }
    }
    rig.frames(false, ms(1000));
    let requests = count(&rig, |command| *command == REPLY);
    assert_eq!(requests, 3, "two early ones, and one after the whole pause: {:?}", rig.commands());
    assert_eq!(rig.observed.opened.len(), 1);
}

#[test]
fn a_held_reply_of_tools_alone_is_no_silence() {
    let mut rig = holding();
    speak(&mut rig, "c");
    words(&mut rig, "c", "אני רוצה ל");
    rig.respond(1);
    rig.call(1, "t", free_slots("t"));
    rig.done(1);
    rig.frames(false, ms(200));
    assert_eq!(rig.session.activity(rig.now), Activity::Thinking);
    // The rig checks that the caller hears something within two seconds.
    rig.frames(false, ms(4000));
}

#[test]
fn a_noise_that_the_engine_alone_detects_does_not_discard_the_reply() {
    let mut rig = holding();
    speak(&mut rig, "c");
    reply(&mut rig, 1, "a");
    begin(&mut rig, "n");
    rig.frames(false, ms(400));
    rig.engine(EngineEvent::SpeechStopped { item: "n".into(), at_ms: None });
    rig.frames(false, ms(200));
    assert!(rig.observed.plays > 0);
    assert!(!rig.has_event(&CallEvent::HeldReplyDiscarded));
}

#[test]
fn a_note_stays_although_the_reply_to_it_was_discarded() {
    let mut rig = holding();
    speak(&mut rig, "c0");
    rig.respond(1);
    rig.call(1, "t", free_slots("t"));
    rig.done(1);
    rig.frames(false, ms(9000));
    let is_late = |command: &EngineCommand| matches!(command, EngineCommand::Note(note) if note.contains("SLOTS"));
    rig.respond(2);
    rig.say(2, "a2", 800);
    rig.done(2);
    rig.frames(false, ms(5000));
    begin(&mut rig, "c1");
    rig.frames(true, ms(400));
    rig.input(Input::ToolFinished { id: "t".into(), output: "SLOTS".into() });
    end(&mut rig, "c1");
    rig.respond(3);
    speak(&mut rig, "c2");
    rig.done(3);
    rig.frames(false, ms(20));
    assert_eq!(count(&rig, is_late), 1, "{:?}", rig.commands());
    assert_eq!(rig.commands().last(), Some(&REPLY));
}

#[test]
fn no_reply_is_requested_while_the_tools_of_a_held_one_wait() {
    let mut rig = holding();
    speak(&mut rig, "c0");
    rig.respond(1);
    rig.call(1, "old", free_slots("old"));
    rig.done(1);
    rig.frames(false, ms(700));
    speak(&mut rig, "c1");
    words(&mut rig, "c1", "אני רוצה ל");
    rig.respond(2);
    rig.call(2, "new", free_slots("new"));
    rig.done(2);
    let requests = |rig: &Rig| count(rig, |command| matches!(command, EngineCommand::Respond(_)));
    let before = requests(&rig);
    rig.input(Input::ToolFinished { id: "old".into(), output: "{}".into() });
    assert_eq!(requests(&rig), before, "the model has no output of the second tool yet");
    rig.frames(false, ms(1200));
    assert_eq!(tools(&rig), 2);
}

#[test]
fn words_that_may_still_change_do_not_end_the_turn() {
    let mut rig = holding();
    speak(&mut rig, "c");
    reply(&mut rig, 1, "a");
    let part = "אני רוצה תור למחר".into();
    rig.engine(EngineEvent::CallerText { item: "c".into(), text: part, is_final: false });
    rig.frames(false, ms(100));
    assert_eq!(rig.observed.plays, 0);
    words(&mut rig, "c", "אני רוצה תור למחר או ל");
    rig.frames(false, ms(500));
    assert_eq!(rig.observed.plays, 0);
    rig.frames(false, ms(300));
    assert!(rig.observed.plays > 0);
}

#[test]
fn words_count_until_there_is_a_reply_to_hear() {
    let mut rig = holding();
    speak(&mut rig, "c");
    rig.frames(false, ms(400));
    words(&mut rig, "c", "אני רוצה ל");
    reply(&mut rig, 1, "a");
    rig.frames(false, ms(300));
    assert_eq!(rig.observed.plays, 0);
    rig.frames(false, ms(120));
    assert!(rig.observed.plays > 0);
}

#[test]
fn all_parts_of_a_turn_are_evaluated_together() {
    let mut rig = holding();
    speak(&mut rig, "c1");
    words(&mut rig, "c1", "כמה עולה");
    rig.respond(1);
    rig.frames(false, ms(100));
    speak(&mut rig, "c2");
    words(&mut rig, "c2", "תספורת");
    rig.done(1);
    reply(&mut rig, 2, "a");
    rig.frames(false, ms(60));
    assert!(rig.observed.plays > 0, "the question is complete");
}

#[test]
fn the_answer_to_an_interruption_is_held_too() {
    let mut rig = holding();
    speak(&mut rig, "c1");
    rig.respond(1);
    rig.text(1, "a1", "אחת שתיים שלוש ארבע חמש", true);
    (0..60).for_each(|_| rig.say(1, "a1", 800));
    rig.done(1);
    rig.frames(false, ms(2000));
    begin(&mut rig, "c2");
    rig.frames(true, ms(400));
    end(&mut rig, "c2");
    words(&mut rig, "c2", "רגע, אני רוצה ל");
    let plays = rig.observed.plays;
    reply(&mut rig, 2, "a2");
    rig.frames(false, ms(600));
    assert_eq!(rig.observed.plays, plays);
    rig.frames(false, ms(300));
    assert!(rig.observed.plays > plays);
}

#[test]
fn text_of_a_discarded_reply_is_forgotten_and_deleted_at_the_engine() {
    let mut rig = holding();
    speak(&mut rig, "c1");
    rig.respond(1);
    rig.text(1, "a1", "שלום, ", false);
    assert!(rig.session.open_turns(rig.now).iter().all(|turn| *turn.item != *"a1"));
    speak(&mut rig, "c2");
    rig.done(1);
    assert!(rig.session.open_turns(rig.now).iter().all(|turn| *turn.item != *"a1"));
    assert_deleted_once(&rig, "a1");
}

#[test]
fn an_utterance_that_begins_after_its_cancellation_is_deleted_at_the_engine() {
    let mut rig = holding();
    speak(&mut rig, "c1");
    rig.respond(1);
    begin(&mut rig, "c2");
    rig.frames(true, ms(400));
    rig.say(1, "a1", 800);
    rig.say(1, "a1", 800);
    rig.done(1);
    assert_deleted_once(&rig, "a1");
}

#[test]
fn the_local_detector_runs_while_a_reply_is_held() {
    let mut rig = holding();
    speak(&mut rig, "c1");
    begin(&mut rig, "c2");
    assert!(!rig.session.trusts_engine(rig.now));
    rig.frames(true, ms(300));
    assert!(rig.has_event(&CallEvent::HeldReplyDiscarded));
}

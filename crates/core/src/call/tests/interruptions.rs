//! Tests of the caller's sounds during the agent's speech: which sounds interrupt the agent, and what the caller hears
//! after the other sounds.

mod any_sound;
mod late_words;
mod replies;
mod sound_set;

use super::rig::{Rig, free_slots, ms};
use crate::call::{
    CallEvent, EngineCommand, EngineEvent, FalseBargeIn, Input, Output, ResponseRequest, StreamEndAction, ToolCall,
};
use crate::domain::EndReason;

const WORDS: &str = "אחת שתיים שלוש ארבע חמש שש";

/// Sends a complete response of this length, in tenths of a second, from the engine.
fn answer_of(rig: &mut Rig, text: &str, tenths: usize) {
    rig.respond(1);
    rig.text(1, "a", text, true);
    for _ in 0..tenths {
        rig.say(1, "a", 800);
    }
    rig.done(1);
}

/// Returns a call in which the caller has heard `heard` ms of a response of 6 s.
fn speaking(heard: u64) -> Rig {
    let mut rig = Rig::live();
    answer_of(&mut rig, WORDS, 60);
    rig.frames(false, ms(heard));
    rig
}

/// Sends a sound with this much voice. Its words arrive 400 ms after the engine has detected its end.
fn sound(rig: &mut Rig, item: &str, voice: u64, words: &str) {
    start(rig, item);
    rig.frames(true, ms(voice));
    rig.frames(false, ms(500));
    stop(rig, item);
    rig.frames(false, ms(400));
    say(rig, item, words);
}

fn start(rig: &mut Rig, item: &str) {
    rig.engine(EngineEvent::SpeechStarted { item: item.into(), at_ms: None });
}

fn stop(rig: &mut Rig, item: &str) {
    rig.engine(EngineEvent::SpeechStopped { item: item.into(), at_ms: None });
}

fn say(rig: &mut Rig, item: &str, words: &str) {
    rig.engine(EngineEvent::CallerText { item: item.into(), text: words.into(), is_final: true });
}

fn undone(rig: &Rig) -> Vec<FalseBargeIn> {
    let causes = rig.observed.outputs.iter().filter_map(|output| match output {
        Output::Event(CallEvent::BargeInUndone { cause, .. }) => Some(*cause),
        _ => None,
    });
    causes.collect()
}

fn is_cut(rig: &Rig) -> bool {
    rig.count(|output| matches!(output, Output::Event(CallEvent::BargeIn { .. }))) > 0
}

fn replies(rig: &Rig) -> usize {
    rig.commands().iter().filter(|command| matches!(command, EngineCommand::Respond(_))).count()
}

/// Asserts that the caller hears the rest of the response, as one complete turn.
fn assert_continues(rig: &mut Rig) {
    assert!(!is_cut(rig));
    rig.frames(false, ms(8000));
    let turn = &rig.observed.turns["a"];
    assert_eq!((turn.heard_text.as_str(), turn.interrupted), (turn.text.as_str(), false));
    let is_cancelling =
        |command: &EngineCommand| matches!(command, EngineCommand::Cancel { .. } | EngineCommand::Truncate { .. });
    assert!(!rig.commands().iter().any(is_cancelling), "{:?}", rig.commands());
}

#[test]
fn a_back_channel_does_not_cut_the_answer() {
    let mut rig = speaking(2000);
    start(&mut rig, "c");
    assert_eq!(rig.count(|output| matches!(output, Output::Clear { .. })), 1, "the agent stops at once");
    let plays = rig.observed.plays;
    rig.frames(true, ms(300));
    rig.frames(false, ms(500));
    stop(&mut rig, "c");
    rig.frames(false, ms(400));
    assert_eq!(rig.observed.plays, plays, "it waits");
    say(&mut rig, "c", "כן");
    assert!(rig.observed.plays > plays, "it continues");
    assert_eq!(undone(&rig), [FalseBargeIn::BackChannel]);
    assert_continues(&mut rig);
    assert_eq!(rig.commands(), [], "the engine receives nothing, and is not requested to reply");
    assert_eq!(rig.observed.turns["c"].text, "כן");
}

#[test]
fn coughs_clicks_and_noises_do_not_cut_the_answer() {
    let mut rig = speaking(2000);
    sound(&mut rig, "c", 200, "");
    assert_eq!(undone(&rig), [FalseBargeIn::Noise]);
    assert_eq!(rig.commands(), [EngineCommand::Delete { item: "c".into() }], "the model does not reply to it later");
    assert_continues(&mut rig);

    // A click contains no voice, so the session does not wait for its words.
    let mut rig = speaking(2000);
    start(&mut rig, "c");
    rig.frames(false, ms(600));
    assert_eq!(undone(&rig), [FalseBargeIn::Noise]);
    stop(&mut rig, "c");
    say(&mut rig, "c", "");
    assert_continues(&mut rig);

    // Only the engine detects speech, and it does so for a long time.
    let mut rig = speaking(2000);
    start(&mut rig, "c");
    rig.frames(false, ms(3000));
    assert_eq!(undone(&rig), [FalseBargeIn::Noise]);
    stop(&mut rig, "c");
    rig.frames(false, ms(400));
    say(&mut rig, "c", "");
    assert_continues(&mut rig);
    assert_eq!(replies(&rig), 0);
}

#[test]
fn noise_without_end_does_not_stop_the_agent_again_and_again() {
    let mut rig = speaking(500);
    for n in 0..6 {
        let item = format!("c{n}");
        start(&mut rig, &item);
        rig.frames(false, ms(700));
        stop(&mut rig, &item);
        say(&mut rig, &item, "");
    }
    assert_eq!(undone(&rig).len(), 2);
    assert_continues(&mut rig);
    // A sound with voice still stops the agent.
    let mut rig = speaking(500);
    for n in 0..3 {
        start(&mut rig, &format!("c{n}"));
        rig.frames(false, ms(700));
        stop(&mut rig, &format!("c{n}"));
    }
    start(&mut rig, "c4");
    rig.frames(true, ms(700));
    assert!(is_cut(&rig));
}

#[test]
fn two_sounds_in_a_row_do_not_cut_the_answer() {
    let mut rig = speaking(2000);
    sound(&mut rig, "c1", 300, "כן");
    rig.frames(false, ms(100));
    sound(&mut rig, "c2", 300, "אהה");
    assert_eq!(undone(&rig), [FalseBargeIn::BackChannel; 2]);
    assert_continues(&mut rig);

    // The second sound starts while the session waits for the words of the first sound.
    let mut rig = speaking(2000);
    start(&mut rig, "c1");
    rig.frames(true, ms(300));
    rig.frames(false, ms(500));
    stop(&mut rig, "c1");
    rig.frames(false, ms(200));
    start(&mut rig, "c2");
    rig.frames(true, ms(300));
    say(&mut rig, "c1", "כן");
    assert_eq!(undone(&rig), [], "the second one is not known");
    rig.frames(false, ms(500));
    stop(&mut rig, "c2");
    say(&mut rig, "c2", "mm-hm");
    assert_eq!(undone(&rig), [FalseBargeIn::BackChannel]);
    assert_continues(&mut rig);
}

#[test]
fn speech_interrupts() {
    let mut rig = speaking(2000);
    start(&mut rig, "c");
    assert_eq!(rig.count(|output| matches!(output, Output::Clear { .. })), 1);
    rig.frames(true, ms(480));
    assert!(!is_cut(&rig));
    rig.frames(true, ms(20));
    assert!(is_cut(&rig));
    let [EngineCommand::Truncate { heard_ms, .. }] = &rig.commands()[..] else { panic!("{:?}", rig.commands()) };
    assert!((1900..=2000).contains(heard_ms), "what was heard when the agent stopped, not now: {heard_ms}");
    rig.frames(true, ms(2000));
    rig.frames(false, ms(500));
    assert_eq!(replies(&rig), 0);
    stop(&mut rig, "c");
    assert_eq!(replies(&rig), 1, "at once: the words are not waited for");
    assert_eq!(rig.count(|output| matches!(output, Output::Clear { .. })), 1, "there was nothing more to clear");
    assert!(rig.observed.turns["a"].interrupted);
    say(&mut rig, "c", "כמה זה עולה?");
    assert_eq!(replies(&rig), 1);
}

#[test]
fn short_speech_interrupts_as_soon_as_its_words_are_known() {
    for words in ["לא", "רגע", "כן, אבל", "wait", "Нет"] {
        let mut rig = speaking(2000);
        sound(&mut rig, "c", 300, words);
        assert!(is_cut(&rig), "{words}");
        assert_eq!(replies(&rig), 1, "{words}");
        let [EngineCommand::Truncate { heard_ms, .. }, _] = &rig.commands()[..] else { panic!("{:?}", rig.commands()) };
        assert!((1900..=2000).contains(heard_ms), "{heard_ms}");
        rig.respond(2);
        rig.text(2, "b", "בסדר", true);
        rig.say(2, "b", 8000);
        rig.done(2);
        rig.frames(false, ms(2000));
        assert_eq!(rig.observed.turns["b"].heard_text, rig.observed.turns["b"].text);
    }
    // A part of the words is enough to interrupt the agent.
    let mut rig = speaking(2000);
    start(&mut rig, "c");
    rig.frames(true, ms(200));
    let text = |text: &str| EngineEvent::CallerText { item: "c".into(), text: text.into(), is_final: false };
    rig.engine(text("כן, אב"));
    assert!(!is_cut(&rig));
    rig.engine(text("ל "));
    assert!(is_cut(&rig));
}

#[test]
fn words_that_are_known_late_interrupt_then() {
    let mut rig = speaking(1000);
    start(&mut rig, "c");
    rig.frames(true, ms(300));
    rig.frames(false, ms(500));
    stop(&mut rig, "c");
    rig.frames(false, ms(800));
    assert_eq!(undone(&rig), [FalseBargeIn::Unknown]);
    rig.frames(false, ms(1000));
    say(&mut rig, "c", "רגע");
    assert!(is_cut(&rig));
    assert_eq!(replies(&rig), 1);
    // The words are part of the input for a later response.
    let mut rig = speaking(1000);
    start(&mut rig, "c1");
    rig.frames(true, ms(300));
    rig.frames(false, ms(500));
    stop(&mut rig, "c1");
    rig.frames(false, ms(900));
    start(&mut rig, "c2");
    rig.frames(true, ms(1000));
    rig.frames(false, ms(500));
    stop(&mut rig, "c2");
    rig.respond(2);
    rig.text(2, "b", "בסדר", true);
    rig.say(2, "b", 8000);
    rig.done(2);
    rig.frames(false, ms(300));
    say(&mut rig, "c1", "רגע");
    rig.frames(false, ms(2000));
    assert_eq!((replies(&rig), rig.observed.turns["b"].interrupted), (1, false));
}

#[test]
fn a_yes_at_the_end_is_an_answer() {
    let mut rig = Rig::live();
    answer_of(&mut rig, "תרצה תור למחר?", 20);
    rig.frames(false, ms(1300));
    sound(&mut rig, "c", 300, "כן");
    assert_eq!(replies(&rig), 1);
    assert!(is_cut(&rig));
    // A cough is not a reply.
    let mut rig = Rig::live();
    answer_of(&mut rig, "תרצה תור למחר?", 20);
    rig.frames(false, ms(1300));
    sound(&mut rig, "c", 200, "");
    assert_continues(&mut rig);
    assert_eq!(replies(&rig), 0);
    // Without a transcript, the sound may have been a reply.
    let mut rig = Rig::live();
    answer_of(&mut rig, "תרצה תור למחר?", 20);
    rig.frames(false, ms(1300));
    start(&mut rig, "c");
    rig.frames(true, ms(300));
    rig.frames(false, ms(500));
    stop(&mut rig, "c");
    rig.frames(false, ms(1500));
    assert_eq!(replies(&rig), 0);
    rig.frames(false, ms(1000));
    assert_eq!(replies(&rig), 1);
}

#[test]
fn a_yes_to_a_question_that_continues_is_answered_when_it_has_been_asked() {
    for (text, is_question) in [("תרצה תור למחר בשעה ארבע?", true), ("רשמתי אותך למחר בשעה ארבע.", false)]
    {
        let mut rig = Rig::live();
        answer_of(&mut rig, text, 40);
        rig.frames(false, ms(1500));
        sound(&mut rig, "c", 300, "כן");
        assert_eq!(undone(&rig), [FalseBargeIn::BackChannel]);
        rig.frames(false, ms(2000));
        assert_eq!(replies(&rig), 0, "the agent is still speaking");
        let asked = (0..110).find(|_| {
            rig.frames(false, ms(20));
            replies(&rig) > 0
        });
        assert_eq!(asked.is_some(), is_question, "{text}");
        assert!(!is_cut(&rig));
        if is_question {
            let asked = rig.elapsed();
            rig.frames(false, ms(2000));
            let filler = rig.clips().first().map(|(_, at)| at.saturating_sub(asked));
            assert!(filler.is_some_and(|after| after >= ms(1100)), "the engine had time to reply: {filler:?}");
        }
    }
}

#[test]
fn a_key_interrupts_at_once() {
    let mut rig = speaking(1000);
    start(&mut rig, "c");
    rig.frames(false, ms(100));
    rig.input(Input::CallerKey('5'));
    assert!(is_cut(&rig));
    assert!(rig.commands().iter().any(|command| matches!(command, EngineCommand::Truncate { .. })));
    stop(&mut rig, "c");
    rig.frames(false, ms(1600));
    assert!(rig.observed.turns["a"].interrupted);
    assert!(rig.commands().contains(&EngineCommand::Keys("5".into())));
}

#[test]
fn tool_calls_wait_until_it_is_known_whether_the_caller_interrupts() {
    for (words, is_run) in [("כן", true), ("לא", false)] {
        let mut rig = Rig::live();
        rig.respond(1);
        for _ in 0..30 {
            rig.say(1, "a", 800);
        }
        rig.frames(false, ms(1000));
        rig.call(1, "t", free_slots("t"));
        start(&mut rig, "c");
        rig.frames(true, ms(300));
        rig.done(1);
        assert_eq!(rig.count(|output| matches!(output, Output::RunTool { .. })), 0);
        rig.frames(false, ms(500));
        stop(&mut rig, "c");
        rig.frames(false, ms(400));
        say(&mut rig, "c", words);
        assert_eq!(rig.count(|output| matches!(output, Output::RunTool { .. })), usize::from(is_run), "{words}");
        let is_revoked =
            |c: &EngineCommand| matches!(c, EngineCommand::ToolOutput { output, .. } if output.contains("revoked"));
        assert_eq!(rig.commands().iter().any(is_revoked), !is_run, "{words}");
    }
}

#[test]
fn a_back_channel_does_not_revoke_the_goodbye() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 24_000);
    rig.call(1, "t", ToolCall::EndCall);
    rig.done(1);
    rig.frames(false, ms(1000));
    sound(&mut rig, "c", 300, "אוקיי");
    assert_eq!(rig.observed.ended, None);
    rig.pass(ms(3000));
    assert_eq!(rig.observed.ended, Some((EndReason::AgentHungUp, StreamEndAction::HangUp)));
    assert!(!is_cut(&rig));
}

#[test]
fn a_cough_before_the_answer_does_not_cancel_it() {
    let mut rig = Rig::live();
    start(&mut rig, "c1");
    rig.frames(true, ms(1000));
    rig.frames(false, ms(500));
    stop(&mut rig, "c1");
    assert_eq!(rig.commands(), [EngineCommand::Respond(ResponseRequest::Reply)]);
    start(&mut rig, "c2");
    rig.frames(true, ms(200));
    answer_of(&mut rig, WORDS, 20);
    assert_eq!(rig.observed.plays, 0, "the caller may be speaking");
    rig.frames(false, ms(500));
    stop(&mut rig, "c2");
    rig.frames(false, ms(300));
    say(&mut rig, "c2", "[cough]");
    assert!(rig.observed.plays > 0);
    assert_continues(&mut rig);
    assert_eq!(replies(&rig), 1);
    // If the caller continues to speak, the agent replies to all of the speech.
    let mut rig = Rig::live();
    start(&mut rig, "c1");
    rig.frames(true, ms(1000));
    rig.frames(false, ms(500));
    stop(&mut rig, "c1");
    start(&mut rig, "c2");
    rig.frames(true, ms(700));
    rig.respond(1);
    rig.say(1, "a", 8000);
    assert_eq!(rig.commands().last(), Some(&EngineCommand::Cancel { response: "1".into() }));
    rig.frames(false, ms(500));
    stop(&mut rig, "c2");
    assert_eq!(replies(&rig), 1, "not while the first one is active");
    rig.done(1);
    assert_eq!((replies(&rig), rig.observed.plays), (2, 0));
}

#[test]
fn the_local_detector_stops_the_agent_too() {
    let mut rig = speaking(1000);
    rig.frames(true, ms(200));
    assert_eq!(rig.count(|output| matches!(output, Output::Clear { .. })), 1);
    rig.frames(true, ms(500));
    start(&mut rig, "c");
    rig.frames(true, ms(20));
    assert!(is_cut(&rig), "the engine hears it as well");

    // The voice of a television, which the engine does not detect as speech.
    let mut rig = speaking(1000);
    rig.frames(true, ms(3000));
    rig.frames(false, ms(500));
    assert_eq!(undone(&rig), [FalseBargeIn::Unknown]);
    assert_continues(&mut rig);
    assert_eq!(rig.observed.opened.len(), 1, "and the engine is not given up for it");

    // An echo of the agent ends when the agent stops. A second echo does not stop the agent.
    let mut rig = speaking(1000);
    rig.frames(true, ms(300));
    rig.frames(false, ms(500));
    assert_eq!(undone(&rig), [FalseBargeIn::Unknown]);
    for _ in 0..3 {
        rig.frames(true, ms(300));
        rig.frames(false, ms(600));
    }
    assert_eq!(undone(&rig).len(), 1);
    assert_continues(&mut rig);
}

#[test]
fn the_word_that_was_cut_is_heard_whole() {
    let mut rig = speaking(2000);
    start(&mut rig, "c");
    rig.frames(false, ms(600));
    // The words are 300 ms long, with pauses of 60 ms. The word that was cut off at 1.94 s started at 1.80 s.
    assert_eq!(rig.observed.resumed_at, [(0, 89)], "the last frame of the pause before it");
}

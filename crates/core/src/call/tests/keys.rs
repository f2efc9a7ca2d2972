//! A number that the agent asks for, and that the caller enters with the keys of the phone.

use super::rig::{Rig, ms};
use crate::call::{EngineCommand, EngineEvent, ResponseRequest, ToolCall};
use crate::domain::ToolUse;

const RESPOND: EngineCommand = EngineCommand::Respond(ResponseRequest::Reply);

/// The agent asks for a number.
fn asked(digits: Option<u8>) -> Rig {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.call(1, "t", ToolCall::CollectKeys { digits });
    rig.done(1);
    rig.pass(ms(1500));
    rig
}

fn press(rig: &mut Rig, keys: &str) {
    for key in keys.chars() {
        rig.input(crate::call::Input::CallerKey(key));
        rig.pass(ms(300));
    }
}

/// The keys that the engine has received, one input each.
fn received(rig: &Rig) -> Vec<String> {
    let keys = rig.commands().into_iter().filter_map(|command| match command {
        EngineCommand::Keys(keys) => Some(keys),
        _ => None,
    });
    keys.collect()
}

fn requests(rig: &Rig) -> usize {
    rig.commands().iter().filter(|command| **command == RESPOND).count()
}

fn output(rig: &Rig) -> serde_json::Value {
    ToolUse::from_text(&rig.observed.turns["tool:t"].text).unwrap().output.unwrap()
}

#[test]
fn a_number_of_known_length_is_complete_with_its_last_digit() {
    let mut rig = asked(Some(4));
    assert_eq!(requests(&rig), 0, "the agent has asked already");
    press(&mut rig, "123");
    assert!(received(&rig).is_empty());
    press(&mut rig, "4");
    assert_eq!((received(&rig), requests(&rig)), (vec!["1234".to_owned()], 1));
    press(&mut rig, "#");
    assert_eq!(received(&rig).len(), 1, "the key only confirms the number");
    assert_eq!(output(&rig)["keys"], "1234");
    rig.respond(2);
    rig.say(2, "b", 8000);
    rig.done(2);
    rig.pass(ms(5000));
    press(&mut rig, "#");
    assert_eq!(received(&rig).len(), 2, "long after the number it is an input of its own");
}

#[test]
fn a_number_of_unknown_length_ends_with_the_hash_key_or_a_longer_pause() {
    let mut rig = asked(None);
    press(&mut rig, "12");
    rig.pass(ms(3000));
    assert!(received(&rig).is_empty(), "the caller is reading from a card");
    press(&mut rig, "3#");
    assert_eq!(received(&rig), ["123#"]);
    assert_eq!(output(&rig)["keys"], "123");

    let mut rig = asked(Some(9));
    press(&mut rig, "12345");
    rig.pass(ms(4000));
    assert_eq!(received(&rig), ["12345"], "the agent learns that digits are missing");
}

#[test]
fn the_star_key_starts_the_number_again() {
    let mut rig = asked(Some(4));
    press(&mut rig, "12*");
    rig.pass(ms(6000));
    assert!(received(&rig).is_empty(), "nothing is entered");
    press(&mut rig, "5678");
    assert_eq!(received(&rig), ["5678"]);
    assert_eq!(output(&rig)["keys"], "5678");
}

#[test]
fn an_agent_that_has_not_asked_yet_is_requested_to_ask() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.call(1, "t", ToolCall::CollectKeys { digits: None });
    rig.done(1);
    assert_eq!(requests(&rig), 1);
    assert!(rig.commands().iter().any(|command| matches!(command, EngineCommand::ToolOutput { .. })));
}

#[test]
fn a_number_that_the_caller_has_said_is_no_longer_expected() {
    let mut rig = asked(None);
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.engine(EngineEvent::CallerText { item: "c".into(), text: "אחת שתיים שלוש".into(), is_final: true });
    rig.respond(2);
    rig.say(2, "b", 8000);
    rig.done(2);
    rig.pass(ms(1500));
    press(&mut rig, "1");
    rig.pass(ms(1300));
    assert_eq!(received(&rig), ["1"], "it is an input of its own, after the short pause");
    assert_eq!(output(&rig)["ok"], true, "and not the number");
}

#[test]
fn keys_without_a_request_end_after_a_short_pause() {
    let mut rig = Rig::live();
    press(&mut rig, "12");
    rig.pass(ms(1600));
    assert_eq!(received(&rig), ["12"]);
}

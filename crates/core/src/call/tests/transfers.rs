//! Tests of transfers to a human agent, with and without success.

use super::rig::{Rig, ms, transfer};
use crate::call::{EngineCommand, EngineEvent, Input, Operator, Output, StreamEndAction};
use crate::domain::{EndReason, TransferFailure};
use std::time::Duration;

#[test]
fn a_transfer_that_is_accepted_ends_the_call() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 80_000);
    rig.pass(ms(500));
    rig.input(Input::Operator(Operator::Transfer));
    assert_eq!(rig.count(|o| matches!(o, Output::Clear { .. })), 1, "the agent stops speaking");
    assert_eq!(rig.clips().len(), 1, "the caller is asked for a moment");
    rig.pass(ms(3000));
    assert_eq!(rig.count(|o| matches!(o, Output::StartTransfer { reason: None })), 1);
    rig.pass(ms(20_000));
    assert_eq!(rig.observed.ended, None, "the person's phone rings");
    rig.input(Input::TransferAccepted);
    assert_eq!(rig.observed.ended, Some((EndReason::Transferred, StreamEndAction::Transfer)));
}

#[test]
fn a_transfer_that_fails_continues_the_conversation() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.call(1, "t", transfer());
    rig.done(1);
    rig.pass(ms(1500));
    assert_eq!(rig.count(|o| matches!(o, Output::StartTransfer { reason: Some(_) })), 1);
    rig.input(Input::TransferFailed(TransferFailure::Busy));
    assert_eq!(rig.count(|o| matches!(o, Output::AwaitStream)), 1);
    rig.start_stream();
    let is_expected = |c: &EngineCommand| matches!(c, EngineCommand::ToolOutput { id, output } if id == "t" && output.contains("busy"));
    let turn = &rig.observed.turns["tool:t"].text;
    assert!(turn.contains("transfer_to_person") && turn.contains("a price") && turn.contains("busy"), "{turn}");
    assert!(rig.commands().iter().any(is_expected), "{:?}", rig.commands());
    assert_eq!(rig.commands().iter().filter(|c| matches!(c, EngineCommand::Respond(_))).count(), 1);
    rig.respond(2);
    rig.say(2, "b", 8000);
    rig.done(2);
    rig.pass(ms(1500));
    rig.input(Input::StreamLost);
    assert_eq!(
        rig.count(|o| matches!(o, Output::AwaitStream)),
        2,
        "a lost stream is replaced after a transfer as well"
    );
}

#[test]
fn a_caller_who_speaks_before_the_transfer_stays_with_the_agent() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 24_000);
    rig.call(1, "t", transfer());
    rig.done(1);
    rig.pass(ms(500));
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.pass(ms(200));
    assert_eq!(rig.count(|o| matches!(o, Output::StartTransfer { .. })), 0);
    let is_revoked = |c: &EngineCommand| matches!(c, EngineCommand::ToolOutput { id, output } if id == "t" && output.contains("revoked"));
    assert!(rig.commands().iter().any(is_revoked), "{:?}", rig.commands());
    rig.respond(2);
    rig.say(2, "b", 8000);
    rig.done(2);
    rig.pass(ms(1500));
    assert_eq!(rig.count(|o| matches!(o, Output::StartTransfer { .. })), 0, "the conversation continues");
    assert_eq!(rig.observed.ended, None);
}

#[test]
fn a_transfer_of_which_nothing_is_heard_ends_at_the_recorder() {
    let mut rig = Rig::live();
    rig.input(Input::Operator(Operator::Transfer));
    rig.pass(Duration::from_mins(2) + ms(3000));
    assert_eq!(rig.observed.ended, Some((EndReason::Dropped, StreamEndAction::Record)));
}

#[test]
fn a_stream_that_is_lost_in_the_words_before_a_transfer_does_not_lose_the_transfer() {
    let transferring = || {
        let mut rig = Rig::live();
        rig.respond(1);
        rig.say(1, "a", 16_000);
        rig.call(1, "t", transfer());
        rig.done(1);
        rig.pass(ms(500));
        rig
    };
    let mut rig = transferring();
    rig.input(Input::StreamLost);
    assert_eq!(rig.count(|o| matches!(o, Output::StartTransfer { .. })), 1);
    assert_eq!(rig.observed.ended, None, "only the person's key ends it");
    let mut rig = transferring();
    rig.input(Input::StreamStopped);
    assert_eq!(rig.observed.ended, Some((EndReason::CallerHungUp, StreamEndAction::CallerGone)));
}

#[test]
fn a_filler_that_a_transfer_cut_short_does_not_count_as_heard() {
    let mut rig = Rig::live();
    rig.input(Input::CallerKey('1'));
    rig.pass(ms(1900));
    assert_eq!(rig.clips().len(), 1, "the filler begins");
    rig.input(Input::Operator(Operator::Transfer));
    rig.input(Input::StreamLost);
    rig.input(Input::TransferFailed(TransferFailure::NoAnswer));
    rig.start_stream();
    // The rig checks that no silence is longer than two seconds.
    rig.pass(ms(5000));
    assert!(rig.clips().len() > 1, "{:?}", rig.clips());
}

#[test]
fn a_caller_who_is_speaking_is_transferred_without_being_spoken_over() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.input(Input::Operator(Operator::Transfer));
    rig.pass(ms(3000));
    assert_eq!(rig.clips(), []);
    assert_eq!(rig.count(|o| matches!(o, Output::StartTransfer { .. })), 1);
}

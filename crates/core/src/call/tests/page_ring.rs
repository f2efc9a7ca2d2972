//! Tests of a caller who asks for a person and rings in the web page of the staff.

use super::rig::{Rig, ms, policy, transfer};
use crate::call::{
    CallEvent, CallPolicy, EngineCommand, EngineEvent, EngineKind, Input, Operator, Output, PageRing, StreamEndAction,
    TakeoverState,
};
use crate::domain::{EndReason, TransferFailure};
use std::time::Duration;

const TIME: Duration = Duration::from_secs(15);

fn rings_page(has_phone: bool) -> CallPolicy {
    CallPolicy { page_ring: Some(PageRing { time: TIME, has_phone }), ..policy() }
}

/// Returns a call in which the agent begins to announce a transfer, for a second.
fn announcing(policy: CallPolicy) -> Rig {
    let mut rig = Rig::live_with(policy);
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.call(1, "t", transfer());
    rig.done(1);
    rig
}

/// Returns a call that rings in the web page: the agent has announced the transfer.
fn ringing(has_phone: bool) -> Rig {
    let mut rig = announcing(rings_page(has_phone));
    rig.pass(ms(1500));
    assert!(is_ringing(&rig));
    rig
}

fn ringing_for(time: Duration) -> Rig {
    let mut rig = announcing(CallPolicy { page_ring: Some(PageRing { time, has_phone: true }), ..policy() });
    rig.pass(ms(1500));
    rig
}

fn is_ringing(rig: &Rig) -> bool {
    let rings = rig.count(|o| matches!(o, Output::RingPage { reason: Some(_), time: TIME }));
    rings > rig.count(|o| matches!(o, Output::EndPageRing))
}

fn transfers(rig: &Rig) -> usize {
    rig.count(|o| matches!(o, Output::StartTransfer { reason: Some(_) }))
}

fn has_output(rig: &Rig, text: &str) -> bool {
    let is =
        |c: &EngineCommand| matches!(c, EngineCommand::ToolOutput { id, output } if id == "t" && output.contains(text));
    rig.commands().iter().any(is)
}

#[test]
fn an_employee_who_answers_hears_the_caller_at_once() {
    let mut rig = ringing(true);
    rig.pass(ms(4000));
    rig.take_over();
    assert!(!is_ringing(&rig) && rig.has_event(&CallEvent::TakenOver));
    assert_eq!(rig.session.takeover(rig.now), Some(TakeoverState::Talking), "nothing is announced");
    assert_eq!(rig.count(|o| matches!(o, Output::Clear { .. })), 1, "the ringing tone stops");
    rig.employee(50);
    rig.frame(0);
    assert!(rig.observed.employee_played >= 45 * 160 && rig.observed.employee_heard > 0);
    // A later hand-back is a conversation with the agent: no transfer is pending any more.
    rig.input(Input::Operator(Operator::HandBack));
    rig.engine(EngineEvent::Ready);
    rig.respond(2);
    rig.say(2, "b", 8000);
    rig.done(2);
    rig.pass(TIME + ms(5000));
    assert_eq!((transfers(&rig), rig.count(|o| matches!(o, Output::RingPage { .. }))), (0, 1));
}

#[test]
fn the_caller_hears_a_ringing_tone_and_then_the_phone_rings() {
    // With and without marks, which may be lost. The rig checks that the caller never hears silence for two seconds.
    for has_marks in [true, false] {
        let mut rig = ringing(true);
        let rings = ms(13_500);
        if has_marks {
            rig.pass(rings);
        } else {
            rig.pass_without_marks(rings);
        }
        assert!(is_ringing(&rig) && transfers(&rig) == 0);
        rig.pass(ms(1600));
        assert_eq!((is_ringing(&rig), transfers(&rig)), (false, 1));
        rig.input(Input::TransferFailed(TransferFailure::NoAnswer));
        rig.start_stream();
        assert!(has_output(&rig, "no person took the call"));
    }
}

#[test]
fn the_page_rings_on_for_an_employee_who_begins_to_answer() {
    let mut rig = ringing(true);
    rig.pass(ms(13_000));
    rig.input(Input::PageAnswering);
    let longer = ms(20_000);
    assert_eq!(rig.count(|o| matches!(o, Output::ProlongPageRing { time } if *time == longer)), 1);
    rig.pass(ms(10_000));
    // Another attempt does not prolong the ringing again.
    rig.input(Input::PageAnswering);
    rig.pass(ms(9_500));
    assert_eq!((is_ringing(&rig), transfers(&rig)), (true, 0));
    rig.pass(ms(1000));
    assert_eq!((is_ringing(&rig), transfers(&rig)), (false, 1));
    // A call that does not ring, or rings long enough, is not affected.
    for mut rig in [Rig::live_with(rings_page(true)), ringing_for(ms(60_000))] {
        rig.input(Input::PageAnswering);
        assert_eq!(rig.count(|o| matches!(o, Output::ProlongPageRing { .. })), 0);
    }
}

#[test]
fn the_phone_rings_at_once_if_no_employee_can_answer_in_the_page() {
    let mut rig = ringing(true);
    rig.input(Input::PageUnanswered);
    assert_eq!((is_ringing(&rig), transfers(&rig)), (false, 1));
    // A late report changes nothing.
    rig.input(Input::PageUnanswered);
    rig.input(Input::TransferAccepted);
    assert_eq!(rig.observed.ended, Some((EndReason::Transferred, StreamEndAction::Transfer)));
}

#[test]
fn the_agent_continues_without_a_phone() {
    for is_declined in [true, false] {
        let mut rig = ringing(false);
        if is_declined {
            rig.input(Input::PageUnanswered);
        } else {
            rig.pass(TIME);
        }
        assert!(!is_ringing(&rig) && has_output(&rig, "no person took the call"));
        assert!(rig.has_event(&CallEvent::TransferFailed(TransferFailure::NoAnswer)));
        assert_eq!(rig.commands().iter().filter(|c| matches!(c, EngineCommand::Respond(_))).count(), 1);
        rig.respond(2);
        rig.say(2, "b", 8000);
        rig.done(2);
        rig.pass(ms(3000));
        assert_eq!((rig.observed.ended, rig.count(|o| matches!(o, Output::CloseStream))), (None, 0));
        rig.frames(true, ms(1000));
    }
}

#[test]
fn the_agent_does_not_hear_a_caller_who_waits_for_a_person() {
    let mut rig = ringing(true);
    let heard = rig.observed.frames_heard;
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(2000));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.input(Input::CallerKey('5'));
    rig.pass(ms(2000));
    assert_eq!((rig.observed.frames_heard, is_ringing(&rig)), (heard, true));
    assert!(!rig.commands().iter().any(|c| matches!(c, EngineCommand::Keys(_) | EngineCommand::Respond(_))));
}

#[test]
fn an_employee_can_ring_at_the_phone_at_once() {
    let mut rig = ringing(true);
    rig.input(Input::Operator(Operator::Transfer));
    assert_eq!((is_ringing(&rig), transfers(&rig)), (false, 1));
    // A transfer that an employee requests does not ring in the page first.
    let mut rig = Rig::live_with(rings_page(true));
    rig.input(Input::Operator(Operator::Transfer));
    rig.pass(ms(3000));
    assert_eq!(rig.count(|o| matches!(o, Output::RingPage { .. })), 0);
    assert_eq!(rig.count(|o| matches!(o, Output::StartTransfer { reason: None })), 1);
}

#[test]
fn the_page_stops_ringing_when_the_call_ends() {
    for (input, reason) in [
        (Input::StreamStopped, EndReason::CallerHungUp),
        (Input::Operator(Operator::End), EndReason::EmployeeHungUp),
        (Input::Shutdown { within: ms(100) }, EndReason::Shutdown),
    ] {
        let mut rig = ringing(true);
        rig.input(input);
        rig.pass(ms(5000));
        assert_eq!((is_ringing(&rig), rig.observed.ended.map(|(why, _)| why)), (false, Some(reason)));
    }
}

#[test]
fn a_lost_stream_rings_at_the_phone_or_returns_to_the_agent() {
    let mut rig = ringing(true);
    rig.input(Input::StreamLost);
    assert_eq!((is_ringing(&rig), transfers(&rig)), (false, 1));
    let mut rig = ringing(false);
    rig.input(Input::StreamLost);
    assert_eq!((is_ringing(&rig), rig.count(|o| matches!(o, Output::AwaitStream))), (false, 1));
    rig.start_stream();
    assert!(has_output(&rig, "no person took the call"));
}

#[test]
fn a_stream_that_is_lost_in_the_announcement_does_not_lose_the_call() {
    for has_phone in [true, false] {
        let mut rig = announcing(rings_page(has_phone));
        rig.pass(ms(500));
        rig.input(Input::StreamLost);
        let replaced = rig.count(|o| matches!(o, Output::AwaitStream));
        assert_eq!((transfers(&rig), replaced), (usize::from(has_phone), usize::from(!has_phone)));
    }
}

#[test]
fn an_employee_can_answer_although_the_engine_is_lost() {
    let mut rig = ringing(true);
    for _ in 0..3 {
        rig.engine(EngineEvent::Failed { retry: false, reason: "test".into() });
    }
    assert_eq!(rig.observed.opened.last(), Some(&EngineKind::Voicemail));
    assert!(is_ringing(&rig) && rig.session.may_be_taken_over());
    rig.take_over();
    rig.employee(50);
    assert!(rig.observed.employee_played >= 45 * 160);
}

#[test]
fn a_call_that_reaches_its_maximum_duration_rings_on() {
    let mut rig = announcing(CallPolicy { max_call: ms(10_000), ..rings_page(true) });
    rig.pass(ms(12_000));
    assert!(is_ringing(&rig) && rig.observed.ended.is_none());
}

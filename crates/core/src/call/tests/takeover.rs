//! Tests of an employee who takes a call over and talks with the caller.

use super::rig::{Rig, ms};
use crate::call::{
    CallEvent, EngineEvent, EngineKind, HandBackCause, Input, Operator, Output, StreamEndAction, TakeoverState,
};
use crate::domain::{EndReason, Speaker};
use std::time::Duration;

/// Returns a call in which an employee has taken over in the middle of an answer.
fn taken_over() -> Rig {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 80_000);
    rig.text(1, "a", "אחת שתיים שלוש", true);
    rig.pass(ms(500));
    rig.take_over();
    rig
}

fn engines_opened(rig: &Rig) -> usize {
    rig.observed.opened.len()
}

#[test]
fn the_agent_stops_and_the_employee_talks_with_the_caller() {
    let mut rig = taken_over();
    assert_eq!(rig.count(|o| matches!(o, Output::Clear { .. })), 1, "the agent stops speaking");
    assert_eq!(rig.count(|o| matches!(o, Output::CloseEngine)), 1);
    assert_eq!(rig.session.takeover(rig.now), Some(TakeoverState::Announcing));
    assert!(!rig.session.takes_hints() && !rig.session.may_be_taken_over());
    rig.employee(150);
    assert_eq!((rig.clips().len(), rig.session.takeover(rig.now)), (1, Some(TakeoverState::Talking)));
    let played = rig.observed.employee_played;
    assert!((55 * 160..=62 * 160).contains(&played), "what the employee said over the clip is not played: {played}");
    // The call continues while both sides are silent.
    for _ in 0..200 {
        rig.frame(0);
        rig.employee(1);
    }
    assert!(rig.observed.employee_heard >= 200 * 160, "{}", rig.observed.employee_heard);
    rig.employee(3000);
    assert_eq!((engines_opened(&rig), rig.clips().len(), &rig.observed.ended), (1, 1, &None));
    let turn = rig.observed.turns.values().find(|turn| turn.speaker == Speaker::Employee).unwrap();
    assert_eq!((turn.text.as_str(), turn.ended_ms), ("Dana", None));
}

#[test]
fn the_agent_continues_when_the_employee_hands_the_call_back() {
    let mut rig = taken_over();
    rig.employee(200);
    rig.input(Input::Operator(Operator::HandBack));
    assert!(rig.has_event(&CallEvent::HandedBack { cause: HandBackCause::Employee }));
    assert_eq!((rig.session.takeover(rig.now), engines_opened(&rig)), (None, 2));
    let last = rig.last_opening().0.pop().unwrap();
    assert_eq!(last.speaker, Speaker::Employee);
    assert!(last.employee_note().contains("Dana"));
    rig.engine(EngineEvent::Ready);
    let is_prompt = |output: &Output| format!("{output:?}").contains("handed the call back to you");
    assert_eq!(rig.count(is_prompt), 1);
    rig.respond(2);
    rig.say(2, "b", 8000);
    rig.pass(ms(4000));
    let turn = rig.observed.turns.values().find(|turn| turn.speaker == Speaker::Employee).unwrap();
    assert!(turn.ended_ms.is_some());
}

#[test]
fn the_agent_has_the_output_of_a_tool_that_ended_after_the_hand_back() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.run_tool(1, "t");
    rig.done(1);
    rig.take_over();
    rig.employee(200);
    rig.input(Input::Operator(Operator::HandBack));
    rig.input(Input::ToolFinished { id: "t".into(), output: "booked at ten".into() });
    rig.engine(EngineEvent::Ready);
    let [.., note, response] = &rig.commands()[..] else { panic!("{:?}", rig.commands()) };
    let (note, response) = (format!("{note:?}"), format!("{response:?}"));
    assert!(note.starts_with("Note") && note.contains("booked at ten"), "{note}");
    assert!(response.contains("handed the call back to you"), "{response}");
}

#[test]
fn a_lost_mark_does_not_hide_the_employee() {
    let mut rig = Rig::live();
    rig.take_over();
    for _ in 0..8 {
        rig.pass_without_marks(ms(500));
        rig.employee_frame();
    }
    assert_eq!(rig.session.takeover(rig.now), Some(TakeoverState::Talking));
}

#[test]
fn a_caller_is_not_left_in_silence_when_the_employee_is_lost() {
    // The rig checks that the caller hears something within two seconds of the employee's last audio.
    for is_reported in [true, false] {
        let mut rig = taken_over();
        rig.employee(200);
        if is_reported {
            rig.input(Input::EmployeeLost);
        }
        rig.pass(ms(1600));
        assert!(rig.has_event(&CallEvent::HandedBack { cause: HandBackCause::Lost }), "reported: {is_reported}");
        assert_eq!((rig.clips().len(), engines_opened(&rig)), (2, 2));
        // The engine does not connect; voicemail follows.
        rig.pass(Duration::from_secs(10));
        assert_eq!(rig.observed.opened.last(), Some(&EngineKind::Voicemail));
    }
}

#[test]
fn the_agent_continues_after_an_hour_with_the_employee() {
    let mut rig = taken_over();
    for _ in 0..3599 {
        rig.employee_frame();
        rig.pass(ms(1000));
    }
    assert_eq!(rig.session.takeover(rig.now), Some(TakeoverState::Talking));
    rig.employee(100);
    assert!(rig.has_event(&CallEvent::HandedBack { cause: HandBackCause::TimeLimit }));
    assert_eq!((rig.session.takeover(rig.now), engines_opened(&rig)), (None, 2));
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.count(|output| format!("{output:?}").contains("had lasted an hour")), 1);
}

#[test]
fn late_audio_of_the_employee_is_dropped_and_the_delay_does_not_grow() {
    let mut rig = taken_over();
    rig.employee(150);
    let before = rig.observed.employee_played;
    rig.pass(ms(1000));
    for _ in 0..50 {
        rig.employee_frame();
    }
    let burst = (rig.observed.employee_played - before) / 160;
    assert!((20..=22).contains(&burst), "{burst} of 50 frames that arrived at once");
    rig.employee(500);
    let last = rig.observed.outputs.iter().rev().find_map(|output| match output {
        Output::Play { at_ms, .. } => Some(*at_ms),
        _ => None,
    });
    let stream_ms = u64::try_from(rig.elapsed().as_millis()).unwrap();
    assert!(last.unwrap() < stream_ms + 500, "{last:?} at {stream_ms}");
}

#[test]
fn an_employee_hangs_up_with_a_goodbye() {
    let mut rig = taken_over();
    rig.employee(200);
    rig.input(Input::Operator(Operator::End));
    assert_eq!((rig.clips().len(), &rig.observed.ended), (2, &None));
    rig.pass(ms(3000));
    assert_eq!(rig.observed.ended, Some((EndReason::EmployeeHungUp, StreamEndAction::HangUp)));
    assert_eq!(engines_opened(&rig), 1, "the agent does not come back");
    assert!(!rig.has_event(&CallEvent::HandedBack { cause: HandBackCause::Employee }));
}

#[test]
fn the_caller_hangs_up_or_loses_the_stream() {
    let mut rig = taken_over();
    rig.employee(100);
    rig.input(Input::StreamStopped);
    assert_eq!(rig.observed.ended, Some((EndReason::CallerHungUp, StreamEndAction::CallerGone)));
    let turn = rig.observed.turns.values().find(|turn| turn.speaker == Speaker::Employee).unwrap();
    assert!(turn.ended_ms.is_some());

    let mut rig = taken_over();
    rig.employee(100);
    rig.input(Input::StreamLost);
    rig.employee(100);
    rig.start_stream();
    rig.employee(600);
    assert_eq!((rig.session.takeover(rig.now), &rig.observed.ended), (Some(TakeoverState::Talking), &None));
    rig.input(Input::StreamLost);
    assert_eq!(rig.observed.ended, Some((EndReason::Dropped, StreamEndAction::Record)), "one stream is replaced");

    // While another stream is awaited, the audio of the employee stops, so the employee counts as disconnected. The
    // agent then speaks on the new stream.
    let mut rig = taken_over();
    rig.employee(100);
    rig.input(Input::StreamLost);
    rig.pass(ms(1600));
    rig.engine(EngineEvent::Ready);
    rig.start_stream();
    let is_prompt = |output: &Output| format!("{output:?}").contains("connection broke");
    assert_eq!(rig.count(is_prompt), 1);
}

#[test]
fn the_maximum_duration_of_a_call_does_not_end_an_employees_conversation() {
    let mut rig = taken_over();
    rig.employee(50 * 60 * 15);
    assert_eq!(rig.observed.ended, None);
    rig.input(Input::Operator(Operator::HandBack));
    rig.engine(EngineEvent::Ready);
    rig.respond(2);
    rig.done(2);
    rig.pass(ms(3000));
    assert_eq!(rig.observed.ended, None);
}

#[test]
fn a_call_without_an_agent_is_not_taken_over() {
    let mut policy = super::rig::policy();
    policy.engines = vec![EngineKind::Voicemail];
    let mut rig = Rig::live_with(policy);
    rig.take_over();
    assert_eq!(rig.session.takeover(rig.now), None);

    let mut rig = Rig::live();
    rig.input(Input::Operator(Operator::Transfer));
    rig.take_over();
    assert_eq!(rig.session.takeover(rig.now), None, "the call is about to be transferred");
}

//! Tests of calls that lose the engine, the stream or marks, or in which time limits expire.

use super::rig::{Rig, ms, policy};
use crate::call::{
    CallEvent, CallPolicy, EngineCommand, EngineEvent, EngineKind, Input, Output, ResponseOutcome, ResponseRequest,
    StreamEndAction, Usage,
};
use crate::domain::EndReason;
use std::time::Duration;

#[test]
fn twilio_records_a_call_whose_stream_or_engine_is_late() {
    for (engine, stream) in [(false, false), (true, false), (false, true)] {
        let mut rig = Rig::new(policy());
        if engine {
            rig.engine(EngineEvent::Ready);
        }
        if stream {
            rig.start_stream();
        }
        rig.pass(ms(9499));
        assert_eq!(rig.observed.redirects, 0);
        rig.pass(ms(1));
        assert_eq!((rig.observed.redirects, rig.elapsed()), (1, ms(9500)));
        rig.input(Input::RedirectDone);
        assert_eq!(rig.observed.ended, Some((EndReason::Fallback, StreamEndAction::Record)));
    }
}

#[test]
fn the_watchdog_is_silent_if_stream_and_engine_are_in_time() {
    let mut rig = Rig::live();
    rig.pass(ms(20_000));
    assert_eq!(rig.observed.redirects, 0);
    assert!(rig.has_event(&CallEvent::Live { engine: EngineKind::Realtime }));
}

/// The utterance must not be split: a truncation point for its second half would be wrong for the first half.
#[test]
fn the_watchdogs_sentence_breaks_no_utterance_in_two() {
    let mut rig = Rig::new(policy());
    rig.start_stream();
    rig.respond(1);
    rig.say(1, "a1.0", 800);
    rig.pass(ms(9600));
    assert_eq!(rig.observed.redirects, 1);
    rig.say(1, "a1.0", 800);
    rig.engine(EngineEvent::Ready);
    rig.engine(EngineEvent::SpeechStarted { item: "c1".into(), at_ms: None });
    assert_eq!(rig.commands(), [EngineCommand::Respond(ResponseRequest::Reply)], "nothing of how much was heard");
}

#[test]
fn a_redirect_without_a_stream_is_waited_for_as_long_as_a_call_may_last() {
    let mut rig = Rig::new(policy());
    rig.pass(Duration::from_mins(1));
    assert_eq!((rig.observed.redirects, rig.observed.ended), (1, None), "the driver retries");
    rig.pass(policy().max_call);
    assert_eq!((rig.observed.redirects, rig.observed.ended), (1, Some((EndReason::Fallback, StreamEndAction::Record))));
}

#[test]
fn the_first_words_wait_for_the_engine() {
    let mut rig = Rig::new(policy());
    rig.start_stream();
    for _ in 0..50 {
        rig.frame(0);
        rig.pass(ms(20));
    }
    assert_eq!(rig.observed.frames_heard, 0);
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.observed.frames_heard, 50);
}

#[test]
fn an_engine_that_refuses_leaves_the_call_to_voicemail() {
    let mut rig = Rig::new(policy());
    rig.engine(EngineEvent::Failed { retry: false, reason: "invalid_api_key".into() });
    assert_eq!(rig.observed.opened, [EngineKind::Realtime, EngineKind::Voicemail]);
    rig.engine(EngineEvent::Ready);
    rig.start_stream();
    assert!(rig.has_event(&CallEvent::Live { engine: EngineKind::Voicemail }));
}

#[test]
fn an_engine_lost_in_the_call_is_opened_again_with_what_was_said() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::CallerText {
        item: "c".into(), text: "מתי אתם פתוחים?".into(), is_final: true
    });
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    let (history, delay) = rig.last_opening();
    assert_eq!((history[0].text.as_str(), delay), ("מתי אתם פתוחים?", ms(250)));
    assert_eq!(rig.observed.plays, 0, "no one waits for a reply, so no filler plays");
    rig.frame(0);
    rig.pass(ms(300));
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.observed.frames_heard, 1, "what was said meanwhile is not lost");
    rig.pass(ms(7000));
    assert_eq!(rig.observed.opened, [EngineKind::Realtime; 2]);
}

/// OpenAI ends a Realtime session after an hour, also in the middle of a sentence.
#[test]
fn an_engine_is_renewed_between_two_turns_before_its_session_ends() {
    let mut rig = Rig::live_with(CallPolicy { max_call: Duration::from_hours(3), idle: None, ..policy() });
    rig.pass(ms(55 * 60_000 - 1));
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.pass(ms(500));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.engine(EngineEvent::CallerText { item: "c".into(), text: "ומה המחיר?".into(), is_final: true });
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.text(1, "a", "מאה שקלים.", true);
    rig.engine(EngineEvent::AudioDone { item: "a".into() });
    rig.done(1);
    rig.pass(ms(900));
    assert_eq!(rig.observed.opened, [EngineKind::Realtime], "the caller and the agent were speaking");
    rig.pass(ms(300));
    assert_eq!(rig.observed.opened, [EngineKind::Realtime; 2]);
    assert!(rig.has_event(&CallEvent::EngineRenewed { engine: EngineKind::Realtime }));
    let (history, delay) = rig.last_opening();
    let said: Vec<&str> = history.iter().map(|turn| turn.text.as_str()).collect();
    assert_eq!((said, delay), (vec!["ומה המחיר?", "מאה שקלים."], ms(0)));
    assert_eq!(rig.count(|o| matches!(o, Output::Event(CallEvent::EngineLost { .. }))), 0);
    rig.frame(0);
    assert_eq!(rig.observed.frames_heard, 0);
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.observed.frames_heard, 1, "what the caller says meanwhile reaches the new session");
    rig.pass(ms(55 * 60_000 - 1));
    assert_eq!(rig.observed.opened.len(), 2);
    rig.pass(ms(1));
    assert_eq!(rig.observed.opened.len(), 3);
}

#[test]
fn a_session_without_a_limit_is_not_renewed() {
    let engines = vec![EngineKind::Pipeline, EngineKind::Voicemail];
    let mut rig = Rig::live_with(CallPolicy { engines, max_call: Duration::from_hours(3), idle: None, ..policy() });
    rig.pass(Duration::from_hours(2));
    assert_eq!(rig.observed.opened, [EngineKind::Pipeline]);
}

#[test]
fn an_engine_that_does_not_come_back_is_replaced() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.pass(ms(6000));
    assert_eq!(rig.observed.opened.last(), Some(&EngineKind::Voicemail));
}

#[test]
fn an_engine_that_falls_silent_is_opened_again() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.pass(ms(2999));
    assert_eq!(rig.observed.opened, [EngineKind::Realtime]);
    rig.pass(ms(1));
    assert_eq!(rig.observed.opened, [EngineKind::Realtime; 2], "it never began to answer");
    assert_eq!(rig.clips().len(), 1, "one moment, please");

    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 800);
    rig.pass(ms(3200));
    assert_eq!(rig.observed.opened, [EngineKind::Realtime; 2], "it stopped in the middle");
}

#[test]
fn a_lost_socket_ends_with_the_recorder_and_a_hang_up_does_not() {
    let mut rig = Rig::live();
    rig.input(Input::StreamLost);
    assert_eq!(rig.count(|o| matches!(o, Output::AwaitStream)), 1);
    rig.pass(ms(9999));
    assert_eq!(rig.observed.ended, None);
    rig.pass(ms(1));
    assert_eq!(rig.observed.ended, Some((EndReason::Dropped, StreamEndAction::Record)));
    let mut rig = Rig::live();
    rig.input(Input::StreamStopped);
    assert_eq!(rig.observed.ended, Some((EndReason::Unanswered, StreamEndAction::CallerGone)));
}

#[test]
fn a_conversation_continues_over_another_stream() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.text(1, "a", "אחת שתיים שלוש ארבע", true);
    rig.say(1, "a", 16_000);
    rig.pass(ms(1000));
    rig.input(Input::StreamLost);
    assert!(rig.observed.turns["a"].interrupted);
    assert!(rig.commands().contains(&EngineCommand::Cancel { response: "1".into() }));
    rig.engine(EngineEvent::ResponseDone {
        response: "1".into(),
        outcome: ResponseOutcome::Cancelled,
        usage: Usage::default(),
    });
    rig.pass(ms(2000));
    rig.start_stream();
    assert!(
        matches!(rig.commands().last(), Some(EngineCommand::Respond(ResponseRequest::Instructed(_)))),
        "{:?}",
        rig.commands()
    );
    rig.respond(2);
    rig.say(2, "b", 8000);
    rig.done(2);
    rig.frames(false, ms(1500));
    assert_eq!(rig.observed.opened.len(), 1);
    rig.input(Input::StreamLost);
    assert_eq!(rig.observed.ended, Some((EndReason::Dropped, StreamEndAction::Record)), "once");
}

#[test]
fn a_stream_that_never_came_to_be_ends_with_the_recorder() {
    for seconds in [1, 10] {
        let mut rig = Rig::new(policy());
        rig.pass(ms(seconds * 1000));
        rig.input(Input::StreamLost);
        assert_eq!(rig.observed.ended, Some((EndReason::Fallback, StreamEndAction::Record)));
    }
}

#[test]
fn lost_marks_delay_but_do_not_stop() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.text(1, "a", "שלום", true);
    for _ in 0..50 {
        rig.say(1, "a", 800);
    }
    rig.done(1);
    rig.pass_without_marks(ms(7000));
    assert_eq!(rig.observed.turns["a"].heard_text, "שלום");
}

#[test]
fn an_engine_that_never_speaks_is_given_up() {
    let mut rig = Rig::live();
    for turn in 0..2 {
        assert_eq!(rig.observed.opened, vec![EngineKind::Realtime; turn + 1]);
        rig.engine(EngineEvent::SpeechStarted { item: format!("c{turn}").into(), at_ms: None });
        rig.engine(EngineEvent::SpeechStopped { item: format!("c{turn}").into(), at_ms: None });
        rig.pass(ms(3000));
        rig.engine(EngineEvent::Ready);
    }
    assert_eq!(rig.observed.opened.last(), Some(&EngineKind::Voicemail));
}

#[test]
fn a_due_answer_is_requested_from_the_next_engine() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.commands(), [EngineCommand::Respond(ResponseRequest::Reply)], "it hears the question first");

    let mut rig = Rig::live();
    rig.pass(ms(10_000));
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.commands(), vec![EngineCommand::Respond(ResponseRequest::Instructed("still there?".into())); 2]);
}

#[test]
fn an_answer_that_fails_is_asked_for_again_and_not_for_ever() {
    let mut rig = Rig::live();
    for response in 1..=3 {
        rig.respond(response);
        rig.fail(response, None);
        rig.pass(ms(1000));
    }
    assert_eq!(rig.commands(), vec![EngineCommand::Respond(ResponseRequest::Reply); 2]);
    assert_eq!(rig.observed.opened, [EngineKind::Realtime, EngineKind::Voicemail]);
    assert!(!rig.clips().is_empty(), "one moment, please");
}

#[test]
fn an_engine_that_stops_within_a_frame_is_mute_too() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 801);
    rig.pass(ms(3200));
    assert_eq!(rig.observed.opened.len(), 2);
}

#[test]
fn a_tool_s_answer_reaches_the_engine_that_took_over() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.run_tool(1, "t");
    rig.done(1);
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.input(Input::ToolFinished { id: "t".into(), output: "ten o'clock".into() });
    rig.engine(EngineEvent::Ready);
    let [EngineCommand::Note(note), EngineCommand::Respond(ResponseRequest::Reply)] = &rig.commands()[..] else {
        panic!("{:?}", rig.commands())
    };
    assert!(note.contains("ten o'clock"));
}

#[test]
fn a_model_that_only_calls_tools_is_replaced() {
    let mut rig = Rig::live();
    for round in 1..=9 {
        assert_eq!(rig.observed.opened, [EngineKind::Realtime], "round {round}");
        rig.respond(round);
        rig.run_tool(round, &format!("t{round}"));
        rig.done(round);
        rig.input(Input::ToolFinished { id: format!("t{round}"), output: "{}".into() });
        rig.pass(ms(100));
    }
    assert_eq!(rig.observed.opened.last(), Some(&EngineKind::Voicemail));
}

#[test]
fn keys_wait_for_the_engine() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.input(Input::CallerKey('#'));
    rig.pass(ms(2000));
    rig.engine(EngineEvent::Ready);
    rig.pass(ms(2000));
    assert!(rig.commands().contains(&EngineCommand::Keys("#".into())), "{:?}", rig.commands());
}

#[test]
fn keys_that_a_lost_engine_has_not_answered_reach_the_next_engine() {
    let lose_engine = |rig: &mut Rig| {
        rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
        rig.pass(ms(300));
        rig.engine(EngineEvent::Ready);
    };
    let keys = EngineCommand::Keys("12#".into());
    let mut rig = Rig::live();
    for key in "12#".chars() {
        rig.input(Input::CallerKey(key));
    }
    rig.pass(ms(1));
    assert_eq!(rig.commands(), [keys.clone(), EngineCommand::Respond(ResponseRequest::Reply)]);
    lose_engine(&mut rig);
    assert_eq!(rig.commands()[2..], [keys.clone(), EngineCommand::Respond(ResponseRequest::Reply)]);
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.done(1);
    rig.pass(ms(1500));
    lose_engine(&mut rig);
    assert_eq!(rig.commands().iter().filter(|command| **command == keys).count(), 2, "they were answered");
}

#[test]
fn voicemail_gets_no_keys_that_were_pressed_for_the_agent() {
    for pressed in ["#", "1", "12#"] {
        let mut rig = Rig::live();
        rig.engine(EngineEvent::Failed { retry: false, reason: "insufficient_quota".into() });
        for key in pressed.chars() {
            rig.input(Input::CallerKey(key));
        }
        rig.engine(EngineEvent::Ready);
        rig.pass(ms(2000));
        assert_eq!(rig.commands(), [EngineCommand::Respond(ResponseRequest::Reply)], "{pressed}: the prompt");
        rig.input(Input::CallerKey('#'));
        rig.pass(ms(1));
        assert_eq!(rig.commands().last(), Some(&EngineCommand::Keys("#".into())), "{pressed}");
    }
}

#[test]
fn voicemail_is_not_asked_whether_the_caller_is_there() {
    let mut rig = Rig::live();
    rig.pass(ms(9000));
    rig.engine(EngineEvent::Failed { retry: false, reason: "insufficient_quota".into() });
    rig.engine(EngineEvent::Ready);
    rig.pass(ms(60_000));
    assert!(!rig.has_event(&CallEvent::IdlePrompt { number: 1 }));
}

#[test]
fn a_call_with_a_stream_does_not_wait_long_for_a_redirect() {
    let mut rig = Rig::new(policy());
    rig.start_stream();
    rig.pass(ms(9500));
    assert_eq!((rig.observed.redirects, rig.clips().len()), (1, 1), "one moment, please");
    rig.input(Input::RedirectFailed);
    assert_eq!(rig.observed.ended, Some((EndReason::Fallback, StreamEndAction::Record)));

    // Twilio does not answer.
    let mut rig = Rig::new(policy());
    rig.start_stream();
    rig.pass(ms(9500));
    assert_eq!((rig.observed.redirects, rig.observed.ended), (1, None));
    rig.pass(ms(3000));
    assert_eq!(rig.observed.ended, Some((EndReason::Fallback, StreamEndAction::Record)));

    let mut rig = Rig::new(policy());
    rig.pass(ms(9500));
    rig.input(Input::RedirectFailed);
    assert_eq!(rig.observed.ended, None, "there is nothing else to do but to ask again");
}

#[test]
fn a_stop_of_the_daemon_passes_the_call_to_the_recorder() {
    let mut rig = Rig::live();
    rig.input(Input::Shutdown { within: ms(8000) });
    rig.pass(ms(7999));
    assert_eq!(rig.observed.ended, None);
    rig.pass(ms(1));
    assert_eq!(rig.observed.ended, Some((EndReason::Shutdown, StreamEndAction::Record)));
}

#[test]
fn ai_engines_that_are_never_ready_leave_the_call_to_voicemail_before_the_watchdog() {
    use EngineKind::{Pipeline, Realtime, Voicemail};
    for greeting_ms in [1000, 3500] {
        let engines = vec![Realtime, Pipeline, Voicemail];
        let mut rig = Rig::new(CallPolicy { engines, greeting: ms(greeting_ms), ..policy() });
        rig.pass(ms(greeting_ms));
        rig.start_stream();
        rig.pass(ms(6100 - greeting_ms));
        assert_eq!((rig.observed.opened.last(), rig.observed.redirects), (Some(&Voicemail), 0), "{greeting_ms}");
        rig.engine(EngineEvent::Ready);
        assert!(rig.has_event(&CallEvent::Live { engine: Voicemail }));
        let first = &rig.observed.opened[..2];
        assert_eq!(first, [Realtime, Pipeline], "the next AI is better than a second attempt");
    }
}

#[test]
fn the_only_ai_gets_a_second_attempt() {
    let mut rig = Rig::new(policy());
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    assert_eq!(rig.observed.opened, [EngineKind::Realtime; 2]);
}

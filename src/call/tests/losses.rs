//! Calls that lose something: the engine, the stream, marks, time.

use super::rig::{Rig, ms, policy};
use crate::call::{
    After, CallEvent, EngineCommand, EngineEvent, EngineKind, Input, Output, ResponseOutcome, Usage, Wish,
};
use crate::domain::EndReason;
use std::time::Duration;

#[test]
fn without_stream_and_engine_in_time_twilio_records() {
    for (engine, stream) in [(false, false), (true, false), (false, true)] {
        let mut rig = Rig::new(policy());
        if engine {
            rig.engine(EngineEvent::Ready);
        }
        if stream {
            rig.start_stream();
        }
        rig.pass(ms(9499));
        assert_eq!(rig.books.redirects, 0);
        rig.pass(ms(1));
        assert_eq!((rig.books.redirects, rig.elapsed()), (1, ms(9500)));
        rig.input(Input::RedirectDone);
        assert_eq!(rig.books.ended, Some((EndReason::Fallback, After::Record)));
    }
}

#[test]
fn with_both_in_time_the_watchdog_is_silent() {
    let mut rig = Rig::live();
    rig.pass(ms(20_000));
    assert_eq!(rig.books.redirects, 0);
    assert!(rig.has_event(&CallEvent::Live { engine: EngineKind::Realtime }));
}

/// What the engine is told of the second half of an uttering would be wrong for the first.
#[test]
fn the_watchdogs_sentence_breaks_no_uttering_in_two() {
    let mut rig = Rig::new(policy());
    rig.start_stream();
    rig.respond(1);
    rig.say(1, "a1.0", 800);
    rig.pass(ms(9600));
    assert_eq!(rig.books.redirects, 1);
    rig.say(1, "a1.0", 800);
    rig.engine(EngineEvent::Ready);
    rig.engine(EngineEvent::SpeechStarted { item: "c1".into() });
    assert_eq!(rig.commands(), []);
}

#[test]
fn a_redirect_that_nobody_confirms_still_ends() {
    let mut rig = Rig::new(policy());
    rig.pass(Duration::from_mins(1));
    assert_eq!((rig.books.redirects, rig.books.ended), (1, Some((EndReason::Fallback, After::Record))));
}

#[test]
fn the_first_words_wait_for_the_engine() {
    let mut rig = Rig::new(policy());
    rig.start_stream();
    for _ in 0..50 {
        rig.frame(0);
        rig.pass(ms(20));
    }
    assert_eq!(rig.books.frames_heard, 0);
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.books.frames_heard, 50);
}

#[test]
fn an_engine_that_refuses_leaves_the_call_to_voicemail() {
    let mut rig = Rig::new(policy());
    rig.engine(EngineEvent::Failed { retry: false, reason: "invalid_api_key".into() });
    assert_eq!(rig.books.opened, [EngineKind::Realtime, EngineKind::Voicemail]);
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
    let Some(Output::OpenEngine { history, delay, .. }) =
        rig.books.outputs.iter().rev().find(|o| matches!(o, Output::OpenEngine { .. }))
    else {
        panic!("not opened again")
    };
    assert_eq!((history[0].text.as_str(), *delay), ("מתי אתם פתוחים?", ms(250)));
    assert_eq!(rig.count(|o| matches!(o, Output::Play { .. })), 1, "one moment, please");
    rig.frame(0);
    rig.pass(ms(300));
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.books.frames_heard, 1, "what was said meanwhile is not lost");
    rig.pass(ms(7000));
    assert_eq!(rig.books.opened, [EngineKind::Realtime; 2]);
}

#[test]
fn an_engine_that_does_not_come_back_is_replaced() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.pass(ms(6000));
    assert_eq!(rig.books.opened.last(), Some(&EngineKind::Voicemail));
}

#[test]
fn an_engine_that_falls_silent_is_opened_again() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into() });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into() });
    rig.pass(ms(8000));
    assert_eq!(rig.books.opened, [EngineKind::Realtime; 2], "it never began to answer");
    assert_eq!(rig.count(|o| matches!(o, Output::Play { .. })), 1, "one moment, please");

    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 800);
    rig.pass(ms(10_000));
    assert_eq!(rig.books.opened, [EngineKind::Realtime; 2], "it stopped in the middle");
}

#[test]
fn a_lost_socket_ends_with_the_recorder_and_a_hang_up_does_not() {
    let mut rig = Rig::live();
    rig.input(Input::StreamLost);
    assert_eq!(rig.books.ended, Some((EndReason::Dropped, After::Record)));
    let mut rig = Rig::live();
    rig.input(Input::StreamStopped);
    assert_eq!(rig.books.ended, Some((EndReason::CallerHungUp, After::CallerGone)));
}

#[test]
fn a_stream_that_never_came_to_be_ends_with_the_recorder() {
    for seconds in [1, 10] {
        let mut rig = Rig::new(policy());
        rig.pass(ms(seconds * 1000));
        rig.input(Input::StreamLost);
        assert_eq!(rig.books.ended, Some((EndReason::Fallback, After::Record)));
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
    assert_eq!(rig.books.turns["a"].heard_text, "שלום");
}

#[test]
fn an_engine_that_never_speaks_is_given_up() {
    let mut rig = Rig::live();
    for turn in 0..3 {
        assert_eq!(rig.books.opened, vec![EngineKind::Realtime; turn + 1]);
        rig.engine(EngineEvent::SpeechStarted { item: format!("c{turn}").into() });
        rig.engine(EngineEvent::SpeechStopped { item: format!("c{turn}").into() });
        rig.pass(ms(5000));
        rig.engine(EngineEvent::Ready);
    }
    assert_eq!(rig.books.opened.last(), Some(&EngineKind::Voicemail));
}

#[test]
fn what_the_caller_is_owed_is_asked_of_the_next_engine() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into() });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into() });
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.commands(), [EngineCommand::Respond(Wish::Answer)]);
}

#[test]
fn an_answer_that_fails_is_asked_for_again_and_not_for_ever() {
    let mut rig = Rig::live();
    for response in 1..=3 {
        rig.respond(response);
        let (response, outcome) = (response.to_string().into(), ResponseOutcome::Failed);
        rig.engine(EngineEvent::ResponseDone { response, outcome, usage: Usage::default() });
    }
    assert_eq!(rig.commands(), vec![EngineCommand::Respond(Wish::Answer); 2]);
    assert_eq!(rig.books.opened, [EngineKind::Realtime, EngineKind::Voicemail]);
    assert!(rig.books.plays > 0, "one moment, please");
}

#[test]
fn an_engine_that_stops_within_a_frame_is_mute_too() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 801);
    rig.pass(ms(10_000));
    assert_eq!(rig.books.opened.len(), 2);
}

#[test]
fn a_tool_s_answer_reaches_the_engine_that_took_over() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::ToolCall { id: "t".into(), name: "free_slots".into(), arguments: "{}".into() });
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.input(Input::ToolFinished { id: "t".into(), output: "ten o'clock".into() });
    rig.engine(EngineEvent::Ready);
    let [EngineCommand::Respond(Wish::Say(what))] = &rig.commands()[..] else { panic!("{:?}", rig.commands()) };
    assert!(what.contains("ten o'clock"));
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
fn voicemail_is_not_asked_whether_the_caller_is_there() {
    let mut rig = Rig::live();
    rig.pass(ms(9000));
    rig.engine(EngineEvent::Failed { retry: false, reason: "insufficient_quota".into() });
    rig.engine(EngineEvent::Ready);
    rig.pass(ms(60_000));
    assert!(!rig.has_event(&CallEvent::IdlePrompt { number: 1 }));
}

#[test]
fn a_call_with_a_stream_does_not_wait_for_a_redirect_that_fails() {
    let mut rig = Rig::new(policy());
    rig.start_stream();
    rig.pass(ms(9500));
    assert_eq!((rig.books.redirects, rig.books.plays), (1, 1), "one moment, please");
    rig.input(Input::RedirectFailed);
    assert_eq!(rig.books.ended, Some((EndReason::Fallback, After::Record)));

    let mut rig = Rig::new(policy());
    rig.pass(ms(9500));
    rig.input(Input::RedirectFailed);
    assert_eq!(rig.books.ended, None, "there is nothing else to do but to ask again");
}

#[test]
fn a_stop_of_the_daemon_passes_the_call_to_the_recorder() {
    let mut rig = Rig::live();
    let deadline = rig.now + ms(8000);
    rig.input(Input::Shutdown { deadline });
    rig.pass(ms(7999));
    assert_eq!(rig.books.ended, None);
    rig.pass(ms(1));
    assert_eq!(rig.books.ended, Some((EndReason::Shutdown, After::Record)));
}

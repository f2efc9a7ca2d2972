//! Calls as they happen, one for each rule.

use super::rig::{Rig, ms, policy};
use crate::call::{After, CallEvent, EngineCommand, EngineEvent, EngineKind, Input, Operator, Output, Wish};
use crate::domain::{EndReason, Speaker};
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
fn an_answer_is_sent_a_little_ahead_and_written_down_when_it_was_heard() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.text(1, "a", "שלום לך", true);
    for _ in 0..30 {
        rig.say(1, "a", 800);
    }
    rig.engine(EngineEvent::AudioDone { item: "a".into() });
    rig.done(1);
    let sent: usize =
        rig.books.outputs.iter().map(|o| if let Output::Play { audio, .. } = o { audio.len() } else { 0 }).sum();
    assert_eq!(sent, 6400, "800 ms ahead");
    rig.pass(ms(2000));
    assert!(rig.books.turns.is_empty(), "it is 3 s long");
    rig.pass(ms(1200));
    let turn = &rig.books.turns["a"];
    assert_eq!((turn.heard_text.as_str(), turn.interrupted, turn.speaker), ("שלום לך", false, Speaker::Agent));
    assert_eq!(turn.usage.cost_micros, 3);
}

#[test]
fn a_barge_in_clears_the_phone_first_and_truncates_to_what_was_heard() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c0".into() });
    rig.engine(EngineEvent::SpeechStopped { item: "c0".into() });
    rig.pass(ms(500));
    rig.respond(1);
    rig.text(1, "a", "אחת שתיים שלוש ארבע", true);
    for _ in 0..20 {
        rig.say(1, "a", 800);
    }
    rig.pass(ms(1060));
    let before = rig.books.outputs.len();
    rig.engine(EngineEvent::SpeechStarted { item: "c1".into() });
    let after = &rig.books.outputs[before..];
    assert!(matches!(after[0], Output::Clear { .. }), "{after:?}");
    let [EngineCommand::Truncate { item, heard_ms }] = &rig.commands()[..] else { panic!("{:?}", rig.commands()) };
    assert_eq!(&**item, "a");
    assert!((900..=1060).contains(heard_ms), "{heard_ms}");
    assert_eq!(rig.books.turns["a"].heard_text, "אחת שתיים");
    assert!(rig.books.turns["a"].interrupted);
    assert_eq!(rig.books.turns["a"].latency.first_delta_ms, Some(500));

    rig.say(1, "a", 800);
    rig.pass(ms(3000));
    assert_eq!(rig.books.turns["a"].heard_text, "אחת שתיים");
}

#[test]
fn an_answer_of_which_nothing_was_heard_is_deleted() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 800);
    rig.engine(EngineEvent::SpeechStarted { item: "c".into() });
    assert_eq!(rig.commands(), [EngineCommand::Delete { item: "a".into() }]);
}

#[test]
fn a_key_cuts_the_answer_and_is_told_to_the_engine() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.pass(ms(500));
    for key in ['1', '2', '#'] {
        rig.input(Input::CallerKey(key));
    }
    rig.pass(ms(1));
    let commands = rig.commands();
    assert!(commands.contains(&EngineCommand::Cancel { response: "1".into() }), "{commands:?}");
    assert!(commands.contains(&EngineCommand::Keys("12#".into())), "{commands:?}");
}

#[test]
fn one_answer_at_a_time() {
    let mut rig = Rig::live();
    rig.respond(1);
    for id in ["t1", "t2"] {
        let (id, name) = (id.to_owned(), "free_slots".to_owned());
        rig.engine(EngineEvent::ToolCall { id, name, arguments: "{}".into() });
    }
    rig.input(Input::ToolFinished { id: "t1".into(), output: "{}".into() });
    rig.input(Input::ToolFinished { id: "t2".into(), output: "{}".into() });
    let asked = |rig: &Rig| rig.commands().iter().filter(|c| matches!(c, EngineCommand::Respond(_))).count();
    assert_eq!(asked(&rig), 0);
    rig.done(1);
    assert_eq!(asked(&rig), 1);
    rig.engine(EngineEvent::Warning { code: "conversation_already_has_active_response".into() });
    rig.respond(2);
    rig.done(2);
    assert_eq!(asked(&rig), 2, "what was refused is asked for again");
}

#[test]
fn a_slow_tool_is_covered_and_a_dead_one_given_up() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::ToolCall { id: "t".into(), name: "free_slots".into(), arguments: "{}".into() });
    rig.pass(ms(1000));
    assert_eq!(rig.count(|o| matches!(o, Output::Play { .. })), 1, "one moment, please");
    rig.pass(ms(7000));
    assert!(matches!(&rig.commands()[..], [EngineCommand::ToolOutput { .. }, EngineCommand::Respond(Wish::Answer)]));
    rig.input(Input::ToolFinished { id: "t".into(), output: "late".into() });
    assert_eq!(rig.commands().len(), 2);
}

#[test]
fn goodbye_is_heard_before_the_stream_is_closed() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 16_000);
    rig.engine(EngineEvent::ToolCall { id: "t".into(), name: "end_call".into(), arguments: "{}".into() });
    rig.done(1);
    rig.pass(ms(1900));
    assert_eq!(rig.books.ended, None);
    rig.pass(ms(300));
    assert_eq!(rig.books.ended, Some((EndReason::AgentHungUp, After::HangUp)));
}

#[test]
fn who_hangs_up_without_a_word_says_goodbye_first() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.engine(EngineEvent::ToolCall { id: "t".into(), name: "end_call".into(), arguments: "{}".into() });
    rig.done(1);
    assert_eq!(rig.count(|o| matches!(o, Output::Play { .. })), 1);
    rig.pass(ms(3000));
    assert_eq!(rig.books.ended, Some((EndReason::AgentHungUp, After::HangUp)));
}

#[test]
fn who_speaks_into_the_goodbye_stays() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 16_000);
    rig.engine(EngineEvent::ToolCall { id: "t".into(), name: "end_call".into(), arguments: "{}".into() });
    rig.done(1);
    rig.pass(ms(500));
    rig.engine(EngineEvent::SpeechStarted { item: "c".into() });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into() });
    rig.pass(ms(5000));
    assert_eq!(rig.books.ended, None);
}

#[test]
fn a_transfer_ends_in_a_transfer() {
    let mut rig = Rig::live();
    rig.input(Input::Operator(Operator::Transfer));
    assert_eq!(rig.books.ended, Some((EndReason::Transferred, After::Transfer)));
}

#[test]
fn silence_is_asked_about_twice_and_then_ends() {
    let mut rig = Rig::live();
    rig.pass(ms(10_000));
    assert!(rig.has_event(&CallEvent::IdlePrompt { number: 1 }));
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.done(1);
    rig.pass(ms(11_100));
    assert!(rig.has_event(&CallEvent::IdlePrompt { number: 2 }));
    rig.pass(ms(12_000));
    assert_eq!(rig.books.ended, Some((EndReason::Idle, After::HangUp)));
}

#[test]
fn who_speaks_is_not_asked_whether_he_is_there() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into() });
    for _ in 0..1000 {
        rig.frame(0);
        rig.pass(ms(20));
    }
    assert!(!rig.has_event(&CallEvent::IdlePrompt { number: 1 }));
}

#[test]
fn the_longest_call_says_goodbye() {
    let mut rig = Rig::live();
    for turn in 0..75 {
        rig.engine(EngineEvent::SpeechStarted { item: format!("c{turn}").into() });
        rig.pass(ms(8000));
        rig.engine(EngineEvent::SpeechStopped { item: format!("c{turn}").into() });
    }
    assert!(rig.commands().contains(&EngineCommand::Respond(Wish::Say("wrap up".into()))));
    rig.pass(ms(3000));
    assert_eq!(rig.books.ended, Some((EndReason::TooLong, After::HangUp)));
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
    assert_eq!(rig.books.ended, Some((EndReason::CallerHungUp, After::HangUp)));
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
fn ragged_sound_leaves_in_whole_frames() {
    let mut rig = Rig::live();
    rig.respond(1);
    for bytes in [1, 159, 161, 333, 7] {
        rig.say(1, "a", bytes);
    }
    rig.done(1);
    rig.pass(ms(1000));
    let sent: usize =
        rig.books.outputs.iter().map(|o| if let Output::Play { audio, .. } = o { audio.len() } else { 0 }).sum();
    assert_eq!(sent, 800, "661 bytes and the padding of the last frame");
}

#[test]
fn a_hole_in_speech_is_filled_once() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into() });
    rig.frame(0);
    rig.pass(ms(3000));
    let silence = rig.count(|o| matches!(o, Output::Engine(EngineCommand::Hear(audio)) if audio.ms() == 1000));
    assert_eq!(silence, 1);
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

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
    rig.engine(EngineEvent::SpeechStarted { item: "c1".into(), at_ms: None });
    assert_eq!(rig.commands(), [EngineCommand::Respond(Wish::Answer)], "nothing of how much was heard");
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
    assert_eq!(rig.books.plays, 0, "nobody waits for anything");
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
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.pass(ms(2999));
    assert_eq!(rig.books.opened, [EngineKind::Realtime]);
    rig.pass(ms(1));
    assert_eq!(rig.books.opened, [EngineKind::Realtime; 2], "it never began to answer");
    assert_eq!(rig.clips().len(), 1, "one moment, please");

    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 800);
    rig.pass(ms(3200));
    assert_eq!(rig.books.opened, [EngineKind::Realtime; 2], "it stopped in the middle");
}

#[test]
fn a_lost_socket_ends_with_the_recorder_and_a_hang_up_does_not() {
    let mut rig = Rig::live();
    rig.input(Input::StreamLost);
    assert_eq!(rig.count(|o| matches!(o, Output::AwaitStream)), 1);
    rig.pass(ms(9999));
    assert_eq!(rig.books.ended, None);
    rig.pass(ms(1));
    assert_eq!(rig.books.ended, Some((EndReason::Dropped, After::Record)));
    let mut rig = Rig::live();
    rig.input(Input::StreamStopped);
    assert_eq!(rig.books.ended, Some((EndReason::CallerHungUp, After::CallerGone)));
}

#[test]
fn a_conversation_goes_on_over_another_stream() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.text(1, "a", "אחת שתיים שלוש ארבע", true);
    rig.say(1, "a", 16_000);
    rig.pass(ms(1000));
    rig.input(Input::StreamLost);
    assert!(rig.books.turns["a"].interrupted);
    assert!(rig.commands().contains(&EngineCommand::Cancel { response: "1".into() }));
    rig.engine(EngineEvent::ResponseDone {
        response: "1".into(),
        outcome: ResponseOutcome::Cancelled,
        usage: Usage::default(),
    });
    rig.pass(ms(2000));
    rig.start_stream();
    assert!(matches!(rig.commands().last(), Some(EngineCommand::Respond(Wish::Say(_)))), "{:?}", rig.commands());
    rig.respond(2);
    rig.say(2, "b", 8000);
    rig.done(2);
    rig.frames(false, ms(1500));
    assert_eq!(rig.books.opened.len(), 1);
    rig.input(Input::StreamLost);
    assert_eq!(rig.books.ended, Some((EndReason::Dropped, After::Record)), "once");
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
    for turn in 0..2 {
        assert_eq!(rig.books.opened, vec![EngineKind::Realtime; turn + 1]);
        rig.engine(EngineEvent::SpeechStarted { item: format!("c{turn}").into(), at_ms: None });
        rig.engine(EngineEvent::SpeechStopped { item: format!("c{turn}").into(), at_ms: None });
        rig.pass(ms(3000));
        rig.engine(EngineEvent::Ready);
    }
    assert_eq!(rig.books.opened.last(), Some(&EngineKind::Voicemail));
}

#[test]
fn what_the_caller_is_owed_is_asked_of_the_next_engine() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.commands(), [], "it hears the question");

    let mut rig = Rig::live();
    rig.pass(ms(10_000));
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.commands(), vec![EngineCommand::Respond(Wish::Say("still there?".into())); 2]);
}

#[test]
fn an_answer_that_fails_is_asked_for_again_and_not_for_ever() {
    let mut rig = Rig::live();
    for response in 1..=3 {
        rig.respond(response);
        rig.fail(response, None);
        rig.pass(ms(1000));
    }
    assert_eq!(rig.commands(), vec![EngineCommand::Respond(Wish::Answer); 2]);
    assert_eq!(rig.books.opened, [EngineKind::Realtime, EngineKind::Voicemail]);
    assert!(!rig.clips().is_empty(), "one moment, please");
}

#[test]
fn an_engine_that_stops_within_a_frame_is_mute_too() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 801);
    rig.pass(ms(3200));
    assert_eq!(rig.books.opened.len(), 2);
}

#[test]
fn a_tool_s_answer_reaches_the_engine_that_took_over() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.call(1, "t", "free_slots");
    rig.done(1);
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
    assert_eq!((rig.books.redirects, rig.clips().len()), (1, 1), "one moment, please");
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

/// The caller has said something, and the engine owes an answer.
fn ask(rig: &mut Rig, item: &str) {
    rig.engine(EngineEvent::SpeechStarted { item: item.into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.frames(false, ms(500));
    rig.engine(EngineEvent::SpeechStopped { item: item.into(), at_ms: None });
}

#[test]
fn a_mute_engine_is_covered_and_replaced() {
    let mut rig = Rig::live();
    ask(&mut rig, "c");
    let asked = rig.elapsed();
    rig.respond(1);
    rig.pass(ms(3000));
    assert_eq!(rig.books.opened.len(), 2, "nothing came for three seconds");
    rig.pass(ms(300));
    rig.engine(EngineEvent::Ready);
    rig.pass(ms(3000));
    assert_eq!(rig.books.opened, [EngineKind::Realtime, EngineKind::Realtime, EngineKind::Voicemail]);
    let fillers: Vec<_> = rig.clips().iter().map(|(clip, at)| (*clip, (*at - asked).as_millis())).collect();
    assert!(matches!(fillers[..], [(_, 1200), (_, 4700..=4740)]), "{fillers:?}");
    assert_ne!(fillers[0].0, fillers[1].0, "two different ones");
}

#[test]
fn an_engine_that_thinks_aloud_is_waited_for() {
    let mut rig = Rig::live();
    ask(&mut rig, "c");
    rig.respond(1);
    for _ in 0..7 {
        rig.pass(ms(1000));
        rig.engine(EngineEvent::Alive);
    }
    rig.say(1, "a", 16_000);
    rig.done(1);
    assert_eq!(rig.books.opened.len(), 1);
    assert_eq!(rig.clips().len(), 2);

    let mut rig = Rig::live();
    ask(&mut rig, "c");
    rig.respond(1);
    for _ in 0..9 {
        rig.pass(ms(1000));
        rig.engine(EngineEvent::Alive);
    }
    assert_eq!(rig.books.opened.len(), 2, "not for ever");
}

#[test]
fn half_an_answer_and_none_are_asked_for_again() {
    for has_sound in [true, false] {
        let mut rig = Rig::live();
        ask(&mut rig, "c");
        rig.respond(1);
        if has_sound {
            rig.say(1, "a", 4800);
            rig.fail(1, None);
        } else {
            rig.done(1);
        }
        rig.pass(ms(300));
        let [EngineCommand::Respond(wish)] = &rig.commands()[..] else { panic!("{:?}", rig.commands()) };
        assert_eq!(matches!(wish, Wish::Say(_)), has_sound, "it says the rest, or begins");
        rig.respond(2);
        rig.pass(ms(1500));
        rig.say(2, "b", 8000);
        rig.done(2);
        assert_eq!(rig.books.opened.len(), 1);
    }
}

#[test]
fn a_rate_limit_is_waited_for_as_long_as_it_lasts() {
    let mut rig = Rig::live();
    ask(&mut rig, "c");
    let asked = rig.elapsed();
    rig.respond(1);
    rig.fail(1, Some(ms(1200)));
    rig.pass(ms(1199));
    assert_eq!(rig.commands(), []);
    rig.pass(ms(2));
    assert_eq!(rig.commands(), [EngineCommand::Respond(Wish::Answer)]);
    assert_eq!(rig.clips()[0].1 - asked, ms(1200));
    assert_eq!(rig.books.opened.len(), 1);
    // Nobody waits for an hour.
    rig.respond(2);
    rig.fail(2, Some(Duration::from_hours(1)));
    assert_eq!(rig.books.opened.last(), Some(&EngineKind::Voicemail));
}

#[test]
fn an_engine_that_is_never_ready_leaves_the_call_to_voicemail() {
    let mut rig = Rig::new(policy());
    rig.pass(ms(3500));
    rig.start_stream();
    rig.frames(true, ms(1000));
    rig.frames(false, ms(2500));
    assert_eq!(rig.books.opened.last(), Some(&EngineKind::Voicemail));
    assert_eq!(rig.books.redirects, 0);
}

#[test]
fn the_next_engine_hears_the_question() {
    let mut rig = Rig::live();
    rig.frames(false, ms(1000));
    ask(&mut rig, "c");
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed: 1011".into() });
    rig.frames(false, ms(300));
    let before = rig.books.frames_heard;
    rig.engine(EngineEvent::Ready);
    // 1.5 s of speech with the pause that ended it, what came before and after.
    assert_eq!(rig.books.frames_heard - before, 115);
    rig.engine(EngineEvent::SpeechStarted { item: "c2".into(), at_ms: Some(500) });
    rig.engine(EngineEvent::SpeechStopped { item: "c2".into(), at_ms: Some(1500) });
    rig.respond(1);
    rig.engine(EngineEvent::CallerText {
        item: "c2".into(), text: "מתי אתם פתוחים?".into(), is_final: true
    });
    rig.say(1, "a", 8000);
    rig.done(1);
    assert_eq!(rig.commands(), [], "it answers by itself");
    let turn = &rig.books.turns["c"];
    assert_eq!((turn.text.as_str(), turn.seq), ("מתי אתם פתוחים?", 1), "it is the same turn");
    // What is answered is not replayed.
    rig.frames(false, ms(2000));
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed: 1011".into() });
    let before = rig.books.frames_heard;
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.books.frames_heard, before);
    let history = rig.books.outputs.iter().rev().find_map(|o| match o {
        Output::OpenEngine { history, .. } => Some(history.clone()),
        _ => None,
    });
    assert_eq!(history.unwrap()[0].text, "מתי אתם פתוחים?");
}

#[test]
fn a_caller_who_goes_on_speaking_is_not_spoken_over_when_the_engine_is_lost() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(1500));
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.frames(true, ms(800));
    let before = rig.books.frames_heard;
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.books.frames_heard - before, 115, "from the first word on");
    rig.engine(EngineEvent::SpeechStarted { item: "c2".into(), at_ms: Some(300) });
    rig.frames(true, ms(2000));
    assert_eq!(rig.books.plays, 0);
    rig.frames(false, ms(500));
    rig.engine(EngineEvent::SpeechStopped { item: "c2".into(), at_ms: Some(4000) });
    rig.pass(ms(1300));
    assert_eq!(rig.clips().len(), 1, "now somebody waits");
}

#[test]
fn a_deaf_engine_is_reopened_with_what_it_missed_and_then_replaced() {
    let mut rig = Rig::live();
    rig.frames(true, ms(38_000));
    assert!(!rig.has_event(&CallEvent::IdlePrompt { number: 1 }), "the caller speaks");
    rig.frames(false, ms(2900));
    assert_eq!(rig.books.opened.len(), 1);
    assert_eq!(rig.clips().len(), 1, "the caller waits");
    rig.frames(false, ms(200));
    assert_eq!(rig.books.opened, [EngineKind::Realtime; 2]);
    let before = rig.books.frames_heard;
    rig.engine(EngineEvent::Ready);
    assert!(rig.books.frames_heard - before > 38_000 / 20, "what it missed");
    rig.frames(false, ms(2600));
    assert_eq!(rig.books.opened.last(), Some(&EngineKind::Voicemail));
}

#[test]
fn a_noise_is_no_reason_to_doubt_the_engine() {
    let mut rig = Rig::live();
    for _ in 0..4 {
        rig.frames(true, ms(400));
        rig.frames(false, ms(4000));
    }
    assert_eq!((rig.books.opened.len(), rig.books.plays), (1, 0));
}

#[test]
fn speech_without_end_does_not_silence_the_agent() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(1000));
    // Music goes on, and our own detector knows that it is no voice.
    rig.frames(false, ms(1600));
    assert_eq!(rig.commands(), [EngineCommand::Commit, EngineCommand::Respond(Wish::Answer)]);
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.done(1);
    rig.frames(false, ms(1000));
    assert!(rig.books.plays > 0);
}

#[test]
fn a_line_that_stalls_within_a_word_is_waited_for() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(500));
    let silence =
        |rig: &Rig| rig.count(|o| matches!(o, Output::Engine(EngineCommand::Hear(audio)) if audio.ms() == 1000));
    rig.pass(ms(900));
    assert_eq!(silence(&rig), 0, "all of it comes late, and nothing is lost");
    for _ in 0..45 {
        rig.frame(0);
    }
    rig.pass(ms(3100));
    assert_eq!(silence(&rig), 1, "it does not come any more");
}

#[test]
fn keys_before_the_engine_is_ready_are_kept() {
    let mut rig = Rig::new(policy());
    rig.start_stream();
    rig.pass(ms(500));
    rig.input(Input::CallerKey('1'));
    rig.input(Input::CallerKey('#'));
    rig.pass(ms(2000));
    rig.engine(EngineEvent::Ready);
    rig.pass(ms(2000));
    assert!(rig.commands().contains(&EngineCommand::Keys("1#".into())), "{:?}", rig.commands());
}

#[test]
fn last_words_are_heard_however_long_they_are() {
    let mut rig = Rig::live();
    rig.respond(1);
    for _ in 0..200 {
        rig.say(1, "a", 800);
    }
    rig.call(1, "t", "end_call");
    rig.done(1);
    rig.pass(ms(19_900));
    assert_eq!(rig.books.ended, None);
    rig.pass(ms(300));
    assert_eq!(rig.books.ended, Some((EndReason::AgentHungUp, After::HangUp)));
}

#[test]
fn the_wait_for_an_answer_is_counted_from_the_last_word() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: Some(0) });
    rig.frames(true, ms(1000));
    rig.frames(false, ms(500));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: Some(1000) });
    rig.pass(ms(400));
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.done(1);
    assert!(rig.has_event(&CallEvent::FirstAudio { latency_ms: Some(900) }), "500 ms of it were the pause");
}

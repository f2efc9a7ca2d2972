//! Tests of callers who wait for a reply: what they hear, and how an engine that does not reply is replaced.

use super::rig::{Rig, ms, policy};
use crate::call::{
    CallEvent, CallPolicy, EngineCommand, EngineEvent, EngineKind, Input, Output, ResponseOutcome, ResponseRequest,
    StreamEndAction, ToolCall,
};
use crate::domain::{AiFailure, EndReason};
use std::time::Duration;

/// Sends speech of the caller, so that a reply of the engine is due.
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
    assert_eq!(rig.observed.opened.len(), 2, "nothing came for three seconds");
    rig.pass(ms(300));
    rig.engine(EngineEvent::Ready);
    rig.pass(ms(3000));
    assert_eq!(rig.observed.opened, [EngineKind::Realtime, EngineKind::Realtime, EngineKind::Voicemail]);
    let fillers: Vec<_> = rig.clips().iter().map(|(clip, at)| (*clip, at.saturating_sub(asked).as_millis())).collect();
    assert!(matches!(fillers[..], [(_, 1200), (_, 4700..=4740)]), "{fillers:?}");
    assert_ne!(fillers[0].0, fillers[1].0, "two different ones");
}

/// The session ends the turn, because the line was late and the engine did not find the end of a short noise.
#[test]
fn a_noise_that_the_engine_takes_for_speech_does_not_prolong_the_wait() {
    let mut rig = Rig::live_with(CallPolicy { hold_replies: Some(ms(500)), ..policy() });
    rig.engine(EngineEvent::SpeechStopped { item: "c1".into(), at_ms: None });
    rig.respond(1);
    rig.say(1, "a", 800);
    rig.done(1);
    rig.frames(true, ms(20));
    rig.engine(EngineEvent::SpeechStarted { item: "c2".into(), at_ms: None });
    rig.pass(ms(1500));
    rig.respond(2);
    rig.frames(false, ms(20));
    rig.pass(ms(1200));
    let fillers: Vec<_> = rig.clips().iter().map(|(_, at)| at.as_millis()).collect();
    // The agent was heard until 660 ms.
    assert!(matches!(fillers[..], [2500..=2660]), "{fillers:?}");
}

#[test]
fn a_caller_whose_noise_gets_a_reply_waits_from_the_noise() {
    let mut rig = Rig::live();
    rig.frames(true, ms(20));
    rig.pass(ms(160));
    rig.respond(1);
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.done(1);
    rig.frames(false, ms(780));
    rig.pass(ms(1200));
    let fillers: Vec<_> = rig.clips().iter().map(|(_, at)| at.as_millis()).collect();
    assert!(matches!(fillers[..], [1900..=2080]), "{fillers:?}");
}

#[test]
fn an_engine_that_thinks_aloud_is_waited_for() {
    let mut rig = Rig::live();
    ask(&mut rig, "c");
    rig.respond(1);
    for _ in 0..7 {
        rig.pass(ms(1000));
        rig.engine(EngineEvent::Activity);
    }
    rig.say(1, "a", 16_000);
    rig.done(1);
    assert_eq!(rig.observed.opened.len(), 1);
    assert_eq!(rig.clips().len(), 2);

    let mut rig = Rig::live();
    ask(&mut rig, "c");
    rig.respond(1);
    for _ in 0..9 {
        rig.pass(ms(1000));
        rig.engine(EngineEvent::Activity);
    }
    assert_eq!(rig.observed.opened.len(), 2, "not for ever");
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
        let [EngineCommand::Respond(_), EngineCommand::Respond(request)] = &rig.commands()[..] else {
            panic!("{:?}", rig.commands())
        };
        assert_eq!(matches!(request, ResponseRequest::Instructed(_)), has_sound, "it says the rest, or begins");
        rig.respond(2);
        rig.pass(ms(1500));
        rig.say(2, "b", 8000);
        rig.done(2);
        assert_eq!(rig.observed.opened.len(), 1);
    }
}

#[test]
fn an_answer_that_a_content_filter_stops_is_declined_and_not_asked_for_again() {
    let mut rig = Rig::live();
    ask(&mut rig, "c");
    for (response, wait) in [(1, 300), (2, 1100)] {
        rig.respond(response);
        rig.end(response, ResponseOutcome::Filtered);
        rig.pass(ms(wait));
        let commands = rig.commands();
        let Some(EngineCommand::Respond(ResponseRequest::Instructed(text))) = commands.last() else {
            panic!("{commands:?}")
        };
        assert!(text.contains("you cannot help with that"), "{text}");
    }
    rig.respond(3);
    rig.end(3, ResponseOutcome::Filtered);
    let lost = CallEvent::EngineLost { engine: EngineKind::Realtime, reason: AiFailure::FILTERED.into() };
    assert_eq!(rig.count(|output| *output == Output::Event(lost.clone())), 1);
    assert_eq!(rig.observed.opened.last(), Some(&EngineKind::Voicemail), "the next engine continues");
}

#[test]
fn a_rate_limit_is_waited_for_as_long_as_it_lasts() {
    let mut rig = Rig::live();
    ask(&mut rig, "c");
    let asked = rig.elapsed();
    rig.respond(1);
    rig.fail(1, Some(ms(1200)));
    rig.pass(ms(1199));
    assert_eq!(rig.commands(), [EngineCommand::Respond(ResponseRequest::Reply)]);
    rig.pass(ms(2));
    assert_eq!(rig.commands(), vec![EngineCommand::Respond(ResponseRequest::Reply); 2]);
    assert_eq!(rig.clips()[0].1.saturating_sub(asked), ms(1200));
    assert_eq!(rig.observed.opened.len(), 1);
    // The session does not wait for a retry delay of an hour.
    rig.respond(2);
    rig.fail(2, Some(Duration::from_hours(1)));
    assert_eq!(rig.observed.opened.last(), Some(&EngineKind::Voicemail));
}

#[test]
fn an_engine_that_is_never_ready_leaves_the_call_to_voicemail() {
    let mut rig = Rig::new(policy());
    rig.pass(ms(3500));
    rig.start_stream();
    rig.frames(true, ms(1000));
    rig.frames(false, ms(2500));
    assert_eq!(rig.observed.opened.last(), Some(&EngineKind::Voicemail));
    assert_eq!(rig.observed.redirects, 0);
}

#[test]
fn the_next_engine_hears_the_question() {
    let mut rig = Rig::live();
    rig.frames(false, ms(1000));
    ask(&mut rig, "c");
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed: 1011".into() });
    rig.frames(false, ms(300));
    let before = rig.observed.frames_heard;
    rig.engine(EngineEvent::Ready);
    // 1.5 s of speech including the pause that ended it, and the audio before and after it.
    assert_eq!(rig.observed.frames_heard - before, 115);
    rig.engine(EngineEvent::SpeechStarted { item: "c2".into(), at_ms: Some(500) });
    rig.engine(EngineEvent::SpeechStopped { item: "c2".into(), at_ms: Some(1500) });
    rig.respond(1);
    rig.engine(EngineEvent::CallerText {
        item: "c2".into(), text: "מתי אתם פתוחים?".into(), is_final: true
    });
    rig.say(1, "a", 8000);
    rig.done(1);
    assert_eq!(rig.commands(), vec![EngineCommand::Respond(ResponseRequest::Reply); 2], "each engine once");
    let turn = &rig.observed.turns["c"];
    assert_eq!((turn.text.as_str(), turn.seq), ("מתי אתם פתוחים?", 1), "it is the same turn");
    // Speech that was answered is not replayed.
    rig.frames(false, ms(2000));
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed: 1011".into() });
    let before = rig.observed.frames_heard;
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.observed.frames_heard, before);
    assert_eq!(rig.last_opening().0[0].text, "מתי אתם פתוחים?");
}

#[test]
fn a_caller_who_continues_to_speak_is_not_interrupted_when_the_engine_is_lost() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(1500));
    rig.engine(EngineEvent::Failed { retry: true, reason: "closed".into() });
    rig.frames(true, ms(800));
    let before = rig.observed.frames_heard;
    rig.engine(EngineEvent::Ready);
    assert_eq!(rig.observed.frames_heard - before, 115, "from the first word on");
    rig.engine(EngineEvent::SpeechStarted { item: "c2".into(), at_ms: Some(300) });
    rig.frames(true, ms(2000));
    assert_eq!(rig.observed.plays, 0);
    rig.frames(false, ms(500));
    rig.engine(EngineEvent::SpeechStopped { item: "c2".into(), at_ms: Some(4000) });
    rig.pass(ms(1300));
    assert_eq!(rig.clips().len(), 1, "now the caller waits");
}

#[test]
fn a_deaf_engine_is_reopened_with_what_it_missed_and_then_replaced() {
    let mut rig = Rig::live();
    rig.frames(true, ms(38_000));
    assert!(!rig.has_event(&CallEvent::IdlePrompt { number: 1 }), "the caller speaks");
    rig.frames(false, ms(2900));
    assert_eq!(rig.observed.opened.len(), 1);
    assert_eq!(rig.clips().len(), 1, "the caller waits");
    rig.frames(false, ms(200));
    assert_eq!(rig.observed.opened, [EngineKind::Realtime; 2]);
    let before = rig.observed.frames_heard;
    rig.engine(EngineEvent::Ready);
    assert!(rig.observed.frames_heard - before > 38_000 / 20, "what it missed");
    rig.frames(false, ms(2600));
    assert_eq!(rig.observed.opened.last(), Some(&EngineKind::Voicemail));
}

#[test]
fn a_caller_who_says_hello_twice_to_a_deaf_engine_is_answered() {
    let mut rig = Rig::live();
    rig.frames(true, ms(400));
    rig.frames(false, ms(2000));
    rig.frames(true, ms(400));
    rig.frames(false, ms(2000));
    assert_eq!(rig.clips().len(), 1, "the caller waits");
    rig.frames(false, ms(1200));
    assert_eq!(rig.observed.opened, [EngineKind::Realtime; 2]);
    let before = rig.observed.frames_heard;
    rig.engine(EngineEvent::Ready);
    assert!(rig.observed.frames_heard - before > (400 + 2000 + 400) / 20, "both, and what is between them");
}

#[test]
fn a_noise_is_no_reason_to_doubt_the_engine() {
    let mut rig = Rig::live();
    for _ in 0..4 {
        rig.frames(true, ms(400));
        rig.frames(false, ms(4000));
    }
    assert_eq!((rig.observed.opened.len(), rig.observed.plays), (1, 0));
}

#[test]
fn speech_without_end_does_not_silence_the_agent() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(1000));
    // Music continues; the local detector does not classify it as voice.
    rig.frames(false, ms(1600));
    assert_eq!(rig.commands(), [EngineCommand::Commit, EngineCommand::Respond(ResponseRequest::Reply)]);
    rig.respond(1);
    rig.say(1, "a", 8000);
    rig.done(1);
    rig.frames(false, ms(1000));
    assert!(rig.observed.plays > 0);
}

#[test]
fn a_late_report_of_the_end_of_speech_is_not_answered_again() {
    let mut rig = Rig::live();
    let answer = |rig: &mut Rig, number: u8| {
        rig.respond(number);
        rig.say(number, &format!("a{number}"), 8000);
        rig.done(number);
        rig.frames(false, ms(2000));
    };
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.frames(false, ms(1600));
    let turn = [EngineCommand::Commit, EngineCommand::Respond(ResponseRequest::Reply)];
    assert_eq!(rig.commands(), turn);
    // The engine ended the turn itself before the commit arrived.
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: Some(1000) });
    rig.engine(EngineEvent::Warning { code: "input_audio_buffer_commit_empty".into() });
    answer(&mut rig, 1);
    assert_eq!(rig.commands(), turn, "one turn has one reply");
    // What the caller says next is a turn of its own.
    rig.engine(EngineEvent::SpeechStarted { item: "d".into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.engine(EngineEvent::SpeechStopped { item: "d".into(), at_ms: None });
    assert_eq!(rig.commands().len(), 3);
}

#[test]
fn music_that_sounds_like_a_voice_does_not_silence_the_agent_for_ever() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(59_000));
    assert_eq!(rig.commands(), []);
    rig.frames(true, ms(1200));
    assert_eq!(rig.commands(), [EngineCommand::Commit, EngineCommand::Respond(ResponseRequest::Reply)]);
}

#[test]
fn a_line_that_stalls_within_a_word_is_waited_for() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(500));
    let silence =
        |rig: &Rig| rig.count(|o| matches!(o, Output::Engine(EngineCommand::AppendAudio(audio)) if audio.ms() == 1000));
    rig.pass(ms(900));
    assert_eq!(silence(&rig), 0, "all of it comes late, and nothing is lost");
    for _ in 0..10 {
        rig.frame_of(0, false);
    }
    rig.pass(ms(900));
    assert_eq!(silence(&rig), 0, "between two words as well");
    for _ in 0..45 {
        rig.frame(0);
    }
    rig.pass(ms(3100));
    assert_eq!(silence(&rig), 1, "it does not come any more");
    rig.pass(ms(1000));
    assert_eq!(rig.commands(), [EngineCommand::Commit, EngineCommand::Respond(ResponseRequest::Reply)]);
}

#[test]
fn sound_without_words_mutes_the_agent_more_briefly_the_next_time() {
    let mut rig = Rig::live();
    let final_text = |rig: &mut Rig, item: &str, text: &str| {
        rig.engine(EngineEvent::CallerText { item: item.into(), text: text.into(), is_final: true });
    };
    let commits = |rig: &Rig| rig.commands().iter().filter(|command| **command == EngineCommand::Commit).count();
    let answer = |rig: &mut Rig, number: u8| {
        rig.respond(number);
        rig.say(number, &format!("a{number}"), 8000);
        rig.done(number);
        rig.frames(false, ms(2000));
    };
    rig.engine(EngineEvent::SpeechStarted { item: "c1".into(), at_ms: None });
    rig.frames(true, ms(60_020));
    assert_eq!(commits(&rig), 1);
    final_text(&mut rig, "c1", "");
    answer(&mut rig, 1);
    rig.engine(EngineEvent::SpeechStarted { item: "c2".into(), at_ms: None });
    rig.frames(true, ms(12_020));
    assert_eq!(commits(&rig), 2, "its music had no words");
    final_text(&mut rig, "c2", "אני רוצה תור");
    answer(&mut rig, 2);
    rig.engine(EngineEvent::SpeechStarted { item: "c3".into(), at_ms: None });
    rig.frames(true, ms(30_000));
    assert_eq!(commits(&rig), 2, "a caller with a long story");
}

#[test]
fn speech_whose_words_stop_coming_is_not_waited_for_as_long() {
    let mut rig = Rig::live();
    let words = |rig: &mut Rig, text: &str| {
        rig.engine(EngineEvent::CallerText { item: "c".into(), text: text.into(), is_final: false });
    };
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    for _ in 0..10 {
        rig.frames(true, ms(3000));
        words(&mut rig, "אני רוצה ");
    }
    rig.frames(true, ms(11_900));
    assert_eq!(rig.commands(), []);
    rig.frames(true, ms(200));
    assert_eq!(rig.commands(), [EngineCommand::Commit, EngineCommand::Respond(ResponseRequest::Reply)]);
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
    rig.call(1, "t", ToolCall::EndCall);
    rig.done(1);
    rig.pass(ms(19_900));
    assert_eq!(rig.observed.ended, None);
    rig.pass(ms(300));
    assert_eq!(rig.observed.ended, Some((EndReason::AgentHungUp, StreamEndAction::HangUp)));
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

#[test]
fn speech_before_the_engine_can_hear_stops_no_answer() {
    let mut rig = Rig::new(policy());
    rig.start_stream();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.engine(EngineEvent::Ready);
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.pass_without_marks(ms(3000));
    assert_eq!(rig.clips().len(), 1, "the wait for the reply is filled");
}

//! Tests with realistic calls, one for each rule.

use super::rig::{Rig, free_slots, ms, run, transfer};
use crate::call::{
    CallEvent, EngineCommand, EngineEvent, Input, Output, ResponseOutcome, ResponseRequest, StreamEndAction, ToolCall,
    Usage,
};
use crate::domain::{EndReason, Speaker};

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
        rig.observed.outputs.iter().map(|o| if let Output::Play { audio, .. } = o { audio.len() } else { 0 }).sum();
    assert_eq!(sent, 6400, "800 ms ahead");
    rig.pass(ms(2000));
    assert!(rig.observed.turns.is_empty(), "it is 3 s long");
    rig.pass(ms(1200));
    let turn = &rig.observed.turns["a"];
    assert_eq!((turn.heard_text.as_str(), turn.interrupted, turn.speaker), ("שלום לך", false, Speaker::Agent));
    assert_eq!(turn.usage.cost_micros, 3);
}

#[test]
fn a_key_cuts_the_answer_and_is_sent_to_the_engine() {
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
fn answers_are_requested_one_at_a_time() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.run_tool(1, "t1");
    rig.run_tool(1, "t2");
    rig.done(1);
    let asked = |rig: &Rig| rig.commands().iter().filter(|c| matches!(c, EngineCommand::Respond(_))).count();
    rig.input(Input::ToolFinished { id: "t1".into(), output: "{}".into() });
    assert_eq!(asked(&rig), 0, "an answer to half of it would be followed by another one");
    rig.input(Input::ToolFinished { id: "t2".into(), output: "{}".into() });
    assert_eq!(asked(&rig), 1);
    rig.respond(2);
    rig.engine(EngineEvent::Warning { code: "conversation_already_has_active_response".into() });
    rig.say(2, "a", 8000);
    rig.done(2);
    assert_eq!(asked(&rig), 2, "what was refused is asked for again when the other answer is done");
}

#[test]
fn a_request_that_races_with_the_engine_is_no_warning() {
    let mut rig = Rig::live();
    rig.respond(1);
    for (code, is_warning) in [
        ("response_cancel_not_active", false),
        ("input_audio_buffer_commit_empty", false),
        ("conversation_already_has_active_response", false),
        ("invalid_value", true),
    ] {
        rig.engine(EngineEvent::Warning { code: code.into() });
        assert_eq!(rig.has_event(&CallEvent::EngineWarning { code: code.into() }), is_warning, "{code}");
    }
}

#[test]
fn an_engine_that_refuses_every_request_is_not_stormed() {
    let mut rig = Rig::live();
    rig.pass(ms(10_000));
    let asked = |rig: &Rig| rig.commands().iter().filter(|c| matches!(c, EngineCommand::Respond(_))).count();
    for _ in 0..300 {
        if rig.is_engine_asked() {
            rig.engine(EngineEvent::Warning { code: "conversation_already_has_active_response".into() });
        }
        if !rig.is_engine_ready() {
            rig.engine(EngineEvent::Ready);
        }
        rig.pass(ms(10));
    }
    assert!(asked(&rig) <= 6, "{} requests in 3 s", asked(&rig));
}

#[test]
fn a_tool_call_takes_effect_when_its_answer_has_ended() {
    for (call, is_heard) in [(ToolCall::EndCall, true), (transfer(), true), (free_slots("t"), false)] {
        let name = format!("{call:?}");
        let mut rig = Rig::live();
        rig.respond(1);
        if is_heard {
            rig.say(1, "a", 16_000);
        }
        rig.call(1, "t", call);
        rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
        let response = "1".into();
        rig.engine(EngineEvent::ResponseDone {
            response,
            outcome: ResponseOutcome::Cancelled,
            usage: Usage::default(),
        });
        assert_eq!(rig.count(|o| matches!(o, Output::RunTool { .. })), 0, "{name}");
        let is_expected =
            |c: &EngineCommand| matches!(c, EngineCommand::ToolOutput { output, .. } if output.contains("revoked"));
        assert!(rig.commands().iter().any(is_expected), "{name}: {:?}", rig.commands());
        rig.frames(true, ms(3000));
        assert_eq!(rig.observed.ended, None, "{name}: the caller speaks");
    }
}

#[test]
fn a_tool_that_finishes_after_its_limit_is_not_run_twice() {
    let same = |rig: &mut Rig, response: u8, id: &str| {
        rig.respond(response);
        rig.call(response, id, run("take_message", "{}".to_owned()));
        rig.done(response);
    };
    let mut rig = Rig::live();
    same(&mut rig, 1, "t1");
    rig.pass(ms(8000));
    let [EngineCommand::ToolOutput { output, .. }, EngineCommand::Respond(_)] = &rig.commands()[..] else {
        panic!("{:?}", rig.commands())
    };
    assert!(output.contains("still running"), "{output}");
    // The model makes the same tool call again before the first tool call has finished.
    same(&mut rig, 2, "t2");
    rig.input(Input::ToolFinished { id: "t1".into(), output: "taken".into() });
    assert_eq!(rig.count(|o| matches!(o, Output::RunTool { .. })), 1);
    assert!(rig.commands().contains(&EngineCommand::ToolOutput { id: "t2".into(), output: "taken".into() }));
    // The model makes the same tool call again after the first tool call has finished.
    let mut rig = Rig::live();
    same(&mut rig, 1, "t1");
    rig.pass(ms(8000));
    rig.respond(2);
    rig.input(Input::ToolFinished { id: "t1".into(), output: "taken".into() });
    rig.done(2);
    same(&mut rig, 3, "t3");
    assert_eq!(rig.count(|o| matches!(o, Output::RunTool { .. })), 1);
    assert!(rig.commands().contains(&EngineCommand::ToolOutput { id: "t3".into(), output: "taken".into() }));
}

#[test]
fn a_late_output_that_is_known_and_a_new_tool_in_one_answer_get_one_reply() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.run_tool(1, "late");
    rig.done(1);
    rig.pass(ms(8100));
    let answer = |rig: &mut Rig, number: u8| {
        rig.respond(number);
        rig.say(number, &format!("a{number}"), 800);
        rig.done(number);
        rig.pass(ms(500));
    };
    answer(&mut rig, 2);
    rig.input(Input::ToolFinished { id: "late".into(), output: "{}".into() });
    let asked = |rig: &Rig| rig.commands().iter().filter(|c| matches!(c, EngineCommand::Respond(_))).count();
    answer(&mut rig, 3);
    let before = asked(&rig);
    rig.respond(4);
    rig.call(4, "again", free_slots("late"));
    rig.run_tool(4, "new");
    rig.done(4);
    assert_eq!(asked(&rig), before, "the new tool still runs");
    rig.input(Input::ToolFinished { id: "new".into(), output: "{}".into() });
    answer(&mut rig, 5);
    assert_eq!(asked(&rig), before + 1, "one reply to both outputs");
}

#[test]
fn a_slow_tool_is_covered_and_a_dead_one_given_up() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.run_tool(1, "t");
    rig.done(1);
    rig.pass(ms(7000));
    let at: Vec<_> = rig.clips().iter().map(|(_, at)| at.as_millis()).collect();
    assert!(matches!(at[..], [1200, 4700..=4740]), "one moment, please; and another one: {at:?}");
    assert_ne!(rig.clips()[0].0, rig.clips()[1].0);
    rig.pass(ms(1000));
    assert!(matches!(
        &rig.commands()[..],
        [EngineCommand::ToolOutput { .. }, EngineCommand::Respond(ResponseRequest::Reply)]
    ));
    rig.input(Input::ToolFinished { id: "t".into(), output: "late".into() });
    rig.respond(2);
    rig.done(2);
    rig.pass(ms(300));
    let [.., EngineCommand::Note(note), EngineCommand::Respond(ResponseRequest::Reply)] = &rig.commands()[..] else {
        panic!("{:?}", rig.commands())
    };
    assert!(note.contains("late"));
}

#[test]
fn goodbye_is_heard_before_the_stream_is_closed() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 16_000);
    rig.call(1, "t", ToolCall::EndCall);
    rig.done(1);
    rig.pass(ms(1900));
    assert_eq!(rig.observed.ended, None);
    rig.pass(ms(300));
    assert_eq!(rig.observed.ended, Some((EndReason::AgentHungUp, StreamEndAction::HangUp)));
}

#[test]
fn an_agent_that_hangs_up_without_a_word_says_goodbye_first() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.call(1, "t", ToolCall::EndCall);
    rig.done(1);
    assert_eq!(rig.clips().len(), 1);
    rig.pass(ms(3000));
    assert_eq!(rig.observed.ended, Some((EndReason::AgentHungUp, StreamEndAction::HangUp)));
}

#[test]
fn a_caller_who_speaks_into_the_goodbye_stays() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.say(1, "a", 16_000);
    rig.call(1, "t", ToolCall::EndCall);
    rig.done(1);
    rig.pass(ms(500));
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(500));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    let is_expected =
        |c: &EngineCommand| matches!(c, EngineCommand::ToolOutput { output, .. } if output.contains("revoked"));
    assert!(rig.commands().iter().any(is_expected), "{:?}", rig.commands());
    rig.pass(ms(2000));
    assert_eq!(rig.observed.ended, None);
}

#[test]
fn silence_is_asked_about_twice_and_then_ends() {
    let mut rig = Rig::live();
    rig.pass(ms(10_000));
    for prompt in 1..=2 {
        assert!(rig.has_event(&CallEvent::IdlePrompt { number: prompt.into() }));
        rig.respond(prompt);
        rig.say(prompt, &format!("a{prompt}"), 8000);
        rig.done(prompt);
        rig.pass(ms(11_100));
    }
    rig.pass(ms(12_000));
    assert_eq!(rig.observed.ended, Some((EndReason::Idle, StreamEndAction::HangUp)));
}

#[test]
fn a_caller_who_speaks_is_not_asked_for_presence() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
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
        rig.engine(EngineEvent::SpeechStarted { item: format!("c{turn}").into(), at_ms: None });
        rig.frames(true, ms(6000));
        rig.engine(EngineEvent::SpeechStopped { item: format!("c{turn}").into(), at_ms: None });
        rig.respond(turn);
        rig.say(turn, &format!("a{turn}"), 8000);
        rig.done(turn);
        rig.pass(ms(2000));
    }
    assert!(rig.commands().contains(&EngineCommand::Note("wrap up".into())));
    rig.pass(ms(3000));
    assert_eq!(rig.observed.ended, Some((EndReason::TooLong, StreamEndAction::HangUp)));
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
        rig.observed.outputs.iter().map(|o| if let Output::Play { audio, .. } = o { audio.len() } else { 0 }).sum();
    assert_eq!(sent, 800, "661 bytes and the padding of the last frame");
}

#[test]
fn a_gap_in_speech_is_filled_until_the_engine_sees_its_end() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frame_of(0, false);
    rig.pass(ms(3900));
    let silence =
        |rig: &Rig| rig.count(|o| matches!(o, Output::Engine(EngineCommand::AppendAudio(audio)) if audio.ms() == 1000));
    assert_eq!(silence(&rig), 1);
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    rig.pass(ms(3000));
    assert_eq!(silence(&rig), 1);
}

#[test]
fn endless_speech_without_sound_gets_an_answer() {
    let mut rig = Rig::live();
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.pass(ms(4000));
    assert_eq!(rig.commands(), [EngineCommand::Commit, EngineCommand::Respond(ResponseRequest::Reply)]);
}

#[test]
fn the_caller_is_not_spoken_over() {
    let mut rig = Rig::live();
    rig.respond(9);
    rig.run_tool(9, "t");
    rig.done(9);
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.input(Input::ToolFinished { id: "t".into(), output: "{}".into() });
    let asked = |rig: &Rig| rig.commands().iter().filter(|c| matches!(c, EngineCommand::Respond(_))).count();
    assert_eq!(asked(&rig), 0, "the caller speaks");
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: None });
    assert_eq!(asked(&rig), 1, "one answer to both");
    rig.respond(1);
    rig.say(1, "a", 800);
    rig.done(1);
    rig.pass(ms(1000));
    assert_eq!(asked(&rig), 1);
}

#[test]
fn an_answer_that_was_asked_for_before_the_caller_spoke_is_cancelled() {
    let mut rig = Rig::live();
    rig.pass(ms(10_000));
    assert!(
        matches!(&rig.commands()[..], [EngineCommand::Respond(ResponseRequest::Instructed(_))]),
        "are you still there?"
    );
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(500));
    rig.respond(1);
    rig.say(1, "a", 800);
    assert_eq!(rig.commands().last(), Some(&EngineCommand::Cancel { response: "1".into() }));
    assert_eq!(rig.observed.plays, 0);
}

#[test]
fn an_utterance_heard_before_its_end_was_known_is_stored_completely() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.text(1, "a", "שלום לך", true);
    rig.say(1, "a", 1600);
    rig.pass(ms(1000));
    assert!(rig.observed.turns.is_empty(), "more may come");
    rig.engine(EngineEvent::AudioDone { item: "a".into() });
    let turn = &rig.observed.turns["a"];
    assert_eq!((turn.heard_text.as_str(), turn.interrupted), ("שלום לך", false));
}

#[test]
fn speech_between_two_pieces_of_an_answer_is_an_interruption() {
    let mut rig = Rig::live();
    rig.respond(1);
    rig.text(1, "a", "שלום לך", false);
    rig.say(1, "a", 1600);
    rig.pass(ms(1000));
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: None });
    rig.frames(true, ms(500));
    assert!(rig.observed.turns["a"].interrupted);
    assert_eq!(rig.commands(), [EngineCommand::Cancel { response: "1".into() }], "all that it has sent was heard");
}

#[test]
fn a_tool_is_run_once() {
    let mut rig = Rig::live();
    for _ in 0..2 {
        rig.respond(1);
        rig.run_tool(1, "t");
        rig.done(1);
        rig.input(Input::ToolFinished { id: "t".into(), output: "{}".into() });
    }
    assert_eq!(rig.count(|o| matches!(o, Output::RunTool { .. })), 1);
}

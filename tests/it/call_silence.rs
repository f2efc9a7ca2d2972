//! When the engine or the connection fails, a caller who waits for an answer hears silence for at most two seconds.

use super::support::telephony::CallHarness;
use agentlocator::simulator::caller::{CallPlan, CallReport, Chaos, EndedBy, StreamReport};
use agentlocator::simulator::openai::{Faults, OpenAiOptions, SessionRecord, Turn};
use std::time::Duration;

const QUESTION: &str = "מתי אתם פתוחים?";
const ANSWER: &str = "אנחנו פתוחים היום עד שבע.";

async fn harness_with(faults: Faults, turns: Vec<Turn>) -> CallHarness {
    let options = OpenAiOptions { faults, turns, ..OpenAiOptions::default() };
    CallHarness::with_ai(options, |setup| {
        setup.toml("[voice]\nmessage_silence_s = 1\n");
    })
    .await
}

async fn harness(faults: Faults) -> CallHarness {
    harness_with(faults, vec![Turn::new(QUESTION, ANSWER)]).await
}

/// Returns the longest silence, in ms, between the end of the caller's words and the last sound before the caller's
/// next words.
pub fn longest_silence(stream: &StreamReport) -> u64 {
    let mut longest = 0;
    for (place, speech) in stream.speeches.iter().enumerate() {
        let Some(ended_ms) = speech.ended_ms else { continue };
        let mut quiet_ms = ended_ms;
        let next_ms = stream.speeches.get(place + 1).map_or(u64::MAX, |next| next.began_ms);
        let heard = stream.utterances.iter().filter(|heard| heard.ended_ms > ended_ms && heard.began_ms < next_ms);
        for utterance in heard {
            longest = longest.max(utterance.began_ms.saturating_sub(quiet_ms));
            quiet_ms = utterance.ended_ms;
        }
    }
    longest
}

/// The sum, in ms, of the longest silence that a caller may hear and the imprecision of the measurement.
pub const MAX_SILENCE_MS: u64 = 2_100;

#[track_caller]
pub fn assert_no_silence(report: &CallReport) {
    let stream = &report.streams[0];
    assert!(!stream.utterances.is_empty(), "{stream:#?}");
    let longest = longest_silence(stream);
    assert!(longest <= MAX_SILENCE_MS, "{longest} ms of silence: {:#?} {:#?}", stream.speeches, stream.utterances);
}

/// Returns how many milliseconds of the audio that an engine received are not silent.
fn speech_ms(session: &SessionRecord) -> usize {
    session.heard.chunks(160).filter(|frame| frame.iter().any(|sample| *sample != 0xff)).count() * 20
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_call_that_was_cut_off_is_not_run() {
    for name in ["end_call", "transfer_to_person"] {
        let turn = Turn::new(QUESTION, ANSWER).calling(name, "{}");
        let faults = Faults { cut_off_calls: vec![1], ..Faults::default() };
        let options = OpenAiOptions { faults, turns: vec![turn], ..OpenAiOptions::default() };
        let harness = CallHarness::with_ai(options, |setup| {
            setup.toml("[agent]\ntransfer_to = \"+97235550000\"\n");
        })
        .await;
        let report = harness.call(harness.plan("say 1s; listen; wait 500ms")).await;
        assert_eq!(report.ended, EndedBy::Caller, "{name}: {report:#?}");
        assert!(!report.webhooks.iter().any(|hook| hook.body.contains("<Dial")), "{name}");
        assert_no_silence(&report);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deaf_engine_is_reopened_with_what_it_missed() {
    let harness = harness(Faults { deaf_sessions: 1, ..Faults::default() }).await;
    let report = harness.call(harness.plan("say 3s; wait 9s")).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    assert_no_silence(&report);
    let sessions = harness.ai.state().sessions;
    assert_eq!(sessions.len(), 2);
    assert!(speech_ms(&sessions[1]) >= 2_900, "{} ms", speech_ms(&sessions[1]));
    let call = harness.ended_call(&report.call_sid).await;
    let turns = call["turns"].as_array().unwrap();
    assert!(turns.iter().any(|turn| turn["heard_text"] == ANSWER), "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_engine_hears_the_question_that_the_lost_one_took_with_it() {
    let faults = Faults { close_after_speech: Some(Duration::from_millis(150)), ..Faults::default() };
    let harness = harness(faults).await;
    let report = harness.call(harness.plan("say 1200ms; listen; wait 2s")).await;
    assert_no_silence(&report);
    let sessions = harness.ai.state().sessions;
    assert!(speech_ms(&sessions[1]) >= 1_100, "{} ms", speech_ms(&sessions[1]));
    let call = harness.ended_call(&report.call_sid).await;
    let turns: Vec<_> = call["turns"].as_array().unwrap().iter().map(|turn| turn["text"].as_str().unwrap()).collect();
    assert_eq!(turns, [QUESTION, ANSWER], "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_and_none_are_followed_by_more() {
    let midway = Faults { fail_midway: Some((1, Duration::from_millis(600))), ..Faults::default() };
    let incomplete = Faults { incomplete: Some((1, Duration::from_millis(600))), ..Faults::default() };
    let empty = Faults { empty: vec![1], ..Faults::default() };
    for faults in [midway, incomplete, empty] {
        let harness = harness(faults).await;
        let report = harness.call(harness.plan("say 1s; listen; wait 4s")).await;
        assert_no_silence(&report);
        let session = &harness.ai.state().sessions[0];
        assert_eq!(session.answers.len(), 2, "{:#?}", session.answers);
        assert_eq!(session.answers[1].status, "completed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_a_content_filter_stops_is_declined() {
    let harness = harness(Faults { filtered: vec![1], ..Faults::default() }).await;
    let report = harness.call(harness.plan("say 1s; listen; wait 4s")).await;
    assert_no_silence(&report);
    let sessions = harness.ai.state().sessions;
    let statuses: Vec<_> = sessions[0].answers.iter().map(|answer| answer.status.as_str()).collect();
    assert_eq!((sessions.len(), statuses), (1, vec!["incomplete", "completed"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_filter_that_stops_every_answer_leaves_the_call_to_voicemail_and_is_no_outage() {
    let harness = harness(Faults { filtered: (1..99).collect(), ..Faults::default() }).await;
    for _ in 0..2 {
        let report = harness.call(harness.plan("say 1s; wait 13s; say 2s; stay")).await;
        assert_no_silence(&report);
        assert_eq!(harness.ended_call(&report.call_sid).await["end_reason"], "message_taken");
    }
    assert_eq!(harness.ai.state().sessions.len(), 2, "the second call begins with the AI too");
    assert_eq!(harness.daemon.logs().events_named("ENGINE_TRIED_LAST").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mute_engine_leaves_the_call_to_voicemail_without_a_silence() {
    let harness = harness(Faults { mute_sessions: 9, ..Faults::default() }).await;
    let report = harness.call(harness.plan("say 1s; wait 13s; say 2s; stay")).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    assert_no_silence(&report);
    assert_eq!(harness.ai.state().sessions.len(), 2);
    assert_eq!(harness.ended_call(&report.call_sid).await["end_reason"], "message_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_never_ready_leaves_the_call_to_voicemail() {
    let harness = harness(Faults { never_updated: true, ..Faults::default() }).await;
    let report = harness.call(harness.plan("say 1s; wait 12s; say 2s; stay")).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    assert_no_silence(&report);
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!((call["engine"].as_str(), call["end_reason"].as_str()), (Some("voicemail"), Some("message_taken")));
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_requests_are_few() {
    let harness = harness(Faults { phantom_responses: 1_000_000, ..Faults::default() }).await;
    let report = harness.call(harness.plan("press 1#; wait 6s")).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    let asked: u64 =
        harness.ai.state().sessions.iter().filter_map(|session| session.events.get("response.create")).sum();
    assert!((2..=8).contains(&asked), "{asked} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_that_clears_is_waited_for() {
    let rate_limit = Some(Duration::from_millis(1200));
    let harness = harness(Faults { rate_limited: vec![1], rate_limit, ..Faults::default() }).await;
    let report = harness.call(harness.plan("say 1s; listen; wait 2s")).await;
    assert_no_silence(&report);
    assert_eq!(harness.ai.state().sessions.len(), 1);
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(call["engine"], "realtime");
    assert!(call["turns"].as_array().unwrap().iter().any(|turn| turn["heard_text"] == ANSWER), "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn speech_without_end_is_answered() {
    let harness = harness(Faults { endless_speech_sessions: 1, ..Faults::default() }).await;
    let report = harness.call(harness.plan("say 2s; listen; wait 1s")).await;
    assert_no_silence(&report);
    let call = harness.ended_call(&report.call_sid).await;
    assert!(call["turns"].as_array().unwrap().iter().any(|turn| turn["heard_text"] == ANSWER), "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stall_within_a_word_puts_no_silence_into_it() {
    let harness = harness(Faults::default()).await;
    let chaos = Chaos { stall: Some((Duration::from_millis(600), Duration::from_millis(900))), ..Chaos::default() };
    let report = harness.call(CallPlan { chaos, ..harness.plan("say 2500ms; listen") }).await;
    let session = &harness.ai.state().sessions[0];
    assert_eq!(session.speech_started, 1, "it is one turn");
    assert_eq!(report.streams[0].answers.len(), 1, "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_pressed_before_the_engine_was_ready_are_sent_to_it() {
    let options = OpenAiOptions { connect: Duration::from_millis(1500), ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |_| {}).await;
    let report = harness.call(harness.plan("press 12#; wait 3s")).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    let messages = &harness.ai.state().sessions[0].messages;
    assert!(messages.iter().any(|(_, text)| text.contains("12#")), "{messages:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_continues_after_its_socket_broke() {
    // Twilio repeats a webhook if the response was lost.
    for webhooks_twice in [false, true] {
        let long = Turn::new(QUESTION, ANSWER).lasting(Duration::from_secs(5));
        let harness = harness_with(Faults::default(), vec![long]).await;
        let chaos = Chaos { webhooks_twice, ..Chaos::default() };
        let report = harness.call(CallPlan { chaos, ..harness.plan("say 1s; listen 500ms; drop") }).await;
        assert_eq!(report.streams.len(), 2, "{report:#?}");
        assert!(!report.streams[1].answers.is_empty(), "{:#?}", report.streams[1]);
        assert_eq!(harness.ai.state().sessions.len(), 1, "the engine has stayed");
        // After the second socket breaks, Twilio's recorder continues the call.
        assert_eq!(report.recordings.len(), 1, "{report:#?}");
        assert_eq!(harness.ended_call(&report.call_sid).await["end_reason"], "dropped");
    }
}

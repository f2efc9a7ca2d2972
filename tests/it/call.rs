//! Calls end to end: a simulated caller with Twilio's playout timing, and a fake AI that enforces the API's rules.

use super::support::telephony::{CallHarness, NO_LIMITS};
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use agentlocator::simulator::sound::{BYTES_PER_MS, loudness};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn two_turns_are_answered_and_written_down() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let report = harness.call(harness.plan("say 1.2s; listen; say 1s; listen")).await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    assert_eq!(report.streams[0].answers.len(), 2, "{:#?}", report.streams[0]);
    let session = &harness.ai.state().sessions[0];
    assert_eq!(session.early_appends, 0, "audio before the session is configured");
    let call = harness.ended_call(&report.call_sid).await;
    let turns = call["turns"].as_array().unwrap();
    let speakers: Vec<_> = turns.iter().map(|turn| turn["speaker"].as_str().unwrap()).collect();
    assert_eq!(speakers, ["caller", "agent", "caller", "agent"], "{call:#}");
    assert!(turns[1]["heard_text"].as_str().unwrap().starts_with("שלום! כן"), "{call:#}");
    assert_eq!(call["end_reason"], "caller_hung_up", "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_answer_is_cut_at_what_was_heard() {
    let long = Turn::new("מה השעות?", "אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר")
        .lasting(std::time::Duration::from_secs(6));
    let options = OpenAiOptions { turns: vec![long], ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |_| {}).await;
    let report = harness.call(harness.plan("say 1s; listen 1500ms; say 1s; wait 300ms")).await;
    let stream = &report.streams[0];
    assert_eq!(stream.interruptions.len(), 1, "{stream:#?}");
    let cut = stream.interruptions[0].cleared_ms.unwrap() - stream.interruptions[0].spoke_ms;
    assert!(cut < 500, "{cut} ms");
    let session = &harness.ai.state().sessions[0];
    assert!(session.errors.is_empty(), "{:?}", session.errors);
    let call = harness.ended_call(&report.call_sid).await;
    let turn = &call["turns"][1];
    assert_eq!(turn["interrupted"], true, "{call:#}");
    let (text, heard) = (turn["text"].as_str().unwrap(), turn["heard_text"].as_str().unwrap());
    assert!(text.starts_with(heard) && heard.len() < text.len() && !heard.is_empty(), "{heard} of {text}");
}

/// Returns the level of the loudest 200 ms.
fn peak(sound: &[u8]) -> u32 {
    sound.windows(200 * BYTES_PER_MS).step_by(20 * BYTES_PER_MS).map(loudness).max().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_mulaw_hears_and_answers_in_pcm() {
    let long = Turn::new("מה השעות?", "אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר")
        .lasting(std::time::Duration::from_secs(4));
    let options =
        OpenAiOptions { turns: vec![Turn::new("שלום", "שלום! כן"), long], ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        setup.toml(&format!("{NO_LIMITS}[openai]\naudio_format = \"pcm\"\n"));
    })
    .await;
    let report = harness.call(harness.plan("say 1.2s; listen; say 1s; listen 1500ms; say 1s; wait 300ms")).await;
    let stream = &report.streams[0];
    assert_eq!(stream.interruptions.len(), 1, "{stream:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    let state = harness.ai.state();
    let session = &state.sessions[0];
    let pcm = json!({"type": "audio/pcm", "rate": 24_000});
    assert_eq!(
        (&session.config["audio"]["input"]["format"], &session.config["audio"]["output"]["format"]),
        (&pcm, &pcm)
    );
    assert!(session.errors.is_empty(), "{:?}", session.errors);
    // Both sides hear each other at the level at which the other speaks.
    let levels = [(&stream.said, &session.heard), (&session.answers[0].sound, &stream.heard)];
    for (spoken, heard) in levels.map(|(spoken, heard)| (peak(spoken), peak(heard))) {
        assert!(heard * 10 > spoken * 7 && heard * 7 < spoken * 10, "spoken at {spoken}, heard at {heard}");
    }
    let heard_ms = session.heard.len() / BYTES_PER_MS;
    let said_ms = stream.said.len() / BYTES_PER_MS;
    assert!(heard_ms <= said_ms && said_ms - heard_ms < 1500, "{heard_ms} of {said_ms} ms");
    assert_eq!(call["turns"][1]["heard_text"], "שלום! כן", "{call:#}");
    let cut = session.answers[1].truncated_ms.unwrap();
    assert!((500..4000).contains(&cut), "the second answer is cut after {cut} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_ai_a_message_is_taken_over_the_stream() {
    let harness = CallHarness::without_ai(|setup| {
        setup.toml("[voice]\nmessage_silence_s = 1\n");
    })
    .await;
    let report = harness.call(harness.plan("wait 6s; say 2s; stay")).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(call["end_reason"], "message_taken", "{call:#}");
    assert_eq!(call["engine"], "voicemail", "{call:#}");
}

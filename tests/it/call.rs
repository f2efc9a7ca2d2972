//! Calls end to end: a simulated caller with Twilio's playout timing, and a fake AI that enforces the API's rules.

use super::support::telephony::CallHarness;
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};

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

#[tokio::test(flavor = "multi_thread")]
async fn without_an_ai_a_message_is_taken_over_the_stream() {
    let harness = CallHarness::without_ai(|setup| {
        setup.toml("[voice]\nmessage_silence_s = 1\n");
    })
    .await;
    let report = harness.call(harness.plan("wait 4500ms; say 2s; stay")).await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(call["end_reason"], "message_taken", "{call:#}");
    assert_eq!(call["engine"], "voicemail", "{call:#}");
}

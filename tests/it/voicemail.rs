//! Messages in the daemon's own voicemail, which takes over when no AI answers a call.

use super::call_notices::Shop;
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::caller::CallPlan;
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use serde_json::{Value, json};

const DANA: &str = "+972501234567";
const MESSAGE: &str = "שלום, זו דנה, אשמח לתור ליום שלישי";

/// An AI that answers no calls, hears `heard` in recordings, and summarizes calls with these words.
fn without_calls(heard: &str) -> OpenAiOptions {
    let faults = Faults { refuse_sockets: Some(401), ..Faults::default() };
    OpenAiOptions { turns: vec![Turn::new(heard, heard)], faults, ..OpenAiOptions::default() }
}

async fn leave_message(harness: &CallHarness) -> Value {
    let report = harness.call(CallPlan { from: DANA.into(), ..harness.plan("wait 6s; say 2s; stay") }).await;
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!((&call["engine"], &call["end_reason"]), (&json!("voicemail"), &json!("message_taken")), "{call:#}");
    call
}

fn transcriptions(harness: &CallHarness) -> Vec<Value> {
    let requests = harness.ai.state().requests;
    requests.into_iter().filter(|(path, _)| path.contains("transcriptions")).map(|(_, request)| request).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_voicemail_is_transcribed_and_the_owner_gets_its_words() {
    let shop = Shop::with_mail("all", without_calls(MESSAGE)).await;
    let harness = &shop.harness;
    // The first attempt to transcribe fails as well.
    harness.ai.change(|options| options.faults.refuse_requests = Some(503));
    let call = leave_message(harness).await;
    until("an attempt", async || (!transcriptions(harness).is_empty()).then_some(())).await;
    harness.ai.change(|options| options.faults.refuse_requests = None);
    let sid = call["call_sid"].as_str().unwrap();
    let call = harness.call_when(sid, |call| call["message_text"] == MESSAGE).await;
    assert_eq!(call["outcome"], "message", "{call:#}");
    let mails = shop.until_mails(1).await;
    assert!(mails[0].body().contains(MESSAGE), "{}", mails[0].body());
    let length_ms = transcriptions(harness).last().unwrap()["length_ms"].as_i64().unwrap();
    let recorded_ms: i64 = harness.daemon.query_value("SELECT duration_ms FROM recordings");
    assert!((2_000..=recorded_ms).contains(&length_ms), "{length_ms} of {recorded_ms} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_words_has_no_text_and_no_task() {
    let shop = Shop::with_mail("all", without_calls("")).await;
    let call = leave_message(&shop.harness).await;
    shop.until_mails(1).await;
    shop.harness.until_jobs_done().await;
    assert_eq!(transcriptions(&shop.harness).len(), 1);
    let call = shop.owner.get(&format!("/api/calls/{}", call["id"])).await.json();
    assert_eq!((&call["message_text"], &call["summary"]), (&Value::Null, &Value::Null), "{call:#}");
    assert_eq!(shop.owner.get("/api/tasks").await.json()["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_sent_to_the_ai_above_a_daily_limit_or_without_an_ai() {
    let engine = "[voice]\nengine = \"voicemail\"\n";
    let limit = "[voice]\nai_calls_per_number_per_day = 1\n";
    for (settings, is_limit) in [(engine, false), (limit, true)] {
        let options = OpenAiOptions { turns: vec![Turn::new(MESSAGE, "שלום")], ..OpenAiOptions::default() };
        let harness = CallHarness::with_ai(options, |setup| {
            setup.toml(settings);
        })
        .await;
        if is_limit {
            let report = harness.call(CallPlan { from: DANA.into(), ..harness.plan("say 1s; listen") }).await;
            assert_eq!(harness.ended_call(&report.call_sid).await["engine"], "realtime");
        }
        let call = leave_message(&harness).await;
        harness.until_jobs_done().await;
        assert_eq!(transcriptions(&harness), [] as [Value; 0], "{settings}");
        let call = harness.call_when(call["call_sid"].as_str().unwrap(), |call| call["has_audio"] == true).await;
        assert_eq!(call["message_text"], Value::Null, "{call:#}");
        assert_eq!(harness.daemon.logs().events_named("RECORDING_NOT_TRANSCRIBED").len(), usize::from(is_limit));
    }
}

/// What the agent said in a call, as far as the caller heard it.
fn heard_words(call: &Value) -> Vec<&str> {
    let turns = call["turns"].as_array().unwrap().iter();
    turns.filter(|turn| turn["speaker"] == "agent").filter_map(|turn| turn["heard_text"].as_str()).collect()
}

const PROMPT: &str = "אין כרגע מענה. נא להשאיר הודעה אחרי הצפצוף.";
const THANKS: &str = "תודה, ההודעה נשמרה. נחזור אליכם בהקדם. להתראות.";
const GOODBYE: &str = "תודה שהתקשרתם. להתראות.";

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_answers_the_greeting_still_hears_the_whole_prompt() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let report = harness.call(harness.plan("say 600ms; wait 6s; say 2s; stay")).await;
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(heard_words(&call), [PROMPT, THANKS], "{call:#}");
    assert_eq!(call["end_reason"], "message_taken", "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_says_nothing_hears_of_no_message() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let report = harness.call(harness.plan("stay")).await;
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(heard_words(&call), [PROMPT, GOODBYE], "{call:#}");
    assert_eq!((&call["outcome"], &call["end_reason"]), (&json!("missed"), &json!("idle")), "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_speaks_during_the_goodbye_leaves_a_message() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let report = harness.call(harness.plan("wait 14s; say 3s; stay")).await;
    let call = harness.ended_call(&report.call_sid).await;
    assert_eq!(heard_words(&call).last(), Some(&THANKS), "{call:#}");
    assert_eq!(call["end_reason"], "message_taken", "{call:#}");
}

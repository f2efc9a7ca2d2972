//! The actions of employees on a call in progress, such as listening to the call and ending it.

use super::support::Client;
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::caller::{CallPlan, CallReport, Clip, DialPlan, EndedBy, StreamPlan};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use agentlocator::simulator::twilio::{Fault, Operation};
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const EMPLOYEE: &str = "+97235550000";
/// Silence in mu-law.
const SILENCE: u8 = 0xFF;

async fn talkative() -> CallHarness {
    let long = Turn::new("מה השעות?", "אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר").lasting(Duration::from_secs(20));
    let options = OpenAiOptions { turns: vec![long], ..OpenAiOptions::default() };
    CallHarness::with_ai(options, |_| {}).await
}

/// Checks that the audit log has the request exactly once.
fn assert_audited(harness: &CallHarness, action: &str, call: &Value) {
    let audited = format!("SELECT group_concat(action || ' ' || subject) FROM audit_log WHERE action = '{action}'");
    assert_eq!(harness.daemon.query_value::<String>(&audited), format!("{action} call:{}", call["id"]));
}

/// Starts a daemon that can transfer calls to a person.
async fn with_person(turn: Turn) -> CallHarness {
    let options = OpenAiOptions { turns: vec![turn], ..OpenAiOptions::default() };
    CallHarness::with_ai(options, |setup| {
        setup.toml(&format!("[agent]\ntransfer_to = \"{EMPLOYEE}\"\n"));
    })
    .await
}

pub(super) fn begin(harness: &CallHarness, plan: CallPlan) -> JoinHandle<CallReport> {
    let phone = harness.phone.clone();
    tokio::spawn(async move { phone.place_call(plan).await })
}

async fn dana(harness: &CallHarness) -> Client {
    harness.daemon.logged_in("dana", "staff").await
}

/// Waits until the only call meets a condition, and returns it.
pub(super) async fn call_when(client: &Client, what: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
    until(what, async || {
        let calls = client.get("/api/calls").await.json();
        let id = calls["calls"][0]["id"].as_i64()?;
        let call = client.get(&format!("/api/calls/{id}")).await.json();
        is_wanted(&call).then_some(call)
    })
    .await
}

pub(super) fn has_caller_spoken(call: &Value) -> bool {
    call["turns"].as_array().unwrap().iter().any(|turn| turn["speaker"] == "caller")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_ends_a_call_and_the_caller_hears_a_goodbye() {
    let harness = talkative().await;
    let client = dana(&harness).await;
    let placed = begin(&harness, harness.plan("say 1s; stay"));
    let call = call_when(&client, "the caller's turn", has_caller_spoken).await;
    let path = format!("/api/calls/{}/hang-up", call["id"]);
    assert_eq!(harness.daemon.client().post_json(&path, &json!({})).await.status, 401);
    let began = Instant::now();
    assert_eq!(client.post_json(&path, &json!({})).await.status, 200);
    let report = placed.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    let ended = harness.ended_call(&report.call_sid).await;
    assert_eq!((&ended["end_reason"], &ended["hung_up_by"]), (&json!("employee_hung_up"), &json!("dana")));
    assert_eq!(ended["outcome"], "answered", "{ended:#}");
    let shown = client.get("/api/calls").await.json()["calls"][0]["end_reason"].clone();
    assert_eq!(shown, "employee_hung_up");
    let again = client.post_json(&path, &json!({})).await;
    assert_eq!((again.status, &again.json()["error"]["code"]), (409, &json!("call_over")));
    assert_eq!(client.post_json("/api/calls/99/hang-up", &json!({})).await.status, 404);
    assert_audited(&harness, "hang_up_call", &call);
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_transferred_or_recorded_is_ended_by_twilio() {
    let transfer = Turn::new("אפשר לדבר עם בן אדם?", "כן").calling("transfer_to_person", r#"{"reason": "x"}"#);
    let harness = with_person(transfer).await;
    let client = dana(&harness).await;
    // The two parties talk for longer than the test may last.
    let dial = DialPlan::Answered(Duration::from_mins(5));
    let placed = begin(&harness, CallPlan { dial, fast: false, ..harness.plan("say 1s; stay") });
    let call = call_when(&client, "the transfer", |call| call["state"] == "transferred").await;
    let listen = client.get(&format!("/api/calls/{}/listen", call["id"])).await;
    assert_eq!((listen.status, &listen.json()["error"]["code"]), (409, &json!("no_sound")));
    assert_eq!(client.post_json(&format!("/api/calls/{}/hang-up", call["id"]), &json!({})).await.status, 200);
    let report = placed.await.unwrap();
    assert_eq!(report.ended, EndedBy::Rest, "{report:#?}");
    let ended = harness.ended_call(&report.call_sid).await;
    // The end of the agent's part and the end of the call are recorded separately.
    assert_eq!((&ended["end_reason"], &ended["hung_up_by"]), (&json!("transferred"), &json!("dana")));
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_stream_is_ended_at_once() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let client = dana(&harness).await;
    let placed = begin(&harness, CallPlan { stream: StreamPlan::Never, ..harness.plan("stay") });
    let call = call_when(&client, "the call", |_| true).await;
    assert_eq!(client.post_json(&format!("/api/calls/{}/hang-up", call["id"]), &json!({})).await.status, 200);
    let report = placed.await.unwrap();
    assert_eq!(report.ended, EndedBy::Rest, "{report:#?}");
    let ended = harness.ended_call(&report.call_sid).await;
    assert_eq!((&ended["end_reason"], &ended["outcome"]), (&json!("employee_hung_up"), &json!("missed")), "{ended:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_twilio_reports_before_its_answer_is_the_employees() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let client = dana(&harness).await;
    // The call is still being recorded when the employee ends it.
    let messages = vec![Clip::Voice(60_000)];
    let plan = CallPlan { stream: StreamPlan::Fails, messages, fast: false, ..harness.plan("stay") };
    let placed = begin(&harness, plan);
    let call = call_when(&client, "the recorder", |call| call["state"] != "ringing").await;
    harness.twilio.fail_next(Operation::UpdateCall, Fault::AnswerAfter(Duration::from_secs(1)), 1);
    let ended = client.post_json(&format!("/api/calls/{}/hang-up", call["id"]), &json!({})).await;
    assert_eq!(ended.status, 200, "{}", ended.text());
    let report = placed.await.unwrap();
    assert_eq!(report.ended, EndedBy::Rest, "{report:#?}");
    // On a busy machine, Twilio's recorder may have stopped before, so the end reason varies.
    assert_eq!(harness.ended_call(&report.call_sid).await["hung_up_by"], "dana");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_hears_both_sides_until_the_call_ends() {
    let harness = talkative().await;
    let client = dana(&harness).await;
    let placed = begin(&harness, harness.plan("wait 500ms; say 2s; listen 3s; hangup"));
    let call = call_when(&client, "the call", |call| call["state"] == "live").await;
    let path = format!("/api/calls/{}/listen", call["id"]);
    let foreign = client.clone().with_header("sec-fetch-site", "cross-site").get(&path).await;
    assert_eq!(foreign.status, 403);
    let heard = client.get(&path).await;
    assert_eq!((heard.status, heard.header("content-type")), (200, "audio/wav"), "{}", heard.text());
    assert_eq!((&heard.body[..4], &heard.body[50..54]), (&b"RIFF"[..], &b"data"[..]));
    let lane = |of: usize| heard.body[58..].iter().skip(of).step_by(2).filter(|sample| **sample != SILENCE).count();
    let (caller, agent) = (lane(0), lane(1));
    assert!(caller > 8000 && agent > 8000, "{caller} samples of the caller, {agent} of the agent");
    let report = placed.await.unwrap();
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    assert_eq!(client.get(&path).await.json()["error"]["code"], "call_over");
    let audited = "SELECT group_concat(actor || ' ' || subject) FROM audit_log WHERE action = 'listen_to_call'";
    let user = client.get("/api/session").await.json()["user"]["id"].clone();
    assert_eq!(harness.daemon.query_value::<String>(audited), format!("user:{user} call:{}", call["id"]));
    harness.ended_call(&report.call_sid).await;
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_tells_the_agent_something_that_the_caller_does_not_hear() {
    let harness = talkative().await;
    let client = dana(&harness).await;
    let placed = begin(&harness, harness.plan("say 1s; stay"));
    let call = call_when(&client, "the caller's turn", has_caller_spoken).await;
    let path = format!("/api/calls/{}/hints", call["id"]);
    for text in ["", " ", &"x".repeat(501)] {
        let refused = client.post_json(&path, &json!({"text": text})).await;
        assert_eq!((refused.status, &refused.json()["error"]["field"]), (400, &json!("text")), "{}", refused.text());
    }
    let hint = "תציע עשרה אחוז הנחה";
    let sent = client.post_json(&path, &json!({"text": hint})).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    until("the hint at the AI", async || {
        let messages = harness.ai.state().sessions[0].messages.clone();
        messages.iter().any(|(role, text)| role == "system" && text.contains(hint)).then_some(())
    })
    .await;
    let is_hint = |turn: &Value| turn["speaker"] == "system" && turn["text"] == hint;
    let has_hint = |call: &Value| call["turns"].as_array().unwrap().iter().any(is_hint);
    call_when(&client, "the hint in the transcript", has_hint).await;
    assert_eq!(harness.ai.state().sessions[0].answers.len(), 1, "the answer continues");
    assert_eq!(client.post_json(&format!("/api/calls/{}/hang-up", call["id"]), &json!({})).await.status, 200);
    harness.ended_call(&placed.await.unwrap().call_sid).await;
    let late = client.post_json(&path, &json!({"text": hint})).await;
    assert_eq!((late.status, &late.json()["error"]["code"]), (409, &json!("call_over")));
    assert_audited(&harness, "hint_call", &call);
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_takes_the_call_over() {
    let long = Turn::new("מה השעות?", "אחת שתיים שלוש ארבע חמש שש").lasting(Duration::from_secs(20));
    let harness = with_person(long).await;
    let client = dana(&harness).await;
    let dial = DialPlan::Answered(Duration::from_mins(5));
    let placed = begin(&harness, CallPlan { dial, fast: false, ..harness.plan("say 1s; stay") });
    let call = call_when(&client, "the caller's turn", has_caller_spoken).await;
    let path = format!("/api/calls/{}/transfer", call["id"]);
    let sent = client.post_json(&path, &json!({})).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    call_when(&client, "the transfer", |call| call["state"] == "transferred").await;
    let again = client.post_json(&path, &json!({})).await;
    assert_eq!((again.status, &again.json()["error"]["code"]), (409, &json!("no_agent")));
    assert_eq!(client.post_json(&format!("/api/calls/{}/hang-up", call["id"]), &json!({})).await.status, 200);
    let ended = harness.ended_call(&placed.await.unwrap().call_sid).await;
    assert_eq!(ended["end_reason"], "transferred");
    assert_audited(&harness, "transfer_call", &call);
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_number_no_call_is_transferred() {
    let harness = talkative().await;
    let client = dana(&harness).await;
    let placed = begin(&harness, harness.plan("say 1s; listen; hangup"));
    let call = call_when(&client, "the caller's turn", has_caller_spoken).await;
    let refused = client.post_json(&format!("/api/calls/{}/transfer", call["id"]), &json!({})).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("no_transfer_number")));
    harness.ended_call(&placed.await.unwrap().call_sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn voicemail_follows_no_hint() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let client = dana(&harness).await;
    let placed = begin(&harness, harness.plan("say 1s; wait 2s; hangup"));
    let call = call_when(&client, "the call", |call| call["state"] == "live").await;
    let refused = client.post_json(&format!("/api/calls/{}/hints", call["id"]), &json!({"text": "x"})).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("no_agent")));
    harness.ended_call(&placed.await.unwrap().call_sid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sound_ends_with_the_login_and_not_the_call() {
    let harness = talkative().await;
    let client = dana(&harness).await;
    let placed = begin(&harness, harness.plan("say 1s; stay"));
    let call = call_when(&client, "the call", |call| call["state"] == "live").await;
    let request = client.request(Method::GET, &format!("/api/calls/{}/listen", call["id"]));
    let mut sound = request.send().await.unwrap().bytes_stream();
    assert!(sound.next().await.unwrap().is_ok());
    assert_eq!(client.post_json("/api/logout", &json!({})).await.status, 200);
    let until_end = async { while sound.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(5), until_end).await.expect("the sound did not end with the login");
    let other = harness.daemon.log_in("dana", super::support::access::PASSWORD).await;
    let path = format!("/api/calls/{}", call["id"]);
    assert_eq!(other.get(&path).await.json()["state"], "live");
    assert_eq!(other.post_json(&format!("{path}/hang-up"), &json!({})).await.status, 200);
    assert_eq!(placed.await.unwrap().ended, EndedBy::Hangup);
}

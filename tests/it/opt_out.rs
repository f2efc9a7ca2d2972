//! A caller who says in a call that they want no more calls and messages.

use super::support::client::send;
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::caller::CallPlan;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use reqwest::Method;
use serde_json::{Value, json};

const DANA: &str = "+972501234567";
const ASKS: &str = "אל תתקשרו אליי יותר בבקשה";
const SAYS: &str = "רשמתי, לא נתקשר אלייך יותר.";

/// Places one call with these turns, and returns the call after its review.
async fn call_of(harness: &CallHarness, from: &str, turns: Vec<Turn>) -> Value {
    let script = "say 1s; listen; ".repeat(turns.len());
    harness.ai.change(|options| options.turns = turns);
    let report = harness.call(CallPlan { from: from.into(), ..harness.plan(&script) }).await;
    let call = harness.ended_call(&report.call_sid).await;
    harness.until_jobs_done().await;
    call
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_wants_no_more_calls_is_opted_out_once_until_a_user_undoes_it() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    let opt_out = || Turn::new(ASKS, SAYS).calling("record_opt_out", "{}".to_owned());
    let call = call_of(&harness, DANA, vec![opt_out(), opt_out()]).await;
    let path = format!("/api/contacts/{}", call["contact_id"]);
    let contact = owner.get(&path).await;
    assert_eq!(contact.json()["opted_out"], true, "{}", contact.text());
    assert_eq!(contact.json()["opt_out"]["source"], "call", "{}", contact.text());
    let tools: Vec<_> = call["turns"].as_array().unwrap().iter().filter(|turn| turn["speaker"] == "tool").collect();
    assert_eq!(tools.len(), 2, "{call:#}");
    for tool in tools {
        assert_eq!((&tool["tool"]["name"], &tool["tool"]["output"]), (&json!("record_opt_out"), &json!({"ok": true})));
    }
    let audit = "SELECT count(*) FROM audit_log WHERE action = 'set_contact_opt_out' AND actor = 'agent'";
    assert_eq!(harness.daemon.query_value::<i64>(audit), 1);
    // What the agent said was done.
    assert_eq!(owner.get("/api/tasks").await.json()["items"], json!([]));
    let etag = contact.headers["etag"].to_str().unwrap().to_owned();
    let undo = owner.request(Method::PUT, &format!("{path}/opt-out")).header("if-match", etag);
    assert_eq!(send(undo.json(&json!({"opted_out": false}))).await.status, 200);
    assert_eq!(owner.get(&path).await.json()["opted_out"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_that_was_only_said_becomes_a_task() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    // The caller has heard the sentence before the daemon can stop it.
    harness.ai.change(|options| (options.faults.late_answer_texts, options.speed) = (true, 1.0));
    let said = format!("{SAYS} תודה רבה ולהתראות.");
    let call = call_of(&harness, DANA, vec![Turn::new(ASKS, said)]).await;
    let task = until("a task", async || owner.get("/api/tasks").await.json()["items"].get(0).cloned()).await;
    assert!(task["title"].as_str().unwrap().contains(SAYS), "{task:#}");
    assert_eq!(task["contact_id"], call["contact_id"]);
    assert_eq!(owner.get(&format!("/api/contacts/{}", call["contact_id"])).await.json()["opted_out"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withheld_number_cannot_be_opted_out() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let turns = vec![Turn::new(ASKS, "אין לנו את המספר שלך.").calling("record_opt_out", "{}".to_owned())];
    let call = call_of(&harness, "anonymous", turns).await;
    let turns = call["turns"].as_array().unwrap();
    let tool = turns.iter().find(|turn| turn["speaker"] == "tool").expect("a turn of the tool");
    assert!(tool["tool"]["output"]["error"].as_str().unwrap().contains("withheld"), "{tool:#}");
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM contacts WHERE opted_out_at IS NOT NULL"), 0);
}

//! The calls of a blocked contact are rejected, and its messages count neither as unread nor as waiting. All calls and
//! messages are still stored.

use super::support::client::send;
use super::support::telephony::CallHarness;
use super::support::whatsapp::{FakeBridge, WEBHOOK_SECRET, until};
use super::support::{Client, Daemon};
use agentlocator::simulator::caller::{CallPlan, Chaos, EndedBy};
use agentlocator::simulator::openai::OpenAiOptions;
use reqwest::Method;
use serde_json::{Value, json};

const PEST: &str = "+972501234567";
const DANA: &str = "+972507654321";
const OWNER: &str = "+972509999999";

/// Starts a shop that notifies its owner of each call, and sends texts to callers whose request was not completed.
async fn shop() -> (CallHarness, FakeBridge) {
    let bridge = FakeBridge::start().await;
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        bridge.configure(setup);
        setup.toml(&format!(
            "[agent]\ntext_missed_callers = true\ncall_notices = \"all\"\n[alerts]\nwhatsapp_to = \"{OWNER}\"\n"
        ));
    })
    .await;
    (harness, bridge)
}

async fn put(api: &Client, path: &str, body: Value) -> (u16, Value) {
    let reply = send(api.request(Method::PUT, path).json(&body)).await;
    (reply.status, reply.json())
}

async fn contact_with(api: &Client, number: &str) -> i64 {
    let new = json!({"number": number, "display_name": "Pest"});
    api.post_json("/api/contacts", &new).await.json()["id"].as_i64().unwrap()
}

async fn call_from(harness: &CallHarness, from: &str, chaos: Chaos) -> (EndedBy, Value) {
    let plan = CallPlan { from: from.into(), chaos, ..harness.plan("say 1s; listen") };
    let report = harness.call(plan).await;
    (report.ended, harness.ended_call(&report.call_sid).await)
}

async fn message(daemon: &Daemon, from: &str, id: &str) {
    let body = json!({"from": from, "text": "hello", "id": id});
    let webhook = daemon.client().request(Method::POST, "/webhook/whatsapp/baileys");
    assert_eq!(send(webhook.header("X-BAILEYS-SECRET", WEBHOOK_SECRET).json(&body)).await.status, 204);
}

async fn conversations(api: &Client, filter: &str) -> Vec<Value> {
    api.get(&format!("/api/inbox?{filter}")).await.json()["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_rejected_without_an_ai_a_notice_or_a_text() {
    let (harness, bridge) = shop().await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let pest = contact_with(&api, PEST).await;
    let (status, blocked) = put(&api, &format!("/api/contacts/{pest}/block"), json!({"blocked": true})).await;
    assert_eq!((status, &blocked["blocked"]), (200, &json!(true)));

    // Twilio repeats a webhook if the response was lost.
    for chaos in [Chaos::default(), Chaos { webhooks_twice: true, ..Chaos::default() }] {
        let (ended, call) = call_from(&harness, PEST, chaos).await;
        assert_eq!(ended, EndedBy::Reject);
        for (field, value) in [
            ("outcome", json!("blocked")),
            ("end_reason", json!("blocked")),
            ("contact_id", json!(pest)),
            ("engine", Value::Null),
            ("missed", json!(false)),
        ] {
            assert_eq!(call[field], value, "{field} of {call:#}");
        }
    }
    assert!(harness.ai.state().sessions.is_empty());
    let listed = api.get("/api/calls?outcome=blocked").await.json();
    assert_eq!(listed["calls"].as_array().unwrap().len(), 2, "{listed:#}");
    assert_eq!(api.get("/api/calls?outcome=missed").await.json()["calls"], json!([]));
    assert!(conversations(&api, "filter=all").await.is_empty());
    let archived = conversations(&api, "filter=archived").await;
    let quiet = (&json!(pest), &json!(0), &Value::Null);
    assert_eq!(archived.len(), 1, "{archived:#?}");
    let row = &archived[0];
    assert_eq!((&row["contact_id"], &row["unread_count"], &row["waiting_since"]), quiet, "{row:#}");

    // Another caller is answered, and the owner is notified of that call only.
    let (ended, call) = call_from(&harness, DANA, Chaos::default()).await;
    assert_eq!((ended, &call["outcome"]), (EndedBy::Caller, &json!("answered")));
    harness.until_jobs_done().await;
    let notices = until("the notice", async || Some(bridge.sent()).filter(|sent| !sent.is_empty())).await;
    assert_eq!(notices.len(), 1, "{notices:#?}");

    let (_, unblocked) = put(&api, &format!("/api/contacts/{pest}/block"), json!({"blocked": false})).await;
    assert_eq!(unblocked["blocked"], false);
    let (ended, call) = call_from(&harness, PEST, Chaos::default()).await;
    assert_eq!((ended, &call["outcome"]), (EndedBy::Caller, &json!("answered")));
    let before = api.get("/api/calls?outcome=blocked").await.json();
    assert_eq!(before["calls"].as_array().unwrap().len(), 2, "what was rejected stays so: {before:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_stored_and_neither_unread_nor_waiting() {
    let (harness, _bridge) = shop().await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    message(&harness.daemon, PEST, "M1").await;
    let waiting = conversations(&api, "filter=waiting").await;
    assert_eq!(waiting.len(), 1, "{waiting:#?}");
    let pest = waiting[0]["contact_id"].as_i64().unwrap();

    put(&api, &format!("/api/contacts/{pest}/block"), json!({"blocked": true})).await;
    assert!(conversations(&api, "filter=waiting").await.is_empty());
    message(&harness.daemon, PEST, "M2").await;
    message(&harness.daemon, DANA, "M3").await;
    let waiting = conversations(&api, "filter=waiting").await;
    assert_eq!(waiting.len(), 1, "{waiting:#?}");
    assert_ne!(waiting[0]["contact_id"], pest);
    let archived = conversations(&api, "filter=archived").await;
    assert_eq!((archived.len(), &archived[0]["unread_count"]), (1, &json!(0)), "{archived:#?}");
    let listed = api.get("/api/contacts?blocked=true").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed:#}");
    assert_eq!(listed["items"][0]["id"], pest);
    assert_eq!(api.get("/api/contacts?blocked=false").await.json()["items"].as_array().unwrap().len(), 1);

    put(&api, &format!("/api/contacts/{pest}/block"), json!({"blocked": false})).await;
    assert!(conversations(&api, "filter=archived").await.is_empty());
    let thread = &api.get("/api/threads?type=whatsapp&limit=10").await.json()["threads"];
    let thread = thread.as_array().unwrap().iter().find(|thread| thread["contact_id"] == pest).unwrap();
    let messages = api.get(&format!("/api/threads/{}/messages", thread["id"])).await.json();
    assert_eq!(messages["messages"].as_array().unwrap().len(), 2, "{messages:#}");
    message(&harness.daemon, PEST, "M4").await;
    assert_eq!(conversations(&api, "filter=waiting").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_withholds_the_number_cannot_be_blocked() {
    let (harness, _bridge) = shop().await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let (_, call) = call_from(&harness, "anonymous", Chaos::default()).await;
    let (status, refused) =
        put(&api, &format!("/api/contacts/{}/block", call["contact_id"]), json!({"blocked": true})).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("no_address")));
    let (ended, _) = call_from(&harness, "anonymous", Chaos::default()).await;
    assert_eq!(ended, EndedBy::Caller);
}

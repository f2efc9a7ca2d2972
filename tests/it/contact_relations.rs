//! VIPs, whose calls ring at the human agent's phone first, and the business's own staff.

use super::booking::{monday, offer_haircuts};
use super::support::Client;
use super::support::client::send;
use super::support::telephony::CallHarness;
use super::support::whatsapp::FakeBridge;
use agentlocator::simulator::caller::{CallPlan, CallReport, DialPlan};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use reqwest::Method;
use serde_json::{Value, json};

const EMPLOYEE: &str = "+97235550000";
const DANA: &str = "+972501234567";
const MOSHE: &str = "+972507654321";

async fn put(api: &Client, path: &str, body: Value) -> (u16, Value) {
    let reply = send(api.request(Method::PUT, path).json(&body)).await;
    (reply.status, reply.json())
}

/// Creates a contact with this number and relation, and returns its id.
async fn contact_with(api: &Client, number: &str, relation: &str) -> i64 {
    let id = api.post_json("/api/contacts", &json!({"number": number})).await.json()["id"].as_i64().unwrap();
    let (status, changed) = put(api, &format!("/api/contacts/{id}/relation"), json!({"relation": relation})).await;
    assert_eq!((status, &changed["relation"]), (200, &json!(relation)), "{changed:#}");
    id
}

async fn call_from(harness: &CallHarness, from: &str, script: &str) -> CallReport {
    let plan = CallPlan { from: from.into(), dial: DialPlan::NoAnswer, ..harness.plan(script) };
    harness.call(plan).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vips_call_rings_first_at_any_hour() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.toml(&format!("[agent]\ntransfer_to = \"{EMPLOYEE}\"\n[voice]\nring_first_s = 5\n"));
    })
    .await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let dana = contact_with(&api, DANA, "vip").await;
    contact_with(&api, MOSHE, "staff").await;
    let report = call_from(&harness, DANA, "say 1s; listen").await;
    assert_eq!(report.dialled, [EMPLOYEE], "{report:#?}");
    for other in [MOSHE, "+972509999999"] {
        let report = call_from(&harness, other, "say 1s; listen").await;
        assert!(report.dialled.is_empty() && report.streams.len() == 1, "{report:#?}");
    }
    // A number that its network reports as not verified may be any caller's.
    let fields = [("CallSid", "CA0000000000000000000000000000000d"), ("From", DANA), ("To", "+97235551234")];
    let unverified = [&fields[..], &[("StirVerstat", "TN-Validation-Failed-A")]].concat();
    let answer = harness.hook("/webhook/incoming_call", &unverified).await.text();
    assert!(!answer.contains("<Dial"), "{answer}");

    let listed = async |query: &str| {
        let items = api.get(&format!("/api/contacts?{query}")).await.json()["items"].clone();
        items.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(listed("relation=vip").await, [dana]);
    assert_eq!(listed("relation=customer").await.len(), 1);
    let (status, _) = put(&api, &format!("/api/contacts/{dana}/relation"), json!({"relation": "friend"})).await;
    assert_eq!(status, 422);
    put(&api, &format!("/api/contacts/{dana}/relation"), json!({"relation": "customer"})).await;
    let report = call_from(&harness, DANA, "say 1s; listen").await;
    assert!(report.dialled.is_empty(), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_are_colleagues_without_leads_and_messages() {
    let book = json!({"service": "תספורת", "start": format!("{}T10:00", monday(2)), "caller_name": "דנה"});
    let turns = vec![Turn::new("שאלה", "תשובה").calling("book_appointment", book.to_string())];
    let found = json!({"summary": "רצה תור.", "language": "he", "is_lead": true, "lead": "צבע לשיער",
        "open_requests": [], "unanswered_questions": []});
    let bridge = FakeBridge::start().await;
    let options = OpenAiOptions { turns, structured: Some(found), ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        bridge.configure(setup);
        setup.toml("[agent]\ntext_missed_callers = true\n");
    })
    .await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    contact_with(&owner, DANA, "staff").await;
    let report = call_from(&harness, DANA, "say 1s; listen; ").await;
    harness.ended_call(&report.call_sid).await;
    // In the second call, the caller hangs up before the agent answers.
    let report = call_from(&harness, DANA, "wait 100ms; hangup").await;
    harness.ended_call(&report.call_sid).await;
    let instructions = harness.ai.state().sessions[0].config.to_string();
    assert!(instructions.contains("a colleague who works at this business"), "{instructions}");
    harness.until_jobs_done().await;
    let booked = owner.get("/api/appointments").await.json()["items"].clone();
    assert_eq!(booked.as_array().unwrap().len(), 1, "the tools work: {booked:#}");
    assert_eq!(bridge.sent(), Vec::<Value>::new());
    assert_eq!(owner.get("/api/leads").await.json()["items"], json!([]));
}

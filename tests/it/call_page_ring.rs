//! A caller who asks for a person rings in the open web pages first, and then at the phone.

use super::call_control::{begin, call_when};
use super::call_silence::MAX_SILENCE_MS;
use super::support::Client;
use super::support::browser::Browser;
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::caller::{CallReport, DialPlan, EndedBy};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinHandle;

const EMPLOYEE: &str = "+97235550000";
const BACK: &str = "אין מענה, אפשר לקחת הודעה?";
const REASON: &str = "רוצה להזיז תור";
/// Silence in mu-law.
const SILENCE: u8 = 0xFF;

async fn harness(settings: &str) -> CallHarness {
    let reason = json!({"reason": REASON}).to_string();
    let transfer = Turn::new("אפשר לדבר עם בן אדם?", BACK).calling("transfer_to_person", &reason);
    let options = OpenAiOptions { turns: vec![transfer], ..OpenAiOptions::default() };
    CallHarness::with_ai(options, |setup| {
        setup.toml(settings);
    })
    .await
}

fn with_phone(settings: &str) -> String {
    format!("[agent]\ntransfer_to = \"{EMPLOYEE}\"\n{settings}")
}

/// Places a call whose caller asks for a person. The phone of the human agent is picked up.
fn ask_for_person(harness: &CallHarness) -> JoinHandle<CallReport> {
    let mut plan = harness.plan("say 1s; stay");
    plan.dial = DialPlan::Answered(Duration::from_millis(300));
    begin(harness, plan)
}

/// Opens a page: a browser's event stream, which is open until the result is dropped.
async fn open_page(client: &Client) -> Response {
    let page = client.request(Method::GET, "/api/events").send().await.unwrap();
    assert_eq!(page.status(), 200);
    page
}

async fn rings(client: &Client) -> Vec<Value> {
    client.get("/api/page-rings").await.json()["rings"].as_array().unwrap().clone()
}

/// Waits until the only call rings in the user's page, and returns the call.
async fn ringing(client: &Client) -> Value {
    let ring = until("the ring", async || rings(client).await.first().cloned()).await;
    assert_eq!(ring["reason"], REASON, "{ring:#}");
    json!({"id": ring["call_id"]})
}

async fn decline(client: &Client, call: &Value) -> u16 {
    client.post_json(&format!("/api/calls/{}/decline", call["id"]), &json!({})).await.status
}

fn events(harness: &CallHarness) -> Vec<String> {
    let kinds =
        "SELECT coalesce(group_concat(kind), '') FROM (SELECT kind FROM call_events WHERE kind LIKE 'page_ring%'
                 OR kind IN ('transfer_began', 'transfer_failed', 'taken_over') ORDER BY id)";
    harness.daemon.query_value::<String>(kinds).split(',').map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_answers_the_ringing_page() {
    let harness = harness(&with_phone("")).await;
    let client = harness.daemon.logged_in("dana", "staff").await;
    let mut page = open_page(&client).await;
    let placed = ask_for_person(&harness);
    let call = ringing(&client).await;
    let employee = Browser::answer(&harness.daemon, &client, &call).await;
    employee.until_state("talking").await;
    assert!(rings(&client).await.is_empty());
    employee.say(2000);
    until("the end of the words", async || (employee.said().len() >= 15_000).then_some(())).await;
    let hang_up = client.post_json(&format!("/api/calls/{}/hang-up", call["id"]), &json!({})).await;
    assert_eq!(hang_up.status, 200, "{}", hang_up.text());
    let report = placed.await.unwrap();
    assert_eq!((report.dialled.len(), report.streams.len(), report.ended), (0, 1, EndedBy::Hangup), "{report:#?}");
    let (heard, said) = (&report.streams[0].heard, employee.said());
    assert!(heard.windows(160).any(|window| window == &said[8000..8160]), "the caller heard the employee");
    let silence = heard.split(|sample| *sample != SILENCE).map(<[u8]>::len).max().unwrap();
    assert!(silence as u64 <= MAX_SILENCE_MS * 8, "{} ms of silence", silence / 8);
    let ended = harness.ended_call(&report.call_sid).await;
    assert_eq!((&ended["end_reason"], &ended["outcome"]), (&json!("employee_hung_up"), &json!("answered")));
    let expected = ["page_ring_started", "page_ring_prolonged", "page_ring_ended", "taken_over"];
    assert_eq!(events(&harness), expected);
    // The page learns of the ring from its event stream.
    let mut text = String::new();
    while !text.contains("call_ended") {
        text.push_str(std::str::from_utf8(&page.chunk().await.unwrap().unwrap()).unwrap());
    }
    assert!(text.matches("call_updated").count() >= 2, "{text}");
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_rings_once_all_users_with_an_open_page_have_declined() {
    let harness = harness(&with_phone("")).await;
    let (dana, noa) = (harness.daemon.logged_in("dana", "staff").await, harness.daemon.logged_in("noa", "staff").await);
    let pages = (open_page(&dana).await, open_page(&noa).await);
    let placed = ask_for_person(&harness);
    let call = ringing(&dana).await;
    assert_eq!(decline(&harness.daemon.client(), &call).await, 401);
    assert_eq!(decline(&dana, &call).await, 200);
    assert!(rings(&dana).await.is_empty());
    assert_eq!(rings(&noa).await.len(), 1, "the call still rings for the other user");
    assert_eq!(decline(&dana, &call).await, 200, "a repeated request changes nothing");
    assert_eq!(decline(&noa, &call).await, 200);
    let report = placed.await.unwrap();
    assert_eq!((&report.dialled[..], report.ended), (&[EMPLOYEE.to_owned()][..], EndedBy::Hangup), "{report:#?}");
    assert!(report.asked_person[0].contains(REASON), "{:?}", report.asked_person);
    assert_eq!(harness.ended_call(&report.call_sid).await["end_reason"], "transferred");
    // The second decline and the end of the ringing are stored in any order.
    let mut stored = events(&harness);
    stored.sort();
    let declined = "page_ring_declined";
    assert_eq!(stored, [declined, declined, "page_ring_ended", "page_ring_started", "transfer_began"]);
    assert_eq!(decline(&dana, &call).await, 409);
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'decline_call' AND subject = 'call:1'";
    assert_eq!(harness.daemon.query_value::<i64>(audited), 3);
    drop(pages);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_rings_after_the_page() {
    let harness = harness(&with_phone("[voice]\nring_page_s = 2\n")).await;
    let client = harness.daemon.logged_in("dana", "staff").await;
    let page = open_page(&client).await;
    let placed = ask_for_person(&harness);
    ringing(&client).await;
    let report = placed.await.unwrap();
    assert_eq!(report.dialled, [EMPLOYEE], "{report:#?}");
    assert_eq!(events(&harness), ["page_ring_started", "page_ring_ended", "transfer_began"]);
    drop(page);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_rings_on_while_a_user_begins_to_answer() {
    let harness = harness(&with_phone("[voice]\nring_page_s = 4\n")).await;
    let client = harness.daemon.logged_in("dana", "staff").await;
    let page = open_page(&client).await;
    let placed = ask_for_person(&harness);
    let call = ringing(&client).await;
    let until_ms = async || {
        let until: jiff::Timestamp = rings(&client).await[0]["until"].as_str().unwrap().parse().unwrap();
        until.as_millisecond()
    };
    let before = until_ms().await;
    // The page asks for the ticket as soon as the user answers, while the browser may still ask for the microphone.
    assert_eq!(client.post_json(&format!("/api/calls/{}/answer", call["id"]), &json!({})).await.status, 201);
    until("more time", async || (until_ms().await > before + 10_000).then_some(())).await;
    // The user does not permit the microphone.
    assert_eq!(decline(&client, &call).await, 200);
    assert_eq!(placed.await.unwrap().dialled, [EMPLOYEE]);
    assert!(events(&harness).contains(&"page_ring_prolonged".to_owned()), "{:?}", events(&harness));
    drop(page);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_rings_once_all_pages_are_closed() {
    let harness = harness(&with_phone("[voice]\nring_page_s = 60\n")).await;
    let (dana, noa) = (harness.daemon.logged_in("dana", "staff").await, harness.daemon.logged_in("noa", "staff").await);
    let pages = (open_page(&dana).await, open_page(&noa).await);
    let placed = ask_for_person(&harness);
    let call = ringing(&dana).await;
    assert_eq!(decline(&dana, &call).await, 200);
    drop(pages.1);
    assert_eq!(placed.await.unwrap().dialled, [EMPLOYEE]);
    let rang = harness.daemon.query_value::<f64>(
        "SELECT (julianday(max(at)) - julianday(min(at))) * 86400 FROM call_events
         WHERE kind IN ('page_ring_started', 'page_ring_ended')",
    );
    assert!(rang < 50.0, "the ringing did not wait for its end: {rang} s");
    drop(pages.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_rings_at_once_without_an_open_page() {
    for settings in ["", "[voice]\nring_page_s = 0\n"] {
        let harness = harness(&with_phone(settings)).await;
        let client = harness.daemon.logged_in("dana", "staff").await;
        // A client with a token cannot answer a call.
        let follower = open_page(&harness.daemon.client().with_token(&harness.daemon.token("staff"))).await;
        let page = if settings.is_empty() { None } else { Some(open_page(&client).await) };
        let report = ask_for_person(&harness).await.unwrap();
        assert_eq!(report.dialled, [EMPLOYEE], "{report:#?}");
        assert_eq!(events(&harness), ["transfer_began"]);
        drop((follower, page));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_without_a_transfer_phone_can_answer_in_the_page() {
    let harness = harness("").await;
    let client = harness.daemon.logged_in("dana", "staff").await;
    let page = open_page(&client).await;
    let placed = begin(&harness, harness.plan("say 1s; listen; wait 300ms"));
    let call = ringing(&client).await;
    assert_eq!(decline(&client, &call).await, 200);
    let answered = call_when(&client, "the agent's answer", |call| {
        call["turns"].as_array().unwrap().iter().any(|turn| turn["heard_text"] == BACK)
    });
    answered.await;
    let report = placed.await.unwrap();
    assert_eq!((report.dialled.len(), report.streams.len(), report.ended), (0, 1, EndedBy::Caller), "{report:#?}");
    let sessions = harness.ai.state().sessions;
    let outputs: Vec<_> = sessions[0].function_outputs.iter().map(|(_, output)| output.as_str()).collect();
    assert!(matches!(outputs[..], [output] if output.contains("no person took the call")), "{outputs:?}");
    drop(page);
}

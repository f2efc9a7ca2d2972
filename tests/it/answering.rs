//! The owner's quick switch for who answers calls now. It is set through the API and by WhatsApp messages.

use super::call_ring::EMPLOYEE;
use super::support::client::send;
use super::support::telephony::CallHarness;
use super::support::whatsapp::{Shop, until};
use super::support::{Client, Daemon, Setup};
use agentlocator::clock;
use agentlocator::simulator::openai::OpenAiOptions;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const OWNER: &str = "+972507777777";
const DANA: &str = "+972501234567";

async fn put(api: &Client, body: Value) -> (u16, Value) {
    let reply = send(api.request(Method::PUT, "/api/answering").json(&body)).await;
    (reply.status, reply.json())
}

async fn harness(settings: &str) -> CallHarness {
    CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.toml(settings);
    })
    .await
}

fn with_phone(ring_first: &str) -> String {
    format!("[agent]\ntransfer_to = \"{EMPLOYEE}\"\n[voice]\nring_first = \"{ring_first}\"\n")
}

/// Returns true if a new call rings at the human agent's phone first.
async fn rings(harness: &CallHarness, number: u32) -> bool {
    let (sid, from) = (format!("CA{number:032x}"), format!("+97250200{number:04}"));
    let call = [("CallSid", sid.as_str()), ("From", &from), ("To", "+97235551234"), ("CallStatus", "ringing")];
    let answer = harness.hook("/webhook/incoming_call", &call).await.text();
    assert!(answer.contains("<Dial") != answer.contains("<Connect"), "{answer}");
    answer.contains("<Dial")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_choice_applies_to_the_next_call_and_survives_a_restart() {
    let mut harness = harness(&with_phone("always")).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    let state = owner.get("/api/answering").await.json();
    assert_eq!((&state["mode"], &state["rings"], &state["set_by"]), (&json!("settings"), &json!(true), &Value::Null));
    assert!(rings(&harness, 1).await);

    let (status, state) = put(&owner, json!({"mode": "agent"})).await;
    assert_eq!((status, &state["mode"], &state["rings"]), (200, &json!("agent"), &json!(false)), "{state:#}");
    assert_eq!((&state["set_by_name"], &state["until"]), (&json!("roni"), &Value::Null));
    assert!(!rings(&harness, 2).await);
    tokio::task::block_in_place(|| harness.daemon.restart());
    assert!(!rings(&harness, 3).await);

    let (_, state) = put(&owner, json!({"mode": "settings"})).await;
    assert_eq!((&state["mode"], &state["rings"]), (&json!("settings"), &json!(true)));
    assert!(rings(&harness, 4).await);
    let log = owner.get("/api/audit").await.json()["items"].clone();
    let set: Vec<_> = log.as_array().unwrap().iter().filter(|entry| entry["action"] == "set_answering").collect();
    let subjects: Vec<_> = set.iter().map(|entry| &entry["subject"]).collect();
    assert_eq!(subjects, ["answering:settings", "answering:agent"]);
    let changes = "SELECT count(*) FROM changes WHERE kind = 'answering_updated'";
    assert_eq!(harness.daemon.query_value::<i64>(changes), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_phones_ring_outside_of_the_hours_too_until_the_choice_ends() {
    let mut harness = harness(&with_phone("never")).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    assert!(!rings(&harness, 1).await);
    let tomorrow = clock::now().plus(Duration::from_hours(24)).to_string();
    let (_, state) = put(&owner, json!({"mode": "ring", "until": tomorrow})).await;
    assert_eq!((&state["rings"], &state["until"]), (&json!(true), &json!(tomorrow)));
    assert!(rings(&harness, 2).await);
    // Moves the end of the choice into the past.
    tokio::task::block_in_place(|| {
        harness.daemon.stop();
        let past = "json_set(value, '$.until', '2026-01-01T00:00:00.000Z')";
        harness.daemon.seed(&format!("UPDATE meta SET value = {past} WHERE key = 'answering'"));
        harness.daemon.launch();
    });
    let state = owner.get("/api/answering").await.json();
    assert_eq!((&state["mode"], &state["rings"], &state["until"]), (&json!("settings"), &json!(false), &Value::Null));
    assert!(!rings(&harness, 3).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_choices_and_choices_of_staff_are_refused() {
    let harness = harness("").await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    for (body, expected, code) in [
        (json!({"mode": "ring"}), 409, "no_transfer_number"),
        (json!({"mode": "agent", "until": "2020-01-01T00:00:00Z"}), 400, "invalid"),
        (json!({"mode": "agent", "until": "2099-01-01T00:00:00Z"}), 400, "invalid"),
        (json!({"mode": "voicemail"}), 422, "invalid"),
    ] {
        let (status, error) = put(&owner, body.clone()).await;
        assert_eq!((status, &error["error"]["code"]), (expected, &json!(code)), "{body}: {error:#}");
    }
    let staff = harness.daemon.logged_in("dana", "staff").await;
    assert_eq!(put(&staff, json!({"mode": "agent"})).await.0, 403);
    assert_eq!(staff.get("/api/answering").await.status, 200);
}

fn of_owner(setup: &mut Setup) {
    setup.toml(&format!("[alerts]\nwhatsapp_to = \"{OWNER}\"\n[agent]\ntransfer_to = \"{EMPLOYEE}\"\n"));
}

async fn mode(daemon: &Daemon) -> (Value, Value) {
    let state = tokio::task::block_in_place(|| daemon.api()).get("/api/answering").await.json();
    (state["mode"].clone(), state["set_by"].clone())
}

/// Waits until the conversation with the owner has this many messages, and returns the last one.
async fn answer_to(shop: &Shop, count: usize) -> String {
    until("the answer", async || {
        let talk = shop.talk(OWNER).await;
        (talk.len() == count).then(|| talk.last().cloned()).flatten()
    })
    .await
}

/// Returns the number of conversations that wait for an answer.
async fn waiting(shop: &Shop) -> usize {
    shop.api.get("/api/inbox?filter=waiting").await.json()["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_switches_by_whatsapp_through_either_provider() {
    let shop = Shop::open_with(of_owner, "").await;
    shop.receive_by_bridge(OWNER, "W1", "סוכן").await;
    assert_eq!(answer_to(&shop, 2).await, ">הסוכן עונה מיד לכל שיחה, עד שתשנו.");
    assert_eq!(mode(&shop.daemon).await, (json!("agent"), json!("owner")));
    // The command in a repeated webhook is neither carried out nor answered again.
    shop.receive_by_bridge(OWNER, "W1", "סוכן").await;

    let sid = "SMa0000000000000000000000000000001";
    shop.receive_by_twilio(&format!("whatsapp:{OWNER}"), sid, "Us until tomorrow").await;
    shop.receive_by_twilio(&format!("whatsapp:{OWNER}"), sid, "Us until tomorrow").await;
    let answer = answer_to(&shop, 4).await;
    assert!(answer.starts_with(">Every call rings at your phone first, until 09:00 ("), "{answer}");
    assert_eq!(mode(&shop.daemon).await.0, "ring");

    shop.receive_by_bridge(OWNER, "W2", "מצב").await;
    let answer = answer_to(&shop, 6).await;
    assert!(answer.starts_with(">כל שיחה מצלצלת קודם אצלכם, עד 09:00 (") && answer.contains("אפשר לכתוב"), "{answer}");
    shop.receive_by_bridge(OWNER, "W3", "רגיל").await;
    assert_eq!(answer_to(&shop, 8).await, ">המענה לפי ההגדרות: הסוכן עונה מיד.");
    assert_eq!(mode(&shop.daemon).await.0, "settings");
    assert_eq!(waiting(&shop).await, 0, "a command needs no answer by a user");
    // The end cannot be read, so nothing changes, and the answer lists the commands.
    shop.receive_by_bridge(OWNER, "W4", "סוכן עד 25:00").await;
    let answer = answer_to(&shop, 10).await;
    assert!(answer.starts_with(">המענה לפי ההגדרות") && answer.contains("אפשר לכתוב"), "{answer}");
    assert_eq!(mode(&shop.daemon).await.0, "settings");
    assert_eq!(waiting(&shop).await, 1, "it may be an ordinary message");
    let log = shop.daemon.query_value::<String>(
        "SELECT group_concat(actor || ' ' || subject, ',') FROM audit_log WHERE action = 'set_answering'",
    );
    assert_eq!(log, "owner answering:agent,owner answering:ring,owner answering:settings");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_texts_and_texts_of_other_numbers_switch_nothing() {
    let shop = Shop::open_with(of_owner, "").await;
    shop.receive_by_bridge(DANA, "W1", "סוכן").await;
    shop.receive_by_bridge(OWNER, "W2", "הסוכן לא ענה לי אתמול").await;
    // The business's own phone writes to the owner.
    let own = json!({"from": OWNER, "text": "agent", "id": "W3", "from_me": true});
    assert_eq!(shop.bridge_posts(&own).await.status, 204);
    assert_eq!(mode(&shop.daemon).await, (json!("settings"), Value::Null));
    assert_eq!(shop.talk(DANA).await, ["סוכן"]);
    let waiting = shop.api.get("/api/inbox?filter=waiting").await.json();
    assert!(!waiting["items"].as_array().unwrap().is_empty(), "{waiting:#}");
    assert_eq!(shop.count("messages WHERE author = 'daemon'"), 0);
}

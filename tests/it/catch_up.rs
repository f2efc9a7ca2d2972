//! Messages, calls, recordings and message statuses that the server missed are read from Twilio's lists: all of them,
//! exactly once, and the messages in order.

use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::audio::wav;
use agentlocator::clock;
use agentlocator::domain::Timestamp;
use agentlocator::simulator::DaemonConnector;
use agentlocator::simulator::openai::OpenAiOptions;
use agentlocator::simulator::twilio::{
    Fault, InboundMessage, MediaRecord, MessageRecord, NumberRecord, Operation, SignaturePlan, WhatsAppNetwork,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

const OWN: &str = "+97239999999";
const CONTACTS: usize = 30;

/// Prepares a killed daemon that has run once, so that the start of its downtime is stored, and a fake network by which
/// contacts write WhatsApp messages.
async fn switched_off() -> (CallHarness, WhatsAppNetwork) {
    let mut harness = on().await;
    harness.daemon.logs().wait_for_event("STARTED");
    until_lists_read(&harness).await;
    harness.daemon.kill9();
    let network = network(&harness);
    (harness, network)
}

async fn on() -> CallHarness {
    let configure = |setup: &mut super::support::Setup| {
        setup.env("TWILIO_WA_FROM", OWN);
    };
    CallHarness::without_ai(configure).await
}

/// Waits until the daemon has read Twilio's lists for the first time.
pub(super) async fn until_lists_read(harness: &CallHarness) {
    let mark = "meta WHERE key = 'twilio.catch_up' AND value LIKE '%\"recordings\":\"%'";
    until("the first look into the lists", async || (count(harness, mark) == 1).then_some(())).await;
}

fn network(harness: &CallHarness) -> WhatsAppNetwork {
    let connector = DaemonConnector::new(Some(harness.daemon.address())).unwrap();
    WhatsAppNetwork::new(harness.twilio_state.clone(), connector, harness.log.clone())
}

pub(super) fn launch(harness: &mut CallHarness) {
    tokio::task::block_in_place(|| harness.daemon.launch());
}

fn contact(number: usize) -> String {
    format!("+9725010000{number:02}")
}

/// Returns message number `at`. Each contact writes three messages within a second.
fn message(at: usize) -> InboundMessage {
    InboundMessage::text(contact(at / 3 % CONTACTS), OWN, format!("{at:03}"))
}

fn written(at: usize, began: Timestamp) -> Timestamp {
    began.plus(Duration::from_millis(300 * at as u64 + 20))
}

pub(super) fn count(harness: &CallHarness, rows: &str) -> usize {
    usize::try_from(harness.daemon.query_value::<i64>(&format!("SELECT count(*) FROM {rows}"))).unwrap()
}

/// Returns the texts of each contact, as the API shows them.
async fn threads(harness: &CallHarness) -> BTreeMap<String, Vec<String>> {
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let listed = api.get("/api/threads?type=whatsapp&limit=200").await.json();
    let mut threads = BTreeMap::new();
    for thread in listed["threads"].as_array().unwrap() {
        let page = api.get(&format!("/api/threads/{}/messages?limit=200", thread["id"])).await.json();
        let texts = page["messages"].as_array().unwrap().iter();
        let texts = texts.map(|message| message["content_text"].as_str().unwrap().to_owned()).collect();
        threads.insert(thread["peer_number"].as_str().unwrap().to_owned(), texts);
    }
    threads
}

fn webhook(harness: &CallHarness) -> Url {
    format!("{}/webhook/whatsapp/twilio", harness.daemon.url()).parse().unwrap()
}

async fn post_webhook(harness: &CallHarness, network: &WhatsAppNetwork, at: usize, record: &MessageRecord) {
    let fields = network.fields(&message(at), record);
    let answer = network.post_webhook(&webhook(harness), &fields, SignaturePlan::Good).await.unwrap();
    assert_eq!(answer.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_an_outage_are_read_back_once_and_in_order() {
    const MESSAGES: usize = 250;
    let (mut harness, network) = switched_off().await;
    let began = clock::now().minus(Duration::from_mins(2));
    let kept: Vec<_> = (0..MESSAGES).map(|at| network.store_at(&message(at), written(at, began))).collect();
    harness.twilio.fail_next(Operation::ListMessages, Fault::Status(503), 1);
    harness.twilio.fail_next(Operation::ListCalls, Fault::Status(429), 1);
    launch(&mut harness);
    // The last message of a burst, a middle one and a first one also arrive by webhook before the list is read.
    for at in [248, 100, 3] {
        post_webhook(&harness, &network, at, &kept[at]).await;
    }
    until("all messages", async || (count(&harness, "messages") >= MESSAGES).then_some(())).await;
    until("all lists", async || {
        (harness.twilio.requests().iter().filter(|asked| asked.what.ends_with("/Recordings.json")).count() > 1)
            .then_some(())
    })
    .await;
    let mut expected = BTreeMap::<String, Vec<String>>::new();
    for at in 0..MESSAGES {
        let message = message(at);
        expected.entry(message.from).or_default().push(message.body);
    }
    assert_eq!(threads(&harness).await, expected);
    assert_eq!(count(&harness, "messages"), MESSAGES);
    let found = harness.daemon.logs().events_named("TWILIO_CATCH_UP");
    assert_eq!(found.iter().map(|line| line["messages"].as_u64().unwrap()).sum::<u64>(), 247, "{found:?}");
    // The messages have the times that Twilio reports, and each thread has the time of its last message from Twilio.
    let late_ms: f64 = harness
        .daemon
        .query_value("SELECT max(abs(julianday(created_at) - julianday(provider_time))) * 86400000 FROM messages");
    assert!(late_ms < 3000.0, "{late_ms}");
    assert_eq!(count(&harness, "threads WHERE last_in_twilio_at IS NOT NULL"), CONTACTS);

    // A second run adds nothing.
    harness.daemon.kill9();
    let asked = harness.twilio.requests().len();
    launch(&mut harness);
    until("the lists once more", async || {
        (harness.twilio.requests()[asked..].iter().any(|asked| asked.what.ends_with("/Recordings.json"))).then_some(())
    })
    .await;
    assert_eq!(count(&harness, "messages"), MESSAGES);
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_move_while_they_are_read_give_each_message_once() {
    const MESSAGES: usize = 450;
    let (mut harness, network) = switched_off().await;
    let began = clock::now().minus(Duration::from_secs(200));
    for at in 0..MESSAGES {
        network.store_at(&message(at), written(at, began));
    }
    let asked = harness.twilio.requests().len();
    harness.twilio.fail_next(Operation::ListMessages, Fault::Slow(Duration::from_millis(500)), 3);
    launch(&mut harness);
    for page in 1..=2 {
        until("a request for a page", async || {
            let lists = harness.twilio.requests()[asked..]
                .iter()
                .filter(|asked| asked.what.ends_with("/Messages.json"))
                .count();
            (lists > page).then_some(())
        })
        .await;
        for more in 0..7 {
            network.keep(&InboundMessage::text(contact(0), OWN, format!("more {page} {more}")));
        }
    }
    until("all messages", async || {
        (count(&harness, "messages WHERE content_text NOT LIKE 'more%'") >= MESSAGES).then_some(())
    })
    .await;
    assert_eq!(count(&harness, "messages WHERE content_text NOT LIKE 'more%'"), MESSAGES);
    let repeated = "(SELECT content_text FROM messages GROUP BY content_text HAVING count(*) > 1)";
    assert_eq!(count(&harness, repeated), 0);
    let unordered =
        "(SELECT content_text AS now, lag(content_text) OVER (PARTITION BY thread_id ORDER BY created_at, id) AS before
        FROM messages WHERE content_text NOT LIKE 'more%') WHERE now < before";
    assert_eq!(count(&harness, unordered), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_message_that_was_read_back_is_fetched() {
    let (mut harness, network) = switched_off().await;
    let mut picture = InboundMessage::text(contact(1), OWN, "look");
    picture.media.push(MediaRecord::new("image/jpeg", b"picture".to_vec()));
    network.keep(&picture);
    // Messages to other numbers are ignored.
    network.keep(&InboundMessage::text(contact(2), "+97238888888", "to another sender"));
    launch(&mut harness);
    until("the file", async || (count(&harness, "message_media WHERE state = 'stored'") == 1).then_some(())).await;
    assert_eq!(count(&harness, "messages"), 1);
    assert_eq!(harness.daemon.query_value::<String>("SELECT media_kind FROM messages"), "image");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_recordings_of_an_outage_are_read_back() {
    let (mut harness, _) = switched_off().await;
    let began = clock::now().minus(Duration::from_secs(90));
    let ended = |seconds: u64| Some(began.plus(Duration::from_secs(seconds)));
    harness.twilio_state.add_number("+97235550000", |number: &mut NumberRecord| {
        number.voice_url = "https://another.example/voice".to_owned();
    });
    let missed = harness.twilio_state.insert_call("+972501234567", "+97235551234", "completed", began, ended(31));
    let withheld = harness.twilio_state.insert_call("+266696687", "+97235551234", "no-answer", began, ended(0));
    harness.twilio_state.insert_call("+972501234567", "+97235550000", "completed", began, ended(5));
    harness.twilio_state.insert_call("+972502222222", "+97235551234", "in-progress", began, None);
    let sound = vec![0x10_u8; 16_000];
    let file = [&wav::header(1, sound.len() as u64)[..], &sound].concat();
    harness.twilio_state.insert_recording(&missed, file, 1);
    launch(&mut harness);
    until("the recording", async || (count(&harness, "recordings WHERE state = 'complete'") == 1).then_some(())).await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let calls = api.get("/api/calls").await.json();
    let calls = calls["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2, "{calls:?}");
    let of = |sid: &str| calls.iter().find(|call| call["call_sid"] == sid).unwrap().clone();
    let call = of(&missed);
    for (field, value) in [
        ("missed", json!(true)),
        ("state", json!("ended")),
        ("end_reason", json!("not_connected")),
        ("duration_ms", json!(31_000)),
        ("peer_number", json!("+972501234567")),
        ("direction", json!("in")),
    ] {
        assert_eq!(call[field], value, "{field}");
    }
    let started: Timestamp = call["started_at"].as_str().unwrap().parse().unwrap();
    assert!(started.since(began) < Duration::from_secs(3) && began.since(started) < Duration::from_secs(3), "{call}");
    assert_eq!(of(&withheld)["peer_number"], "anonymous");
    let found = harness.daemon.logs().wait_for_event("TWILIO_CATCH_UP");
    assert_eq!((&found["calls"], &found["recordings"], &found["messages"]), (&json!(2), &json!(1), &Value::from(0)));
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_contact_does_not_return_from_twilio_s_lists() {
    let (mut harness, network) = switched_off().await;
    let began = clock::now().minus(Duration::from_secs(90));
    let sound = vec![0x10_u8; 16_000];
    let file = [&wav::header(1, sound.len() as u64)[..], &sound].concat();
    let insert_call = |harness: &CallHarness, from: &str| {
        let ended = Some(began.plus(Duration::from_secs(31)));
        let sid = harness.twilio_state.insert_call(from, "+97235551234", "completed", began, ended);
        harness.twilio_state.insert_recording(&sid, file.clone(), 1);
    };
    insert_call(&harness, &contact(1));
    network.keep(&InboundMessage::text(contact(1), OWN, "delete what you have about me"));
    launch(&mut harness);
    let complete = "recordings WHERE state = 'complete'";
    until("the message and the recording", async || {
        (count(&harness, "messages") == 1 && count(&harness, complete) == 1).then_some(())
    })
    .await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let id = api.get("/api/contacts").await.json()["items"][0]["id"].clone();
    let erased = api.post_json(&format!("/api/contacts/{id}/erase"), &json!({"confirm": contact(1)})).await;
    assert_eq!(erased.status, 200, "{}", erased.text());

    // After a restart, the daemon reads the last minutes of the lists again, with the erased entries.
    harness.daemon.kill9();
    insert_call(&harness, &contact(2));
    launch(&mut harness);
    let other = format!("{complete} AND call_id IN (SELECT id FROM calls WHERE peer_number = '{}')", contact(2));
    until("the recording of the other contact", async || (count(&harness, &other) == 1).then_some(())).await;
    for rows in ["contacts", "calls", "recordings"] {
        assert_eq!(count(&harness, rows), 1, "{rows}");
    }
    assert_eq!(count(&harness, "messages"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_blocked_contact_in_an_outage_waits_for_no_answer() {
    let mut harness = on().await;
    until_lists_read(&harness).await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let new = json!({"number": "+972501234567"});
    let id = api.post_json("/api/contacts", &new).await.json()["id"].clone();
    let block = api.request(reqwest::Method::PUT, &format!("/api/contacts/{id}/block"));
    assert_eq!(super::support::client::send(block.json(&json!({"blocked": true}))).await.status, 200);
    harness.daemon.kill9();
    let began = clock::now().minus(Duration::from_secs(90));
    let sid = harness.twilio_state.insert_call("+972501234567", "+97235551234", "no-answer", began, Some(began));
    launch(&mut harness);
    let call = harness.ended_call(&sid).await;
    assert_eq!((&call["outcome"], &call["missed"]), (&json!("blocked"), &json!(true)), "{call:#}");
    let waiting = api.get("/api/inbox?filter=waiting").await.json();
    assert_eq!(waiting["items"], json!([]), "{waiting:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_refused_by_a_full_disk_is_read_back_once_there_is_space() {
    let harness = on().await;
    let network = network(&harness);
    until_lists_read(&harness).await;
    harness.daemon.let_files_grow("1024:unlimited");
    let (_, answer) = network.send(&webhook(&harness), &message(0)).await;
    assert_eq!(answer.unwrap().status, 503);
    harness.daemon.let_files_grow("unlimited:unlimited");
    // Twilio does not retry the webhook, so the daemon must find the message in Twilio's list.
    until("the message", async || (count(&harness, "messages") == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_answered_on_a_full_disk_is_stored_as_answered_once_there_is_space() {
    let configure = |setup: &mut super::support::Setup| {
        setup.env("TWILIO_WA_FROM", OWN);
    };
    let harness = CallHarness::with_ai(OpenAiOptions::default(), configure).await;
    let network = network(&harness);
    until_lists_read(&harness).await;
    harness.daemon.let_files_grow("1024:unlimited");
    let report = harness.call(harness.plan("say 1.2s; listen")).await;
    assert_eq!(report.streams[0].answers.len(), 1, "{report:#?}");
    // A rejected message makes the daemon read Twilio's lists, in which the call has ended.
    let (_, answer) = network.send(&webhook(&harness), &message(0)).await;
    assert_eq!(answer.unwrap().status, 503);
    harness.daemon.let_files_grow("unlimited:unlimited");
    let call = harness.ended_call(&report.call_sid).await;
    for (field, value) in [
        ("missed", json!(false)),
        ("outcome", json!("answered")),
        ("end_reason", json!("caller_hung_up")),
        ("engine", json!("realtime")),
    ] {
        assert_eq!(call[field], value, "{field} of {call:#}");
    }
    until("the message", async || (count(&harness, "messages") == 1).then_some(())).await;
    assert_eq!(count(&harness, "calls"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_whose_callback_was_lost_is_read_back() {
    let mut harness = on().await;
    let network = network(&harness);
    until_lists_read(&harness).await;
    let (_, answer) = network.send(&webhook(&harness), &message(0)).await;
    assert_eq!(answer.unwrap().status, 204);
    harness.twilio.change(|options| options.statuses = vec![]);
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let sent = api.post_json("/api/whatsapp/send", &json!({ "to": contact(0), "text": "here" })).await.json();
    let is_out = |harness: &CallHarness, status: &str| {
        (count(harness, &format!("messages WHERE direction = 'out' AND status = '{status}'")) == 1).then_some(())
    };
    until("Twilio's answer", async || is_out(&harness, "sent")).await;
    harness.daemon.kill9();
    let taken = harness.twilio_state.messages().into_iter().find(|message| message.direction == "outbound-api");
    harness.twilio_state.set_message_status(&taken.unwrap().sid, "delivered", None);
    launch(&mut harness);
    until("the status", async || is_out(&harness, "delivered")).await;
    let events = "message_events WHERE kind = 'status' AND value = 'delivered'";
    assert_eq!((count(&harness, events), &sent["ok"]), (1, &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_reads_back_a_day_and_no_more() {
    let mut harness = on().await;
    harness.daemon.kill9();
    harness.daemon.seed("DELETE FROM meta WHERE key = 'twilio.catch_up'");
    let network = network(&harness);
    network
        .store_at(&InboundMessage::text(contact(1), OWN, "this morning"), clock::now().minus(Duration::from_hours(20)));
    network.store_at(&InboundMessage::text(contact(1), OWN, "long ago"), clock::now().minus(Duration::from_hours(26)));
    launch(&mut harness);
    until_lists_read(&harness).await;
    assert_eq!(harness.daemon.query_column::<String>("SELECT content_text FROM messages"), ["this morning"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn a_message_whose_webhook_was_lost_is_read_back_within_five_minutes() {
    let harness = on().await;
    until_lists_read(&harness).await;
    network(&harness).store_at(&message(0), clock::now());
    for _ in 0..330 {
        if count(&harness, "messages") == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("the lists were not read again");
}

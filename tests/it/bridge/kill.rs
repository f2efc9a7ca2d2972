//! Kills the bridge, the daemon, or both with `kill -9` at random times under traffic in both directions. Afterwards,
//! every message acknowledged to WhatsApp is in the CRM once, and every message that the API accepted is on the phone
//! once. The messages of each contact are in order, and no new pairing code is needed.

use super::harness::BridgeHarness;
use crate::support::Client;
use crate::support::rng::SeededRng;
use agentlocator::simulator::whatsapp::WhatsAppUser;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

const WRITERS: [WhatsAppUser; 3] = [
    WhatsAppUser { number: "972501000001", name: "א" },
    WhatsAppUser { number: "972501000002", name: "ב" },
    WhatsAppUser { number: "972501000003", name: "ג" },
];
const READERS: [&str; 3] = ["972502000001", "972502000002", "972501000001"];

/// The messages that the API has accepted, and whether the senders must stop.
#[derive(Default)]
struct ExpectedState {
    is_over: AtomicBool,
    /// The texts that the API has accepted, for each contact in order.
    taken: Mutex<BTreeMap<&'static str, Vec<String>>>,
}

impl ExpectedState {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

async fn killed_again_and_again(rounds: u64) {
    let seed = std::env::var("KILL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| u64::from_ne_bytes(agentlocator::entropy::random_bytes()));
    eprintln!("KILL_SEED={seed}");
    let mut rng = SeededRng::new(seed, 0);
    let mut harness = BridgeHarness::linked().await;
    let expected_state = Arc::new(ExpectedState::default());
    let mut load = JoinSet::new();
    for contact in READERS {
        load.spawn(send(harness.api.clone(), contact, expected_state.clone()));
    }
    for round in 0..rounds {
        let mut number = 0;
        let until = tokio::time::Instant::now() + Duration::from_millis(300 + rng.below(1_500));
        while tokio::time::Instant::now() < until {
            for contact in WRITERS {
                number += 1;
                harness.whatsapp.writes(contact, &format!("נכנסת {round} {number}")).await.unwrap();
            }
            if number % 9 == 0 {
                harness.whatsapp.writes_from_phone(WRITERS[1], &format!("מהטלפון {round} {number}")).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(rng.below(60))).await;
        }
        let victim = match rng.below(3) {
            0 => "the bridge",
            1 => "the daemon",
            _ => "both",
        };
        eprintln!("round {round}: {number} written, {victim} killed");
        match victim {
            "the bridge" => harness.bridge.kill().await,
            "the daemon" => tokio::task::block_in_place(|| harness.daemon.kill9()),
            _ => {
                tokio::task::block_in_place(|| harness.daemon.kill9());
                harness.bridge.kill().await;
            }
        }
        tokio::time::sleep(Duration::from_millis(rng.below(400))).await;
        if harness.daemon.is_down() {
            tokio::task::block_in_place(|| harness.daemon.launch());
        }
        harness.bridge.launch().await.unwrap();
        if rng.below(2) == 0 {
            harness.becomes("connected").await;
        }
    }
    expected_state.is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = load.join_next().await {
        ended.unwrap();
    }
    harness.becomes("connected").await;
    quiet(&harness).await;
    assert_matches(&harness, &expected_state).await;
}

/// Sends one message after another to a contact. Repeats each request with the same idempotency key until the API
/// accepts the message.
async fn send(api: Client, contact: &'static str, expected_state: Arc<ExpectedState>) {
    let mut number = 0;
    while !expected_state.is_over() {
        number += 1;
        let text = format!("יוצאת {contact} {number}");
        let body = json!({ "to": format!("+{contact}"), "text": text });
        loop {
            let key = format!("{contact}-{number}");
            let request = api.request(reqwest::Method::POST, "/api/whatsapp/send").header("Idempotency-Key", key);
            match request.json(&body).send().await {
                Ok(answer) if answer.status() == 200 => {
                    expected_state.taken.lock().unwrap().entry(contact).or_default().push(text);
                    break;
                }
                Ok(answer) => assert!(answer.status().is_server_error(), "{}", answer.status()),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        tokio::time::sleep(Duration::from_millis(70)).await;
    }
}

/// Waits until no message is in progress in any of the three processes.
async fn quiet(harness: &BridgeHarness) {
    let (mut least, mut last_progress) = (usize::MAX, std::time::Instant::now());
    let left = loop {
        let state = harness.whatsapp.state().await.unwrap();
        let inbound = state["inbound"].as_array().unwrap();
        // If the bridge has already stored a message on disk, it refuses a second delivery of this message.
        let is_over = |m: &Value| m["state"] == "acknowledged" || m["state"] == "refused";
        let unread: Vec<_> = inbound.iter().filter(|m| !is_over(m)).cloned().collect();
        let waiting: i64 =
            harness.daemon.query_value("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'doubtful')");
        let inbox = harness.link_state().await["waiting"]["inbox"].clone();
        if unread.is_empty() && waiting == 0 && inbox == 0 {
            return;
        }
        // Long rounds leave a long queue, whose messages are sent one by one for each contact. Therefore the test only
        // requires that the queue becomes shorter at least every two minutes.
        let left = unread.len() + usize::try_from(waiting).unwrap() + usize::from(inbox != 0);
        if left < least {
            (least, last_progress) = (left, std::time::Instant::now());
        }
        if last_progress.elapsed() > Duration::from_mins(2) {
            break format!("{unread:?} not acknowledged, {waiting} in the outbox, {inbox} in the bridge");
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    };
    panic!("work is still pending: {left}; {}", harness.bridge_log());
}

async fn assert_matches(harness: &BridgeHarness, expected_state: &ExpectedState) {
    let state = harness.whatsapp.state().await.unwrap();
    assert_eq!(state["registrations"], 1, "a new code was needed");
    let stored: Vec<String> = harness.daemon.query_column(
        "SELECT t.peer_number || ' ' || m.content_text FROM messages m JOIN threads t ON t.id = m.thread_id
             WHERE m.direction = 'in' OR m.content_text LIKE 'מהטלפון%' ORDER BY m.id",
    );
    let written = |message: &Value| {
        let contact = message["to"].as_str().or(message["from"].as_str()).unwrap();
        format!("+{contact} {}", message["text"].as_str().unwrap())
    };
    let inbound = state["inbound"].as_array().unwrap();
    let again: Vec<String> = inbound.iter().filter(|message| message["retries"] != 0).map(written).collect();
    let written: Vec<String> = inbound.iter().map(written).collect();
    let own: Vec<_> = stored.iter().filter(|text| text.contains("מהטלפון")).cloned().collect();
    for contact in WRITERS {
        let of = |texts: &[String]| -> Vec<String> {
            texts.iter().filter(|text| text.contains(contact.number)).cloned().collect()
        };
        let (mut all, mut expected) = (of(&stored), of(&written));
        // If the bridge cannot decrypt a message, its sender sends it again, so it may arrive after later messages.
        let at_once =
            |texts: &[String]| -> Vec<String> { texts.iter().filter(|text| !again.contains(*text)).cloned().collect() };
        assert_eq!(at_once(&all), at_once(&expected), "what {} wrote, in order", contact.number);
        all.sort();
        expected.sort();
        assert_eq!(all, expected, "what {} wrote, once each", contact.number);
    }
    assert_eq!(stored.len(), written.len());
    let taken = expected_state.taken.lock().unwrap().clone();
    for (contact, texts) in &taken {
        let shown = harness.whatsapp.shown_to(contact).await.unwrap();
        assert_eq!(&shown, texts, "the messages to {contact}, once each and in order");
    }
    let failed: Vec<String> = harness
        .daemon
        .query_column("SELECT content_text || ': ' || coalesce(error, '') FROM messages WHERE status = 'failed'");
    assert!(failed.is_empty(), "{failed:?}");
    let integrity: String = harness.daemon.query_value("PRAGMA integrity_check");
    assert_eq!(integrity, "ok");
    let sent: usize = taken.values().map(Vec::len).sum();
    let unsure: i64 = harness.daemon.query_value(
        "SELECT count(*) FROM messages WHERE direction = 'out' AND status NOT IN ('sent', 'delivered', 'read')",
    );
    assert_eq!(unsure, 0, "messages with an unknown outcome");
    eprintln!(
        "{} in ({} from the phone, {} asked for again), {sent} out, {} logins",
        written.len(),
        own.len(),
        again.len(),
        state["logins"]
    );
    assert!(written.len() > 20 && sent > 10, "there was no load");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_lost_or_doubled_between_whatsapp_and_the_crm() {
    killed_again_and_again(5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn long_no_message_is_lost_or_doubled_between_whatsapp_and_the_crm() {
    killed_again_and_again(50).await;
}

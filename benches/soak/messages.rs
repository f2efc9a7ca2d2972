//! Messages in both directions through both providers, and an API client that reads.

use crate::expected::{Expected, Sent, Written};
use crate::it::support::rng::SeededRng;
use crate::support::Client;
use agentlocator::simulator::twilio::{InboundMessage, MediaRecord, WhatsAppNetwork};
use agentlocator::simulator::whatsapp::WhatsAppServer;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use url::Url;

/// The business's WhatsApp sender at Twilio.
pub const OWN: &str = "+97239999999";

/// Returns the numbers of the contacts that write through Twilio. No contact uses both providers, because the order
/// across providers is not checked.
pub fn twilio_writers() -> Vec<String> {
    (0..CONTACTS_OF_A_WRITER * u64::from(TWILIO_WRITERS)).map(|n| format!("+97250{:07}", 1_000_000 + n)).collect()
}

pub fn bridge_writers() -> Vec<String> {
    (0..BRIDGE_CONTACTS).map(|n| format!("+97252{:07}", 2_000_000 + n)).collect()
}

/// Sends messages to the business through Twilio, each after the response to the previous one.
pub async fn write_by_twilio(
    network: WhatsAppNetwork,
    url: Url,
    numbers: Vec<String>,
    mut rng: SeededRng,
    expected: Arc<Expected>,
) {
    let mut every = at_rate(TWILIO_WRITERS, TWILIO_PER_SECOND);
    for n in 0.. {
        every.tick().await;
        if expected.is_over() {
            return;
        }
        let number = rng.pick(&numbers).clone();
        let text = format!("{number} {n} שלום, אפשר לקבוע תור?");
        let mut message = InboundMessage::text(&number, OWN, &text);
        let has_file = rng.percent(8);
        if has_file {
            message.media = vec![MediaRecord::new("image/jpeg", file(&mut rng))];
        }
        let (record, answer) = network.send(&url, &message).await;
        let is_acknowledged = answer.as_ref().is_ok_and(|answer| answer.status == 204);
        if !is_acknowledged {
            let status = answer.map(|answer| answer.status);
            expected.problem(format!("Twilio's message {}: {status:?}", record.sid));
        }
        expected.written(&number, Written { text, has_file, is_acknowledged });
        // Twilio retries a webhook whose response was lost.
        if rng.percent(4) {
            let fields = network.fields(&message, &record);
            let _ = network.post_webhook(&url, &fields, agentlocator::simulator::twilio::SignaturePlan::Good).await;
        }
    }
}

/// Sends messages to the linked account. The WhatsApp server queues the messages that it cannot deliver yet.
pub async fn write_by_bridge(whatsapp: &WhatsAppServer, mut rng: SeededRng, expected: &Expected) {
    let numbers = bridge_writers();
    let mut every = at_rate(1, BRIDGE_PER_SECOND);
    for n in 0.. {
        every.tick().await;
        if expected.is_over() {
            return;
        }
        let number = rng.pick(&numbers);
        let text = format!("{number} {n} מה שעות הפתיחה?");
        let digits = number.trim_start_matches('+');
        let mut body = json!({ "from": digits, "name": "דנה", "text": text });
        let has_file = rng.percent(8);
        if has_file {
            let content = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, file(&mut rng));
            let media = json!({ "kind": "image", "mimetype": "image/jpeg", "base64": content, "caption": text });
            body = json!({ "from": digits, "name": "דנה", "media": media });
        }
        match whatsapp.call("/inbound", &body).await {
            Ok(_) => expected.written(number, Written { text, has_file, is_acknowledged: true }),
            Err(error) => expected.problem(format!("the WhatsApp server refused a message: {error}")),
        }
    }
}

/// Sends messages through the API to contacts that have written. A request whose response was lost is repeated with the
/// same idempotency key.
pub async fn send(api: Client, sender: u64, mut rng: SeededRng, expected: Arc<Expected>) {
    let mut every = at_rate(SENDERS, SENT_PER_SECOND);
    for n in 0.. {
        every.tick().await;
        if expected.is_over() {
            return;
        }
        let writers = expected.writers();
        if writers.is_empty() {
            continue;
        }
        let number = rng.pick(&writers).clone();
        let text = format!("{number} s{sender} {n} בוודאי, נתראה!");
        let body = json!({ "to": number, "text": text });
        let key = format!("soak-{sender}-{n}");
        loop {
            let request = api.request(reqwest::Method::POST, "/api/whatsapp/send").header("Idempotency-Key", &key);
            let answer = match request.json(&body).send().await {
                Ok(answer) => answer,
                Err(error) => {
                    expected.problem(format!("a message by the API: {error}"));
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    continue;
                }
            };
            let status = answer.status();
            let reply_body: Value = answer.json().await.unwrap_or_default();
            match reply_body["message_id"].as_i64() {
                // A client that has lost the response repeats the request.
                Some(_) if rng.percent(5) => {}
                Some(message_id) => {
                    expected.sent(Sent { number, text, message_id });
                    break;
                }
                None => {
                    expected.problem(format!("a message by the API: {status} {reply_body}"));
                    break;
                }
            }
        }
    }
}

pub async fn read(api: Client, mut rng: SeededRng, expected: Arc<Expected>) {
    let mut every = at_rate(1, 1);
    let paths = ["/api/threads", "/api/calls", "/api/contacts?q=dana", "/api/alerts", "/api/contacts", "/readyz"];
    while !expected.is_over() {
        every.tick().await;
        let path = *rng.pick(&paths);
        let answer = api.get(path).await;
        if !matches!(answer.status, 200) && path != "/readyz" {
            expected.problem(format!("{path} was answered {}: {}", answer.status, answer.text()));
            continue;
        }
        if path == "/api/threads" {
            let thread = answer.json()["threads"][0]["id"].clone();
            if thread.is_i64() {
                api.get(&format!("/api/threads/{thread}/messages")).await;
            }
        }
        if path == "/api/calls" {
            let calls = answer.json()["calls"].as_array().cloned().unwrap_or_default();
            if let Some(call) = calls.iter().find(|call| call["state"] == "ended") {
                api.get(&format!("/api/calls/{}/recording", call["id"])).await;
            }
        }
    }
}

/// Returns the interval with which `writers` tasks together reach this rate. After a late tick, the next tick follows a
/// full interval later.
fn at_rate(writers: u32, per_second: u32) -> tokio::time::Interval {
    let mut every = interval(Duration::from_secs(1) * writers / per_second);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    every
}

/// Returns random content for a file, so that no two files are equal.
fn file(rng: &mut SeededRng) -> Vec<u8> {
    let words = 500 + rng.below(5_000);
    (0..words).flat_map(|_| rng.next().to_le_bytes()).collect()
}

pub const TWILIO_WRITERS: u32 = 12;
const CONTACTS_OF_A_WRITER: u64 = 8;
const BRIDGE_CONTACTS: u64 = 40;
pub const SENDERS: u32 = 4;
const TWILIO_PER_SECOND: u32 = 6;
const BRIDGE_PER_SECOND: u32 = 2;
const SENT_PER_SECOND: u32 = 2;

/// Returns the numbers of the contacts for whom one task writes through Twilio.
pub fn of_writer(writer: u32) -> Vec<String> {
    let each = usize::try_from(CONTACTS_OF_A_WRITER).unwrap_or(1);
    twilio_writers().chunks(each).nth(writer as usize).unwrap_or_default().to_vec()
}

//! A daemon that uses the fakes of both providers.

use super::twilio::{ACCOUNT, TOKEN};
use super::{FakeBridge, FakeTwilio, WEBHOOK_SECRET};
use crate::support::client::send;
use crate::support::daemon::LIMIT;
use crate::support::{Client, Daemon, Reply, Setup};
use agentlocator::config::Secret;
use agentlocator::providers::twilio::signature::{self, Payload};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub const OWN_SENDER: &str = "whatsapp:+97239999999";

pub struct Shop {
    pub daemon: Daemon,
    pub twilio: FakeTwilio,
    pub bridge: FakeBridge,
    pub api: Client,
}

impl Shop {
    /// Starts a shop with both providers, without a template and without delays between messages.
    pub async fn open() -> Self {
        Self::open_with(|_| {}, "").await
    }

    /// Starts a shop with additional settings, and with these rows in the database.
    pub async fn open_with(configure: impl FnOnce(&mut Setup), seed: &str) -> Self {
        let (twilio, bridge) = (FakeTwilio::start().await, FakeBridge::start().await);
        let mut daemon = Daemon::prepare(|setup| {
            setup
                .env("TWILIO_ACCOUNT_SID", ACCOUNT)
                .env("TWILIO_AUTH_TOKEN", TOKEN)
                .env("TWILIO_WA_FROM", OWN_SENDER)
                .env("TWILIO_API_BASE_URL", &twilio.origin);
            bridge.configure(setup);
            configure(setup);
        });
        if !seed.is_empty() {
            daemon.seed(seed);
        }
        daemon.launch();
        let api = daemon.api();
        Self { daemon, twilio, bridge, api }
    }

    /// Waits until a queued message is postponed to the next day.
    pub async fn until_postponed(&self) {
        until("the postponement", async || {
            let next: String =
                self.daemon.query_value("SELECT max(next_attempt_at) FROM outbox WHERE state = 'queued'");
            (next > agentlocator::clock::now().plus(Duration::from_hours(23)).to_string()).then_some(())
        })
        .await;
    }

    /// Posts a signed webhook as Twilio does, with the account's id added.
    pub async fn twilio_posts(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        self.twilio_posts_exactly(path, &[&[("AccountSid", ACCOUNT)], pairs].concat()).await
    }

    /// Posts a signed webhook with exactly these fields.
    pub async fn twilio_posts_exactly(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let form: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let url = format!("{}{path}", self.daemon.url());
        let signature = signature::sign(&Secret::new(TOKEN), &url, Payload::Form(&form));
        let request = self.daemon.client().request(Method::POST, path).header("X-Twilio-Signature", signature);
        send(request.form(&form)).await
    }

    /// Posts the webhook of a message, as Twilio does.
    pub async fn receive_by_twilio(&self, from: &str, sid: &str, text: &str) {
        let pairs = [("MessageSid", sid), ("From", from), ("To", OWN_SENDER), ("Body", text), ("NumMedia", "0")];
        let reply = self.twilio_posts("/webhook/whatsapp/twilio", &pairs).await;
        assert_eq!((reply.status, reply.text().as_str()), (204, ""));
    }

    /// Posts a status callback, as Twilio does; `code` is its `ErrorCode`.
    pub async fn twilio_reports_status(&self, sid: &str, status: &str, code: &str) {
        let pairs =
            [("MessageSid", sid), ("MessageStatus", status), ("ErrorCode", code), ("To", "whatsapp:+972501234567")];
        let reply = self.twilio_posts("/webhook/whatsapp/twilio/status", &pairs).await;
        assert_eq!((reply.status, reply.text().as_str()), (204, ""));
    }

    /// Posts a webhook with the token, as the bridge does.
    pub async fn bridge_posts(&self, body: &Value) -> Reply {
        self.bridge_posts_raw(body.to_string().into_bytes()).await
    }

    pub async fn bridge_posts_raw(&self, body: Vec<u8>) -> Reply {
        let request = self.daemon.client().request(Method::POST, "/webhook/whatsapp/baileys");
        send(request.header("X-BAILEYS-SECRET", WEBHOOK_SECRET).body(body)).await
    }

    /// Posts the webhook of a message, as the bridge does.
    pub async fn receive_by_bridge(&self, from: &str, id: &str, text: &str) {
        let reply = self.bridge_posts(&json!({ "from": from, "text": text, "id": id })).await;
        assert_eq!((reply.status, reply.text().as_str()), (204, ""));
    }

    /// Sends a message through the API.
    pub async fn send(&self, body: &Value) -> Reply {
        self.api.post_json("/api/whatsapp/send", body).await
    }

    /// Sends a text by the provider that the policy selects. Returns the API's response.
    pub async fn say(&self, to: &str, text: &str) -> Value {
        let reply = self.send(&json!({ "to": to, "text": text })).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Returns the message of an API response, as the API shows it.
    pub async fn message(&self, answer: &Value) -> Value {
        let thread = answer["thread_id"].as_i64().unwrap();
        let page = self.api.get(&format!("/api/threads/{thread}/messages?limit=200")).await.json();
        let messages = page["messages"].as_array().unwrap();
        messages.iter().find(|message| message["id"] == answer["message_id"]).unwrap().clone()
    }

    /// Waits until the message of an API response has this status.
    pub async fn until_status(&self, answer: &Value, status: &str) -> Value {
        until(&format!("message {} to be {status}", answer["message_id"]), async || {
            let message = self.message(answer).await;
            (message["status"] == status).then_some(message)
        })
        .await
    }

    /// Returns all texts of the only thread with this number, with `>` before outbound ones.
    pub async fn talk(&self, number: &str) -> Vec<String> {
        let threads = self.api.get("/api/threads?type=whatsapp").await.json();
        let threads: Vec<_> =
            threads["threads"].as_array().unwrap().iter().filter(|thread| thread["peer_number"] == number).collect();
        assert_eq!(threads.len(), 1, "one thread with {number}");
        let page = self.api.get(&format!("/api/threads/{}/messages?limit=200", threads[0]["id"])).await.json();
        let shown = |message: &Value| {
            let mark = if message["direction"] == "out" { ">" } else { "" };
            format!("{mark}{}", message["content_text"].as_str().unwrap())
        };
        page["messages"].as_array().unwrap().iter().map(shown).collect()
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.daemon.query_value(&format!("SELECT count(*) FROM {sql}"))
    }
}

/// Waits until `found` returns a value.
pub async fn until<T>(what: &str, found: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

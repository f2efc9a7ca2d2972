use super::*;
use crate::{DaemonConnector, EventLog};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;

struct Bench {
    bridge: Bridge,
    connector: DaemonConnector,
    log: EventLog,
}

async fn bench() -> Bench {
    let log = EventLog::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bridge = Bridge::start(listener, BridgeOptions::connected("secret"), log.clone()).unwrap();
    Bench { bridge, connector: DaemonConnector::new(None).unwrap(), log }
}

impl Bench {
    async fn send(&self, secret: &str, body: &Value) -> (u16, Value) {
        let url: Url = self.bridge.send_url().parse().unwrap();
        let request = self.connector.request(reqwest::Method::POST, &url).header("x-baileys-secret", secret).json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

fn text(key: &str) -> Value {
    json!({"to": "972501234567", "type": "text", "text": "שלום", "idempotencyKey": key})
}

#[tokio::test]
async fn a_message_is_sent_once_per_key() {
    let bench = bench().await;
    let first = bench.send("secret", &text("k1")).await;
    assert_eq!(first.0, 200);
    assert_eq!(bench.send("secret", &text("k1")).await, first);
    assert_ne!(bench.send("secret", &text("k2")).await.1, first.1);
    let state = bench.bridge.state();
    assert_eq!((state.sent.len(), state.requests), (2, 3));
    assert_eq!(bench.log.violations().len(), 0);
}

#[tokio::test]
async fn faults_happen_as_planned() {
    let bench = bench().await;
    for (fault, status, sent) in [
        (BridgeFault::NotConnected, 503, 0),
        (BridgeFault::Refused, 422, 0),
        (BridgeFault::Broken, 500, 0),
        (BridgeFault::UnknownNotSent, 504, 0),
        (BridgeFault::UnknownSent, 504, 1),
    ] {
        bench.bridge.fail_next(fault, 1);
        assert_eq!(bench.send("secret", &text("k")).await.0, status, "{fault:?}");
        assert_eq!(bench.bridge.state().sent.len(), sent, "{fault:?}");
    }
    // The message with the unknown outcome was sent; a repeated request does not send it again.
    assert_eq!(bench.send("secret", &text("k")).await.0, 200);
    assert_eq!(bench.bridge.state().sent.len(), 1);
    bench.bridge.fail_next(BridgeFault::HangAfterSend, 1);
    let other = text("k3");
    assert!(tokio::time::timeout(Duration::from_millis(200), bench.send("secret", &other)).await.is_err());
    assert_eq!(bench.bridge.state().sent.len(), 2);
    bench.bridge.change(|options| options.connected = false);
    assert_eq!(bench.send("secret", &text("k4")).await.0, 503);
}

#[tokio::test]
async fn requests_that_violate_the_contract_are_refused() {
    let bench = bench().await;
    assert_eq!(bench.send("wrong", &text("k")).await.0, 401);
    for body in [
        json!([]),
        json!({"to": "972501234567", "type": "text", "text": "x"}),
        json!({"to": "", "type": "text", "text": "x", "idempotencyKey": "k"}),
        json!({"to": "dana", "type": "text", "text": "x", "idempotencyKey": "k"}),
        json!({"to": "972501234567", "type": "text", "idempotencyKey": "k"}),
        json!({"to": "972501234567", "type": "image", "idempotencyKey": "k"}),
        json!({"to": "972501234567", "type": "poll", "idempotencyKey": "k"}),
        json!({"to": "972501234567", "type": "text", "text": "x", "idempotencyKey": "k", "priority": 1}),
    ] {
        assert_eq!(bench.send("secret", &body).await.0, 400, "{body}");
    }
    assert_eq!(bench.log.violations().len(), 9);
    bench.send("secret", &text("k")).await;
    bench.send("secret", &json!({"to": "972501234567", "type": "text", "text": "other", "idempotencyKey": "k"})).await;
    assert_eq!(bench.log.violations().len(), 10);
}

#[tokio::test]
async fn a_message_may_quote_another_one() {
    let bench = bench().await;
    let quoting = |key: &str, quoted: Value| {
        let mut body = text(key);
        body["quoted"] = quoted;
        body
    };
    for (key, quoted) in [
        ("k1", json!({"id": "3EB0A", "fromMe": false, "text": "פתוח?"})),
        ("k2", json!({"id": "3EB0A", "fromMe": true, "text": ""})),
        ("k3", json!({"id": "3EB0A"})),
        ("k4", Value::Null),
    ] {
        assert_eq!(bench.send("secret", &quoting(key, quoted.clone())).await.0, 200, "{quoted}");
    }
    assert_eq!(bench.log.violations().len(), 0);
    for quoted in [
        json!("3EB0A"),
        json!(["3EB0A"]),
        json!({"fromMe": false, "text": "פתוח?"}),
        json!({"id": "", "text": "פתוח?"}),
        json!({"id": 7, "text": "פתוח?"}),
        json!({"id": "A".repeat(257), "text": "פתוח?"}),
        json!({"id": "3EB0A", "text": 7}),
    ] {
        assert_eq!(bench.send("secret", &quoting("k", quoted.clone())).await.0, 400, "{quoted}");
    }
    assert_eq!(bench.log.violations().len(), 7);
}

#[test]
fn a_message_has_a_long_and_a_short_form() {
    let message = BridgeMessage { id: "ABCD123".into(), ..BridgeMessage::text("972501234567", "שלום") };
    assert_eq!(
        message.body(InboundForm::Long),
        json!({"from": "972501234567", "text": "שלום", "media_url": null, "provider_msg_id": "ABCD123"})
    );
    assert_eq!(message.body(InboundForm::Short), json!({"from": "972501234567", "body": "שלום", "id": "ABCD123"}));
}

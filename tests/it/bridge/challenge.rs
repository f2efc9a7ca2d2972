//! The daemon and the bridge verify each other, because they are connected by TCP ports: while one of them is down,
//! another program can listen on its port.

use super::harness::{BridgeHarness, DANA, SECRET, eventually};
use super::wire_tap::WireTap;
use crate::support::Daemon;
use crate::support::fake_server::FakeServer;
use agentlocator::simulator::EventLog;
use agentlocator::simulator::bridge::{Bridge, BridgeOptions};
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpListener;

/// Starts a program that accepts every request.
fn impostor() -> FakeServer {
    let body = r#"{"ok":true,"connected":true,"state":"connected","provider_msg_id":"3EB0FALSE"}"#;
    FakeServer::start(None, move |_| FakeServer::answer(200, body, Duration::ZERO))
}

/// Starts the three processes. Also returns the proxies between them: first the proxy by which the daemon reaches the
/// bridge, then the proxy by which the bridge reaches the daemon.
async fn linked() -> (BridgeHarness, WireTap, WireTap) {
    let (to_bridge, to_daemon) = (WireTap::start().await, WireTap::start().await);
    let harness = BridgeHarness::linked_through(&to_bridge.origin(), &to_daemon.origin(), |bridge, daemon| {
        to_bridge.lead_to(bridge);
        to_daemon.lead_to(daemon);
    })
    .await;
    (harness, to_bridge, to_daemon)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_sent_over_no_port() {
    let (mut harness, to_bridge, to_daemon) = linked().await;
    for round in ["א", "ב"] {
        harness.whatsapp.writes(DANA, round).await.unwrap();
        harness.message(DANA, "the message", |m| m["content_text"] == round).await;
        harness.whatsapp.sends_file(DANA, "image", "image/png", &[7; 5000], &json!({ "id": round })).await.unwrap();
        let answer = harness.say("+972501234567", &format!("תשובה {round}")).await;
        harness.until_status(DANA, &answer, "delivered").await;
        // A restarted bridge has a new nonce.
        harness.bridge.kill().await;
        harness.bridge.launch().await.unwrap();
        harness.becomes("connected").await;
    }
    let is_here = |m: &serde_json::Value| m["media_url"].as_str().is_some_and(|url| url.starts_with('/'));
    harness.message(DANA, "the photo", is_here).await;
    let (requests, deliveries) = (to_bridge.take_sent(), to_daemon.take_sent());
    assert!(!requests.contains(SECRET) && !deliveries.contains(SECRET), "{requests}\n{deliveries}");
    assert!(requests.contains("GET /media/") && requests.matches("x-baileys-auth: ").count() > 5, "{requests}");
    assert!(deliveries.matches("x-baileys-signature: ").count() >= 2, "{deliveries}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_on_the_port_of_the_bridge_gets_neither_the_secret_nor_a_message() {
    let (mut harness, to_bridge, _to_daemon) = linked().await;
    let answer = harness.say("+972501234567", "לגשר").await;
    harness.until_status(DANA, &answer, "delivered").await;
    let impostor = impostor();
    to_bridge.lead_to(&impostor.url());
    to_bridge.take_sent();
    // The daemon remembers that the bridge can send proofs, also after a restart.
    tokio::task::block_in_place(|| harness.daemon.restart());
    harness.becomes("unauthorized").await;
    let waiting = harness.say("+972501234567", "לא לזר").await;
    harness.daemon.logs().wait_until("an attempt that was not made", |lines| {
        let failed = |line: &&String| line.contains("WA_OUT_BAILEYS") && line.contains("unauthorized");
        lines.iter().find(failed).map(drop)
    });
    assert!(harness.daemon.logs().events_named("BRIDGE_UNVERIFIED").len() == 1);
    let sent = to_bridge.take_sent();
    assert!(sent.contains("x-baileys-nonce") && !sent.contains(SECRET) && !sent.contains("לא לזר"), "{sent}");
    assert!(!sent.contains("x-baileys-auth") && !sent.contains("POST"), "{sent}");
    to_bridge.lead_to(&harness.bridge.origin());
    harness.until_status(DANA, &waiting, "delivered").await;
    assert_eq!(harness.whatsapp.shown_to(DANA.number).await.unwrap(), ["לגשר", "לא לזר"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_on_the_port_of_the_daemon_gets_neither_the_secret_nor_a_message() {
    let (mut harness, _to_bridge, to_daemon) = linked().await;
    harness.whatsapp.writes(DANA, "ראשונה").await.unwrap();
    harness.talk_becomes(DANA, &["ראשונה"]).await;
    let impostor = impostor();
    to_daemon.lead_to(&impostor.url());
    harness.bridge.kill().await;
    to_daemon.take_sent();
    harness.bridge.launch().await.unwrap();
    harness.whatsapp.writes(DANA, "שנייה").await.unwrap();
    let asked = "the program at the daemon's port to be asked for a proof";
    let sent =
        eventually(asked, async || Some(to_daemon.take_sent()).filter(|sent| sent.contains("x-baileys-nonce"))).await;
    assert!(!sent.contains(SECRET) && !sent.contains("שנייה") && !sent.contains("POST"), "{sent}");
    to_daemon.lead_to(&harness.daemon.url());
    harness.talk_becomes(DANA, &["ראשונה", "שנייה"]).await;
    assert!(!to_daemon.take_sent().contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_without_the_challenge_gets_the_secret_unless_a_proof_is_required() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bridge = Bridge::start(listener, BridgeOptions::connected(SECRET), EventLog::new()).unwrap();
    let start = |challenge: &'static str| {
        Daemon::start(|setup| {
            setup.env("BAILEYS_OUTBOUND_URL", bridge.send_url()).env("BAILEYS_WEBHOOK_SECRET", SECRET);
            setup.env("WA_PACING", "off").env("WA_BRIDGE_CHALLENGE", challenge);
        })
    };
    for (challenge, sent) in [("auto", 1), ("off", 2), ("required", 2)] {
        let daemon = tokio::task::block_in_place(|| start(challenge));
        let api = tokio::task::block_in_place(|| daemon.api());
        let body = json!({ "to": "+972501234567", "text": "שלום" });
        assert_eq!(api.post_json("/api/whatsapp/send", &body).await.status, 200);
        if challenge == "required" {
            let shown = api.get("/api/whatsapp/bridge").await.json();
            assert_eq!(shown["state"], "unauthorized", "{shown}");
            daemon.logs().wait_until("an attempt that was not made", |lines| {
                lines.iter().find(|line| line.contains("WA_OUT_BAILEYS") && line.contains("unauthorized")).map(drop)
            });
        } else {
            eventually(challenge, async || (bridge.state().sent.len() == sent).then_some(())).await;
        }
        assert_eq!(bridge.state().sent.len(), sent, "{challenge}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_programs_of_this_machine_can_ask_the_daemon_for_a_proof() {
    let daemon = tokio::task::block_in_place(|| {
        Daemon::start(|setup| {
            setup.env("BAILEYS_WEBHOOK_SECRET", SECRET);
        })
    });
    let nonce = "0123456789abcdef0123456789abcdef";
    let asking = || daemon.client().with_header("x-baileys-nonce", nonce);
    let response = asking().get(PATH).await;
    assert_eq!(response.status, 204);
    // Computed with OpenSSL: HMAC-SHA256 with the key "the-bridge-s-secret".
    assert_eq!(response.header("x-baileys-proof"), EXPECTED_PROOF);
    for client in [
        asking().with_header("host", "shop.example"),
        asking().with_header("x-forwarded-for", "203.0.113.9"),
        daemon.client().with_header("x-baileys-nonce", "abc"),
        daemon.client(),
    ] {
        let refused = client.get(PATH).await;
        assert_eq!(refused.status, 405);
        assert!(!refused.headers.contains_key("x-baileys-proof"));
    }
}

const PATH: &str = "/webhook/whatsapp/baileys";
const EXPECTED_PROOF: &str = "5db266a166a363cd5dcab4aaaa0a6188617b668d3a6cf6db0ab5dbcbafb6efe5";

//! Secrets, tokens and cookies do not appear in the log at any level. Complete numbers and conversation text do not
//! appear in the log at the level `info`.

use super::support::access::PASSWORD;
use super::support::client::{Reply, send};
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::DaemonConnector;
use agentlocator::simulator::bridge::{
    Bridge, BridgeFault, BridgeInbound, BridgeMessage, BridgeOptions, InboundAuth, InboundForm,
};
use agentlocator::simulator::caller::StreamPlan;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use agentlocator::simulator::twilio::{
    InboundMessage, SignaturePlan, TwilioOptions, TwilioRest, WhatsAppNetwork, sign,
};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;

const CALLER: &str = "+972501230017";
const MASKED_CALLER: &str = "+9725•••••17";
const WRITER: &str = "+972521230018";
const BRIDGE_WRITER: &str = "+972541230019";
const OURS: &str = "+972771230020";
const SID: &str = "CA01234567890123456789012345678901";
const SAID: &str = "מילת הסוד שלי";
const ANSWERED: &str = "תשובה חסויה מאוד";
const WRITTEN: &str = "הודעה חסויה";
const SENT: &str = "ההזמנה החסויה מוכנה";

/// Texts that must not appear in the log, each with its kind.
#[derive(Default)]
struct Hidden(Vec<(&'static str, String)>);

impl Hidden {
    fn add(&mut self, kind: &'static str, text: impl Into<String>) {
        let text = text.into();
        assert!(text.len() >= 6, "{kind} is too short to be looked for: {text:?}");
        self.0.push((kind, text));
    }

    /// Adds the part of a number that is the same in its local and its international form.
    fn add_number(&mut self, number: &str) {
        let local = number.strip_prefix("+972").unwrap();
        self.add("number", local);
    }

    fn assert_not_in(&self, lines: &[String], kinds: &[&str]) {
        for (kind, text) in self.0.iter().filter(|(kind, _)| kinds.contains(kind)) {
            let bare = |line: &str| line.replace(['-', ' ', '(', ')'], "");
            let shows = |line: &&String| line.contains(text) || *kind == "number" && bare(line).contains(text);
            assert!(
                !lines.iter().any(|line| shows(&line)),
                "{kind} {text:?} is in the log:\n{}",
                lines.iter().find(shows).unwrap()
            );
        }
    }
}

/// Logs in, places calls and exchanges messages, with valid and invalid input. Returns the texts that the daemon's log
/// must not contain.
async fn drive(harness: &CallHarness, rest: &TwilioRest, bridge: &Bridge) -> Hidden {
    let mut hidden = Hidden::default();
    for number in [CALLER, WRITER, BRIDGE_WRITER, OURS] {
        hidden.add_number(number);
    }
    for text in [SAID, ANSWERED, WRITTEN, SENT] {
        hidden.add("text", text);
    }
    hidden.add("secret", &harness.twilio_state.account().auth_token);
    for secret in SECRETS {
        hidden.add("secret", secret.1);
    }
    visit(harness, &mut hidden).await;
    phone(harness, &mut hidden).await;
    write(harness, rest, bridge, &mut hidden).await;
    hidden
}

/// Logs in with correct and wrong passwords, and creates a token.
async fn visit(harness: &CallHarness, hidden: &mut Hidden) {
    let daemon = &harness.daemon;
    let added =
        tokio::task::block_in_place(|| daemon.cli_with_input(&["user", "add", "dana", "--role", "owner"], PASSWORD));
    assert!(added.status.success());
    hidden.add("secret", PASSWORD);
    let client = daemon.client();
    let wrong = "a wrong password";
    hidden.add("secret", wrong);
    let refused = client.post_json("/api/login", &json!({"name": "dana", "password": wrong})).await;
    assert_eq!(refused.status, 401);
    let reply = client.post_json("/api/login", &json!({"name": "dana", "password": PASSWORD})).await;
    let cookie = reply.header("set-cookie").split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
    hidden.add("secret", cookie);
    hidden.add("secret", reply.json()["csrf_token"].as_str().unwrap());
    let page = client.clone().with_login(&reply);
    page.confirm().await;
    let made = page.post_json("/api/tokens", &json!({"name": "till", "role": "owner"})).await;
    assert!(made.status < 300, "{}", made.text());
    hidden.add("secret", made.json()["token"].as_str().unwrap());
    let token = tokio::task::block_in_place(|| daemon.token("owner"));
    hidden.add("secret", &token);
    for path in ["/api/threads", "/api/calls", "/api/settings", "/api/nothing?token=geheim-in-query", "/metrics"] {
        page.get(path).await;
        client.clone().with_token(&token).get(path).await;
        client.clone().with_token("no-such-token-geheim").get(path).await;
    }
    hidden.add("secret", "geheim-in-query");
    hidden.add("secret", "no-such-token-geheim");
}

/// Places calls that succeed, and calls that fail.
async fn phone(harness: &CallHarness, hidden: &mut Hidden) {
    let plan = |script: &str| {
        let mut plan = harness.plan(script);
        (plan.from, plan.to) = (CALLER.into(), OURS.into());
        plan
    };
    let report = harness.phone.place_call(plan("say 800ms; listen 1s")).await;
    harness.ended_call(&report.call_sid).await;
    let mut never = plan("wait 100ms");
    never.stream = StreamPlan::Fails;
    harness.phone.place_call(never).await;
    let mut forged = plan("wait 100ms");
    forged.signature = SignaturePlan::Wrong;
    harness.phone.place_call(forged).await;
    hidden.add("secret", stream_token(harness).await);
}

/// Sends the webhooks of a call that ends before its media stream begins, and returns the token of that stream.
async fn stream_token(harness: &CallHarness) -> String {
    let call = [("CallSid", SID), ("From", CALLER), ("To", OURS)];
    let twiml = twilio_posts(harness, "/webhook/incoming_call", &call).await.text();
    let ended =
        twilio_posts(harness, "/webhook/call_status", &[&call[..], &[("CallStatus", "completed")]].concat()).await;
    assert!(ended.status < 300, "{}", ended.text());
    twiml.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn twilio_posts(harness: &CallHarness, path: &str, fields: &[(&str, &str)]) -> Reply {
    let account = &harness.twilio_state.account().sid;
    let form = [&[("AccountSid", account.as_str())], fields].concat();
    let fields: Vec<_> = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let signature =
        sign(&harness.twilio_state.account().auth_token, &format!("{}{path}", harness.daemon.url()), &fields);
    let request =
        harness.daemon.client().request(Method::POST, path).form(&form).header("X-Twilio-Signature", signature);
    send(request).await
}

/// Exchanges messages by both providers, including rejected and failed ones.
async fn write(harness: &CallHarness, rest: &TwilioRest, bridge: &Bridge, hidden: &mut Hidden) {
    let daemon = &harness.daemon;
    let connector = || DaemonConnector::new(Some(daemon.address())).unwrap();
    let url = |path: &str| Url::parse(&format!("{}{path}", daemon.url())).unwrap();

    let network = WhatsAppNetwork::new(harness.twilio_state.clone(), connector(), harness.log.clone());
    let message = InboundMessage::text(WRITER, OURS, WRITTEN);
    let (record, answer) = network.send(&url("/webhook/whatsapp/twilio"), &message).await;
    assert_eq!(answer.unwrap().status, 204);
    let fields = network.fields(&message, &record);
    let refused = network.post_webhook(&url("/webhook/whatsapp/twilio"), &fields, SignaturePlan::Wrong).await;
    assert_eq!(refused.unwrap().status, 403);

    let inbound = BridgeInbound::new(
        connector(),
        secret("WA_SHARED_SECRET"),
        secret("BAILEYS_WEBHOOK_SECRET"),
        harness.log.clone(),
    );
    let message = BridgeMessage::text(BRIDGE_WRITER.trim_start_matches('+'), WRITTEN);
    for (auth, status) in
        [(InboundAuth::Both, 204), (InboundAuth::WrongSignature, 403), (InboundAuth::WrongSecret, 403)]
    {
        let answer = inbound.send(&url("/webhook/whatsapp/baileys"), &message, InboundForm::Long, auth).await;
        assert_eq!(answer.unwrap().status, status);
    }
    inbound.post(&url("/webhook/whatsapp/baileys"), WRITTEN.into(), InboundAuth::Both).await.unwrap();

    let api = tokio::task::block_in_place(|| daemon.api());
    bridge.fail_next(BridgeFault::NotConnected, 1);
    for (to, key) in [(WRITER, "key-1-geheim"), (BRIDGE_WRITER, "key-2-geheim"), ("0501230017", "key-3-geheim")] {
        hidden.add("secret", key);
        let body = json!({"to": to, "text": SENT});
        let request = api.request(Method::POST, "/api/whatsapp/send").header("Idempotency-Key", key).json(&body);
        let reply: Reply = send(request).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    for wrong in [
        json!({"to": "no number", "text": SENT}),
        json!({"to": WRITER, "text": SENT, "media_url": "http://10.0.0.1/x"}),
    ] {
        assert!((400..500).contains(&api.post_json("/api/whatsapp/send", &wrong).await.status));
    }
    let logs = daemon.logs();
    logs.wait_for_event("WA_OUT_TWILIO");
    until("the attempt to send the last message", async || {
        logs.lines().iter().any(|line| line.contains("WA_OUT_BAILEYS") && line.contains(MASKED_CALLER)).then_some(())
    })
    .await;
    assert!(!rest.requests().is_empty());
    hidden.add("secret", basic_authorization(harness));
}

/// Returns the credentials in the `Authorization` header of requests to Twilio's REST API.
fn basic_authorization(harness: &CallHarness) -> String {
    use base64::Engine;
    let account = harness.twilio_state.account();
    base64::prelude::BASE64_STANDARD.encode(format!("{}:{}", account.sid, account.auth_token))
}

const SECRETS: [(&str, &str); 4] = [
    ("TWILIO_AUTH_TOKEN_SECONDARY", "zweiter-geheimer-schluessel"),
    ("OPENAI_API_KEY", "sk-geheim-0123456789"),
    ("WA_SHARED_SECRET", "geteiltes-geheimnis"),
    ("BAILEYS_WEBHOOK_SECRET", "geheimes-zeichen"),
];

fn secret(name: &str) -> &'static str {
    SECRETS.iter().find(|(known, _)| *known == name).unwrap().1
}

/// Starts a daemon with this log level and calls [`drive`]. Also returns the texts that the log must not contain.
async fn driven(level: &str) -> (CallHarness, Hidden) {
    let listen = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
    let log = agentlocator::simulator::EventLog::new();
    let bridge =
        Bridge::start(listen().await, BridgeOptions::connected(secret("BAILEYS_WEBHOOK_SECRET")), log.clone()).unwrap();
    let rest_listener = listen().await;
    let rest_url = format!("http://{}", rest_listener.local_addr().unwrap());
    let options = OpenAiOptions {
        turns: vec![Turn::new(SAID, ANSWERED).lasting(Duration::from_millis(500))],
        ..OpenAiOptions::default()
    };
    let harness = CallHarness::with_ai(options, |setup| {
        setup.env("LOG_LEVEL", level).env("WA_PACING", "off").env("TWILIO_WA_FROM", OURS);
        setup.env("BAILEYS_OUTBOUND_URL", bridge.send_url()).env("TWILIO_API_BASE_URL", rest_url);
        for (name, secret) in SECRETS {
            setup.env(name, secret);
        }
    })
    .await;
    let connector = DaemonConnector::new(Some(harness.daemon.address())).unwrap();
    let rest = TwilioRest::start(rest_listener, harness.twilio_state.clone(), connector, TwilioOptions::default(), log)
        .unwrap();
    let hidden = drive(&harness, &rest, &bridge).await;
    (harness, hidden)
}

fn everything_printed(harness: &mut CallHarness) -> Vec<String> {
    tokio::task::block_in_place(|| assert!(harness.daemon.stop().success()));
    let lines = [harness.daemon.logs().lines(), harness.daemon.stdout().lines()].concat();
    assert!(lines.len() > 20, "{lines:#?}");
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_shows_no_secret_no_whole_number_and_nothing_that_people_say() {
    let (mut harness, hidden) = driven("info").await;
    let lines = everything_printed(&mut harness);
    for line in &lines {
        serde_json::from_str::<serde_json::Value>(line).map_or_else(
            |_| assert!(line.starts_with("Applied migration: "), "{line}"),
            |event| assert!(event["ts"].is_string()),
        );
    }
    assert!(lines.iter().any(|line| line.contains(MASKED_CALLER)), "numbers are shown in part");
    hidden.assert_not_in(&lines, &["secret", "number", "text"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn not_even_a_log_of_everything_shows_a_secret() {
    let (mut harness, hidden) = driven("trace").await;
    hidden.assert_not_in(&everything_printed(&mut harness), &["secret"]);
}

//! Ten thousand malformed requests, bodies and frames cause no status 500, no panic and no memory growth of 24 MB or
//! more. Afterwards, the daemon is ready.

mod mutator;

use super::support::telephony::CallHarness;
use agentlocator::domain::hex;
use agentlocator::runtime::calls::MAX_PENDING_SOCKETS;
use agentlocator::simulator::openai::OpenAiOptions;
use futures_util::{SinkExt, StreamExt};
use hmac::{Hmac, KeyInit, Mac};
use mutator::{Mutator, corpus};
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const FORMS: [&str; 8] = [
    "/webhook/incoming_call",
    "/webhook/stream_ended",
    "/webhook/stream_status",
    "/webhook/handle_recording",
    "/webhook/recording_status",
    "/webhook/call_status",
    "/webhook/whatsapp/twilio",
    "/webhook/whatsapp/twilio/status",
];
const BRIDGE_SECRET: &str = "the-bridge-secret";

async fn harness() -> CallHarness {
    CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup
            .env("BAILEYS_WEBHOOK_SECRET", BRIDGE_SECRET)
            .env("WA_SHARED_SECRET", BRIDGE_SECRET)
            .env("WA_PACING", "off");
    })
    .await
}

/// Checks that the daemon has logged no panic, that its memory grew by less than 24 MB, and that it is still ready.
async fn assert_well(harness: &CallHarness, before_kb: u64) {
    let names = ["REQUEST_PANIC", "CALL_PANIC", "PANIC"];
    let panics: Vec<_> = names.into_iter().flat_map(|name| harness.daemon.logs().events_named(name)).collect();
    assert!(panics.is_empty(), "{panics:#?}");
    let grown = harness.daemon.memory_kb("VmRSS").saturating_sub(before_kb);
    assert!(grown < 24 * 1024, "the daemon's memory grew by {grown} KB");
    assert_eq!(harness.daemon.client().get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn four_thousand_malformed_signed_forms_cause_no_error() {
    let harness = harness().await;
    let client = harness.daemon.client();
    let (mut mutator, forms) = (Mutator::new(1), corpus("forms.txt"));
    let mut before = 0;
    for round in 0..4000 {
        let path = FORMS[round % FORMS.len()];
        let body = mutator.mutate(&forms);
        let pairs: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
        let request = client.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("x-twilio-signature", harness.sign(path, &pairs)).body(body.clone());
        let status = request.send().await.unwrap().status().as_u16();
        assert!(matches!(status, 200 | 204 | 403), "{path} {status}: {}", String::from_utf8_lossy(&body));
        if round == 1000 {
            before = harness.daemon.memory_kb("VmRSS");
        }
    }
    assert_well(&harness, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_thousand_malformed_json_bodies_cause_no_error() {
    let harness = harness().await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    let (mut mutator, bodies) = (Mutator::new(2), corpus("bodies.txt"));
    let paths = ["/webhook/whatsapp/baileys", "/api/whatsapp/send", "/webhook/whatsapp/baileys", "/api/login"];
    let mut before = 0;
    for round in 0..4000 {
        let (path, body) = (paths[round % paths.len()], mutator.mutate(&bodies));
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(BRIDGE_SECRET.as_bytes()).unwrap();
        mac.update(&body);
        let signature = hex(&mac.finalize().into_bytes());
        let request = api.request(Method::POST, path).header("content-type", "application/json");
        let status =
            request.header("x-baileys-signature", signature).body(body.clone()).send().await.unwrap().status().as_u16();
        let is_fine = if path.starts_with("/webhook") { status == 204 } else { status < 500 };
        assert!(is_fine, "{path} {status}: {}", String::from_utf8_lossy(&body));
        if round == 1000 {
            before = harness.daemon.memory_kb("VmRSS");
        }
    }
    assert_well(&harness, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_hundred_malformed_frames_on_live_calls_and_refused_sockets_cause_no_error() {
    let harness = harness().await;
    let (mut mutator, frames) = (Mutator::new(3), corpus("frames.txt"));
    let before = harness.daemon.memory_kb("VmRSS");
    for call in 0..30 {
        let sid = format!("CA{call:032}");
        let fields = [("CallSid", sid.as_str()), ("From", "+972501234567"), ("To", "+97235551234")];
        let xml = harness.hook("/webhook/incoming_call", &fields).await.text();
        let token = xml.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let url = harness.daemon.url().replace("http", "ws") + "/ws/twilio-media";
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        if call % 3 > 0 {
            let start = serde_json::json!({"event": "start", "streamSid": "MZ00000000000000000000000000000001", "start": {"streamSid": format!("MZ{call:032}"),
                "callSid": sid, "customParameters": {"token": token}}});
            socket.send(Message::Text(start.to_string().into())).await.unwrap();
        }
        for _ in 0..50 {
            let frame = mutator.mutate(&frames);
            let message = match String::from_utf8(frame) {
                Ok(text) => Message::Text(text.into()),
                Err(bytes) => Message::Binary(bytes.into_bytes().into()),
            };
            // A socket without a valid token is closed immediately.
            if socket.send(message).await.is_err() {
                break;
            }
        }
        drop(socket);
    }
    assert_well(&harness, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_requests_that_are_no_http_cause_no_error() {
    let harness = harness().await;
    let mut mutator = Mutator::new(4);
    let heads: Vec<Vec<u8>> = [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /ws/twilio-media HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n\r\n",
        "POST /webhook/incoming_call HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
        "POST /api/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
        "GET /%zz/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        "BREW /pot HTTP/9.9\r\n\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    let before = harness.daemon.memory_kb("VmRSS");
    for _ in 0..500 {
        let mut stream = TcpStream::connect(harness.daemon.address()).await.unwrap();
        let _ = stream.write_all(&mutator.mutate(&heads)).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 500"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_well(&harness, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_without_a_good_token_is_closed_with_1008() {
    let harness = harness().await;
    let url = harness.daemon.url().replace("http", "ws") + "/ws/twilio-media";
    let began = std::time::Instant::now();
    for first in [
        r#"{"event":"start","start":{"streamSid":"MZ00000000000000000000000000000001","callSid":"CA00000000000000000000000000000001","customParameters":{"token":"1.x"}}}"#,
        r#"{"event":"start","start":{"streamSid":"MZ00000000000000000000000000000001","callSid":"CA00000000000000000000000000000001"}}"#,
        r#"{"event":"media","media":{"payload":"AAAA"}}"#,
        "hello",
        // A socket that sends nothing is closed after five seconds.
        "",
    ] {
        let (mut socket, answer) = tokio_tungstenite::connect_async(&url).await.unwrap();
        assert_eq!(answer.status(), 101);
        if !first.is_empty() {
            socket.send(Message::Text(first.into())).await.unwrap();
        }
        let closed = loop {
            if let Message::Close(frame) = socket.next().await.unwrap().unwrap() {
                break frame.unwrap();
            }
        };
        assert_eq!(u16::from(closed.code), 1008, "{first}");
    }
    let waited = began.elapsed().as_secs();
    assert!((5..9).contains(&waited), "{waited} s");
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM calls"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_does_not_take_all_places_of_sockets() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.trusts_this_machine();
    })
    .await;
    let url = harness.daemon.url().replace("http", "ws") + "/ws/twilio-media";
    let open = async |from: &str| {
        let mut request = url.as_str().into_client_request().unwrap();
        request.headers_mut().insert("x-forwarded-for", from.parse().unwrap());
        let (socket, answer) = tokio_tungstenite::connect_async(request).await.unwrap();
        assert_eq!(answer.status(), 101);
        socket
    };
    let mut silent = Vec::new();
    for last in 0..MAX_PENDING_SOCKETS / 2 {
        silent.push(open(&format!("2001:db8::{last:x}")).await);
    }
    let mut one_more = open("2001:db8::ffff").await;
    let Message::Close(Some(frame)) = one_more.next().await.unwrap().unwrap() else { panic!("it is not closed") };
    assert_eq!(u16::from(frame.code), 1008);
    let refused = harness.daemon.logs().wait_for_event("WS_REFUSED");
    assert_eq!(refused["reason"], "too many unauthenticated sockets from its network");

    let mark = harness.daemon.logs().mark();
    let mut other = open("203.0.113.7").await;
    other.send(Message::Text(r#"{"event":"start","start":{"streamSid":"MZ00000000000000000000000000000001","callSid":"CA00000000000000000000000000000001"}}"#.into())).await.unwrap();
    assert_eq!(harness.daemon.logs().wait_for_event_from(mark, "WS_REFUSED")["reason"], "bad_token");
}

//! The limits on the resources that unauthenticated clients can use.

use super::support::Daemon;
use super::support::fake_server::FakeServer;
use super::support::telephony::{CallHarness, start};
use super::support::whatsapp::until;
use agentlocator::simulator::openai::OpenAiOptions;
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

/// Returns a wrong signature of the right form.
fn wrong_signature() -> String {
    format!("{}=", "A".repeat(27))
}

/// Sends the head of a POST and part of its body.
fn begin_post(daemon: &Daemon, path: &str, headers: &str, length: usize, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(daemon.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{headers}\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    stream
}

fn form_headers(signature: &str) -> String {
    format!("Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: {signature}\r\n")
}

/// Returns the status of the response; 0 if the connection ends without a response.
fn status(mut stream: TcpStream) -> u16 {
    let mut line = [0; 12];
    match stream.read_exact(&mut line) {
        Ok(()) => String::from_utf8_lossy(&line[9..]).parse().unwrap(),
        Err(_) => 0,
    }
}

fn with_secrets() -> Daemon {
    Daemon::start(|setup| {
        setup.env("TWILIO_AUTH_TOKEN", "a-token").env("TWILIO_ACCOUNT_SID", format!("AC{}", "0".repeat(32)));
        setup.env("WA_SHARED_SECRET", "the-shared-secret").env("BAILEYS_WEBHOOK_SECRET", "the-bridge-secret");
    })
}

const TWILIO: [&str; 7] = [
    "/webhook/incoming_call",
    "/webhook/stream_ended",
    "/webhook/handle_recording",
    "/webhook/recording_status",
    "/webhook/call_status",
    "/webhook/whatsapp/twilio",
    "/webhook/whatsapp/twilio/status",
];

#[test]
fn a_request_that_no_key_can_have_signed_is_refused_before_its_body() {
    let daemon = with_secrets();
    // All requests are sent before the first response is read, because the daemon waits a moment for each body.
    let mut refused = Vec::new();
    for path in TWILIO {
        for signature in ["", "x", "bm8=", &"A".repeat(28), &"A".repeat(4000)] {
            refused.push((begin_post(&daemon, path, &form_headers(signature), 1000, b""), path));
        }
        refused.push((begin_post(&daemon, path, "", 1000, b""), path));
    }
    for (stream, path) in refused {
        assert_eq!(status(stream), 403, "{path}");
    }
    for path in TWILIO {
        // The body of a request with a well-formed signature is read, but only up to 64 KiB.
        let stream = begin_post(&daemon, path, &form_headers(&wrong_signature()), (64 << 10) + 1, b"");
        assert_eq!(status(stream), 413, "{path}");
        let longest = [b"a&".repeat(32 << 10)].concat();
        let stream = begin_post(&daemon, path, &form_headers(&wrong_signature()), longest.len(), &longest);
        assert_eq!(status(stream), 403, "{path}");
    }
    let asked = Instant::now();
    assert_eq!(status(begin_post(&daemon, "/webhook/stream_status", "", (16 << 10) + 1, b"")), 204);
    assert!(asked.elapsed() < Duration::from_secs(4), "the daemon waits for the body");
    for path in ["/api/login", "/api/setup"] {
        let headers = "Content-Type: application/json\r\n";
        assert_eq!(status(begin_post(&daemon, path, headers, (16 << 10) + 1, b"")), 413, "{path}");
    }

    let bridge = "/webhook/whatsapp/baileys";
    for headers in ["", "X-Baileys-Secret: wrong\r\n", "X-Baileys-Signature: 0123\r\n"] {
        assert_eq!(status(begin_post(&daemon, bridge, headers, 1000, b"")), 403, "{headers}");
    }
    let signed = format!("X-Baileys-Signature: {}\r\n", "0".repeat(64));
    assert_eq!(status(begin_post(&daemon, bridge, &signed, (1 << 20) + 1, b"")), 413);
    let long = vec![b' '; 1 << 20];
    assert_eq!(status(begin_post(&daemon, bridge, &signed, long.len(), &long)), 403);
    assert_eq!(status(begin_post(&daemon, bridge, "X-Baileys-Secret: the-bridge-secret\r\n", long.len(), &long)), 204);
}

#[test]
fn a_refused_request_leaves_its_connection_usable_or_says_that_it_closes() {
    let daemon = with_secrets();
    // Many HTTP clients send the body after the head, and the refusal needs only the head.
    let mut stream = begin_post(&daemon, "/api/tags", "", 4, b"");
    std::thread::sleep(Duration::from_millis(100));
    stream.write_all(b"body").unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut replies = String::new();
    stream.read_to_string(&mut replies).unwrap();
    assert!(replies.starts_with("HTTP/1.1 401 ") && replies.contains("HTTP/1.1 200 "), "{replies}");

    for (headers, length) in [("", (64 << 10) + 1), ("Expect: 100-continue\r\n", 4), ("", 4)] {
        let mut stream = begin_post(&daemon, "/api/tags", headers, length, b"");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let announced = reply.starts_with("HTTP/1.1 401 ") && reply.contains("connection: close");
        assert!(announced, "{headers}{length}: {reply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_sent_bodies_have_a_budget_and_webhooks_get_past_them() {
    const BODY: usize = 64 << 10;
    let harness = CallHarness::without_ai(|_| {}).await;
    let daemon = &harness.daemon;
    daemon.client().get("/livez").await;
    let before = daemon.memory_kb("VmRSS");
    let body = vec![b'a'; BODY - 1];
    let headers = form_headers(&wrong_signature());
    let half_sent: Vec<_> =
        (0..600).map(|_| begin_post(daemon, "/webhook/call_status", &headers, BODY, &body)).collect();
    let grown = daemon.memory_kb("VmRSS").saturating_sub(before);
    assert!(grown < 64 << 10, "600 half-sent bodies hold {grown} KB");
    let reply = harness
        .hook("/webhook/incoming_call", &[("CallSid", "CA00000000000000000000000000000001"), ("From", "+972501234567")])
        .await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("name=\"token\""), "{}", reply.text());
    // The daemon aborted the accepted requests after five seconds, and rejected all other requests immediately.
    let answers: Vec<_> = half_sent.into_iter().map(status).collect();
    let [held, refused] = [204, 503].map(|wanted| answers.iter().filter(|status| **status == wanted).count());
    assert!(held > 0 && refused > 0, "{held} were held and {refused} refused");
}

#[test]
fn a_body_that_pauses_for_five_seconds_is_given_up() {
    let daemon = with_secrets();
    let json = "Content-Type: application/json\r\n";
    let began = Instant::now();
    let stalled = [
        (begin_post(&daemon, "/api/login", json, 100, b"{"), 408),
        (begin_post(&daemon, "/api/setup", json, 100, b"{"), 408),
        (begin_post(&daemon, "/webhook/call_status", &form_headers(&wrong_signature()), 100, b"a"), 204),
        (begin_post(&daemon, "/webhook/whatsapp/twilio", &form_headers(&wrong_signature()), 100, b"a"), 503),
    ];
    for (stream, wanted) in stalled {
        assert_eq!(status(stream), wanted);
    }
    assert!((4..12).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[test]
fn a_body_of_a_user_that_pauses_for_ten_seconds_is_given_up_without_a_warning() {
    let daemon = with_secrets();
    let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {}\r\n", daemon.token("owner"));
    let began = Instant::now();
    assert_eq!(status(begin_post(&daemon, "/api/tags", &headers, 100, b"{")), 408);
    assert!((9..15).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(daemon.logs().events_named("REQUEST_TIMEOUT").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_leave_no_memory_behind() {
    let daemon = Daemon::start(|setup| {
        setup.trusts_this_machine();
    });
    let client = daemon.client().with_header("x-forwarded-proto", "https");
    let attempt = async |name: &str| {
        let from = format!("203.0.113.{}", name.len() % 250);
        let body = json!({"name": name, "password": "wrong password"});
        client.clone().with_header("x-forwarded-for", from).post_json("/api/login", &body).await.status
    };
    assert_eq!(attempt("first").await, 401);
    let before = daemon.memory_kb("VmRSS");
    let mut in_turn = Vec::new();
    for round in 0..30 {
        in_turn.push(attempt(&format!("user{round}")).await);
    }
    assert!(in_turn.iter().all(|status| *status == 401), "{in_turn:?}");
    // Each password hash takes 19 MiB, and only one is computed at a time.
    let most = daemon.memory_kb("VmHWM");
    let names: Vec<_> = (1..=12).map(|length| "y".repeat(length)).collect();
    let at_once = join_all(names.iter().map(|name| attempt(name)));
    assert!(at_once.await.iter().all(|status| matches!(status, 401 | 503)));
    let grown = daemon.memory_kb("VmHWM").saturating_sub(most);
    assert!(grown < 16 << 10, "12 passwords at once took {grown} KB more than one");
    for length in [61, 2000, 15_000] {
        assert_eq!(attempt(&"x".repeat(length)).await, 400, "{length}");
    }
    assert_eq!(attempt(&"x".repeat(17_000)).await, 413);
    let grown = daemon.memory_kb("VmRSS").saturating_sub(before);
    assert!(grown < 8 << 10, "30 wrong passwords left {grown} KB");
}

#[test]
fn an_aborted_login_frees_no_slot_for_another_hash() {
    let daemon = Daemon::start(|setup| {
        setup.trusts_this_machine();
    });
    let begin = |number: u32| {
        let headers = format!(
            "Content-Type: application/json\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.{number}\r\n"
        );
        let body = json!({"name": format!("name{number}"), "password": "wrong password"}).to_string();
        begin_post(&daemon, "/api/login", &headers, body.len(), body.as_bytes())
    };
    assert_eq!(status(begin(1)), 401);
    let most = daemon.memory_kb("VmHWM");
    for number in 2..42 {
        drop(begin(number));
    }
    // This request is answered after the aborted logins whose passwords are still being hashed.
    assert_eq!(status(begin(42)), 401);
    let grown = daemon.memory_kb("VmHWM").saturating_sub(most);
    assert!(grown < 16 << 10, "40 aborted logins took {grown} KB more than one");
}

#[test]
fn the_head_of_a_request_is_limited_and_half_of_one_holds_little() {
    let daemon = Daemon::start(|_| {});
    let head = |length: usize| format!("GET /livez HTTP/1.1\r\nHost: x\r\nCookie: a={}", "a".repeat(length));
    let send = |head: &str| {
        let mut stream = TcpStream::connect(daemon.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        // The daemon may close the connection before it has read everything.
        let _ = stream.write_all(head.as_bytes());
        stream
    };
    assert_eq!(status(send(&(head(15 << 10) + "\r\n\r\n"))), 200);
    assert_eq!(status(send(&head((16 << 10) - head(0).len()))), 431);
    let before = daemon.memory_kb("VmRSS");
    let half = head(60 << 10);
    let streams: Vec<_> = (0..500).map(|_| send(&half)).collect();
    assert_eq!(status(send(&(head(10) + "\r\n\r\n"))), 200);
    let grown = daemon.memory_kb("VmRSS").saturating_sub(before);
    assert!(grown < 15 << 10, "{} half heads hold {grown} KB", streams.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn search_words_without_end_are_refused() {
    let daemon = Daemon::start(|_| {});
    let api = tokio::task::block_in_place(|| daemon.api());
    for noun in ["threads", "contacts"] {
        for length in [501, 15_000] {
            let reply = api.get(&format!("/api/{noun}?q={}", "a".repeat(length))).await;
            assert_eq!(
                (reply.status, reply.json()["error"]["code"].clone()),
                (400, json!("invalid")),
                "{noun} {length}"
            );
            assert!(reply.text().contains("500 characters"), "{}", reply.text());
        }
        assert_eq!(api.get(&format!("/api/{noun}?q={}", "%25".repeat(500))).await.status, 200, "{noun}");
        // The connection may break before the client has read the response, because the daemon closes it without
        // reading the remaining request.
        let endless = api.request(Method::GET, &format!("/api/{noun}?q={}", "a".repeat(50_000))).send().await;
        assert!(endless.map_or(true, |reply| reply.status() == 431), "{noun}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_not_for_those_behind_a_tunnel() {
    let daemon = Daemon::start(|_| {});
    let ask =
        async |name: &'static str, value: &str| daemon.client().with_header(name, value).get("/metrics").await.status;
    assert_eq!(daemon.client().get("/metrics").await.status, 200);
    assert_eq!(ask("host", "localhost:8080").await, 200);
    for (name, value) in [
        ("host", "shop.example"),
        ("cf-connecting-ip", "203.0.113.7"),
        ("x-forwarded-host", "shop.example"),
        ("x-forwarded-proto", "https"),
        ("true-client-ip", "203.0.113.7"),
    ] {
        assert_eq!(ask(name, value).await, 401, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_not_fetched_from_this_machine() {
    let inside = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("https://127.0.0.1:{}/x.wav", inside.local_addr().unwrap().port());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let twilio = FakeServer::start(None, move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        format!("HTTP/1.1 307 X\r\nLocation: {place}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    });
    let harness = CallHarness::without_ai(|setup| {
        setup.env("TWILIO_API_BASE_URL", twilio.url());
    })
    .await;
    let url = format!("{}/2010-04-01/Accounts/AC1/Recordings/RE1", twilio.url());
    let fields = [
        ("CallSid", "CA00000000000000000000000000000001"),
        ("RecordingSid", "RE00000000000000000000000000000001"),
        ("RecordingUrl", url.as_str()),
        ("RecordingDuration", "3"),
    ];
    assert_eq!(harness.hook("/webhook/recording_status", &fields).await.status, 204);
    until("the recording to fail", async || {
        let failed: i64 = harness.daemon.query_value("SELECT count(*) FROM recordings WHERE state = 'failed'");
        (failed == 1).then_some(())
    })
    .await;
    assert!(asked.load(Ordering::SeqCst) > 0);
    inside.set_nonblocking(true).unwrap();
    assert!(inside.accept().is_err(), "the redirect was followed to this machine");
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_faster_than_real_time_is_dropped_and_its_socket_closed() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let token = harness.ring("CA00000000000000000000000000000001").await;
    let mut socket = harness.open_socket().await;
    start(&mut socket, "CA00000000000000000000000000000001", &token).await;
    tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("CALL_LIVE"));
    let before = harness.daemon.memory_kb("VmRSS");
    // Each message contains three seconds of audio.
    let payload = "/w".repeat(16_000);
    let mut sent: u64 = 0;
    for at in 0..20_000_u64 {
        let media = json!({"track": "inbound", "chunk": "1", "timestamp": (at * 3000).to_string(), "payload": payload});
        let message =
            json!({"event": "media", "streamSid": "MZ00000000000000000000000000000001", "media": media}).to_string();
        sent += message.len() as u64;
        if socket.send(Message::Text(message.into())).await.is_err() {
            break;
        }
    }
    assert!(sent < 200 << 20, "{sent} bytes were accepted");
    let code = loop {
        match socket.next().await {
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| u16::from(frame.code)),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break None,
        }
    };
    assert!(matches!(code, Some(1008) | None), "{code:?}");
    let log = harness.daemon.logs();
    assert_eq!(log.wait_for_event("STREAM_FLOOD")["level"], "warn");
    assert_eq!(log.events_named("STREAM_TOO_FAST").len(), 1);
    let grown = harness.daemon.memory_kb("VmRSS").saturating_sub(before);
    assert!(grown < 16 << 10, "a flood of audio increased the memory by {grown} KB");
}

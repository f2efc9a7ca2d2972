//! Twilio's voice webhooks, each tested separately.

use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::openai::OpenAiOptions;
use agentlocator::simulator::twilio::{sign, sign_json_url, twiml};
use serde_json::json;
use std::time::Instant;

const CALL: [(&str, &str); 4] = [
    ("CallSid", "CA00000000000000000000000000000001"),
    ("From", "+972501234567"),
    ("To", "+97235551234"),
    ("CallStatus", "ringing"),
];

async fn harness() -> CallHarness {
    CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incoming_call_gets_greeting_stream_and_what_follows() {
    let harness = harness().await;
    let reply = harness.hook("/webhook/incoming_call", &CALL).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/xml; charset=utf-8"));
    let (xml, base) = (reply.text(), harness.daemon.url());
    twiml::parse(&xml).unwrap_or_else(|error| panic!("{error:?} in\n{xml}"));
    for part in [
        format!("<Play>{base}/static/tts/greeting_he.mp3</Play>"),
        format!("<Connect action=\"{base}/webhook/stream_ended\">"),
        format!(
            "<Stream url=\"{}/ws/twilio-media\" statusCallback=\"{base}/webhook/stream_status\">",
            base.replace("http", "ws")
        ),
        "<Parameter name=\"token\" value=\"".to_owned(),
        format!("<Redirect method=\"POST\">{base}/webhook/stream_ended</Redirect>"),
    ] {
        assert!(xml.contains(&part), "{part} is missing in\n{xml}");
    }
    let calls = harness.daemon.api().get("/api/calls").await.json();
    assert_eq!(calls["calls"][0]["peer_number"], "+972501234567");
    harness.hook("/webhook/incoming_call", &CALL).await;
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM calls"), 1, "a replay makes no second call");
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_withhold_their_number_are_never_one_person() {
    let harness = harness().await;
    let withheld = [
        "+266696687",
        "+7378742833",
        "+86282452253",
        "+8656696",
        "+2562533",
        "anonymous",
        "restricted",
        "unavailable",
        "",
    ];
    for (number, from) in withheld.iter().chain(&withheld).enumerate() {
        let sid = format!("CA{number:032}");
        let call = [("CallSid", &*sid), ("From", from), ("To", "+97235551234"), ("CallStatus", "ringing")];
        assert_eq!(harness.hook("/webhook/incoming_call", &call).await.status, 200, "{from}");
    }
    let people =
        "SELECT count(DISTINCT calls.contact_id) || ' ' || count(*) FROM calls JOIN threads ON threads.id = thread_id";
    assert_eq!(harness.daemon.query_value::<String>(people), "18 18");
    let numbers = "SELECT count(*) FROM calls WHERE peer_number LIKE '+%' OR peer_number = ''";
    assert_eq!(harness.daemon.query_value::<i64>(numbers), 0);
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM addresses"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_a_caller_stays_as_twilio_says_it() {
    let harness = harness().await;
    for (number, from) in ["+78121234567", "+78001234567", "+375801234567", "+310000001"].iter().enumerate() {
        let sid = format!("CA{number:032}");
        let call = [("CallSid", &*sid), ("From", from), ("To", "+97235551234"), ("CallStatus", "ringing")];
        harness.hook("/webhook/incoming_call", &call).await;
        let calls = harness.daemon.api().get("/api/calls").await.json();
        assert_eq!(calls["calls"][0]["peer_number"], **from);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_whatsapp_is_the_same_contact_s_and_says_so() {
    let harness = harness().await;
    let caller = |sid: &'static str, from: &'static str| {
        [("CallSid", sid), ("From", from), ("To", "whatsapp:+97235551234"), ("CallStatus", "ringing")]
    };
    harness.hook("/webhook/incoming_call", &CALL).await;
    for call in [
        caller("CA00000000000000000000000000000002", "whatsapp:+972501234567"),
        caller("CA00000000000000000000000000000003", "whatsapp:IL.13491208655302741918"),
    ] {
        let reply = harness.hook("/webhook/incoming_call", &call).await;
        assert!(reply.status == 200 && reply.text().contains("<Stream "), "{}", reply.text());
    }
    let calls = harness.daemon.api().get("/api/calls").await.json();
    let shown =
        |call: &serde_json::Value| json!([call["medium"], call["peer_number"], call["own_number"], call["contact_id"]]);
    let shown: Vec<_> = calls["calls"].as_array().unwrap().iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            json!(["whatsapp", "IL.13491208655302741918", "+97235551234", 2]),
            json!(["whatsapp", "+972501234567", "+97235551234", 1]),
            json!(["phone", "+972501234567", "+97235551234", 1]),
        ]
    );
    let threads = harness.daemon.api().get("/api/threads?type=call").await.json();
    assert_eq!(threads["threads"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_without_a_signature_is_a_preview() {
    let harness = harness().await;
    let reply = harness.daemon.client().get("/webhook/incoming_call").await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("<Stream") && !reply.text().contains("<Parameter"), "{}", reply.text());
    let wrong = harness.daemon.client().with_header("x-twilio-signature", "bm8=").get("/webhook/incoming_call").await;
    assert_eq!(wrong.status, 403);
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM calls"), 0);

    let account = &harness.twilio_state.account().sid;
    let path = format!("/webhook/incoming_call?AccountSid={account}&CallSid=CA{:032}&From=%2B972501234567", 2);
    let reply = harness.daemon.client().with_header("x-twilio-signature", harness.sign(&path, &[])).get(&path).await;
    assert!(reply.text().contains("<Parameter name=\"token\""), "{}", reply.text());
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM calls"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_signed_routes_are_closed_and_the_preview_open() {
    let daemon = tokio::task::block_in_place(|| super::support::Daemon::start(|_| {}));
    let client = daemon.client();
    assert_eq!(client.get("/webhook/incoming_call").await.status, 200);
    let fields: Vec<_> = CALL.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    for path in ["incoming_call", "handle_recording", "stream_ended", "recording_status", "call_status"] {
        let path = format!("/webhook/{path}");
        for signature in ["x".to_owned(), sign("", &format!("{}{path}", daemon.url()), &fields)] {
            let reply = client.clone().with_header("x-twilio-signature", &signature).post_form(&path, &CALL).await;
            assert_eq!(reply.status, 403, "{path} {signature}");
        }
    }
    assert_eq!(client.get("/readyz").await.json()["twilio_secrets"], "disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_twilio_signed_is_taken() {
    let harness = harness().await;
    let fields: Vec<_> = CALL.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let good = harness.sign("/webhook/incoming_call", &fields);
    let foreign = sign("another token", &format!("{}/webhook/incoming_call", harness.daemon.url()), &fields);
    let elsewhere =
        sign(&harness.twilio_state.account().auth_token, "https://evil.example/webhook/incoming_call", &fields);
    for signature in ["", "x", &foreign, &elsewhere, &good[1..]] {
        let client = harness.daemon.client().with_header("x-twilio-signature", signature);
        let client = client.with_header("host", "evil.example").with_header("x-forwarded-host", "evil.example");
        assert_eq!(client.post_form("/webhook/incoming_call", &CALL).await.status, 403, "{signature}");
    }
    let changed = harness
        .daemon
        .client()
        .with_header("x-twilio-signature", &good)
        .post_form("/webhook/incoming_call", &CALL[1..])
        .await;
    assert_eq!(changed.status, 403);
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM calls"), 0);
    assert_eq!(harness.daemon.query_value::<i64>("SELECT count(*) FROM webhook_journal"), 0);
    // The response may arrive before the log line.
    let logged = || harness.daemon.logs().events_named("TWILIO_BAD_SIG").len();
    until("one log line for each", async || (logged() == 6).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_bodies_and_second_tokens_are_signed_too() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("TWILIO_AUTH_TOKEN_SECONDARY", "the-next-token");
    })
    .await;
    let [third, fourth] = [3, 4].map(|number| format!("CA{number:032}"));
    let account = &harness.twilio_state.account().sid;
    let body =
        json!({"AccountSid": account, "CallSid": third, "From": "+972501234567", "To": "+97235551234"}).to_string();
    let url = format!("{}/webhook/incoming_call", harness.daemon.url());
    let (url, signature) = sign_json_url(&harness.twilio_state.account().auth_token, &url, body.as_bytes());
    let path = url.strip_prefix(&harness.daemon.url()).unwrap().to_owned();
    let post = |path: &str, body: &str| {
        let client = harness.daemon.client().with_header("x-twilio-signature", signature.clone());
        let request = client.request(reqwest::Method::POST, path).header("content-type", "application/json");
        super::support::client::send(request.body(body.to_owned()))
    };
    assert_eq!(post(&path, &body).await.status, 200);
    assert_eq!(post(&path, &body.replace(&third, &fourth)).await.status, 403);
    assert_eq!(harness.daemon.query_column::<String>("SELECT call_sid FROM calls"), [third]);

    let fields: Vec<_> = CALL.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let second = sign("the-next-token", &format!("{}/webhook/incoming_call", harness.daemon.url()), &fields);
    let reply = harness
        .daemon
        .client()
        .with_header("x-twilio-signature", second)
        .post_form("/webhook/incoming_call", &CALL)
        .await;
    assert_eq!(reply.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_but_signed_requests_are_kept_and_answered() {
    let harness = harness().await;
    let many: Vec<(String, String)> = (0..290).map(|n| (format!("Unknown{n}"), "x".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    for (path, status) in [
        ("/webhook/incoming_call", 200),
        ("/webhook/handle_recording", 200),
        ("/webhook/stream_ended", 200),
        ("/webhook/stream_status", 204),
        ("/webhook/recording_status", 204),
        ("/webhook/call_status", 204),
    ] {
        for fields in [&[][..], &[("Nothing", "known")][..], &many[..]] {
            let reply = harness.hook(path, fields).await;
            assert_eq!(reply.status, status, "{path} with {} fields", fields.len());
        }
    }
    let malformed: i64 = harness.daemon.query_value("SELECT count(*) FROM webhook_journal WHERE outcome = 'malformed'");
    assert_eq!(malformed, 18);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_about_an_answering_machine_is_stored_with_what_it_lacks() {
    let harness = harness().await;
    let sid = ("CallSid", "CA00000000000000000000000000000001");
    for (fields, note) in
        [(&[sid][..], "no AnsweredBy"), (&[("AnsweredBy", "human")][..], "no call of the configured account")]
    {
        assert_eq!(harness.hook("/webhook/outbound_machine", fields).await.status, 204);
        let stored: String =
            harness.daemon.query_value("SELECT note FROM webhook_journal WHERE outcome = 'malformed' ORDER BY id DESC");
        assert_eq!(stored, note);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_status_is_always_taken_and_never_kept_by_a_cache() {
    let harness = harness().await;
    let fields = [
        ("CallSid", "CA00000000000000000000000000000009"),
        ("StreamSid", "MZ00000000000000000000000000000009"),
        ("StreamEvent", "stream-started"),
    ];
    let began = Instant::now();
    for reply in [
        harness.hook("/webhook/stream_status", &fields).await,
        harness.daemon.client().post_form("/webhook/stream_status", &fields).await,
    ] {
        assert_eq!((reply.status, reply.body.len()), (204, 0));
        assert_eq!(reply.header("cache-control"), "no-store, no-cache, must-revalidate, max-age=0");
        assert_eq!(reply.header("pragma"), "no-cache");
    }
    let unsigned = || {
        let logged = harness.daemon.logs().events_named("STREAM_STATUS");
        logged.into_iter().filter(|event| event["signed"] == false).count()
    };
    until("the unsigned one to be logged", async || (unsigned() == 1).then_some(())).await;
    for _ in 0..50 {
        harness.daemon.client().post_form("/webhook/stream_status", &[("x", &"y".repeat(5000))]).await;
    }
    let took = began.elapsed();
    // The log line of a refused request follows those of the earlier requests.
    assert_eq!(harness.daemon.client().post_form("/webhook/incoming_call", &CALL).await.status, 403);
    tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("TWILIO_BAD_SIG"));
    let logged =
        harness.daemon.logs().events_named("STREAM_STATUS").into_iter().filter(|event| event["signed"] == false);
    let logged: Vec<_> = logged.collect();
    // At most one line is logged in each second of the clock. Requests that take two and a half seconds may be in four of
    // these seconds.
    assert!(logged.len() as u64 <= took.as_secs() + 2, "{} lines in {took:?}", logged.len());
    assert!(logged.iter().all(|event| event["body"].as_str().unwrap().len() <= 1024));
    assert_eq!(
        harness.daemon.query_value::<i64>("SELECT count(*) FROM webhook_journal"),
        1,
        "the unsigned ones are not kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorder_follows_an_unknown_stream() {
    let harness = harness().await;
    for _ in 0..2 {
        let reply = harness.hook("/webhook/stream_ended", &CALL).await;
        let xml = reply.text();
        assert!(xml.contains("<Record") && xml.contains("/static/tts/fallback_he.mp3"), "{xml}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_a_call_ends_it() {
    let harness = harness().await;
    harness.hook("/webhook/incoming_call", &CALL).await;
    let over = [CALL[0], ("CallStatus", "completed"), ("CallDuration", "42")];
    for _ in 0..2 {
        assert_eq!(harness.hook("/webhook/call_status", &over).await.status, 204);
    }
    let call = harness.ended_call(CALL[0].1).await;
    assert_eq!((call["end_reason"].as_str(), call["duration_ms"].as_i64()), (Some("unanswered"), Some(42_000)));
}

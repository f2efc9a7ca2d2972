//! Inbound messages.

use crate::support::client::send;
use crate::support::whatsapp::{OWN_SENDER, SHARED_SECRET, Shop, WEBHOOK_SECRET, until};
use crate::support::{Daemon, Reply};
use agentlocator::config::Secret;
use agentlocator::providers::baileys::signature::sign;
use reqwest::Method;
use serde_json::json;

const DANA: &str = "+972501234567";
const BRIDGE: &str = "/webhook/whatsapp/baileys";
const TWILIO: &str = "/webhook/whatsapp/twilio";

#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_of_a_number_by_either_provider_is_one_contact_with_one_thread() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "one").await;
    shop.receive_by_twilio("+972501234567", "SMa0000000000000000000000000000002", "two").await;
    shop.receive_by_bridge("972501234567", "A", "three").await;
    shop.receive_by_bridge("972501234567@s.whatsapp.net", "B", "four").await;
    shop.receive_by_bridge("972501234567:17@s.whatsapp.net", "C", "five").await;
    shop.receive_by_bridge("0501234567", "D", "six").await;
    shop.receive_by_bridge("+972-50-123-4567", "E", "seven").await;
    for to in ["050-1234567", "whatsapp:+972501234567", "972501234567@c.us"] {
        shop.say(to, "eight").await;
    }
    assert_eq!(
        shop.talk(DANA).await,
        ["one", "two", "three", "four", "five", "six", "seven", ">eight", ">eight", ">eight"]
    );
    assert_eq!((shop.count("contacts"), shop.count("threads"), shop.count("addresses")), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_s_message_is_stored_with_all_it_says() {
    let shop = Shop::open().await;
    let pairs = [
        ("MessageSid", "SMa0000000000000000000000000000001"),
        ("SmsSid", "SMa0000000000000000000000000000001"),
        ("AccountSid", "AC1"),
        ("From", "whatsapp:+972501234567"),
        ("To", OWN_SENDER),
        ("Body", "שלום 👋"),
        ("NumMedia", "0"),
        ("ProfileName", "דנה"),
        ("WaId", "972501234567"),
        ("OriginalRepliedMessageSid", "SMa0000000000000000000000000000000"),
        ("ButtonPayload", "yes"),
    ];
    let reply = shop.twilio_posts(TWILIO, &pairs).await;
    assert_eq!((reply.status, reply.text().as_str()), (204, ""));
    let thread = shop.api.get("/api/threads?type=whatsapp").await.json()["threads"][0].clone();
    assert_eq!(
        (thread["title"].clone(), thread["provider"].clone(), thread["unread_count"].clone()),
        (json!("דנה"), json!("twilio"), json!(1))
    );
    let page = shop.api.get(&format!("/api/threads/{}/messages", thread["id"])).await.json();
    let message = &page["messages"][0];
    for (column, value) in [
        ("direction", json!("in")),
        ("status", json!("received")),
        ("message_type", json!("text")),
        ("content_text", json!("שלום 👋")),
        ("provider", json!("twilio")),
        ("provider_msg_id", json!("SMa0000000000000000000000000000001")),
        ("media_url", json!(null)),
    ] {
        assert_eq!(message[column], value, "{column}");
    }
    assert_eq!(
        shop.daemon.query_value::<String>("SELECT quoted_msg_id FROM messages"),
        "SMa0000000000000000000000000000000"
    );
    assert_eq!(shop.daemon.query_value::<String>("SELECT extra FROM messages"), r#"{"ButtonPayload":"yes"}"#);
    assert_eq!(message["button"], json!({"text": null, "payload": "yes"}));
    assert_eq!((&message["location"], &message["referral"]), (&json!(null), &json!(null)));
    let event = shop.daemon.logs().wait_for_event("WA_IN_TWILIO");
    assert_eq!(event["from"], "+9725•••••67");
}

#[tokio::test(flavor = "multi_thread")]
async fn places_and_advertisements_are_shown() {
    let shop = Shop::open().await;
    let receive = async |number: u8, pairs: &[(&str, &str)]| {
        let sid = format!("SMa{number:031}");
        let base = [("MessageSid", sid.as_str()), ("From", "whatsapp:+972501234567"), ("To", OWN_SENDER)];
        assert_eq!(shop.twilio_posts(TWILIO, &[&base, pairs].concat()).await.status, 204);
    };
    let place =
        [("Latitude", "32.0853"), ("Longitude", "34.7818"), ("Label", "דיזנגוף סנטר"), ("Address", "דיזנגוף 50")];
    receive(1, &place).await;
    receive(2, &[("Latitude", "-33.5"), ("Longitude", "151")]).await;
    receive(3, &[("Latitude", "91"), ("Longitude", "34.7")]).await;
    receive(4, &[("Latitude", "north"), ("Longitude", "NaN")]).await;
    let ad = [("ReferralHeadline", "מבצע"), ("ReferralBody", "תספורת"), ("ReferralSourceUrl", "https://fb.me/x")];
    receive(5, &[&[("Body", "שלום")], &ad[..]].concat()).await;
    let messages = shop.api.get("/api/threads/1/messages").await.json()["messages"].as_array().unwrap().clone();
    let column = |name: &str| messages.iter().map(|message| message[name].clone()).collect::<Vec<_>>();
    let first = json!({"latitude": 32.0853, "longitude": 34.7818, "name": "דיזנגוף סנטר", "address": "דיזנגוף 50"});
    let second = json!({"latitude": -33.5, "longitude": 151.0, "name": null, "address": null});
    assert_eq!(column("location"), [first, second, json!(null), json!(null), json!(null)]);
    assert_eq!(
        column("referral")[3..],
        [json!(null), json!({"headline": "מבצע", "body": "תספורת", "url": "https://fb.me/x"})]
    );
    // The timeline of the contact shows the same.
    let items = shop.api.get("/api/contacts/1/timeline").await.json()["items"].clone();
    assert_eq!(items[0]["message"]["location"]["latitude"], 32.0853);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_body_formats_and_both_signatures_of_the_bridge_are_accepted() {
    let shop = Shop::open().await;
    let post = async |headers: &[(&'static str, String)], body: &str| -> Reply {
        let mut request = shop.daemon.client().request(Method::POST, BRIDGE).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        send(request).await
    };
    let first = r#"{"from":"972501234567","text":"שלום","media_url":null,"provider_msg_id":"ABCD1"}"#;
    let second = r#"{"from":"972501234567","body":"מה נשמע?","id":"ABCD2"}"#;
    let signed = |body: &str| ("X-BAILEYS-SIGNATURE", sign(&Secret::new(SHARED_SECRET), body.as_bytes()));
    let token = |secret: &str| ("X-BAILEYS-SECRET", secret.to_owned());
    assert_eq!(post(&[signed(first)], first).await.status, 204);
    assert_eq!(post(&[token(WEBHOOK_SECRET)], second).await.status, 204);
    assert_eq!(post(&[signed(first), token(WEBHOOK_SECRET)], first).await.status, 204);
    assert_eq!(shop.talk(DANA).await, ["שלום", "מה נשמע?"]);
    shop.daemon.logs().wait_for_event("WA_IN_BAILEYS");

    let journal = shop.count("webhook_journal");
    for headers in [
        vec![],
        vec![token("wrong")],
        vec![token("")],
        // The token and the signature have separate secrets.
        vec![token(SHARED_SECRET)],
        vec![signed(second)],
        vec![("X-BAILEYS-SIGNATURE", signed(first).1.to_uppercase())],
    ] {
        assert_eq!(post(&headers, first).await.status, 403, "{headers:?}");
    }
    // The response may arrive before the log line.
    let logged = || shop.daemon.logs().events_named("WA_BAILEYS_BAD_SIG").len();
    until("each refusal to be logged", async || (logged() == 6).then_some(())).await;
    assert_eq!(shop.count("webhook_journal"), journal, "no part of it is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn either_secret_replaces_the_other_and_without_any_all_is_refused() {
    for (name, other) in
        [("WA_SHARED_SECRET", "BAILEYS_WEBHOOK_SECRET"), ("BAILEYS_WEBHOOK_SECRET", "WA_SHARED_SECRET")]
    {
        let daemon = Daemon::start(|setup| {
            setup.env(name, "the-only-secret").env(other, "");
        });
        let body = r#"{"from":"972501234567","text":"x","id":"1"}"#;
        let post = |name: &str, value: &str| {
            send(daemon.client().request(Method::POST, BRIDGE).header(name, value).body(body))
        };
        let signature = sign(&Secret::new("the-only-secret"), body.as_bytes());
        assert_eq!(post("X-BAILEYS-SECRET", "the-only-secret").await.status, 204);
        assert_eq!(post("X-BAILEYS-SIGNATURE", &signature).await.status, 204);
    }
    let daemon = Daemon::start(|_| {});
    let body = r#"{"from":"972501234567","text":"x","id":"1"}"#;
    for (name, value) in [
        ("X-BAILEYS-SECRET", String::new()),
        ("X-BAILEYS-SIGNATURE", sign(&Secret::new(""), body.as_bytes())),
        ("X-Other", String::new()),
    ] {
        let request = daemon.client().request(Method::POST, BRIDGE).header(name, value).body(body);
        assert_eq!(send(request).await.status, 403, "{name}");
    }
    daemon.logs().wait_for_event("WA_BAILEYS_BAD_SIG");
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_s_signature_is_required() {
    let shop = Shop::open().await;
    for path in [TWILIO, "/webhook/whatsapp/twilio/status"] {
        let pairs = [
            ("MessageSid", "SMa0000000000000000000000000000001"),
            ("From", "whatsapp:+972501234567"),
            ("MessageStatus", "sent"),
        ];
        let unsigned = shop.daemon.client().post_form(path, &pairs).await;
        assert_eq!(unsigned.status, 403, "{path}");
        for signature in ["AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
            let request = shop.daemon.client().request(Method::POST, path).header("X-Twilio-Signature", signature);
            assert_eq!(send(request.form(&pairs)).await.status, 403, "{path} {signature}");
        }
    }
    assert_eq!((shop.count("messages"), shop.count("webhook_journal")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_twice_is_one_and_the_same_id_of_another_person_is_another() {
    let shop = Shop::open().await;
    for _ in 0..2 {
        shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hello").await;
        shop.receive_by_bridge("972501234567", "A1", "bye").await;
    }
    shop.receive_by_bridge("972541111111", "A1", "I am another").await;
    assert_eq!(shop.talk(DANA).await, ["hello", "bye"]);
    assert_eq!(shop.talk("+972541111111").await, ["I am another"]);
    let outcomes: Vec<String> = shop.daemon.query_column("SELECT outcome FROM webhook_journal ORDER BY id");
    assert_eq!(outcomes, ["stored", "stored", "duplicate", "stored"]);
    assert_eq!(
        shop.daemon.query_value::<i64>("SELECT unread_count FROM threads WHERE peer_number = '+972501234567'"),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_webhooks_are_acknowledged_and_logged_unchanged() {
    let shop = Shop::open().await;
    let bodies: [&[u8]; 12] = [
        b"",
        b"hello",
        b"{",
        b"[]",
        b"null",
        b"{}",
        br#"{"text":"no sender"}"#,
        br#"{"from":"","text":"x","id":"1"}"#,
        br#"{"from":{"a":1},"text":"x"}"#,
        br#"{"from":"nobody","text":"x"}"#,
        b"{\"from\":\"\xff\xfe\",\"text\":\"x\"}",
        br#"{"event":"status","status":"read"}"#,
    ];
    for body in bodies {
        assert_eq!(shop.bridge_posts_raw(body.to_vec()).await.status, 204, "{body:?}");
    }
    assert_eq!(shop.bridge_posts_raw("[".repeat(100_000).into_bytes()).await.status, 204);
    for pairs in [
        &[][..],
        &[("Body", "x")],
        &[("MessageSid", "SMa0000000000000000000000000000001"), ("Body", "x")],
        &[("MessageSid", "SMa0000000000000000000000000000001"), ("From", "whatsapp:")],
        &[("From", "whatsapp:+972501234567"), ("Body", "no sid")],
    ] {
        assert_eq!(shop.twilio_posts(TWILIO, pairs).await.status, 204, "{pairs:?}");
        assert_eq!(shop.twilio_posts("/webhook/whatsapp/twilio/status", pairs).await.status, 204, "{pairs:?}");
    }
    assert_eq!((shop.count("messages"), shop.count("contacts")), (0, 0));
    assert_eq!(shop.count("webhook_journal WHERE outcome = 'malformed'"), 23);
    let raw: Vec<Vec<u8>> = shop.daemon.query_column("SELECT body FROM webhook_journal ORDER BY id LIMIT 12");
    assert_eq!(raw, bodies.map(<[u8]>::to_vec));
    shop.daemon.logs().wait_for_event("WA_IN_MALFORMED");
}

#[tokio::test(flavor = "multi_thread")]
async fn group_messages_and_bridge_events_are_logged_and_create_nothing() {
    let shop = Shop::open().await;
    for body in [
        json!({ "from": "120363021033254949@g.us", "text": "to all", "id": "1" }),
        json!({ "from": "status@broadcast", "text": "a story", "id": "2" }),
        json!({ "event": "connection", "state": "open" }),
    ] {
        assert_eq!(shop.bridge_posts(&body).await.status, 204);
    }
    assert_eq!((shop.count("messages"), shop.count("webhook_journal WHERE outcome = 'ignored'")), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused() {
    let shop = Shop::open().await;
    let body = vec![b'x'; 2 << 20];
    assert_eq!(shop.bridge_posts_raw(body).await.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_low_limit_of_the_api_refuses_no_message() {
    let shop = Shop::open_with(|setup| _ = setup.toml("[http]\nmax_body_bytes = 1024\n"), "").await;
    let long = "ש".repeat(1000);
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", &long).await;
    shop.receive_by_bridge("972501234567", "1", &long).await;
    let signed = json!({ "from": "972501234567", "text": long, "id": "2" }).to_string();
    let signature = sign(&Secret::new(SHARED_SECRET), signed.as_bytes());
    let request = shop.daemon.client().request(Method::POST, BRIDGE).header("X-BAILEYS-SIGNATURE", signature);
    assert_eq!(send(request.body(signed)).await.status, 204);
    assert_eq!(shop.talk(DANA).await, [long.as_str(), &long, &long]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_half_an_emoji_is_stored() {
    let shop = Shop::open().await;
    let body = br#"{"from":"972501234567","text":"cut \ud83d","id":"1"}"#;
    assert_eq!(shop.bridge_posts_raw(body.to_vec()).await.status, 204);
    assert_eq!(shop.talk(DANA).await, ["cut \u{fffd}"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_is_only_known_by_a_hidden_id_gets_answers_by_the_bridge() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("111222333444555@lid", "1", "who am I?").await;
    let answer = shop.say("111222333444555@lid", "we do not know").await;
    shop.until_status(&answer, "sent").await;
    assert_eq!(shop.bridge.sent()[0]["to"], "111222333444555@lid");
    let refused = shop.send(&json!({ "to": "111222333444555@lid", "text": "x", "provider": "twilio" })).await;
    assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (422, json!("no_provider")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_the_owner_s_phone_is_an_outgoing_message() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "1", "are you open?").await;
    let own = json!({ "event": "message", "from_me": true, "from": "97239999999", "to": "972501234567", "text": "yes", "id": "2" });
    for _ in 0..2 {
        assert_eq!(shop.bridge_posts(&own).await.status, 204);
    }
    assert_eq!(shop.talk(DANA).await, ["are you open?", ">yes"]);
    let (author, status): (String, String) = (
        shop.daemon.query_value("SELECT author FROM messages WHERE direction = 'out'"),
        shop.daemon.query_value("SELECT status FROM messages WHERE direction = 'out'"),
    );
    assert_eq!((author.as_str(), status.as_str()), ("phone", "sent"));
    assert_eq!(shop.daemon.query_value::<i64>("SELECT unread_count FROM threads"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waited_keeps_its_time() {
    let shop = Shop::open().await;
    let late = json!({ "from": "972501234567", "text": "late", "id": "1", "timestamp": 1_700_000_000, "waited": true });
    let live = json!({ "from": "972501234567", "text": "live", "id": "2" });
    let later = json!({ "from": "972501234567", "text": "late too", "id": "3", "timestamp": "2026-01-01T10:00:00Z", "waited": true });
    for body in [late, live, later] {
        assert_eq!(shop.bridge_posts(&body).await.status, 204);
    }
    let talk = shop.talk(DANA).await;
    assert_eq!(talk.iter().position(|text| text == "live"), Some(talk.len() - 1), "{talk:?}");
    assert_eq!(shop.count("threads WHERE last_message_at > '2026-01-02'"), 1, "the newest counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_message_survives_a_kill() {
    let mut shop = Shop::open().await;
    for number in 0..20 {
        shop.receive_by_bridge("972501234567", &format!("K{number}"), &format!("{number}")).await;
    }
    shop.daemon.kill9();
    shop.daemon.launch();
    for number in 0..20 {
        shop.receive_by_bridge("972501234567", &format!("K{number}"), &format!("{number}")).await;
    }
    assert_eq!(shop.talk(DANA).await.len(), 20);
}

//! Outbound messages.

use crate::support::Client;
use crate::support::client::send;
use crate::support::whatsapp::{BridgeReply, OWN_SENDER, SHARED_SECRET, Shop, TwilioReply, WEBHOOK_SECRET, until};
use agentlocator::config::Secret;
use agentlocator::providers::baileys::signature::sign;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const DANA: &str = "+972501234567";
const NOA: &str = "+972541111111";

async fn post(api: &Client, key: &str, body: &Value) -> (u16, Value) {
    let request = api.request(Method::POST, "/api/whatsapp/send").header("Idempotency-Key", key).json(body);
    let reply = send(request).await;
    (reply.status, reply.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_stored_acknowledged_and_sent() {
    let shop = Shop::open().await;
    let reply = shop.send(&json!({ "to": "050-1234567", "text": "שלום", "media_url": null, "provider": "auto" })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    assert_eq!(
        answer,
        json!({ "ok": true, "message_id": 1, "thread_id": 1, "status": "queued", "provider": "baileys" })
    );
    let message = shop.until_status(&answer, "sent").await;
    assert_eq!((message["direction"].clone(), message["content_text"].clone()), (json!("out"), json!("שלום")));
    assert!(message["provider_msg_id"].as_str().unwrap().starts_with("3EB0"));
    let (request, token, signature) = shop.bridge.requests().pop().unwrap();
    assert_eq!((request["to"].clone(), request["type"].clone()), (json!("972501234567"), json!("text")));
    assert_eq!(token, WEBHOOK_SECRET);
    assert_eq!(signature, sign(&Secret::new(SHARED_SECRET), &shop.bridge.last_body()));
    let event = shop.daemon.logs().wait_for_event("WA_OUT_BAILEYS");
    assert_eq!((event["to"].clone(), event["outcome"].clone()), (json!("+9725•••••67"), json!("sent")));
    assert!(shop.daemon.query_value::<String>("SELECT author FROM messages").starts_with("token:"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_to_twilio_follow_its_api() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
    let body = json!({ "to": DANA, "text": "a picture", "media_url": "https://93.184.216.34/a.jpg" });
    let reply = shop.send(&body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let message = shop.until_status(&reply.json(), "sent").await;
    assert_eq!((message["message_type"].clone(), message["media_kind"].clone()), (json!("media"), json!("image")));
    let sent = shop.twilio.taken().pop().unwrap();
    assert_eq!(sent.value("Body"), Some("a picture"));
    assert_eq!(sent.value("MediaUrl"), Some("https://93.184.216.34/a.jpg"));
    let callback = format!("{}/webhook/whatsapp/twilio/status", shop.daemon.url());
    assert_eq!(sent.value("StatusCallback"), Some(callback.as_str()));
    assert!(sent.authorization.starts_with("Basic "));
    shop.daemon.logs().wait_for_event("WA_OUT_TWILIO");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_gets_files_by_their_kind() {
    let shop = Shop::open().await;
    for (url, kind) in [
        ("https://93.184.216.34/a.jpg", "image"),
        ("https://93.184.216.34/a.ogg?x=1", "audio"),
        ("https://93.184.216.34/a.mp4", "video"),
        ("https://93.184.216.34/price-list", "document"),
    ] {
        let reply = shop.send(&json!({ "to": DANA, "media_url": url })).await;
        shop.until_status(&reply.json(), "sent").await;
        let sent = shop.bridge.sent().pop().unwrap();
        assert_eq!((sent["type"].clone(), sent["mediaUrl"].clone()), (json!(kind), json!(url)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gives_the_same_answer_and_one_message() {
    let mut shop = Shop::open().await;
    let body = json!({ "to": DANA, "text": "once" });
    let (status, first) = post(&shop.api, "key-1", &body).await;
    assert_eq!(status, 200);
    shop.until_status(&first, "sent").await;
    let same = json!({ "text": "once", "to": "050-123-4567", "provider": "auto", "media_url": null });
    for body in [&body, &same] {
        assert_eq!(post(&shop.api, "key-1", body).await, (200, first.clone()));
    }
    for body in [
        json!({ "to": DANA, "text": "twice" }),
        json!({ "to": NOA, "text": "once" }),
        json!({ "to": DANA, "text": "once", "provider": "baileys" }),
        json!({ "to": DANA, "text": "once", "media_url": "https://93.184.216.34/a.jpg" }),
    ] {
        let (status, answer) = post(&shop.api, "key-1", &body).await;
        assert_eq!((status, answer["error"]["code"].clone()), (422, json!("key_reused")), "{body}");
    }
    let other_token = shop.daemon.api();
    assert_eq!(post(&other_token, "key-1", &body).await, (200, first.clone()), "also with another token");
    shop.daemon.kill9();
    shop.daemon.launch();
    assert_eq!(post(&shop.api, "key-1", &body).await, (200, first.clone()), "also after a restart");
    let (_, other) = post(&shop.api, "key-2", &body).await;
    assert_ne!(other["message_id"], first["message_id"]);
    shop.until_status(&other, "sent").await;
    assert_eq!((shop.bridge.texts().len(), shop.count("messages")), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_first_response_after_its_file_was_deleted() {
    let mut shop = Shop::open().await;
    let upload = shop.api.request(Method::POST, "/api/media").body("a price list");
    let file = send(upload).await.json()["id"].clone();
    let body = json!({ "to": DANA, "text": "prices", "media_id": file });
    let (status, first) = post(&shop.api, "key", &body).await;
    assert_eq!(status, 200, "{first}");
    shop.until_status(&first, "sent").await;
    shop.daemon.stop();
    shop.daemon.seed("UPDATE media SET content = x'', pruned_at = '2026-11-01T00:00:00.000Z'");
    shop.daemon.launch();
    assert_eq!(post(&shop.api, "key", &body).await, (200, first));
    for (key, body, code) in [
        ("key", json!({ "to": DANA, "text": "others", "media_id": file }), "key_reused"),
        ("key", json!({ "to": DANA, "text": "prices" }), "key_reused"),
        ("key", json!({ "to": DANA, "text": "prices", "media_id": "00" }), "key_reused"),
        ("new", body, "media_unknown"),
    ] {
        let (status, answer) = post(&shop.api, key, &body).await;
        assert_eq!((status, answer["error"]["code"].clone()), (422, json!(code)), "{key} {body}");
    }
    assert_eq!((shop.bridge.requests().len(), shop.count("messages")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_with_one_key_at_once_are_one_message() {
    let shop = Shop::open().await;
    let body = json!({ "to": DANA, "text": "once" });
    let answers = futures_util::future::join_all((0..20).map(|_| post(&shop.api, "key", &body))).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    shop.until_status(&answers[0].1, "sent").await;
    assert_eq!((shop.bridge.texts().len(), shop.count("messages")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_input_is_reported_and_not_stored() {
    let shop = Shop::open().await;
    for (body, code) in [
        (json!({ "text": "x" }), "invalid"),
        (json!({ "to": 5, "text": "x" }), "invalid"),
        (json!([]), "invalid"),
        (json!({ "to": "", "text": "x" }), "invalid_recipient"),
        (json!({ "to": "dana", "text": "x" }), "invalid_recipient"),
        (json!({ "to": "12036302@g.us", "text": "x" }), "invalid_recipient"),
        (json!({ "to": OWN_SENDER, "text": "x" }), "own_number"),
        (json!({ "to": DANA }), "empty_message"),
        (json!({ "to": DANA, "text": "  " }), "empty_message"),
        (json!({ "to": DANA, "text": "x".repeat(4097) }), "text_too_long"),
        (json!({ "to": DANA, "text": "x".repeat(1601), "provider": "twilio" }), "text_too_long"),
        (json!({ "to": DANA, "text": "x", "provider": "pigeon" }), "invalid"),
    ] {
        let reply = shop.send(&body).await;
        assert!((400..500).contains(&reply.status), "{body}: {}", reply.status);
        assert_eq!(
            (reply.json()["ok"].clone(), reply.json()["error"]["code"].clone()),
            (json!(false), json!(code)),
            "{body}"
        );
        assert!(!reply.json()["error"]["message"].as_str().unwrap().is_empty());
    }
    let reply =
        send(shop.api.request(Method::POST, "/api/whatsapp/send").header("content-type", "application/json").body("{"))
            .await;
    assert_eq!((reply.status, reply.json()["ok"].clone()), (400, json!(false)));
    let unknown = shop.daemon.client().post_json("/api/whatsapp/send", &json!({ "to": DANA, "text": "x" })).await;
    assert_eq!(unknown.status, 401);
    assert_eq!((shop.count("messages"), shop.count("contacts"), shop.count("outbox")), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_s_address_must_be_public() {
    let shop = Shop::open().await;
    for url in [
        "http://93.184.216.34/a.jpg",
        "ftp://93.184.216.34/a.jpg",
        "file:///etc/passwd",
        "a.jpg",
        "https://localhost/a.jpg",
        "https://127.0.0.1/a.jpg",
        "https://127.1/a.jpg",
        "https://2130706433/a.jpg",
        "https://0.0.0.0/a.jpg",
        "https://10.1.2.3/a.jpg",
        "https://172.16.0.1/a.jpg",
        "https://192.168.0.1/a.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/a.jpg",
        "https://[::1]/a.jpg",
        "https://[fe80::1]/a.jpg",
        "https://[fd00::1]/a.jpg",
        "https://[::ffff:127.0.0.1]/a.jpg",
        "https://me:pass@93.184.216.34/a.jpg",
        "https://a..b/a.jpg",
    ] {
        let reply = shop.send(&json!({ "to": DANA, "text": "x", "media_url": url })).await;
        assert_eq!(
            (reply.status, reply.json()["error"]["code"].clone()),
            (422, json!("media_url_refused")),
            "{url}: {}",
            reply.text()
        );
    }
    assert_eq!(shop.count("messages"), 0);
    // A file at the address of the bridge is accepted.
    let url = format!("{}/media/1", shop.bridge.origin);
    let reply = shop.send(&json!({ "to": DANA, "media_url": url })).await;
    shop.until_status(&reply.json(), "sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn order_is_kept_for_each_person_and_others_do_not_wait() {
    let shop = Shop::open().await;
    shop.bridge.reply_next([BridgeReply::SendAfter(Duration::from_millis(700))]);
    let mut last = Value::Null;
    for number in 0..5 {
        last = shop.say(DANA, &format!("dana {number}")).await;
    }
    let other = shop.say(NOA, "noa").await;
    shop.until_status(&other, "sent").await;
    assert_eq!(shop.bridge.texts(), ["noa"], "a slow contact delays no other");
    shop.until_status(&last, "sent").await;
    assert_eq!(shop.bridge.texts(), ["noa", "dana 0", "dana 1", "dana 2", "dana 3", "dana 4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_message_delays_the_next_ones_to_the_same_contact() {
    let shop = Shop::open().await;
    shop.bridge.down(true);
    shop.bridge.reply_next([BridgeReply::Refuse(503), BridgeReply::Refuse(503)]);
    let first = shop.send(&json!({ "to": DANA, "text": "first", "provider": "baileys" })).await.json();
    let second = shop.send(&json!({ "to": DANA, "text": "second", "provider": "baileys" })).await.json();
    shop.until_status(&second, "sent").await;
    shop.until_status(&first, "sent").await;
    assert_eq!(shop.bridge.texts(), ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_messages_are_sent_when_the_bridge_is_back_also_after_a_kill() {
    let mut shop = Shop::open().await;
    shop.bridge.down(true);
    shop.bridge.reply_next(std::iter::repeat_n(BridgeReply::Refuse(503), 2));
    let answer = shop.send(&json!({ "to": DANA, "text": "patience", "provider": "baileys" })).await.json();
    until("an attempt", async || (!shop.bridge.requests().is_empty()).then_some(())).await;
    shop.daemon.kill9();
    shop.bridge.down(false);
    shop.daemon.launch();
    shop.until_status(&answer, "sent").await;
    assert_eq!(shop.bridge.texts(), ["patience"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_fetched_diverts_no_other_message() {
    let shop = Shop::open().await;
    shop.receive_by_twilio(&format!("whatsapp:{NOA}"), "SMa0000000000000000000000000000001", "hi").await;
    shop.receive_by_bridge(NOA, "A1", "and here").await;
    shop.bridge.reply_next([BridgeReply::NoFile]);
    let file = json!({ "to": DANA, "text": "see", "media_url": "https://93.184.216.34/x.png", "provider": "baileys" });
    let file = shop.send(&file).await.json();
    until("the attempt", async || (!shop.bridge.requests().is_empty()).then_some(())).await;
    let answer = shop.say(NOA, "yes").await;
    shop.until_status(&answer, "sent").await;
    assert_eq!(shop.twilio.taken().len(), 0, "the bridge is connected");
    shop.until_status(&file, "sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_waits_while_its_only_provider_does_not_accept_the_credentials() {
    let shop = Shop::open_with(|setup| _ = setup.env("WHATSAPP_PROVIDER", "twilio"), "").await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
    shop.twilio.reply_next([TwilioReply::Refuse(401, 20003), TwilioReply::Refuse(401, 20003)]);
    shop.until_status(&shop.say(DANA, "patience").await, "sent").await;
    assert_eq!((shop.twilio.attempts().len(), shop.twilio.taken().len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_tokens_are_rotated_the_secondary_token_sends() {
    let shop = Shop::open_with(
        |setup| _ = setup.env("WHATSAPP_PROVIDER", "twilio").env("TWILIO_AUTH_TOKEN_SECONDARY", "the-new-token"),
        "",
    )
    .await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
    shop.twilio.reply_next([TwilioReply::Refuse(401, 20003)]);
    let mark = shop.daemon.logs().mark();
    shop.until_status(&shop.say(DANA, "at once").await, "sent").await;
    let authorizations: Vec<_> = shop.twilio.attempts().into_iter().map(|attempt| attempt.authorization).collect();
    assert!(authorizations.len() == 2 && authorizations[0] != authorizations[1], "{authorizations:?}");
    assert_eq!(shop.daemon.logs().wait_for_event_from(mark, "WA_OUT_TWILIO")["outcome"], "sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audio_file_with_a_text_is_sent_as_two_messages() {
    let shop = Shop::open().await;
    let mut sound = b"OggS\0\x02".to_vec();
    sound.extend([0; 200]);
    let upload = shop.api.request(Method::POST, "/api/media").header("content-type", "audio/ogg");
    let file = send(upload.body(sound)).await.json();
    assert!(file["mime"].as_str().unwrap().starts_with("audio/"), "{file}");
    let body = json!({ "to": DANA, "text": "listen to this", "media_id": file["id"] });
    let (status, answer) = post(&shop.api, "k1", &body).await;
    assert_eq!(status, 200, "{answer}");
    shop.until_status(&answer, "sent").await;
    assert_eq!(post(&shop.api, "k1", &body).await, (200, answer));
    let sent: Vec<_> = shop.bridge.sent().iter().map(|it| (it["type"].clone(), it["text"].clone())).collect();
    assert_eq!(sent, [(json!("text"), json!("listen to this")), (json!("audio"), json!(""))]);
    assert_eq!(shop.count("messages"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_who_opted_out_gets_no_message_by_any_provider() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "no more").await;
    shop.twilio.reply_next([TwilioReply::Refuse(400, 21610)]);
    let failed = shop.until_status(&shop.say(DANA, "buy!").await, "failed").await;
    assert!(failed["error"].as_str().unwrap().contains("STOP"), "{failed}");
    assert_eq!(shop.bridge.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_attempts_in_flight() {
    let mut shop = Shop::open().await;
    shop.bridge.reply_next([BridgeReply::SendAfter(Duration::from_millis(800))]);
    let answer = shop.say(DANA, "slowly").await;
    until("an attempt", async || (!shop.bridge.requests().is_empty()).then_some(())).await;
    assert!(shop.daemon.stop().success());
    assert_eq!(shop.daemon.query_value::<String>("SELECT status FROM messages"), "sent");
    shop.daemon.launch();
    shop.until_status(&answer, "sent").await;
    assert_eq!(shop.bridge.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_quotes_the_message_where_the_provider_can() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "A1", "פתוח מחר?").await;
    let quoted = shop.daemon.query_value::<i64>("SELECT id FROM messages");
    let body = json!({"to": DANA, "text": "כן", "reply_to": quoted});
    let reply = shop.send(&body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    shop.until_status(&reply.json(), "sent").await;
    let (request, _, _) = shop.bridge.requests().pop().unwrap();
    assert_eq!(request["quoted"], json!({"id": "A1", "fromMe": false, "text": "פתוח מחר?"}));
    let shown = async || {
        let page = shop.api.get("/api/contacts/1/timeline").await.json();
        page["items"].as_array().unwrap().last().unwrap()["message"].clone()
    };
    let message = shown().await;
    assert_eq!(
        (&message["quote"]["message_id"], &message["quote"]["content_text"]),
        (&json!(quoted), &json!("פתוח מחר?"))
    );
    // A message from the business can be quoted as well.
    let own = json!({"to": DANA, "text": "עד שש", "reply_to": message["id"]});
    shop.until_status(&shop.send(&own).await.json(), "sent").await;
    let (request, _, _) = shop.bridge.requests().pop().unwrap();
    assert_eq!((&request["quoted"]["fromMe"], &request["quoted"]["text"]), (&json!(true), &json!("כן")));

    // Twilio does not support quotes, so the message is sent without its quote.
    let by_twilio = json!({"to": DANA, "text": "בשמחה", "reply_to": quoted, "provider": "twilio"});
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
    shop.until_status(&shop.send(&by_twilio).await.json(), "sent").await;
    assert_eq!(shop.twilio.taken().pop().unwrap().value("Body"), Some("בשמחה"));
    assert_eq!(shown().await["quote"]["message_id"], json!(quoted));

    shop.receive_by_bridge("972541111111", "B1", "היי").await;
    let other = shop.daemon.query_value::<i64>("SELECT id FROM messages WHERE provider_msg_id = 'B1'");
    for unknown in [json!(other), json!(999)] {
        let refused = shop.send(&json!({"to": DANA, "text": "x", "reply_to": unknown})).await;
        let error = &refused.json()["error"];
        assert_eq!(
            (refused.status, &error["code"], &error["field"]),
            (422, &json!("reply_to_unknown"), &json!("reply_to"))
        );
    }
    let (status, _) = post(&shop.api, "k1", &body).await;
    assert_eq!(status, 200);
    let (status, answer) = post(&shop.api, "k1", &json!({"to": DANA, "text": "כן"})).await;
    assert_eq!((status, &answer["error"]["code"]), (422, &json!("key_reused")));
}

//! Saved replies, scheduled messages, and the preview of the route and the price of a message.

use super::with_data;
use crate::support::client::send;
use crate::support::whatsapp::{Shop, until};
use crate::support::{Client, Reply};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const DANA: &str = "+972501234567";

async fn patch(api: &Client, path: &str, body: Value) -> Reply {
    send(api.request(Method::PATCH, path).json(&body)).await
}

fn in_an_hour() -> String {
    agentlocator::clock::now().plus(Duration::from_hours(1)).to_string()
}

#[tokio::test]
async fn saved_replies_are_created_changed_and_deleted() {
    let (_daemon, api) = with_data();
    let made = api.post_json("/api/saved-replies", &json!({"shortcut": "/hours", "text": "א–ה 9–18"})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!((&made.json()["id"], &made.json()["shortcut"]), (&json!(1), &json!("hours")));
    let etag = made.header("etag").to_owned();
    let again = api.post_json("/api/saved-replies", &json!({"shortcut": "HOURS", "text": "x"})).await;
    assert_eq!((again.status, again.json()["error"]["code"].clone()), (409, json!("conflict")));
    for (shortcut, text) in [("two words", "x"), ("a", " "), ("\u{200b}", "x"), ("/\u{feff}", "x"), ("\u{202e}", "x")] {
        let wrong = json!({"shortcut": shortcut, "text": text});
        assert_eq!(api.post_json("/api/saved-replies", &wrong).await.status, 400, "{wrong}");
    }
    let hidden = api.post_json("/api/saved-replies", &json!({"shortcut": "\u{202e}/ho\u{202c}urs", "text": "x"})).await;
    assert_eq!(hidden.status, 409, "without the characters that are not seen, it is the shortcut above");
    let changed = patch(&api, "/api/saved-replies/1", json!({"text": "א–ו"})).await;
    assert_eq!((changed.status, changed.json()["shortcut"].clone()), (200, json!("hours")));
    let late = api.request(Method::DELETE, "/api/saved-replies/1").header("if-match", etag);
    assert_eq!(send(late).await.status, 412);
    assert_eq!(api.get("/api/saved-replies").await.json()["items"][0]["text"], "א–ו");
    assert_eq!(send(api.request(Method::DELETE, "/api/saved-replies/1")).await.json(), json!({"ok": true}));
    assert_eq!(api.get("/api/saved-replies/1").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_message_is_sent_when_its_time_comes_also_after_a_restart() {
    let mut shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "A", "hi").await;
    let at = in_an_hour();
    let body = json!({"thread_id": 1, "text": "תזכורת", "send_at": at});
    let made = shop.api.post_json("/api/scheduled-messages", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!((&made.json()["state"], &made.json()["contact_id"]), (&json!("waiting"), &json!(1)));
    let waiting = shop.api.get("/api/scheduled-messages?thread_id=1&state=waiting").await.json();
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1);
    for (wrong, status) in [
        (json!({"thread_id": 1, "text": "x", "send_at": "2020-01-01T00:00:00Z"}), 400),
        (json!({"thread_id": 1, "text": "", "send_at": at}), 400),
        (json!({"thread_id": 9, "text": "x", "send_at": at}), 404),
        (json!({"thread_id": 1, "text": "x", "send_at": at, "media_id": "0"}), 404),
        (json!({"thread_id": 1, "text": "x", "send_at": "tomorrow"}), 422),
    ] {
        assert_eq!(shop.api.post_json("/api/scheduled-messages", &wrong).await.status, status, "{wrong}");
    }
    shop.daemon.stop();
    let seconds_ago = agentlocator::clock::now().minus(Duration::from_secs(5));
    shop.daemon.seed(&format!("UPDATE scheduled_messages SET send_at = '{seconds_ago}'"));
    shop.daemon.launch();
    let sent = until("the scheduled message", async || {
        let found = shop.api.get("/api/scheduled-messages/1").await.json();
        (found["state"] == "sent").then_some(found)
    });
    let sent = sent.await;
    assert_eq!(shop.talk(DANA).await, ["hi", ">תזכורת"]);
    assert!(sent["message_id"].is_i64());
    assert_eq!(patch(&shop.api, "/api/scheduled-messages/1", json!({"text": "y"})).await.status, 409);
    let gone = send(shop.api.request(Method::DELETE, "/api/scheduled-messages/1")).await;
    assert_eq!(gone.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_message_that_is_hours_late_is_not_sent() {
    let mut shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "A", "hi").await;
    for text in ["see you tomorrow", "see you soon"] {
        let body = json!({"thread_id": 1, "text": text, "send_at": in_an_hour()});
        assert_eq!(shop.api.post_json("/api/scheduled-messages", &body).await.status, 201);
    }
    shop.daemon.stop();
    let hours_ago = |hours| agentlocator::clock::now().minus(Duration::from_hours(hours));
    shop.daemon.seed(&format!(
        "UPDATE scheduled_messages SET send_at = CASE id WHEN 1 THEN '{}' ELSE '{}' END",
        hours_ago(3),
        hours_ago(1)
    ));
    shop.daemon.launch();
    let state = async |id: u32| shop.api.get(&format!("/api/scheduled-messages/{id}")).await.json();
    until("the later message", async || (state(2).await["state"] == "sent").then_some(())).await;
    let late = state(1).await;
    assert_eq!((&late["state"], &late["error_code"]), (&json!("failed"), &json!("too_late")));
    assert_eq!(shop.talk(DANA).await, ["hi", ">see you soon"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_schedules_one_message_and_does_not_restore_a_cancelled_one() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "A", "hi").await;
    let at = in_an_hour();
    let schedule = async |key: &str, text: &str| {
        let body = json!({"thread_id": 1, "text": text, "send_at": at});
        let request = shop.api.request(Method::POST, "/api/scheduled-messages").header("Idempotency-Key", key);
        send(request.json(&body)).await
    };
    let first = schedule("k1", "תזכורת").await;
    assert_eq!(first.status, 201, "{}", first.text());
    let again = schedule("k1", "תזכורת").await;
    assert_eq!((again.status, &again.json()["id"]), (201, &first.json()["id"]));
    let waiting = shop.api.get("/api/scheduled-messages?thread_id=1&state=waiting").await.json();
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1);
    let other = schedule("k1", "אחרת").await;
    assert_eq!((other.status, &other.json()["error"]["code"]), (422, &json!("key_reused")));
    assert_eq!(send(shop.api.request(Method::DELETE, "/api/scheduled-messages/1")).await.status, 200);
    assert_eq!(schedule("k1", "תזכורת").await.status, 409);
    assert_eq!(schedule("k2", "תזכורת").await.status, 201);
}

/// Schedules a message by Twilio, which requires a template for it, and waits until the message has failed.
async fn failed_schedule(shop: &Shop) -> Value {
    let body = json!({"thread_id": 1, "text": "later", "send_at": in_an_hour(), "provider": "twilio"});
    assert_eq!(shop.api.post_json("/api/scheduled-messages", &body).await.status, 201);
    let soon = agentlocator::clock::now().plus(Duration::from_millis(300)).to_string();
    let changed = patch(&shop.api, "/api/scheduled-messages/1", json!({"send_at": soon})).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let failed = until("the refusal", async || {
        let found = shop.api.get("/api/scheduled-messages/1").await.json();
        (found["state"] != "waiting").then_some(found)
    });
    failed.await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_message_without_a_provider_fails_with_the_reason() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "A", "hi").await;
    let failed = failed_schedule(&shop).await;
    assert_eq!((&failed["state"], &failed["error_code"]), (&json!("failed"), &json!("template_required")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_waits_for_us_when_a_scheduled_message_to_it_has_failed() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "A", "hi").await;
    shop.until_status(&shop.say(DANA, "we write to you tomorrow").await, "sent").await;
    let turn = async || shop.api.get("/api/threads/1").await.json()["turn"].clone();
    assert_eq!(turn().await, "done");
    failed_schedule(&shop).await;
    assert_eq!(turn().await, "us");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_message_that_has_failed_can_be_discarded() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "A", "hi").await;
    failed_schedule(&shop).await;
    let discard = async || send(shop.api.request(Method::DELETE, "/api/scheduled-messages/1")).await.status;
    assert_eq!(discard().await, 200);
    let discarded = shop.api.get("/api/scheduled-messages/1").await.json();
    assert_eq!((&discarded["state"], &discarded["error_code"]), (&json!("cancelled"), &Value::Null));
    let failed = shop.api.get("/api/scheduled-messages?thread_id=1&state=failed").await.json();
    assert_eq!(failed["items"], json!([]));
    assert_eq!(discard().await, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_is_shown_before_a_message_is_sent() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
    let route = shop.api.get("/api/threads/1/route").await.json();
    assert_eq!((&route["provider"], &route["reason"]), (&json!("twilio"), &json!("contact_wrote")));
    assert_eq!((&route["template"], &route["cost"]), (&json!(false), &json!("paid")));
    assert!(route["window_until"].is_string());
    assert_eq!(route["alternatives"].as_array().unwrap().len(), 2);
    shop.receive_by_bridge("972541111111", "B", "hi").await;
    let route = shop.api.get("/api/threads/2/route").await.json();
    assert_eq!(
        (&route["provider"], &route["cost"], &route["window_until"]),
        (&json!("baileys"), &json!("free"), &Value::Null)
    );
    let twilio = route["alternatives"].as_array().unwrap().iter().find(|it| it["provider"] == "twilio").unwrap();
    assert_eq!((&twilio["possible"], &twilio["reason"]), (&json!(false), &json!("template_required")));
    assert_eq!(shop.api.get("/api/threads/99/route").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_sees_the_price_of_a_message_from_the_settings_and_staff_do_not() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
    let price = async |api: &Client| {
        let route = api.get("/api/threads/1/route").await.json();
        let of = |provider: &str| {
            let alternatives = route["alternatives"].as_array().unwrap();
            alternatives.iter().find(|alternative| alternative["provider"] == provider).unwrap()["cost_micros"].clone()
        };
        (route["cost_micros"].clone(), of("twilio"), of("baileys"))
    };
    assert_eq!(price(&shop.api).await, (json!(10_300), json!(10_300), json!(0)));
    let changes = json!({"changes": {"twilio.wa_text_price_usd": 0.02}});
    assert_eq!(patch(&shop.api, "/api/settings", changes).await.status, 200);
    assert_eq!(price(&shop.api).await, (json!(20_000), json!(20_000), json!(0)));
    let staff = shop.daemon.client().with_token(&shop.daemon.token("staff"));
    assert_eq!(price(&staff).await, (Value::Null, Value::Null, Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_can_only_be_refused_is_not_scheduled() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "A", "hi").await;
    let schedule = async |text: &str, provider: &str| {
        let body = json!({"thread_id": 1, "text": text, "send_at": in_an_hour(), "provider": provider});
        let answer = shop.api.post_json("/api/scheduled-messages", &body).await;
        (answer.status, answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let long = "x".repeat(1700);
    assert_eq!(schedule(&long, "twilio").await, (422, "text_too_long".to_owned()));
    assert_eq!(schedule(&long, "baileys").await.0, 201);
    let changed = patch(&shop.api, "/api/scheduled-messages/1", json!({"provider": "twilio"})).await;
    assert_eq!((changed.status, &changed.json()["error"]["code"]), (422, &json!("text_too_long")));
    shop.receive_by_bridge("972501234567", "B", "הסר").await;
    assert_eq!(schedule("see you", "baileys").await, (422, "contact_opted_out".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_shows_the_limits_of_messages_and_refuses_a_new_chat_abroad() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "A", "hi").await;
    let route = shop.api.get("/api/threads/1/route").await.json();
    assert_eq!((&route["max_text_chars"], &route["max_file_bytes"]), (&json!(4096), &json!(16 << 20)));
    let twilio = route["alternatives"].as_array().unwrap().iter().find(|it| it["provider"] == "twilio").unwrap();
    assert_eq!(twilio["max_text_chars"], 1600);

    let contact = shop.api.post_json("/api/contacts", &json!({"display_name": "", "number": "+14155550000"})).await;
    let id = contact.json()["id"].clone();
    let thread = shop.api.post_json("/api/threads", &json!({"contact_id": id})).await.json()["id"].clone();
    let route = shop.api.get(&format!("/api/threads/{thread}/route")).await.json();
    assert_eq!((&route["provider"], &route["reason"]), (&Value::Null, &json!("recipient_not_allowed")));
    assert!(route["alternatives"].as_array().unwrap().iter().all(|it| it["possible"] == false), "{route}");
}

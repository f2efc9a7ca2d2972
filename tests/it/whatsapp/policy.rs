//! The policy that decides which provider sends a message, and in which form.

use crate::support::whatsapp::{BridgeReply, OWN_SENDER, Shop, TwilioReply, until};
use serde_json::{Value, json};
use std::time::Duration;

const DANA: &str = "+972501234567";
const TEMPLATE: &str = "HX0123456789abcdef0123456789abcdef";

/// Returns the SQL of a contact who wrote this many hours ago by the bridge and by Twilio; `None` means never.
fn wrote(baileys: Option<u32>, twilio: Option<u32>) -> String {
    let ago = |hours: Option<u32>| match hours {
        Some(hours) => format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{hours} hours')"),
        None => "NULL".to_owned(),
    };
    let (last, provider) = match (baileys, twilio) {
        (Some(b), Some(t)) if b < t => (ago(baileys), "'baileys'"),
        (_, Some(_)) => (ago(twilio), "'twilio'"),
        (Some(_), None) => (ago(baileys), "'baileys'"),
        (None, None) => (ago(None), "NULL"),
    };
    format!(
        "INSERT INTO contacts(id, business_id, created_at, updated_at) VALUES (1, 1, '2026-01-01', '2026-01-01');
         INSERT INTO addresses(business_id, contact_id, kind, value, created_at)
             VALUES (1, 1, 'phone', '{DANA}', '2026-01-01');
         INSERT INTO threads(id, type, contact_id, peer_number, title, last_message_at, created_at,
             last_in_provider, last_in_at, last_in_twilio_at)
             VALUES (1, 'whatsapp', 1, '{DANA}', '', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z',
                 {provider}, {last}, {twilio_at});",
        twilio_at = ago(twilio),
    )
}

async fn shop(template: bool, baileys: Option<u32>, twilio: Option<u32>) -> Shop {
    let configure = |setup: &mut crate::support::Setup| {
        if template {
            setup.env("TWILIO_WA_TEMPLATE_SID", TEMPLATE).env("TWILIO_WA_TEMPLATE_VARIABLES", r#"{"1":"{{text}}"}"#);
        }
    };
    Shop::open_with(configure, &wrote(baileys, twilio)).await
}

/// Sends a message to Dana. Returns how it was sent: `baileys`, `twilio`, `template`, or an error code.
async fn route(shop: &Shop, provider: &str) -> String {
    let (by_bridge, by_twilio) = (shop.bridge.sent().len(), shop.twilio.taken().len());
    let reply = shop.send(&json!({ "to": DANA, "text": "hello", "provider": provider })).await;
    if reply.status != 200 {
        assert_eq!((reply.status, reply.json()["ok"].clone()), (422, json!(false)));
        assert_eq!(shop.count("outbox"), 0, "nothing is stored");
        return reply.json()["error"]["code"].as_str().unwrap().to_owned();
    }
    let message = shop.until_status(&reply.json(), "sent").await;
    if shop.bridge.sent().len() > by_bridge {
        assert_eq!(message["provider"], "baileys");
        return "baileys".to_owned();
    }
    assert_eq!((message["provider"].clone(), shop.twilio.taken().len()), (json!("twilio"), by_twilio + 1));
    let sent = shop.twilio.taken().pop().unwrap();
    assert_eq!(sent.value("From"), Some(OWN_SENDER));
    assert_eq!(sent.value("To"), Some("whatsapp:+972501234567"));
    let Some(sid) = sent.value("ContentSid") else {
        assert_eq!(sent.value("Body"), Some("hello"));
        return "twilio".to_owned();
    };
    assert_eq!((sid, sent.value("Body")), (TEMPLATE, None));
    let variables: Value = serde_json::from_str(sent.value("ContentVariables").unwrap()).unwrap();
    assert_eq!(variables, json!({ "1": "hello" }));
    "template".to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_provider_is_the_only_one() {
    let shop = shop(false, Some(1), None).await;
    assert_eq!(route(&shop, "baileys").await, "baileys");
    let shop = self::shop(false, Some(0), Some(1)).await;
    assert_eq!(route(&shop, "twilio").await, "twilio");
    let shop = self::shop(false, Some(0), Some(25)).await;
    assert_eq!(route(&shop, "twilio").await, "template_required");
    let shop = self::shop(true, Some(0), Some(25)).await;
    assert_eq!(route(&shop, "twilio").await, "template");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_provider_that_is_down_is_waited_for() {
    let shop = shop(true, None, Some(1)).await;
    shop.bridge.down(true);
    shop.bridge.reply_next([BridgeReply::Refuse(503), BridgeReply::Refuse(503)]);
    let answer = shop.send(&json!({ "to": DANA, "text": "wait", "provider": "baileys" })).await.json();
    assert_eq!((answer["provider"].clone(), answer["status"].clone()), (json!("baileys"), json!("queued")));
    shop.until_status(&answer, "sent").await;
    assert_eq!((shop.bridge.texts(), shop.twilio.attempts().len()), (vec!["wait".to_owned()], 0));
    assert_eq!(shop.bridge.requests().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_may_name_the_only_provider() {
    let shop = Shop::open_with(
        |setup| {
            setup.env("WHATSAPP_PROVIDER", "twilio");
        },
        &wrote(Some(0), Some(1)),
    )
    .await;
    assert_eq!(route(&shop, "auto").await, "twilio");
    shop.twilio.reply_next([TwilioReply::Refuse(503, 0)]);
    assert_eq!(route(&shop, "auto").await, "twilio", "the message waits for Twilio");
    assert_eq!(shop.bridge.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_uses_the_provider_of_the_question() {
    let shop = shop(true, Some(1), Some(2)).await;
    assert_eq!(route(&shop, "auto").await, "baileys");
    let shop = self::shop(true, Some(2), Some(1)).await;
    assert_eq!(route(&shop, "auto").await, "twilio");
    // A message that this daemon stored counts as well.
    shop.receive_by_bridge(DANA, "1", "now here").await;
    assert_eq!(route(&shop, "auto").await, "baileys");
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "and there").await;
    assert_eq!(route(&shop, "auto").await, "twilio");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_24_hours_twilio_s_template_is_sent() {
    let shop = shop(true, Some(25), Some(26)).await;
    assert_eq!(route(&shop, "auto").await, "template");
    let shop = Shop::open_with(
        |setup| {
            setup.env("TWILIO_WA_TEMPLATE_SID", TEMPLATE).env("TWILIO_WA_TEMPLATE_VARIABLES", r#"{"1":"{{text}}"}"#);
        },
        "",
    )
    .await;
    assert_eq!(route(&shop, "auto").await, "template", "never wrote");
}

#[tokio::test(flavor = "multi_thread")]
async fn otherwise_the_first_provider_of_the_priority_is_used() {
    let shop = shop(false, Some(25), Some(26)).await;
    assert_eq!(route(&shop, "auto").await, "baileys");
    let shop = Shop::open_with(
        |setup| {
            setup.env("WA_PROVIDER_PRIORITY", "twilio,baileys");
        },
        "",
    )
    .await;
    assert_eq!(route(&shop, "auto").await, "baileys", "Twilio may not");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_no_provider_may_send_is_refused_and_not_stored() {
    let only_twilio = |setup: &mut crate::support::Setup| {
        setup.env("ENABLE_WA_BAILEYS", "false");
    };
    let shop = Shop::open_with(only_twilio, &wrote(Some(1), Some(25))).await;
    assert_eq!(route(&shop, "auto").await, "template_required");
    assert_eq!(route(&shop, "baileys").await, "provider_disabled");
    assert_eq!((shop.count("messages"), shop.count("contacts")), (0, 1));
    let shop = Shop::open_with(
        |setup| {
            setup.env("ENABLE_WA_BAILEYS", "false").env("ENABLE_WA_TWILIO", "false");
        },
        "",
    )
    .await;
    assert_eq!(route(&shop, "auto").await, "no_provider");
    assert_eq!((shop.count("messages"), shop.count("contacts")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_is_skipped_if_the_other_may_send() {
    // The bridge reports that it is down.
    let shop = shop(false, Some(1), Some(2)).await;
    until("the bridge to be seen", async || (shop.bridge.health_checks() > 0).then_some(())).await;
    shop.bridge.down(true);
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(route(&shop, "auto").await, "twilio");
    assert_eq!(shop.bridge.requests().len(), 0);

    // The bridge reports that it is up, but rejects messages.
    let shop = self::shop(true, Some(1), None).await;
    shop.bridge.reply_next([BridgeReply::Refuse(503)]);
    assert_eq!(route(&shop, "auto").await, "template");

    // Twilio answers the request with status 503.
    let shop = self::shop(true, None, Some(1)).await;
    shop.twilio.reply_next([TwilioReply::Refuse(503, 20503)]);
    assert_eq!(route(&shop, "auto").await, "baileys");

    // The daemon must not use the other provider, so the message waits for the first provider.
    let shop = self::shop(false, Some(1), None).await;
    shop.bridge.down(true);
    shop.bridge.reply_next([BridgeReply::Refuse(503)]);
    assert_eq!(route(&shop, "auto").await, "baileys");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_is_sent_by_the_other_provider_once() {
    for status in [400, 401, 422] {
        let shop = shop(false, Some(1), Some(2)).await;
        shop.bridge.reply_next([BridgeReply::Refuse(status)]);
        assert_eq!(route(&shop, "auto").await, "twilio", "{status}");
    }
    let shop = shop(false, Some(2), Some(1)).await;
    shop.twilio.reply_next([TwilioReply::Refuse(400, 63016)]);
    assert_eq!(route(&shop, "auto").await, "baileys");

    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "again").await;
    shop.twilio.reply_next([TwilioReply::Refuse(400, 63003)]);
    shop.bridge.reply_next([BridgeReply::Refuse(422)]);
    let answer = shop.say(DANA, "lost").await;
    let failed = shop.until_status(&answer, "failed").await;
    assert!(!failed["error"].as_str().unwrap().is_empty(), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_as_whatsapp_writes_it_is_the_same_person() {
    let shop = Shop::open().await;
    let brazil = [
        ("MessageSid", "SMa0000000000000000000000000000001"),
        ("From", "whatsapp:+5531932345678"),
        ("To", OWN_SENDER),
        ("Body", "oi"),
        ("WaId", "553132345678"),
    ];
    assert_eq!(shop.twilio_posts("/webhook/whatsapp/twilio", &brazil).await.status, 204);
    // A message without a template may be sent only to a contact who wrote within the last day.
    let reply = shop.send(&json!({ "to": "+553132345678", "text": "hello", "provider": "twilio" })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    shop.until_status(&reply.json(), "sent").await;
    assert_eq!((shop.count("contacts"), shop.count("threads")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_by_the_template_says_so_and_its_file_is_a_link_for_a_month() {
    let shop = shop(true, None, Some(25)).await;
    let upload = shop.api.request(reqwest::Method::POST, "/api/media").body("%PDF-1.7");
    let id = crate::support::client::send(upload).await.json()["id"].clone();
    let sent = shop.send(&json!({ "to": DANA, "text": "hello", "media_id": id })).await.json();
    let message = shop.until_status(&sent, "sent").await;
    assert_eq!(message["template"], true, "{message}");
    let taken = shop.twilio.taken().pop().unwrap();
    let variables: Value = serde_json::from_str(taken.value("ContentVariables").unwrap()).unwrap();
    let link = variables["1"].as_str().unwrap().strip_prefix("hello ").unwrap();
    let (path, query) = link.split_once("/static/media/").unwrap().1.split_once("?expires=").unwrap();
    let expires: i64 = query.split_once('&').unwrap().0.parse().unwrap();
    let days = (expires - agentlocator::clock::now().as_secs()) / 86_400;
    assert!((29..=30).contains(&days), "{days}");
    // A contact who opens an old link gets a page in plain words.
    let old = shop.daemon.client().get(&format!("/static/media/{path}?expires=1&signature=x")).await;
    assert_eq!((old.status, old.header("content-type")), (403, "text/html; charset=utf-8"));
    assert!(old.text().contains("This link has expired") && old.text().contains("הקישור כבר לא פעיל"));

    let shop = self::shop(true, None, Some(1)).await;
    let sent = shop.send(&json!({ "to": DANA, "text": "hello" })).await.json();
    assert_eq!(shop.until_status(&sent, "sent").await["template"], false);
}

//! Messages that Twilio accepts, and rejects later by a status callback: the daemon tries the next route, each route
//! once.

use crate::support::Setup;
use crate::support::whatsapp::{BridgeReply, List, Shop, TwilioReply, until};
use serde_json::{Value, json};

const DANA: &str = "+972501234567";

fn template(setup: &mut Setup) {
    setup
        .env("TWILIO_WA_TEMPLATE_SID", "HX0123456789abcdef0123456789abcdef")
        .env("TWILIO_WA_TEMPLATE_VARIABLES", r#"{"1":"{{text}}"}"#);
}

/// Starts a shop to which Dana has written by Twilio.
async fn shop(configure: impl FnOnce(&mut Setup)) -> Shop {
    let shop = Shop::open_with(configure, "").await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SM00000000000000000000000000000009", "hi").await;
    shop
}

/// Sends a message by Twilio. Returns the API's response and Twilio's id.
async fn sent_by_twilio(shop: &Shop, text: &str) -> (Value, String) {
    let answer = shop.say(DANA, text).await;
    let message = shop.until_status(&answer, "sent").await;
    assert_eq!(message["provider"], "twilio");
    (answer, message["provider_msg_id"].as_str().unwrap().to_owned())
}

/// Waits until Twilio has accepted this many messages. Returns the id of the last one of them.
async fn taken(shop: &Shop, count: usize) -> String {
    until(&format!("{count} messages at Twilio"), async || {
        let taken = shop.twilio.taken();
        (taken.len() >= count).then(|| taken[count - 1].sid.clone().unwrap())
    })
    .await
}

async fn until_provider_id(shop: &Shop, answer: &Value, id: &str) {
    until("the id of the attempt", async || (shop.message(answer).await["provider_msg_id"] == id).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_is_sent_as_a_template_and_then_by_the_bridge() {
    let shop = shop(template).await;
    let (answer, first) = sent_by_twilio(&shop, "hello").await;
    for _ in 0..3 {
        shop.twilio_reports_status(&first, "undelivered", "63016").await;
    }
    let second = taken(&shop, 2).await;
    until_provider_id(&shop, &answer, &second).await;
    let template = &shop.twilio.taken()[1];
    assert!(template.value("ContentSid").is_some() && template.value("Body").is_none());
    assert_eq!(shop.message(&answer).await["status"], "sent");

    // A status of the first attempt, which has ended, has no effect.
    for (status, code) in [("failed", "63016"), ("sent", ""), ("undelivered", "63024")] {
        shop.twilio_reports_status(&first, status, code).await;
    }
    for _ in 0..2 {
        shop.twilio_reports_status(&second, "failed", "63049").await;
    }
    let message = until("the bridge", async || {
        let message = shop.message(&answer).await;
        (message["provider"] == "baileys" && message["provider_msg_id"] != Value::Null).then_some(message)
    })
    .await;
    let delivered = json!({ "event": "status", "id": message["provider_msg_id"], "status": "delivered" });
    assert_eq!(shop.bridge_posts(&delivered).await.status, 204);
    for sid in [&first, &second] {
        for (status, code) in [("undelivered", "63016"), ("failed", "63049"), ("read", ""), ("sent", "")] {
            shop.twilio_reports_status(sid, status, code).await;
        }
    }
    let message = shop.message(&answer).await;
    assert_eq!((message["status"].clone(), message["error"].clone()), ("delivered".into(), Value::Null));
    assert_eq!((shop.twilio.taken().len(), shop.bridge.texts()), (2, vec!["hello".to_owned()]));
    assert_eq!(shop.talk(DANA).await, ["hi", ">hello"]);
    let closed: Vec<String> = shop.daemon.query_column("SELECT code FROM refused_attempts ORDER BY refused_at");
    assert_eq!(closed, ["63016", "63049"]);
    let logs = shop.daemon.logs().lines();
    assert_eq!(logs.iter().filter(|line| line.contains("\"WA_OUT_REFUSED\"")).count(), 2, "repeated reports");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_without_another_route_fails_with_the_reason() {
    let shop = shop(|setup| {
        setup.env("ENABLE_WA_BAILEYS", "false");
    })
    .await;
    for code in ["63016", "63024", "63049"] {
        let (answer, sid) = sent_by_twilio(&shop, code).await;
        shop.twilio_reports_status(&sid, "undelivered", code).await;
        let failed = shop.until_status(&answer, "failed").await;
        assert!(!failed["error"].as_str().unwrap().is_empty(), "{failed}");
        assert_eq!(failed["error_code"], code);
        assert_eq!(failed["provider_msg_id"], sid.as_str());
        // The message was delivered in the end.
        shop.twilio_reports_status(&sid, "delivered", "").await;
        assert_eq!(shop.message(&answer).await["status"], "delivered");
        for status in ["read", "delivered", "failed"] {
            shop.twilio_reports_status(&sid, status, "").await;
            assert_eq!(shop.message(&answer).await["status"], "read", "after {status}");
        }
    }
    assert_eq!(shop.twilio.taken().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_of_a_refusal_has_the_documented_meaning_of_its_code() {
    let shop = shop(|setup| {
        setup.env("ENABLE_WA_BAILEYS", "false");
    })
    .await;
    for (code, meaning) in [("63015", "\"join\""), ("63033", "וואטסאפ חוסמת הודעות"), ("63005", "את תוכן ההודעה")]
    {
        let (answer, sid) = sent_by_twilio(&shop, code).await;
        shop.twilio_reports_status(&sid, "failed", code).await;
        let failed = shop.until_status(&answer, "failed").await;
        assert!(failed["error"].as_str().unwrap().contains(meaning), "{failed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_who_blocked_the_business_gets_nothing_by_any_provider() {
    let shop = shop(template).await;
    let (answer, sid) = sent_by_twilio(&shop, "hello").await;
    shop.twilio_reports_status(&sid, "undelivered", "63014").await;
    shop.until_status(&answer, "failed").await;
    assert_eq!((shop.twilio.taken().len(), shop.bridge.requests().len()), (1, 0));

    // The API rejects further messages to the contact until the contact writes again.
    for provider in ["auto", "baileys", "twilio"] {
        let reply = shop.send(&json!({ "to": DANA, "text": "again", "provider": provider })).await;
        assert_eq!(
            (reply.status, reply.json()["error"]["code"].clone()),
            (422, json!("contact_opted_out")),
            "{provider}"
        );
    }
    assert_eq!(shop.count("messages"), 2);
    shop.receive_by_twilio("whatsapp:+972501234567", "SM00000000000000000000000000000008", "I am back").await;
    sent_by_twilio(&shop, "welcome").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_canceled_in_twilio_is_not_resent_and_blocks_no_other() {
    let shop = shop(template).await;
    let (answer, sid) = sent_by_twilio(&shop, "hello").await;
    shop.twilio_reports_status(&sid, "canceled", "").await;
    shop.until_status(&answer, "failed").await;
    sent_by_twilio(&shop, "next").await;
    assert_eq!((shop.twilio.taken().len(), shop.bridge.requests().len()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_comes_before_the_id_is_known_counts_too() {
    let shop = shop(|_| {}).await;
    shop.twilio.reply_next([TwilioReply::AcceptWithoutReply]);
    shop.twilio.list(List::Empty);
    let answer = shop.say(DANA, "hello").await;
    let sid = taken(&shop, 1).await;
    shop.twilio_reports_status(&sid, "undelivered", "63024").await;
    shop.twilio.list(List::True);
    until("the bridge", async || (shop.bridge.texts() == ["hello"]).then_some(())).await;
    until("the bridge's id", async || (shop.message(&answer).await["provider"] == "baileys").then_some(())).await;
    assert_eq!(shop.twilio.taken().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_delivered_late_is_not_sent_again() {
    let shop = shop(|_| {}).await;
    let (answer, sid) = sent_by_twilio(&shop, "hello").await;
    shop.bridge.reply_next([BridgeReply::Refuse(503), BridgeReply::Refuse(503), BridgeReply::Refuse(503)]);
    shop.twilio_reports_status(&sid, "undelivered", "63024").await;
    until("the bridge", async || (!shop.bridge.requests().is_empty()).then_some(())).await;
    shop.twilio_reports_status(&sid, "delivered", "").await;
    assert_eq!(shop.message(&answer).await["status"], "delivered");
    until("the outbox", async || (shop.count("outbox WHERE state = 'done'") == 1).then_some(())).await;
    let next = shop.send(&json!({ "to": DANA, "text": "next", "provider": "baileys" })).await.json();
    shop.until_status(&next, "sent").await;
    assert_eq!(shop.bridge.texts(), ["next"]);
    assert_eq!(shop.message(&answer).await["status"], "delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_a_refusal_each_route_is_tried_once() {
    let mut shop = shop(|_| {}).await;
    let mut answers = vec![];
    for round in 0..6_u64 {
        let (answer, sid) = sent_by_twilio(&shop, &format!("m{round}")).await;
        shop.twilio_reports_status(&sid, "undelivered", "63024").await;
        tokio::time::sleep(std::time::Duration::from_millis(3 * round)).await;
        shop.daemon.kill9();
        shop.daemon.launch();
        shop.twilio_reports_status(&sid, "undelivered", "63024").await;
        answers.push(answer);
    }
    for answer in &answers {
        until("the bridge's id", async || {
            let message = shop.message(answer).await;
            (message["provider"] == "baileys" && message["provider_msg_id"] != Value::Null).then_some(())
        })
        .await;
    }
    let texts = shop.bridge.texts();
    assert_eq!(texts, (0..6).map(|round| format!("m{round}")).collect::<Vec<_>>());
    assert_eq!(shop.twilio.taken().len(), 6);
}

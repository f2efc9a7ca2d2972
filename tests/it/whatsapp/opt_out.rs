//! A contact opts out of messages, and in again, by a word in a message.

use crate::support::client::send;
use crate::support::whatsapp::{OWN_SENDER, Shop, TwilioReply, until};
use agentlocator::clock;
use agentlocator::domain::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const DANA: &str = "+972501234567";
const WHATSAPP_DANA: &str = "whatsapp:+972501234567";

fn sid(number: u32) -> String {
    format!("SMa{number:031}")
}

async fn contact(shop: &Shop) -> Value {
    shop.api.get("/api/contacts/1").await.json()
}

/// Returns the status of a request to send, and its error code.
async fn try_to_send(shop: &Shop) -> (u16, Value) {
    let reply = shop.send(&json!({ "to": DANA, "text": "sale!" })).await;
    (reply.status, reply.json()["error"]["code"].clone())
}

async fn set_opted_out(shop: &Shop, opted_out: bool) {
    let request = shop.api.request(Method::PUT, "/api/contacts/1/opt-out").json(&json!({ "opted_out": opted_out }));
    assert_eq!(send(request).await.status, 200);
}

/// Posts a message that waited at the bridge, or one of the history from before the account was linked.
async fn bring(shop: &Shop, id: &str, text: &str, at: Timestamp, kind: &str) {
    let body =
        json!({ "event": "message", "from": DANA, "id": id, "text": text, "timestamp": at.to_string(), kind: true });
    assert_eq!(shop.bridge_posts(&body).await.status, 204);
}

fn ago(seconds: u64) -> Timestamp {
    clock::now().minus(Duration::from_secs(seconds))
}

fn audited(shop: &Shop) -> String {
    shop.daemon.query_value("SELECT coalesce(group_concat(actor || ' ' || action || ' ' || subject, ','), '') FROM audit_log WHERE action LIKE 'contact_opted%'")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_to_the_bridge_opts_out_and_is_confirmed_once_and_another_opts_in() {
    let mut shop = Shop::open().await;
    shop.receive_by_bridge(DANA, "A1", "כמה עולה תספורת?").await;
    assert_eq!(contact(&shop).await["opt_out"], Value::Null);
    for _ in 0..2 {
        shop.receive_by_bridge(DANA, "A2", "הסר אותי, תודה 🙏").await;
    }
    let sent = until("the confirmation", async || shop.bridge.texts().pop()).await;
    assert!(sent.contains("התחל"), "{sent}");
    let shown = contact(&shop).await;
    assert_eq!((&shown["opted_out"], &shown["opt_out"]["source"]), (&json!(true), &json!("contact")), "{shown:#}");
    assert_eq!((&shown["opt_out"]["word"], &shown["opt_out"]["by_name"]), (&json!("הסר אותי, תודה 🙏"), &Value::Null));
    assert_eq!(shown["threads"][0]["unread_count"], 2, "users see the message");
    assert_eq!(try_to_send(&shop).await, (422, json!("contact_opted_out")));
    assert_eq!(audited(&shop), "contact contact_opted_out contact:1");

    // Another message does not change the choice, nor does the same word, and neither is answered.
    shop.receive_by_bridge(DANA, "A3", "עד מתי אתם פתוחים?").await;
    shop.receive_by_bridge(DANA, "A4", "STOP").await;
    assert_eq!(try_to_send(&shop).await, (422, json!("contact_opted_out")));
    shop.daemon.kill9();
    shop.daemon.launch();
    assert_eq!(contact(&shop).await["opt_out"], shown["opt_out"]);

    shop.receive_by_bridge(DANA, "A5", "התחל").await;
    let shown = contact(&shop).await;
    assert_eq!((&shown["opted_out"], &shown["opt_out"]), (&json!(false), &Value::Null));
    assert_eq!(audited(&shop), "contact contact_opted_out contact:1,contact contact_opted_in contact:1");
    let answer = shop.say(DANA, "welcome back").await;
    shop.until_status(&answer, "sent").await;
    assert_eq!(shop.bridge.texts(), [sent, "welcome back".to_owned()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_to_twilio_is_confirmed_by_twilio() {
    let shop = Shop::open().await;
    shop.receive_by_twilio(WHATSAPP_DANA, &sid(1), "Stop.").await;
    let sent = until("the confirmation", async || shop.twilio.taken().pop()).await;
    assert!(sent.value("Body").unwrap().contains("START"), "{sent:?}");
    assert_eq!(try_to_send(&shop).await, (422, json!("contact_opted_out")));
    shop.receive_by_twilio(WHATSAPP_DANA, &sid(1), "Stop.").await;
    shop.receive_by_twilio(WHATSAPP_DANA, &sid(2), "START").await;
    assert_eq!(contact(&shop).await["opted_out"], false);
    shop.until_status(&shop.say(DANA, "hi").await, "sent").await;
    assert_eq!((shop.twilio.taken().len(), shop.bridge.requests().len()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_twilio_has_answered_is_stored_without_another_answer() {
    let shop = Shop::open().await;
    for (number, text, kind, opted_out) in
        [(1, "cancel", "STOP", true), (2, "yes", "START", false), (3, "STOP", "STOP", true)]
    {
        let sid = sid(number);
        let pairs = [
            ("MessageSid", sid.as_str()),
            ("From", WHATSAPP_DANA),
            ("To", OWN_SENDER),
            ("Body", text),
            ("OptOutType", kind),
        ];
        assert_eq!(shop.twilio_posts("/webhook/whatsapp/twilio", &pairs).await.status, 204);
        assert_eq!(contact(&shop).await["opted_out"], opted_out, "{text}");
    }
    assert_eq!(shop.count("messages WHERE direction = 'out'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_twilio_refuses_is_not_sent_by_another_way() {
    let shop = Shop::open().await;
    shop.twilio.reply_next([TwilioReply::Refuse(400, 21610)]);
    shop.receive_by_twilio(WHATSAPP_DANA, &sid(1), "STOP").await;
    until("the refusal", async || (shop.count("messages WHERE status = 'failed'") == 1).then_some(())).await;
    assert_eq!((shop.twilio.attempts().len(), shop.bridge.requests().len()), (1, 0));
    assert_eq!(contact(&shop).await["opt_out"]["source"], "contact");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_with_other_words_opt_no_contact_out() {
    let shop = Shop::open().await;
    for (number, text) in ["לא להפסיק", "stop by tomorrow?", "ביטול", "CANCEL"].into_iter().enumerate() {
        shop.receive_by_bridge(DANA, &format!("A{number}"), text).await;
    }
    shop.receive_by_twilio(WHATSAPP_DANA, &sid(1), "please don't stop").await;
    // The owner's own phone is not the contact.
    let own = json!({ "event": "message", "from_me": true, "to": DANA, "id": "B1", "text": "STOP" });
    assert_eq!(shop.bridge_posts(&own).await.status, 204);
    assert_eq!(contact(&shop).await["opted_out"], false);
    assert_eq!((audited(&shop).as_str(), shop.count("outbox")), ("", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_arrives_late_does_not_undo_a_newer_decision() {
    let shop = Shop::open().await;
    shop.receive_by_bridge(DANA, "A1", "STOP").await;
    until("the confirmation", async || shop.bridge.texts().pop()).await;
    // Written before the choice, delivered after it.
    bring(&shop, "A2", "START", ago(3600), "waited").await;
    bring(&shop, "A3", "START", ago(86_400 * 400), "history").await;
    assert_eq!(contact(&shop).await["opted_out"], true);
    // A user's decision is a decision too.
    set_opted_out(&shop, false).await;
    bring(&shop, "A4", "הסר", ago(600), "waited").await;
    bring(&shop, "A5", "STOP", ago(86_400 * 200), "history").await;
    assert_eq!(contact(&shop).await["opted_out"], false);
    set_opted_out(&shop, true).await;
    let shown = contact(&shop).await;
    assert_eq!((&shown["opt_out"]["source"], &shown["opt_out"]["word"]), (&json!("user"), &Value::Null));
    assert!(shown["opt_out"]["by_name"].is_string(), "{shown:#}");
    bring(&shop, "A6", "START", ago(300), "waited").await;
    assert_eq!(contact(&shop).await["opted_out"], true);
    shop.receive_by_bridge(DANA, "A7", "START").await;
    assert_eq!(contact(&shop).await["opted_out"], false, "the contact decides against the user");
    assert_eq!(shop.bridge.texts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_word_without_a_newer_decision_counts_in_any_order_and_an_old_one_gets_no_answer() {
    let shop = Shop::open().await;
    // The history arrives newest first.
    bring(&shop, "A2", "START", ago(86_400 * 10), "history").await;
    bring(&shop, "A1", "STOP", ago(86_400 * 20), "history").await;
    assert_eq!(contact(&shop).await["opted_out"], false);
    bring(&shop, "A3", "STOP", ago(86_400), "waited").await;
    let shown = contact(&shop).await;
    assert_eq!((&shown["opted_out"], &shown["opt_out"]["source"]), (&json!(true), &json!("contact")));
    assert_eq!(shop.count("messages WHERE direction = 'out'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_of_a_contact_who_gets_messages_changes_nothing() {
    let shop = Shop::open().await;
    shop.receive_by_bridge(DANA, "A1", "hi").await;
    let stored = || {
        shop.daemon.query_value::<String>(
            "SELECT updated_at || ' ' || (SELECT count(*) FROM changes WHERE kind LIKE 'contact%') FROM contacts",
        )
    };
    let before = stored();
    shop.receive_by_bridge(DANA, "A2", "START").await;
    assert_eq!((stored(), audited(&shop)), (before, String::new()));
    assert_eq!(shop.count("outbox"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_does_not_opt_out_of_alerts() {
    let shop = Shop::open_with(
        |setup| {
            setup.toml(&format!("[alerts]\nwhatsapp_to = \"{DANA}\"\n"));
        },
        "",
    )
    .await;
    shop.receive_by_bridge(DANA, "A1", "הפסק").await;
    assert_eq!(contact(&shop).await["opted_out"], false);
}

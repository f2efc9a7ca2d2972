//! Attempts with an unknown outcome: a contact never gets the same message twice.

use crate::support::Setup;
use crate::support::client::send;
use crate::support::whatsapp::{BridgeReply, List, Shop, TwilioReply, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const DANA: &str = "+972501234567";

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_attempt_is_repeated_at_the_bridge_with_the_same_key() {
    for (reply, then) in [
        // A later failure of the provider does not resolve an earlier attempt.
        (BridgeReply::SendWithoutReply, &[BridgeReply::Refuse(503)][..]),
        (BridgeReply::DropWithoutReply, &[]),
        (BridgeReply::Refuse(504), &[]),
        // The bridge may have sent the message under this key.
        (BridgeReply::KeyReused, &[]),
    ] {
        let shop = Shop::open().await;
        // Twilio is also available, but the daemon must not send this message by Twilio.
        shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
        shop.receive_by_bridge(DANA, "1", "hello").await;
        shop.bridge.reply_next([reply]);
        shop.bridge.reply_next(then.iter().copied());
        let answer = shop.say(DANA, "once").await;
        let sent = shop.until_status(&answer, "sent").await;
        assert_eq!(sent["provider"], "baileys");
        assert_eq!((shop.bridge.texts(), shop.twilio.attempts().len()), (vec!["once".to_owned()], 0), "{reply:?}");
        let keys: Vec<_> =
            shop.bridge.requests().iter().map(|(request, ..)| request["idempotencyKey"].clone()).collect();
        assert!(keys.len() == 2 + then.len() && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_attempt_is_not_repeated_to_a_contact_who_has_opted_out_since() {
    let shop = Shop::open().await;
    // The bridge cannot say whether it has sent the message, and has not.
    shop.bridge.reply_next([BridgeReply::Refuse(504); 20]);
    let answer = shop.say(DANA, "buy!").await;
    until("the first attempt", async || (!shop.bridge.requests().is_empty()).then_some(())).await;
    let contact: i64 = shop.daemon.query_value("SELECT contact_id FROM threads");
    let opt_out = shop.api.request(Method::PUT, &format!("/api/contacts/{contact}/opt-out"));
    assert_eq!(send(opt_out.json(&json!({ "opted_out": true }))).await.status, 200);
    let failed = shop.until_status(&answer, "failed").await;
    assert_eq!(failed["error_code"], "unconfirmed");
    assert!(shop.bridge.requests().len() < 20 && shop.bridge.texts().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_answers_too_late_is_retried() {
    let shop = Shop::open().await;
    shop.bridge.reply_next([BridgeReply::SendAfter(Duration::from_secs(12))]);
    let answer = shop.say(DANA, "once").await;
    let unconfirmed = until("the unconfirmed attempt to be shown", async || {
        Some(shop.message(&answer).await).filter(|message| message["error"] != Value::Null)
    })
    .await;
    assert_eq!(unconfirmed["status"], "queued");
    let sql = "SELECT error_code FROM messages";
    assert_eq!(shop.daemon.query_value::<String>(sql), "unconfirmed");
    let sent = shop.until_status(&answer, "sent").await;
    assert_eq!(sent["error"], Value::Null);
    assert_eq!(shop.bridge.texts(), ["once"]);
    assert_eq!(shop.bridge.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_attempt_is_searched_in_twilio_s_list() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
    // An earlier message with the same text must not be mistaken for this one.
    shop.until_status(&shop.say(DANA, "ok").await, "sent").await;
    shop.twilio.reply_next([TwilioReply::AcceptWithoutReply]);
    let answer = shop.say(DANA, "ok").await;
    let message = shop.until_status(&answer, "sent").await;
    assert_eq!(message["provider_msg_id"], json!(shop.twilio.taken()[1].sid));
    assert_eq!((shop.twilio.taken().len(), shop.bridge.requests().len()), (2, 0));
    assert!(shop.twilio.listed() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_sent_as_a_template_is_found_by_its_link() {
    let template = |setup: &mut Setup| _ = setup.env("TWILIO_WA_TEMPLATE_SID", "HX0123456789abcdef0123456789abcdef");
    let shop = Shop::open_with(template, "").await;
    let upload = shop.api.request(Method::POST, "/api/media").body("a price list");
    let file = send(upload).await.json();
    shop.twilio.reply_next([TwilioReply::AcceptWithoutReply]);
    let reply = shop.send(&json!({ "to": DANA, "media_id": file["id"], "provider": "twilio" })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let message = shop.until_status(&reply.json(), "sent").await;
    let taken = shop.twilio.taken();
    assert!(taken.len() == 1 && taken[0].value("ContentSid").is_some() && shop.twilio.listed() > 0);
    assert_eq!(message["provider_msg_id"], json!(taken[0].sid));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead_of_twilio_s_does_not_hide_the_message_in_the_list() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
    shop.twilio.set_clock_behind(Duration::from_mins(2));
    shop.twilio.reply_next([TwilioReply::AcceptWithoutReply]);
    shop.until_status(&shop.say(DANA, "once").await, "sent").await;
    assert_eq!(shop.twilio.taken().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_stays_queued_while_twilio_s_list_is_unavailable() {
    for list in [List::Broken, List::Empty] {
        let shop = Shop::open().await;
        shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
        shop.twilio.reply_next([TwilioReply::AcceptWithoutReply]);
        shop.twilio.list(list);
        let answer = shop.say(DANA, "once").await;
        until("two requests for the list", async || (shop.twilio.listed() >= 2).then_some(())).await;
        assert_eq!(shop.message(&answer).await["status"], "queued", "{list:?}");
        shop.twilio.list(List::True);
        shop.until_status(&answer, "sent").await;
        assert_eq!((shop.twilio.taken().len(), shop.bridge.requests().len()), (1, 0));
    }
}

/// Returns the SQL of a message whose attempt by this provider began this many seconds ago and was interrupted by a
/// kill.
fn interrupted(provider: &str, seconds: u32) -> String {
    let at = format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{seconds} seconds')");
    format!(
        "INSERT INTO contacts(id, business_id, created_at, updated_at) VALUES (1, 1, {at}, {at});
         INSERT INTO addresses(business_id, contact_id, kind, value, created_at) VALUES (1, 1, 'phone', '{DANA}', {at});
         INSERT INTO threads(id, type, contact_id, peer_number, last_message_at, created_at,
             last_in_provider, last_in_at, last_in_twilio_at)
             VALUES (1, 'whatsapp', 1, '{DANA}', {at}, {at}, '{provider}', {at}, {at});
         INSERT INTO messages(id, thread_id, direction, message_type, content_text, provider, status, created_at)
             VALUES (1, 1, 'out', 'text', 'interrupted', '{provider}', 'queued', {at});
         INSERT INTO outbox(message_id, contact_id, recipient, send_key, requested, provider, state, attempts,
             next_attempt_at, attempt_at, created_at, updated_at)
             VALUES (1, 1, '{DANA}', 'key-of-before', 'auto', '{provider}', 'sending', 1, {at}, {at}, {at}, {at});"
    )
}

/// Returns the SQL of a message that has been unconfirmed for this many seconds, and that the daemon checks again only
/// in 100 seconds. A later time would be corrected at the start, because no retry is that late.
fn unconfirmed(seconds: u32) -> String {
    let later = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+100 seconds')";
    let since = format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{seconds} seconds')");
    let unconfirmed =
        format!("UPDATE outbox SET state = 'doubtful', doubtful_since = {since}, next_attempt_at = {later};");
    interrupted("baileys", seconds) + &unconfirmed
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_attempt_delays_a_contact_for_a_minute() {
    let first = json!({ "message_id": 1, "thread_id": 1 });
    let shop = Shop::open_with(|_| {}, &unconfirmed(61)).await;
    let next = shop.say(DANA, "next").await;
    shop.until_status(&next, "sent").await;
    assert_eq!(
        (shop.bridge.texts(), shop.message(&first).await["status"].clone()),
        (vec!["next".to_owned()], json!("queued"))
    );

    // The later message waits until the minute is over.
    let mut shop = Shop::open_with(|_| {}, &unconfirmed(0)).await;
    let next = shop.say(DANA, "next").await;
    shop.until_status(&shop.say("+972541111111", "to another contact").await, "sent").await;
    assert_eq!(shop.message(&next).await["status"], "queued");
    assert!(shop.daemon.stop().success());
    shop.daemon.seed(
        "UPDATE outbox SET doubtful_since = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-59 seconds') WHERE message_id = 1",
    );
    shop.daemon.launch();
    shop.until_status(&next, "sent").await;
    assert_eq!(shop.bridge.texts(), ["to another contact", "next"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_a_kill_interrupted_is_unconfirmed() {
    let answer = json!({ "message_id": 1, "thread_id": 1 });
    let shop = Shop::open_with(|_| {}, &interrupted("baileys", 5)).await;
    shop.until_status(&answer, "sent").await;
    let (request, ..) = shop.bridge.requests().pop().unwrap();
    assert_eq!(request["idempotencyKey"], "key-of-before");
    shop.daemon.logs().wait_for_event("OUTBOX_UNCONFIRMED");

    // A message that is missing in Twilio's list after a minute is sent again.
    let shop = Shop::open_with(|_| {}, &interrupted("twilio", 61)).await;
    shop.until_status(&answer, "sent").await;
    assert_eq!((shop.twilio.taken().len(), shop.bridge.requests().len()), (1, 0));
    assert!(shop.twilio.listed() >= 1);

    // Before the minute is over, such a message is not sent again.
    let shop = Shop::open_with(|_| {}, &interrupted("twilio", 5)).await;
    until("a look into the list", async || (shop.twilio.listed() >= 1).then_some(())).await;
    assert_eq!(shop.message(&answer).await["status"], "queued");
    assert_eq!(shop.twilio.attempts().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_no_contact_gets_a_message_twice() {
    let mut shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000001", "hi").await;
    let mut answers = vec![];
    for round in 0..4_u64 {
        shop.bridge.reply_next([BridgeReply::SendAfter(Duration::from_millis(30 * round))]);
        for number in 0..3 {
            answers.push(shop.say("+972541111111", &format!("b{round}.{number}")).await);
            answers.push(shop.say(DANA, &format!("t{round}.{number}")).await);
        }
        tokio::time::sleep(Duration::from_millis(7 * round)).await;
        shop.daemon.kill9();
        shop.daemon.launch();
    }
    // A kill between the record of an attempt and its request leaves the attempt unconfirmed. Twilio's list resolves
    // the attempt after a minute.
    assert!(shop.daemon.stop().success());
    shop.daemon.seed(A_MINUTE_PASSES);
    shop.daemon.launch();
    for answer in &answers {
        shop.until_status(answer, "sent").await;
    }
    let mut by_bridge = shop.bridge.texts();
    let mut by_twilio: Vec<_> = shop.twilio.taken().iter().map(|sent| sent.value("Body").unwrap().to_owned()).collect();
    assert!(by_bridge.is_sorted() && by_twilio.is_sorted(), "in order: {by_bridge:?} {by_twilio:?}");
    by_bridge.dedup();
    by_twilio.dedup();
    assert_eq!((by_bridge.len(), by_twilio.len()), (12, 12));
    assert_eq!((shop.bridge.texts().len(), shop.twilio.taken().len()), (12, 12));
}

const A_MINUTE_PASSES: &str = "
    UPDATE outbox SET attempt_at = strftime('%Y-%m-%dT%H:%M:%fZ', attempt_at, '-61 seconds'), next_attempt_at = created_at
    WHERE state IN ('queued', 'sending', 'doubtful');
";

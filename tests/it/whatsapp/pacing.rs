//! The send rate of the bridge, and its daily limit of new conversations.

use crate::support::whatsapp::{BridgeReply, Shop};
use serde_json::json;

const DANA: &str = "+972501234567";
const NOA: &str = "+972541111111";

#[tokio::test(flavor = "multi_thread")]
async fn pacing_limits_the_send_rate_of_the_bridge() {
    let shop = Shop::open_with(
        |setup| {
            setup.env("WA_PACING", "on");
        },
        "",
    )
    .await;
    let first = shop.say(DANA, "one").await;
    let second = shop.say(DANA, "two").await;
    shop.until_status(&first, "sent").await;
    assert_eq!(shop.bridge.texts(), ["one"]);
    assert_eq!(shop.message(&second).await["status"], "queued");
    shop.until_status(&second, "sent").await;
    assert_eq!(shop.bridge.texts(), ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_that_the_bridge_refuses_do_not_use_up_the_limit_of_new_conversations() {
    let shop = Shop::open_with(
        |setup| {
            setup.env("WHATSAPP_PROVIDER", "baileys").env("WA_PACING", "on");
            setup.toml("[whatsapp]\nnew_chats_per_day = 2\nper_minute = 60\n");
        },
        "",
    )
    .await;
    shop.bridge.reply_next([BridgeReply::Refuse(503), BridgeReply::Refuse(503)]);
    for to in [DANA, NOA] {
        let answer = shop.say(to, "the first message").await;
        shop.until_status(&answer, "sent").await;
    }
    // These two conversations count for the limit.
    let third = shop.say("+972503333333", "too many today").await;
    shop.until_postponed().await;
    assert_eq!((shop.message(&third).await["status"].clone(), shop.bridge.requests().len()), (json!("queued"), 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postponed_first_message_is_sent_when_its_contact_writes() {
    let shop = Shop::open_with(
        |setup| {
            setup.env("WHATSAPP_PROVIDER", "baileys").env("WA_PACING", "on");
            setup.toml("[whatsapp]\nnew_chats_per_day = 1\nper_minute = 60\n");
        },
        "",
    )
    .await;
    shop.until_status(&shop.say(DANA, "the only new conversation of today").await, "sent").await;
    let postponed = shop.say(NOA, "you are booked").await;
    shop.until_postponed().await;
    shop.receive_by_bridge(NOA, "A1", "am I booked?").await;
    let answer = shop.say(NOA, "yes, tomorrow at ten").await;
    shop.until_status(&answer, "sent").await;
    assert_eq!(shop.message(&postponed).await["status"], "sent");
    assert_eq!(shop.bridge.texts()[1..], ["you are booked", "yes, tomorrow at ten"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postponed_first_message_is_sent_on_the_next_day() {
    let mut shop = Shop::open_with(
        |setup| {
            setup.env("WHATSAPP_PROVIDER", "baileys").env("WA_PACING", "on");
            setup.toml("[whatsapp]\nnew_chats_per_day = 1\nper_minute = 60\n");
        },
        "",
    )
    .await;
    shop.until_status(&shop.say(DANA, "the only new conversation of today").await, "sent").await;
    let postponed = shop.say(NOA, "the first one of tomorrow").await;
    shop.until_postponed().await;
    assert!(shop.daemon.stop().success());
    // A day and a minute pass.
    let day = |column: &str| format!("{column} = strftime('%Y-%m-%dT%H:%M:%fZ', {column}, '-1441 minutes')");
    shop.daemon.seed(&format!(
        "UPDATE messages SET {}, {}; UPDATE outbox SET {}, {}",
        day("sent_at"),
        day("created_at"),
        day("next_attempt_at"),
        day("created_at")
    ));
    shop.daemon.launch();
    shop.until_status(&postponed, "sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_sent_before_first_messages_to_others() {
    let shop = Shop::open_with(
        |setup| {
            setup.env("WHATSAPP_PROVIDER", "baileys").env("WA_PACING", "on");
            setup.toml("[whatsapp]\nper_minute = 20\n");
        },
        "",
    )
    .await;
    shop.receive_by_bridge(NOA, "A1", "are you open?").await;
    for number in 1..=4 {
        shop.say(&format!("+97250111111{number}"), "we have moved").await;
    }
    let answer = shop.say(NOA, "until seven").await;
    shop.until_status(&answer, "sent").await;
    let texts = shop.bridge.texts();
    assert!(texts.len() <= 3 && texts.last().is_some_and(|text| text == "until seven"), "{texts:?}");
}

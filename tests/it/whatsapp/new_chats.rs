//! The rules and daily limits for the first message of a user or a token to a contact.

use crate::support::client::{Reply, send};
use crate::support::whatsapp::{Shop, until};
use crate::support::{Client, Setup};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn with(settings: &str) -> Shop {
    let settings = format!("[whatsapp]\n{settings}\n");
    let configure = |setup: &mut Setup| {
        setup.toml(&settings);
    };
    Shop::open_with(configure, "").await
}

async fn write(shop: &Shop, to: &str) -> Reply {
    write_by(&shop.api, to, "baileys").await
}

async fn write_by(author: &Client, to: &str, provider: &str) -> Reply {
    author.post_json("/api/whatsapp/send", &json!({ "to": to, "text": "hello", "provider": provider })).await
}

fn refused(reply: &Reply) -> String {
    assert_eq!(reply.status, 422, "{}", reply.text());
    reply.json()["error"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn first_messages_abroad_need_a_setting() {
    let shop = Shop::open().await;
    for to in ["+19005550123", "+447911123456"] {
        for provider in ["baileys", "twilio", "auto"] {
            assert_eq!(refused(&write_by(&shop.api, to, provider).await), "recipient_not_allowed", "{provider}");
        }
    }
    assert_eq!(refused(&write(&shop, "1-919-555-123").await), "recipient_not_allowed", "a premium number of Israel");
    assert_eq!(write(&shop, "+972501111111").await.status, 200);
    // A contact who has written may be answered in any country.
    shop.receive_by_bridge("447911123456", "A1", "hi").await;
    assert_eq!(write(&shop, "+447911123456").await.status, 200);
    assert_eq!(shop.daemon.query_value::<i64>("SELECT count(*) FROM threads"), 2, "a refusal creates no contact");

    let shop = with("new_chat_prefixes = [\"+44\", \"+1\"]").await;
    assert_eq!(write(&shop, "+447911123456").await.status, 200);
    assert_eq!(refused(&write(&shop, "+972501111111").await), "recipient_not_allowed");
    assert_eq!(refused(&write(&shop, "+19005550123").await), "recipient_not_allowed", "premium");
}

#[tokio::test(flavor = "multi_thread")]
async fn first_messages_are_limited_per_day() {
    let shop = with("new_chats_per_user_per_day = 2\nnew_chats_in_all_per_day = 3").await;
    for to in ["+972501111111", "+972502222222"] {
        assert_eq!(write(&shop, to).await.status, 200);
    }
    for provider in ["baileys", "twilio"] {
        assert_eq!(refused(&write_by(&shop.api, "+972503333333", provider).await), "too_many_new_chats");
    }
    let token = tokio::task::block_in_place(|| shop.daemon.token("staff"));
    let other = shop.daemon.client().with_token(&token);
    assert_eq!(write_by(&other, "+972503333333", "baileys").await.status, 200, "another token has its own");
    assert_eq!(refused(&write_by(&other, "+972505555555", "baileys").await), "too_many_new_chats", "of all together");
    assert_eq!(write(&shop, "+972501111111").await.status, 200, "the conversation has begun");
    shop.receive_by_bridge("972504444444", "A1", "hi").await;
    assert_eq!(write(&shop, "+972504444444").await.status, 200, "the other one began");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_higher_daily_limit_of_the_bridge_applies_to_messages_that_are_postponed() {
    let configure = |setup: &mut Setup| _ = setup.env("WHATSAPP_PROVIDER", "baileys").env("WA_PACING", "on");
    let shop = Shop::open_with(configure, "").await;
    let limit = async |chats: u32| {
        let changes = json!({ "changes": { "whatsapp.new_chats_per_day": chats } });
        let reply = send(shop.api.request(Method::PATCH, "/api/settings").json(&changes)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    };
    limit(1).await;
    shop.until_status(&shop.say("+972501111111", "one").await, "sent").await;
    let postponed = shop.say("+972502222222", "two").await;
    shop.until_postponed().await;
    let cancelled = shop.say("+972503333333", "three").await;
    let tomorrow = agentlocator::clock::now().plus(Duration::from_hours(23)).to_string();
    until("the postponement", async || {
        (shop.message(&cancelled).await["next_attempt_at"].as_str() > Some(&tomorrow)).then_some(())
    })
    .await;
    let after = shop.say("+972503333333", "four").await;
    assert_eq!(shop.message(&after).await["waits_for"], "earlier_message");
    assert!(shop.message(&cancelled).await["waits_for"].is_null());
    let cancel = async |id: &Value| shop.api.post_json(&format!("/api/messages/{id}/cancel"), &json!({})).await;
    for message in [&after, &cancelled] {
        assert_eq!(cancel(&message["message_id"]).await.status, 200);
    }
    let message = shop.message(&cancelled).await;
    assert_eq!((&message["status"], &message["error_code"]), (&json!("failed"), &json!("cancelled")), "{message}");
    assert!(message["next_attempt_at"].is_null() && message["error"].as_str().is_some_and(|error| !error.is_empty()));
    assert_eq!(cancel(&cancelled["message_id"]).await.status, 409, "it was cancelled already");
    assert_eq!(cancel(&json!(999_999)).await.status, 404);
    limit(3).await;
    shop.until_status(&postponed, "sent").await;
    shop.until_status(&shop.say("+972504444444", "four").await, "sent").await;
    assert_eq!(shop.message(&cancelled).await["status"], "failed", "it is not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_number_is_refused_unless_it_has_a_conversation() {
    let shop = Shop::open().await;
    let mistyped = ["050123456", "+97250123456", "97250123456"];
    for to in mistyped {
        assert_eq!(refused(&write(&shop, to).await), "invalid_recipient", "{to}");
    }
    shop.receive_by_bridge("97250123456", "A1", "hi").await;
    for to in mistyped {
        assert_eq!(write(&shop, to).await.status, 200, "{to}");
    }
    let threads: Vec<i64> = shop.daemon.query_column("SELECT DISTINCT thread_id FROM messages");
    assert_eq!(threads.len(), 1);
}

/// Creates a contact with this number, and merges it into the contact who has written from +972504444444.
async fn merge_number(shop: &Shop, number: &str) {
    let new = shop.api.post_json("/api/contacts", &json!({"number": number, "display_name": "x"})).await;
    assert_eq!(new.status, 201, "{}", new.text());
    let written =
        shop.daemon.query_value::<i64>("SELECT contact_id FROM threads WHERE type = 'whatsapp' ORDER BY id LIMIT 1");
    let merged = json!({"contact_id": new.json()["id"]});
    let merged = send(shop.api.request(Method::POST, &format!("/api/contacts/{written}/merge")).json(&merged)).await;
    assert_eq!(merged.status, 200, "{}", merged.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_merged_into_a_conversation_is_a_new_one() {
    let shop = with("new_chats_per_user_per_day = 2\nnew_chats_in_all_per_day = 3").await;
    shop.receive_by_bridge("972504444444", "A1", "hi").await;
    assert_eq!(write(&shop, "+972504444444").await.status, 200);
    for to in ["+19005550123", "+447911123456"] {
        merge_number(&shop, to).await;
    }
    for to in ["+19005550123", "+447911123456"] {
        for provider in ["baileys", "twilio", "auto"] {
            let reply = write_by(&shop.api, to, provider).await;
            assert_eq!(refused(&reply), "recipient_not_allowed", "{to} by {provider}");
        }
    }
    // First messages that are allowed count for the daily limit.
    for to in ["+972501111111", "+972502222222", "+972503333333"] {
        merge_number(&shop, to).await;
    }
    assert_eq!(write(&shop, "+972501111111").await.status, 200);
    assert_eq!(write(&shop, "+972502222222").await.status, 200);
    assert_eq!(refused(&write(&shop, "+972503333333").await), "too_many_new_chats");
    assert_eq!(write(&shop, "+972501111111").await.status, 200, "that conversation has begun");
    assert_eq!(write(&shop, "+972504444444").await.status, 200, "the contact has written from this number");
    let recipients: Vec<String> = shop.daemon.query_column("SELECT DISTINCT recipient FROM outbox ORDER BY 1");
    assert_eq!(recipients, ["+972501111111", "+972502222222", "+972504444444"]);
}

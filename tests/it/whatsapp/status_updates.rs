//! Updates of messages after they were sent: status, edits and deletions.

use crate::support::whatsapp::{Shop, until};
use serde_json::{Value, json};

const DANA: &str = "+972501234567";

/// Starts a shop and sends a message by Twilio. Returns the shop, the API's response, and Twilio's id.
async fn with_sent_message() -> (Shop, Value, String) {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SM00000000000000000000000000000009", "hi").await;
    let answer = shop.say(DANA, "hello").await;
    let sid = shop.until_status(&answer, "sent").await["provider_msg_id"].as_str().unwrap().to_owned();
    (shop, answer, sid)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_never_goes_back() {
    let (shop, answer, sid) = with_sent_message().await;
    for (word, then) in [
        ("queued", "sent"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("read", "read"),
        ("delivered", "read"),
        ("failed", "read"),
        ("undelivered", "read"),
        ("read", "read"),
    ] {
        shop.twilio_reports_status(&sid, word, "").await;
        assert_eq!(shop.message(&answer).await["status"], then, "after {word}");
    }
    let statuses: Vec<String> =
        shop.daemon.query_column("SELECT value FROM message_events WHERE kind = 'status' ORDER BY id");
    assert_eq!(statuses, ["sent", "delivered", "read", "failed"], "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_has_a_reason_that_a_person_understands() {
    let (shop, ..) = with_sent_message().await;
    let answer = shop.send(&json!({ "to": DANA, "text": "hello", "provider": "twilio" })).await.json();
    let sid = shop.until_status(&answer, "sent").await["provider_msg_id"].as_str().unwrap().to_owned();
    shop.twilio_reports_status(&sid, "undelivered", "63016").await;
    let message = shop.until_status(&answer, "failed").await;
    assert!(message["error"].as_str().unwrap().contains("24"), "{message}");
    shop.twilio_reports_status(&sid, "delivered", "").await;
    assert_eq!(shop.message(&answer).await["status"], "delivered", "it arrived after all");
    assert_eq!(shop.message(&answer).await["error"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_stored_as_a_code_and_shown_in_the_language_of_the_settings() {
    let mut shop = Shop::open_with(
        |setup| {
            setup.toml("[agent]\nlanguage = \"he\"\n");
        },
        "",
    )
    .await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SM00000000000000000000000000000009", "hi").await;
    let answer = shop.send(&json!({ "to": DANA, "text": "hello", "provider": "twilio" })).await.json();
    let sid = shop.until_status(&answer, "sent").await["provider_msg_id"].as_str().unwrap().to_owned();
    shop.twilio_reports_status(&sid, "undelivered", "63024").await;
    let failed = shop.until_status(&answer, "failed").await;
    assert_eq!(failed["error"], "למספר הזה אין וואטסאפ, או שהוא אינו תקין");
    // The API reads the live database, while this query reads the published copy, which is updated later.
    let stored = until("the error in the copy", async || {
        shop.daemon.query_column::<String>("SELECT error FROM messages WHERE error IS NOT NULL").pop()
    });
    assert_eq!(stored.await, r#"{"code":"twilio-no-whatsapp"}"#);
    shop.daemon.reconfigure(|setup| {
        setup.toml("[agent]\nlanguage = \"en\"\n");
    });
    assert!(shop.daemon.cli(&["reload"]).status.success());
    assert_eq!(shop.message(&answer).await["error"], "this number is not on WhatsApp, or is not a valid one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_comes_before_we_know_the_id_is_not_lost() {
    let (shop, answer, sid) = with_sent_message().await;
    let next = format!("SM{:032x}", u128::from_str_radix(&sid[2..], 16).unwrap() + 1);
    shop.twilio_reports_status(&next, "delivered", "").await;
    shop.twilio_reports_status("SM00000000000000000000000000000000", "read", "").await;
    let second = shop.say(DANA, "again").await;
    shop.until_status(&second, "delivered").await;
    assert_eq!(shop.message(&answer).await["status"], "sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_reports_the_status_of_messages() {
    let shop = Shop::open().await;
    let answer = shop.say(DANA, "hello").await;
    let id = shop.until_status(&answer, "sent").await["provider_msg_id"].clone();
    for (word, then) in [("read", "read"), ("delivered", "read")] {
        let reply = shop.bridge_posts(&json!({ "event": "status", "id": id, "status": word })).await;
        assert_eq!(reply.status, 204);
        assert_eq!(shop.message(&answer).await["status"], then);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_edits_and_deletions_are_kept_beside_the_message() {
    let shop = Shop::open().await;
    shop.receive_by_bridge(DANA, "A1", "tomorow").await;
    for body in [
        json!({ "event": "edit", "target": "A1", "text": "tomorrow", "from": DANA }),
        json!({ "event": "reaction", "target": "A1", "text": "👍", "from_me": true }),
        json!({ "event": "reaction", "target": "A1", "text": "👍", "from_me": true }),
        json!({ "event": "reaction", "target": "A1", "text": "", "from_me": true }),
        json!({ "event": "deletion", "target": "A1", "from": DANA }),
        json!({ "event": "reaction", "target": "unknown", "text": "👍" }),
    ] {
        assert_eq!(shop.bridge_posts(&body).await.status, 204);
    }
    assert_eq!(shop.talk(DANA).await, ["tomorrow"]);
    let events: Vec<String> =
        shop.daemon.query_column("SELECT kind || ':' || value || ':' || actor FROM message_events ORDER BY id");
    assert_eq!(events, ["edit:tomorrow:contact", "reaction:👍:phone", "reaction::phone", "deletion::contact"]);
    assert_eq!(
        shop.daemon.query_value::<String>("SELECT detail FROM message_events WHERE kind = 'edit'"),
        r#"{"before":"tomorow"}"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_author_can_edit_a_message() {
    let shop = Shop::open().await;
    let answer = shop.say(DANA, "100 shekels").await;
    let ours = shop.until_status(&answer, "sent").await["provider_msg_id"].clone();
    shop.receive_by_bridge(DANA, "D1", "fine").await;
    shop.receive_by_bridge("+972502222222", "N1", "hello").await;
    // WhatsApp's ids are unique only within a chat, so a message of another contact may have the same id.
    shop.receive_by_bridge("+972502222222", "D1", "good day").await;
    for body in [
        json!({ "event": "edit", "target": ours, "text": "1 shekel", "from": DANA }),
        json!({ "event": "deletion", "target": ours, "from": DANA }),
        json!({ "event": "edit", "target": "D1", "text": "not said", "from_me": true, "to": DANA }),
        json!({ "event": "edit", "target": "N1", "text": "not hers", "from": DANA }),
        json!({ "event": "edit", "target": "D1", "text": "good evening", "from": "972502222222@s.whatsapp.net" }),
        json!({ "event": "reaction", "target": ours, "text": "👍", "from": DANA }),
        json!({ "event": "reaction", "target": "D1", "text": "🙏", "from": "+972502222222", "from_me": false }),
        json!({ "event": "edit", "target": ours, "text": "90 shekels", "from_me": true, "to": DANA }),
    ] {
        assert_eq!(shop.bridge_posts(&body).await.status, 204, "{body}");
    }
    assert_eq!(shop.talk(DANA).await, [">90 shekels", "fine"]);
    assert_eq!(shop.talk("+972502222222").await, ["hello", "good evening"]);
    let events: Vec<String> = shop.daemon.query_column(
        "SELECT kind || ':' || e.value || ':' || peer_number FROM message_events e JOIN messages m ON m.id = message_id
             JOIN threads t ON t.id = thread_id WHERE kind <> 'status' ORDER BY e.id",
    );
    assert_eq!(
        events,
        [
            "edit:good evening:+972502222222",
            "reaction:👍:+972501234567",
            "reaction:🙏:+972502222222",
            "edit:90 shekels:+972501234567"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echo_of_our_own_message_is_not_a_second_one() {
    let shop = Shop::open().await;
    let answer = shop.say(DANA, "hello").await;
    let id = shop.until_status(&answer, "sent").await["provider_msg_id"].clone();
    let echo = json!({ "event": "message", "from_me": true, "to": DANA, "text": "hello", "id": id });
    assert_eq!(shop.bridge_posts(&echo).await.status, 204);
    assert_eq!(shop.talk(DANA).await, [">hello"]);

    // The echo may also arrive before the bridge's response.
    let next = "3EB0000000000000000002";
    let echo = json!({ "event": "message", "from_me": true, "to": DANA, "text": "again", "id": next });
    assert_eq!(shop.bridge_posts(&echo).await.status, 204);
    let second = shop.say(DANA, "again").await;
    assert_eq!(shop.until_status(&second, "sent").await["provider_msg_id"], next);
    assert_eq!(shop.talk(DANA).await, [">hello", ">again"]);
    // A status that arrived for the echo in the meantime is kept.
    let third = "3EB0000000000000000003";
    let echo = json!({ "event": "message", "from_me": true, "to": DANA, "text": "third", "id": third });
    assert_eq!(shop.bridge_posts(&echo).await.status, 204);
    assert_eq!(shop.bridge_posts(&json!({ "event": "status", "id": third, "status": "read" })).await.status, 204);
    let answer = shop.say(DANA, "third").await;
    assert_eq!(shop.until_status(&answer, "read").await["provider_msg_id"], third);
    assert_eq!(shop.talk(DANA).await, [">hello", ">again", ">third"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_id_that_the_contact_used_delays_nothing() {
    let shop = Shop::open().await;
    shop.receive_by_bridge(DANA, "3EB0000000000000000001", "the id of your next message").await;
    let answer = shop.say(DANA, "hello").await;
    shop.until_status(&answer, "sent").await;
    let next = shop.say(DANA, "again").await;
    shop.until_status(&next, "sent").await;
    assert_eq!(shop.bridge.texts(), ["hello", "again"]);
    assert_eq!(shop.talk(DANA).await, ["the id of your next message", ">hello", ">again"]);
}

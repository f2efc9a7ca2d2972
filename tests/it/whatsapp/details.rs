//! All stored parts of a message are shown: reactions, edits, deletions, quotes, files, times, error reasons.

use crate::support::whatsapp::{BridgeReply, OWN_SENDER, Shop, until};
use serde_json::{Value, json};

const DANA: &str = "+972501234567";
const STATUS: &str = "/webhook/whatsapp/twilio/status";

impl Shop {
    /// Posts events of the bridge in the chat with Dana.
    async fn dana_tells(&self, events: &[Value]) {
        for event in events {
            let mut body = event.clone();
            body["from"] = json!("972501234567");
            assert_eq!(self.bridge_posts(&body).await.status, 204, "{body}");
        }
    }

    /// Returns the messages of the first thread.
    async fn messages(&self) -> Vec<Value> {
        self.api.get("/api/threads/1/messages").await.json()["messages"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_edits_deletions_quotes_and_authors_are_shown() {
    let shop = Shop::open().await;
    shop.dana_tells(&[
        json!({ "text": "tomorow at 5", "id": "A1", "timestamp": "2026-11-01T08:00:00Z" }),
        json!({ "event": "edit", "id": "E1", "target": "A1", "text": "tomorrow at 5", "timestamp": "2026-11-01T08:01:00Z" }),
        json!({ "event": "edit", "id": "E2", "target": "A1", "text": "tomorrow at 6", "timestamp": "2026-11-01T08:02:00Z" }),
        json!({ "event": "reaction", "id": "R1", "target": "A1", "text": "👍", "timestamp": "2026-11-01T08:03:00Z" }),
        json!({ "event": "reaction", "id": "R2", "target": "A1", "text": "❤️", "timestamp": "2026-11-01T08:04:00Z" }),
        json!({ "event": "reaction", "id": "R3", "target": "A1", "text": "🙏", "from_me": true, "to": DANA }),
        json!({ "event": "reaction", "id": "R4", "target": "A1", "text": "", "from_me": true, "to": DANA }),
        json!({ "text": "yes?", "id": "A2", "quoted": "A1" }),
        json!({ "event": "deletion", "id": "D1", "target": "A2", "timestamp": "2026-11-01T08:05:00Z" }),
        json!({ "event": "edit", "id": "E3", "target": "A2", "text": "after it", "timestamp": "2026-11-01T08:06:00Z" }),
        json!({ "event": "edit", "id": "E4", "target": "A2", "text": "yes!", "timestamp": "2026-11-01T08:04:00Z" }),
        json!({ "text": "from the phone", "id": "A3", "from_me": true, "to": DANA, "quoted": "not known" }),
    ])
    .await;
    let messages = shop.messages().await;
    let [first, second, third] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!(first["content_text"], "tomorrow at 6");
    assert_eq!(
        first["edits"],
        json!([
            { "previous_text": "tomorow at 5", "actor": "contact", "at": "2026-11-01T08:01:00.000Z" },
            { "previous_text": "tomorrow at 5", "actor": "contact", "at": "2026-11-01T08:02:00.000Z" },
        ])
    );
    assert_eq!(
        first["reactions"],
        json!([{ "emoji": "❤️", "actor": "contact", "at": "2026-11-01T08:04:00.000Z" }]),
        "the latest reaction of each side that is not removed"
    );
    assert_eq!((&first["deleted_at"], &first["author"], &first["quote"]), (&json!(null), &json!(null), &json!(null)));
    assert_eq!(
        (&second["quoted_msg_id"], &second["quote"]),
        (
            &json!("A1"),
            &json!({ "message_id": first["id"], "direction": "in", "content_text": "tomorrow at 6", "deleted": false })
        )
    );
    assert_eq!(
        (&second["deleted_at"], &second["deleted_by"], &second["content_text"]),
        (&json!("2026-11-01T08:05:00.000Z"), &json!("contact"), &json!("yes!"))
    );
    assert_eq!(
        (&third["author"], &third["quoted_msg_id"], &third["quote"]),
        (&json!("phone"), &json!("not known"), &json!(null))
    );
    let answer = shop.say(DANA, "by the API").await;
    let token: i64 = shop.daemon.query_value("SELECT max(id) FROM api_tokens");
    assert_eq!(shop.message(&answer).await["author"], format!("token:{token}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_older_edit_does_not_restore_the_old_text() {
    let shop = Shop::open().await;
    let edit = |id: &str, text: &str, minute: u8| json!({ "event": "edit", "id": id, "target": "A1", "text": text, "timestamp": format!("2026-11-01T08:0{minute}:00Z") });
    shop.dana_tells(&[
        json!({ "text": "a", "id": "A1", "timestamp": "2026-11-01T08:00:00Z" }),
        edit("E1", "b", 1),
        edit("E3", "d", 3),
        edit("E1", "b", 1),
        // An older edit that arrives late, and a repetition of the newest edit.
        edit("E2", "c", 2),
        edit("E3", "d", 3),
    ])
    .await;
    let texts = |message: &Value| {
        let edits: Vec<_> =
            message["edits"].as_array().unwrap().iter().map(|edit| edit["previous_text"].clone()).collect();
        (message["content_text"].clone(), edits)
    };
    assert_eq!(texts(&shop.messages().await[0]), (json!("d"), vec![json!("a"), json!("b"), json!("c")]));
    shop.dana_tells(&[edit("E4", "b", 4), edit("E2", "c", 2)]).await;
    assert_eq!(shop.messages().await[0]["content_text"], "b");

    // Edits without ids and times that have the same text count as the same edit.
    let plain = |text: &str| json!({ "event": "edit", "target": "A2", "text": text });
    shop.dana_tells(&[json!({ "text": "a", "id": "A2" }), plain("b"), plain("c"), plain("b")]).await;
    assert_eq!(texts(&shop.messages().await[1]), (json!("c"), vec![json!("a"), json!("b")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_precedes_its_message_is_applied_with_it() {
    let shop = Shop::open().await;
    shop.dana_tells(&[
        json!({ "event": "edit", "id": "E1", "target": "A1", "text": "right", "timestamp": 1_761_984_060 }),
        json!({ "event": "reaction", "id": "R1", "target": "A1", "text": "👍", "from_me": true, "to": DANA }),
        json!({ "event": "reaction", "id": "R1", "target": "A1", "text": "👍", "from_me": true, "to": DANA }),
    ])
    .await;
    // The same id in another chat identifies another message.
    shop.receive_by_bridge("972502222222", "A1", "of another one").await;
    shop.dana_tells(&[json!({ "text": "wrong", "id": "A1", "timestamp": 1_761_984_000 })]).await;
    // The search index is updated in the background.
    let thread = until("the thread", async || {
        let found = shop.api.get("/api/threads?q=972501234567").await.json();
        found["threads"][0]["id"].as_i64()
    })
    .await;
    let page = shop.api.get(&format!("/api/threads/{thread}/messages")).await.json();
    let message = &page["messages"][0];
    assert_eq!((&message["content_text"], &message["edits"][0]["previous_text"]), (&json!("right"), &json!("wrong")));
    assert_eq!((&message["reactions"][0]["emoji"], &message["reactions"][0]["actor"]), (&json!("👍"), &json!("phone")));
    assert_eq!(shop.talk("+972502222222").await, ["of another one"]);
    assert_eq!(shop.count("early_message_updates"), 0, "nothing waits any longer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_came_early_is_applied_with_its_message() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SM00000000000000000000000000000009", "hi").await;
    for (status, code) in [("delivered", ""), ("read", ""), ("sent", "")] {
        let pairs =
            [("MessageSid", "SM00000000000000000000000000000001"), ("MessageStatus", status), ("ErrorCode", code)];
        assert_eq!(shop.twilio_posts(STATUS, &pairs).await.status, 204);
    }
    let answer = shop.say(DANA, "hello").await;
    let sent = until("an end of the attempt", async || {
        let message = shop.message(&answer).await;
        (message["status"] != "queued").then_some(message)
    })
    .await;
    assert_eq!(sent["status"], "read", "at once, with the id");
    for time in ["sent_at", "delivered_at", "read_at"] {
        assert!(sent[time].as_str().is_some_and(|at| at.ends_with('Z')), "{time}: {sent}");
    }
    assert_eq!((&sent["error_code"], &sent["error"]), (&json!(null), &json!(null)));

    let second = shop.say(DANA, "again").await;
    let sid = shop.until_status(&second, "sent").await["provider_msg_id"].as_str().unwrap().to_owned();
    let pairs = [("MessageSid", sid.as_str()), ("MessageStatus", "undelivered"), ("ErrorCode", "63014")];
    assert_eq!(shop.twilio_posts(STATUS, &pairs).await.status, 204);
    let failed = shop.until_status(&second, "failed").await;
    assert!(failed["error"].as_str().is_some_and(|error| !error.is_empty()), "{failed}");
    assert!(failed["error_code"].as_str().is_some_and(|code| !code.is_empty()), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_is_shown_with_name_type_and_size() {
    let shop = Shop::open().await;
    let url = shop.twilio.file_url();
    let pairs = [
        ("MessageSid", "SMa0000000000000000000000000000001"),
        ("From", "whatsapp:+972501234567"),
        ("To", OWN_SENDER),
        ("Body", "two files"),
        ("NumMedia", "2"),
        ("MediaUrl0", url.as_str()),
        ("MediaContentType0", "image/jpeg"),
        ("MediaUrl1", url.as_str()),
        ("MediaContentType1", "application/pdf"),
    ];
    assert_eq!(shop.twilio_posts("/webhook/whatsapp/twilio", &pairs).await.status, 204);
    let files = until("both files", async || {
        let files = shop.messages().await[0]["files"].clone();
        files.as_array().unwrap().iter().all(|file| file["state"] == "stored").then_some(files)
    })
    .await;
    assert_eq!((files[0]["mime"].clone(), files[1]["mime"].clone()), (json!("image/jpeg"), json!("application/pdf")));
    for file in files.as_array().unwrap() {
        let content = shop.api.get(file["url"].as_str().unwrap()).await;
        assert_eq!((content.status, file["bytes"].as_u64()), (200, Some(content.body.len() as u64)), "{file}");
    }
    let gone = json!({ "text": "", "id": "B1", "type": "document", "mime": "text/csv", "file_name": "prices.csv",
        "media_error": "it is no longer on the phone" });
    shop.dana_tells(&[gone]).await;
    let expected = json!([{ "position": 0, "file_name": "prices.csv", "mime": "text/csv", "bytes": null, "state": "failed",
        "error": "it is no longer on the phone", "url": null, "width": null, "height": null, "duration_ms": null,
        "thumbhash": null, "thumbnail_url": null, "extension": "csv" }]);
    assert_eq!(shop.messages().await[1]["files"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_message_is_not_quoted() {
    let shop = Shop::open().await;
    shop.dana_tells(&[json!({ "text": "secret", "id": "A1" })]).await;
    let quoted = shop.messages().await[0]["id"].clone();
    let reply = json!({ "to": DANA, "text": "yes", "reply_to": quoted });
    // The quote waits in the outbox while the contact deletes the message.
    shop.bridge.reply_next([BridgeReply::Refuse(503)]);
    let waiting = shop.send(&reply).await.json();
    until("an attempt", async || (!shop.bridge.requests().is_empty()).then_some(())).await;
    shop.dana_tells(&[json!({ "event": "deletion", "id": "D1", "target": "A1" })]).await;
    shop.until_status(&waiting, "sent").await;
    let (request, _, _) = shop.bridge.requests().pop().unwrap();
    assert_eq!((&request["text"], request["quoted"].is_object()), (&json!("yes"), false), "{request}");
    let expected = json!({ "message_id": quoted, "direction": "in", "content_text": "", "deleted": true });
    assert_eq!(shop.messages().await[1]["quote"], expected);

    let refused = shop.send(&reply).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (422, &json!("reply_to_unknown")));
    assert_eq!(shop.count("messages"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn content_that_only_the_phone_shows_and_the_start_of_an_event_are_shown() {
    let shop = Shop::open().await;
    shop.dana_tells(&[
        json!({ "text": "", "id": "A1", "type": "other", "view_once": true }),
        json!({ "text": "", "id": "A2", "type": "other", "payment": true }),
        json!({ "text": "party", "id": "A3", "starts_at": 1_800_000_000 }),
    ])
    .await;
    let shown: Vec<_> = shop
        .messages()
        .await
        .iter()
        .map(|message| (message["phone_only"].clone(), message["event_at"].clone()))
        .collect();
    let expected = [
        (json!("view_once"), json!(null)),
        (json!("payment"), json!(null)),
        (json!(null), json!("2027-01-15T08:00:00.000Z")),
    ];
    assert_eq!(shown, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_by_twilio_is_shown_and_found_by_its_words() {
    let shop = Shop::open().await;
    let pairs = [
        ("MessageSid", "SMa0000000000000000000000000000001"),
        ("From", "whatsapp:+972501234567"),
        ("To", OWN_SENDER),
        ("Latitude", "32.1"),
        ("Longitude", "34.8"),
        ("Label", "Sunrise"),
        ("Address", "Herzl 1"),
    ];
    assert_eq!(shop.twilio_posts("/webhook/whatsapp/twilio", &pairs).await.status, 204);
    let message = shop.messages().await[0].clone();
    assert_eq!(message["content_text"], "Sunrise\nHerzl 1\nhttps://maps.google.com/?q=32.1,34.8");
    assert_eq!(message["location"]["name"], "Sunrise");
    until("a hit", async || {
        let hits = shop.api.get("/api/search?q=Sunrise").await.json();
        hits.to_string().contains("Herzl").then_some(())
    })
    .await;
}

//! Messages, files and status updates in both directions between WhatsApp and the CRM.

use super::harness::{AVI, BridgeHarness, DANA, eventually};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn people_the_owner_and_the_crm_talk_in_one_thread() {
    let harness = BridgeHarness::linked().await;
    let network = &harness.whatsapp;
    network.writes(DANA, "לפי מספר").await.unwrap();
    let by_lid = |text: &str, hide: bool| json!({ "from": DANA.number, "name": DANA.name, "text": text, "addressing": "lid", "hidePhone": hide });
    network.call("/inbound", &by_lid("לפי LID", false)).await.unwrap();
    network.call("/inbound", &by_lid("בלי מספר", true)).await.unwrap();
    harness.talk_becomes(DANA, &["לפי מספר", "לפי LID", "בלי מספר"]).await;
    let own = network.writes_from_phone(DANA, "מהטלפון").await.unwrap();
    let own = harness.message(DANA, "the owner's message", |m| m["provider_msg_id"] == own.as_str()).await;
    assert_eq!((&own["direction"], &own["provider"]), (&json!("out"), &json!("baileys")), "{own}");
    let answer = harness.say("+972501234567", "מהמערכת").await;
    harness.until_status(DANA, &answer, "delivered").await;
    let expected = ["לפי מספר", "לפי LID", "בלי מספר", ">מהטלפון", ">מהמערכת"];
    assert_eq!(harness.talk(DANA).await, expected);
    assert_eq!(network.shown_to(DANA.number).await.unwrap(), ["מהמערכת"]);
    let name: String = harness.daemon.query_value("SELECT title FROM threads WHERE type = 'whatsapp'");
    assert_eq!(name, DANA.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_with_a_hidden_number_is_answered_and_recognised() {
    let harness = BridgeHarness::linked().await;
    let hidden = json!({ "from": AVI.number, "text": "מי אני?", "addressing": "lid", "hidePhone": true });
    harness.whatsapp.call("/inbound", &hidden).await.unwrap();
    let peer = eventually("the thread", async || {
        let threads = harness.api.get("/api/threads?type=whatsapp").await.json();
        threads["threads"][0]["peer_number"].as_str().map(str::to_owned)
    })
    .await;
    assert!(peer.ends_with("@lid"), "{peer}");
    harness.say(&peer, "שלום לך").await;
    eventually("the answer on the phone", async || {
        (harness.whatsapp.shown_to(AVI.number).await.unwrap() == ["שלום לך"]).then_some(())
    })
    .await;
    let inbound = json!({ "from": AVI.number, "text": "אבי", "addressing": "lid" });
    harness.whatsapp.call("/inbound", &inbound).await.unwrap();
    harness.talk_becomes(AVI, &["מי אני?", ">שלום לך", "אבי"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_both_sides_write_at_once_all_arrive_in_order() {
    let harness = BridgeHarness::linked().await;
    let (ours, theirs): (Vec<_>, Vec<_>) = (0..40).map(|i| (format!("שלנו {i}"), format!("שלהם {i}"))).unzip();
    let write = async {
        for text in &theirs {
            harness.whatsapp.writes(DANA, text).await.unwrap();
        }
    };
    let say = async {
        for text in &ours {
            harness.say("+972501234567", text).await;
        }
    };
    tokio::join!(write, say);
    eventually("all messages of the business on the phone", async || {
        (harness.whatsapp.shown_to(DANA.number).await.unwrap() == ours).then_some(())
    })
    .await;
    eventually("all messages of the contact in the CRM", async || {
        let talk = harness.talk(DANA).await;
        (talk.iter().filter(|text| !text.starts_with('>')).eq(&theirs)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_into_the_store_and_leave_the_bridge() {
    let harness = BridgeHarness::linked().await;
    let picture: Vec<u8> = (0..100_000_u32).map(|i| (i * 7 % 251) as u8).collect();
    let voice = [b"OggS".as_slice(), &[7; 5_000]].concat();
    let network = &harness.whatsapp;
    network.sends_file(DANA, "image", "image/png", &picture, &json!({ "caption": "תמונה" })).await.unwrap();
    let note = json!({ "ptt": true, "seconds": 3 });
    network.sends_file(DANA, "audio", "audio/ogg; codecs=opus", &voice, &note).await.unwrap();
    for (kind, mime, content) in [("image", "image/png", &picture), ("voice", "audio/ogg", &voice)] {
        let here = |m: &Value| m["media_kind"] == kind && m["media_url"].as_str().is_some_and(|u| u.starts_with('/'));
        let message = harness.message(DANA, kind, here).await;
        let file = harness.api.get(message["media_url"].as_str().unwrap()).await;
        assert_eq!((file.status, &file.body), (200, content));
        assert!(file.header("content-type").starts_with(mime), "{}", file.header("content-type"));
    }
    eventually("the bridge's folder of files to be empty", async || {
        std::fs::read_dir(harness.session().join("media")).unwrap().next().is_none().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_queued_then_sent_then_delivered_then_read() {
    let harness = BridgeHarness::linked().await;
    harness.whatsapp.call("/options", &json!({ "autoReceipt": false, "ackDelayMs": 1500 })).await.unwrap();
    let answer = harness.say("0501234567", "שלום").await;
    assert_eq!(answer["status"], "queued");
    let id = &answer["message_id"];
    let queued = harness.message(DANA, "the message", |m| m["id"] == *id).await;
    assert_eq!(queued["status"], "queued", "WhatsApp has not acknowledged it");
    let sent = harness.until_status(DANA, &answer, "sent").await;
    for (receipt, status) in [("delivery", "delivered"), ("read", "read")] {
        let body = json!({ "id": sent["provider_msg_id"], "type": receipt });
        harness.whatsapp.call("/receipt", &body).await.unwrap();
        harness.until_status(DANA, &answer, status).await;
    }
    let statuses: Vec<String> =
        harness.daemon.query_column("SELECT value FROM message_events WHERE kind = 'status' ORDER BY id");
    assert_eq!(statuses, ["sent", "delivered", "read"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_message_are_seen() {
    let harness = BridgeHarness::linked().await;
    let network = &harness.whatsapp;
    let id = network.writes(DANA, "מחר בשמנה").await.unwrap();
    harness.talk_becomes(DANA, &["מחר בשמנה"]).await;
    let key = json!({ "id": id, "fromMe": false, "remoteJid": format!("{}@s.whatsapp.net", DANA.number) });
    let edited = json!({ "conversation": "מחר בשמונה" });
    for change in [
        json!({ "protocolMessage": { "type": "MESSAGE_EDIT", "key": key, "editedMessage": edited } }),
        json!({ "reactionMessage": { "key": key, "text": "👍" } }),
        json!({ "protocolMessage": { "type": "REVOKE", "key": key } }),
    ] {
        network.call("/inbound", &json!({ "from": DANA.number, "message": change })).await.unwrap();
    }
    eventually("all changes", async || {
        let events: Vec<String> = harness.daemon.query_column(
            "SELECT kind || ':' || value || ':' || actor FROM message_events WHERE kind <> 'status' ORDER BY id",
        );
        (events == ["edit:מחר בשמונה:contact", "reaction:👍:contact", "deletion::contact"]).then_some(())
    })
    .await;
    let shown = harness.message(DANA, "the deleted message", |message| message["deleted_at"].is_string()).await;
    assert_eq!(
        (&shown["content_text"], &shown["edits"][0]["previous_text"], &shown["reactions"][0]["emoji"]),
        (&json!("מחר בשמונה"), &json!("מחר בשמנה"), &json!("👍"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_message_on_the_phone() {
    let harness = BridgeHarness::linked().await;
    let body = json!({ "to": "+972501234567", "text": "פעם אחת" });
    let request =
        || harness.api.request(Method::POST, "/api/whatsapp/send").header("Idempotency-Key", "k1").json(&body);
    let (first, second) = tokio::join!(request().send(), request().send());
    let (first, second): (Value, Value) = (first.unwrap().json().await.unwrap(), second.unwrap().json().await.unwrap());
    assert_eq!(first["message_id"], second["message_id"]);
    harness.until_status(DANA, &first, "delivered").await;
    let third: Value = request().send().await.unwrap().json().await.unwrap();
    assert_eq!(third["message_id"], first["message_id"]);
    // Messages are sent in order, so the display of a later message shows that no earlier one is still in progress.
    let last = harness.say("+972501234567", "אחריה").await;
    harness.until_status(DANA, &last, "delivered").await;
    let state = harness.whatsapp.state().await.unwrap();
    let texts: Vec<_> = state["outbound"].as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["פעם אחת", "אחריה"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_whatsapp_refuses_fails_with_a_readable_reason() {
    let harness = BridgeHarness::linked().await;
    let options = json!({ "notOnWhatsApp": [DANA.number] });
    harness.whatsapp.call("/options", &options).await.unwrap();
    let answer = harness.say("+972501234567", "יש שם מישהו?").await;
    let failed = harness.until_status(DANA, &answer, "failed").await;
    assert!(failed["error"].as_str().unwrap().contains("אין וואטסאפ"), "{failed}");
    harness.whatsapp.call("/options", &json!({ "nextSendError": 463 })).await.unwrap();
    let answer = harness.say("+972502222222", "היכרות").await;
    let failed = harness.until_status(AVI, &answer, "failed").await;
    assert!(failed["error"].as_str().unwrap().contains("הגבילה"), "{failed}");
    // A failed message to one contact does not delay messages to other contacts.
    let answer = harness.say("+972503333333", "שלום").await;
    let other = agentlocator::simulator::whatsapp::WhatsAppUser { number: "972503333333", name: "" };
    harness.until_status(other, &answer, "delivered").await;
}

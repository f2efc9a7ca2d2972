use super::*;
use country::IL;

fn message(body: &str) -> InboundMessage {
    match read(body.as_bytes(), IL) {
        Ok(Inbound::Message(message)) => message,
        other => panic!("{body}: {other:?}"),
    }
}

fn update(body: &str) -> MessageUpdate {
    match read(body.as_bytes(), IL) {
        Ok(Inbound::Update(update)) => update,
        other => panic!("{body}: {other:?}"),
    }
}

fn names(message: &InboundMessage) -> Vec<String> {
    message.peer.iter().map(ToString::to_string).collect()
}

#[test]
fn both_plain_forms_are_one_message() {
    let first = message(r#"{"from":"972501234567","text":"שלום","media_url":null,"provider_msg_id":"ABCD123"}"#);
    let second = message(r#"{"from":"972501234567","body":"שלום","id":"ABCD123"}"#);
    assert_eq!(first, second);
    assert_eq!(names(&first), ["+972501234567"]);
    assert_eq!((first.text.as_str(), first.provider_msg_id.as_deref()), ("שלום", Some("ABCD123")));
    assert_eq!((first.kind, first.from_phone, first.opens_twilio), (MediaKind::Text, false, false));
    let both = message(r#"{"from":972501234567,"body":"b","text":"a","id":7,"provider_msg_id":"x"}"#);
    assert_eq!((both.text.as_str(), both.provider_msg_id.as_deref()), ("a", Some("x")));
}

#[test]
fn the_rich_form_is_read() {
    let read = message(
        r#"{"event":"message","id":"3EB0","from":"111222333444@lid","phone":"972501234567:2@s.whatsapp.net",
            "lid":"111222333444","push_name":"Dana","timestamp":1700000000,"type":"voice","quoted":{"id":"Q1","text":"?"},
            "media_url":"http://127.0.0.1:8000/media/1","mime":"audio/ogg; codecs=opus","caption":"hear"}"#,
    );
    assert_eq!(names(&read), ["+972501234567", "111222333444@lid"]);
    assert_eq!((read.kind, read.text.as_str(), read.quoted.as_deref()), (MediaKind::Voice, "hear", Some("Q1")));
    assert_eq!(read.profile_name, "Dana");
    assert_eq!(read.provider_time, Some(Timestamp::from_millis(1_700_000_000_000)));
    assert_eq!(read.media[0].url, "http://127.0.0.1:8000/media/1");
    let only_lid = message(r#"{"lid":"111222333444@lid","text":"x"}"#);
    assert_eq!(names(&only_lid), ["111222333444@lid"]);
    let by_mime = message(r#"{"from":"972501234567","media_url":"https://x/y","mime":"image/png","type":"text"}"#);
    assert_eq!(by_mime.kind, MediaKind::Image);
}

#[test]
fn a_message_from_the_phone_of_the_business_is_addressed_to_the_contact() {
    let read = message(r#"{"from":"972509999999","to":"972501234567","from_me":true,"text":"hi","id":"1"}"#);
    assert!(read.from_phone);
    assert_eq!(names(&read), ["+972501234567"]);
}

#[test]
fn old_messages_and_lost_files_are_marked() {
    let read = message(
        r#"{"from":"972501234567","id":"1","text":"hi","history":true,"timestamp":1500000000,
            "type":"image","mime":"image/png","media_error":{"code":"gone","message":"no such file"}}"#,
    );
    assert!(read.history && !read.from_phone);
    assert_eq!((read.extra.as_deref(), read.kind), (Some(r#"{"history":true}"#), MediaKind::Image));
    assert_eq!((read.media[0].url.as_str(), read.media[0].error.as_deref()), ("", Some("no such file")));
    let both = message(r#"{"from":"972501234567","id":"1","media_url":"https://x/y.ogg","media_error":"late"}"#);
    assert_eq!((both.media[0].error.as_deref(), both.history, both.extra), (None, false, None));
    assert!(!message(r#"{"from":"972501234567","id":"1","text":"hi","history":false}"#).history);
}

#[test]
fn content_that_only_the_phone_shows_and_the_start_of_an_event_are_kept() {
    let extra = |fields: &str| message(&format!(r#"{{"from":"972501234567","id":"1",{fields}}}"#)).extra;
    assert_eq!(extra(r#""view_once":true"#).as_deref(), Some(r#"{"phone_only":"view_once"}"#));
    assert_eq!(extra(r#""payment":true"#).as_deref(), Some(r#"{"phone_only":"payment"}"#));
    assert_eq!(extra(r#""view_once":true,"media_url":"https://x/y.jpg""#), None);
    assert_eq!(extra(r#""text":"x","view_once":false,"starts_at":"soon""#), None);
    let event = extra(r#""text":"x","starts_at":1700000000"#);
    assert_eq!(event.as_deref(), Some(r#"{"event_at":"2023-11-14T22:13:20.000Z"}"#));
}

#[test]
fn updates_are_read() {
    let read = update(r#"{"event":"status","id":"1","status":"delivered","timestamp":"2026-01-01T00:00:00Z"}"#);
    assert_eq!(read.change, Change::Status(MessageStatus::Delivered, None));
    assert_eq!(read.at.map(|at| at.to_string()).as_deref(), Some("2026-01-01T00:00:00.000Z"));
    assert_eq!(update(r#"{"event":"status","id":"1","status":4}"#).change, Change::Status(MessageStatus::Read, None));
    let failed = update(r#"{"event":"status","id":"1","status":"failed","error":{"code":463,"message":"restricted"}}"#);
    let provider_error = ProviderError {
        code: "whatsapp_refused".into(),
        notice: Notice::WhatsAppRefusedBecause { reason: "restricted".into() }.into(),
    };
    let refusal = LateRefusal { refusal: Refusal::Message, provider_error };
    assert_eq!(failed.change, Change::Status(MessageStatus::Failed, Some(refusal)));
    let reaction = update(r#"{"event":"reaction","target":"1","text":"👍","from":"972501234567"}"#);
    assert_eq!((reaction.change, reaction.actor), (Change::Reaction("👍".into()), Actor::Contact));
    let edit = update(r#"{"event":"edit","target":"1","text":"new","from_me":true}"#);
    assert_eq!((edit.change, edit.actor), (Change::Edit("new".into()), Actor::Phone));
    assert_eq!(update(r#"{"event":"deletion","target":"1"}"#).change, Change::Deletion);
}

#[test]
fn irrelevant_events_are_ignored_and_malformed_ones_rejected() {
    for body in [
        r#"{"event":"connection","state":"open"}"#,
        r#"{"from":"12036302@g.us","text":"x"}"#,
        r#"{"from":"status@broadcast","text":"x"}"#,
        r#"{"event":"status","id":"1","status":"pending"}"#,
    ] {
        assert!(matches!(read(body.as_bytes(), IL), Ok(Inbound::Ignored(_))), "{body}");
    }
    for body in [
        "",
        "hello",
        "[]",
        "null",
        "{",
        "{}",
        r#"{"text":"x"}"#,
        r#"{"from":"","text":"x"}"#,
        r#"{"from":{},"text":"x"}"#,
        r#"{"event":"status","status":"read"}"#,
        r#"{"event":"edit","text":"x"}"#,
    ] {
        assert!(read(body.as_bytes(), IL).is_err(), "{body}");
    }
}

#[test]
fn half_an_emoji_loses_nothing() {
    assert_eq!(message(r#"{"from":"972501234567","text":"a\ud83db","id":"1"}"#).text, "a\u{fffd}b");
    let broken = b"{\"from\":\"972501234567\",\"text\":\"a\xffb\"}";
    assert!(matches!(read(broken, IL), Ok(Inbound::Message(message)) if message.text == "a\u{fffd}b"));
    assert_eq!(message("\u{feff}{\"from\":\"972501234567\",\"text\":\"a\",\"text\":\"b\"}").text, "b");
}

/// Parses one event of each kind from the fixtures of the bundled bridge, and compares it with the meaning that the
/// bridge's tests assign to it.
#[test]
fn every_event_of_the_bundled_bridge_is_read_as_it_is_meant() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bridge/messages.json");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut seen = 0;
    for case in cases.iter().filter(|case| case["event"].is_object()) {
        let (name, meant) = (&case["name"], &case["daemon"]);
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        match read(case["event"].to_string().as_bytes(), IL) {
            Ok(Inbound::Message(message)) => {
                let meant = &meant["message"];
                let peer: Vec<_> = meant["peer"].as_array().unwrap().iter().filter_map(text).collect();
                assert_eq!(names(&message), peer, "{name}");
                assert_eq!(
                    (message.kind.as_str(), message.text.as_str()),
                    (meant["kind"].as_str().unwrap(), meant["text"].as_str().unwrap()),
                    "{name}"
                );
                assert_eq!(serde_json::json!(message.from_phone), meant["from_phone"], "{name}");
                assert_eq!(message.quoted, text(&meant["quoted"]), "{name}");
                let file = message.media.first();
                assert_eq!(file.map(|file| file.url.clone()), text(&meant["media_url"]), "{name}");
                assert_eq!(file.and_then(|file| file.mime.clone()), text(&meant["mime"]), "{name}");
                assert_eq!(file.and_then(|file| file.file_name.clone()), text(&meant["file_name"]), "{name}");
                assert!(message.provider_msg_id.is_some() && message.provider_time.is_some(), "{name}");
            }
            Ok(Inbound::Update(update)) => {
                let meant = &meant["change"];
                let (kind, words) = match &update.change {
                    Change::Reaction(emoji) => ("reaction", emoji.as_str()),
                    Change::Edit(words) => ("edit", words.as_str()),
                    Change::Deletion => ("deletion", ""),
                    Change::Status(status, _) => ("status", status.as_str()),
                };
                assert_eq!((Some(kind), Some(words)), (meant["kind"].as_str(), meant["text"].as_str()), "{name}");
                assert_eq!(Some(update.provider_msg_id.as_str()), meant["target"].as_str(), "{name}");
                assert_eq!(Some(update.actor.as_str()), meant["actor"].as_str(), "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
        seen += 1;
    }
    assert!(seen >= 20, "only {seen} events");
}

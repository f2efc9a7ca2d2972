//! The rejection of an invalid request names the invalid field. Its message is a sentence for users, and not the
//! message of a parser.

use super::with_data;
use crate::support::client::send;
use serde_json::{Value, json};

/// Words from parser messages and from the source code.
const JARGON: [&str; 14] = [
    "deserialize",
    "invalid type",
    "invalid value",
    "invalid digit",
    "invalid length",
    "variant",
    "struct",
    "enum",
    "sequence",
    "u32",
    "i64",
    "at line",
    "expected",
    "serde",
];

fn refusal(body: &Value) -> (String, Value, String) {
    let error = &body["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let message = text("message");
    let found = JARGON.into_iter().find(|word| message.contains(word));
    assert_eq!(found, None, "{message}");
    (text("code"), error["field"].clone(), message)
}

#[tokio::test]
async fn a_wrong_body_is_refused_by_field() {
    let (_daemon, api) = with_data();
    for (path, body, status, code, field, says) in [
        ("/api/whatsapp/send", r#"{"to":5,"text":"x"}"#, 422, "invalid", Some("to"), "must be a string"),
        ("/api/whatsapp/send", r#"{"to":null,"text":"x"}"#, 422, "invalid", Some("to"), "must be a string"),
        ("/api/whatsapp/send", r#"{"text":"x"}"#, 422, "invalid", Some("to"), "missing"),
        ("/api/whatsapp/send", r#"{"to":"+972501234567","txt":"x"}"#, 422, "unknown_field", Some("txt"), "media_url"),
        (
            "/api/whatsapp/send",
            r#"{"to":"+972501234567","text":"x","provider":"fax"}"#,
            422,
            "invalid",
            Some("provider"),
            "auto, twilio, baileys",
        ),
        ("/api/whatsapp/send", r#"["+972501234567","x"]"#, 422, "invalid", None, "JSON object"),
        ("/api/whatsapp/send", r#"{"to":"#, 400, "invalid", None, "line 1, column 6"),
        ("/api/contacts/1/merge", r#"{"contact_id":"three"}"#, 422, "invalid", Some("contact_id"), "whole number"),
        ("/api/contacts/1/merge", r#"{"contact_id":1e99}"#, 422, "invalid", Some("contact_id"), "whole number"),
        (
            "/api/services",
            r#"{"name":"a","duration_min":1000000000000}"#,
            422,
            "invalid",
            Some("duration_min"),
            "a whole number from 0 to 4294967295",
        ),
        ("/api/tokens", r#"{"name":["a"]}"#, 422, "invalid", Some("name"), "must be a string"),
        ("/api/tokens", r#"{"name":"a","expires_at":"tomorrow"}"#, 422, "invalid", Some("expires_at"), TIME),
        ("/api/tokens", r#"{"name":"a","expires_at":"2026-11-22"}"#, 422, "invalid", Some("expires_at"), TIME),
        (
            "/api/tokens",
            r#"{"name":"a","expires_at":"2020-01-01T00:00:00Z"}"#,
            400,
            "invalid",
            Some("expires_at"),
            "future",
        ),
        ("/api/saved-replies", r#"{"shortcut":"two words","text":"x"}"#, 400, "invalid", Some("shortcut"), "one word"),
        ("/api/saved-replies", r#"{"shortcut":"x","text":" "}"#, 400, "invalid", Some("text"), "1 to"),
        ("/api/whatsapp/send", r#"{"to":"12","text":"x"}"#, 422, "invalid_recipient", Some("to"), ""),
        ("/api/alerts/disk/mute", r#"{"hours":-1}"#, 422, "invalid", Some("hours"), "whole number"),
        ("/api/alerts/disk/mute", r#"{"hours":5000}"#, 400, "invalid", Some("hours"), "1 to 720"),
    ] {
        let request = api.request(reqwest::Method::POST, path).header("content-type", "application/json");
        let reply = send(request.body(body)).await;
        let refused = refusal(&reply.json());
        let found = (reply.status, refused.0.as_str(), refused.1);
        assert_eq!(found, (status, code, field.map_or(Value::Null, Value::from)), "{body}: {}", reply.text());
        assert!(refused.2.contains(says), "{body}: {}", refused.2);
    }
    let draft = api.request(reqwest::Method::PUT, "/api/threads/1/draft").json(&json!({"text": "x".repeat(10_001)}));
    assert_eq!(refusal(&send(draft).await.json()).1, "text");
    assert_eq!(api.get("/api/contacts/1").await.status, 200);
}

/// What is said of a time in a wrong form.
const TIME: &str = "expires_at must be a time such as 2026-11-22T09:30:00Z";

#[tokio::test]
async fn a_compressed_body_is_refused_for_its_encoding() {
    let (_daemon, api) = with_data();
    let body = json!({"name": "a"});
    for (encoding, status) in [("gzip", 415), ("br", 415), ("identity", 201)] {
        let request = api.request(reqwest::Method::POST, "/api/tags").header("content-encoding", encoding);
        let reply = send(request.json(&body)).await;
        assert_eq!(reply.status, status, "{encoding}: {}", reply.text());
        if status == 415 {
            assert_eq!(reply.json()["error"]["code"], "unsupported_media_type");
        }
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_refused_by_name() {
    let (_daemon, api) = with_data();
    for (path, field, says) in [
        ("/api/threads?limit=many", "limit", "1 to 200"),
        ("/api/threads?limit=-1", "limit", "1 to 200"),
        ("/api/threads?limit=201", "limit", "1 to 200"),
        ("/api/threads?limit=99999999999999999999", "limit", "1 to 200"),
        ("/api/threads?business_id=first", "business_id", "whole number"),
        ("/api/threads?business_id=99999999999999999999", "business_id", "too large"),
        ("/api/calls/1/peaks?bins=100000000", "bins", "1 to 4000"),
        ("/api/threads?type=bogus", "type", "whatsapp, call"),
        ("/api/threads?cursor=bogus", "cursor", "next_cursor"),
        ("/api/appointments?from=yesterday", "from", "must be a time such as"),
        ("/api/threads/1/messages?before=bogus", "before", "next_cursor"),
        ("/api/threads?limit=1&limit=2", "limit", "twice"),
    ] {
        let reply = api.get(path).await;
        let refused = refusal(&reply.json());
        assert_eq!(
            (reply.status, refused.0.as_str(), &refused.1),
            (400, "invalid", &field.into()),
            "{path}: {}",
            reply.text()
        );
        assert!(refused.2.contains(says), "{path}: {}", refused.2);
    }
}

#[tokio::test]
async fn every_body_refuses_fields_that_it_does_not_know() {
    let (_daemon, api) = with_data();
    let document = api.get("/api/openapi.json").await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(schema) = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()
            else {
                let is_file = operation["requestBody"]["content"]["application/octet-stream"].is_object();
                assert!(
                    operation["requestBody"].is_null() || is_file,
                    "{method} {path}: the body has no schema of its own"
                );
                continue;
            };
            let schema = document.pointer(&schema[1..]).unwrap();
            assert_eq!(schema["additionalProperties"], json!(false), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn names_and_messages_have_something_to_read_and_no_control_characters() {
    let (daemon, _) = with_data();
    let api = daemon.logged_in("dana", "owner").await;
    for nothing in ["\u{202e}\u{202c}", "\u{200b}", "\u{0}", " \u{feff} "] {
        for (path, body) in [
            ("/api/users", json!({"name": nothing, "password": "correct horse 9 battery", "role": "staff"})),
            ("/api/tokens", json!({"name": nothing, "role": "staff"})),
            ("/api/whatsapp/send", json!({"to": "+972501234567", "text": nothing})),
            ("/api/scheduled-messages", json!({"thread_id": 1, "text": nothing, "send_at": in_an_hour()})),
            ("/api/saved-replies", json!({"shortcut": "x", "text": nothing})),
        ] {
            let reply = api.post_json(path, &body).await;
            assert!(matches!(reply.status, 400 | 422), "{path} {nothing:?}: {} {}", reply.status, reply.text());
        }
    }
    let reordered = "\u{202e}לג\u{202c}";
    let user = json!({"name": reordered, "password": "correct horse 9 battery", "role": "staff"});
    assert_eq!(api.post_json("/api/users", &user).await.json()["name"], "לג");
    assert_eq!(api.post_json("/api/tokens", &json!({"name": reordered})).await.json()["name"], "לג");
    let patch = async |name: &str| {
        let request = api.request(reqwest::Method::PATCH, "/api/settings");
        send(request.json(&json!({"changes": {"business.name": name}}))).await
    };
    let renamed = patch(reordered).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text());
    assert_eq!(api.get("/api/session").await.json()["business"]["name"], "לג");
    assert_eq!(patch("a\u{0}b").await.status, 422);
    let long = json!({"to": "+972501234567", "text": "a\u{0}b"});
    assert_eq!(refusal(&api.post_json("/api/whatsapp/send", &long).await.json()).1, "text");
}

fn in_an_hour() -> String {
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    format!("{later:.3}")
}

#[tokio::test]
async fn names_that_look_like_another_users_and_values_that_cannot_be_used_are_refused() {
    let (daemon, api) = with_data();
    let owner = daemon.logged_in("boss", "owner").await;
    for hidden in ['\u{feff}', '\u{2060}', '\u{ad}', '\u{3164}', '\u{115f}', '\u{fe0f}', '\u{2800}'] {
        let user = json!({"name": format!("boss{hidden}"), "password": "correct horse battery", "role": "staff"});
        let reply = owner.post_json("/api/users", &user).await;
        assert_eq!(reply.status, 400, "{hidden:?}: {}", reply.text());
    }
    let service = json!({"name": "תספורת", "duration_min": 30});
    let service = api.post_json("/api/services", &service).await.json()["id"].clone();
    for (query, field) in [("from=2040-01-02", "from"), ("moving=99999", "moving")] {
        let reply = api.get(&format!("/api/free-slots?service_id={service}&{query}")).await;
        assert_eq!((reply.status, &reply.json()["error"]["field"]), (400, &json!(field)), "{}", reply.text());
    }
    for id in [0, -5] {
        let number = json!({"number": "0521990202", "restored_id": id});
        let reply = api.post_json("/api/contacts/1/numbers", &number).await;
        assert_eq!((reply.status, &reply.json()["error"]["field"]), (400, &json!("restored_id")));
    }
    for (one, same) in [("vip", "VIP"), ("ВИП", "вип")] {
        assert_eq!(api.post_json("/api/tags", &json!({"name": one})).await.status, 201);
        assert_eq!(api.post_json("/api/tags", &json!({"name": same})).await.status, 409, "{same}");
        let reply = |shortcut: &str| json!({"shortcut": shortcut, "text": "x"});
        assert_eq!(api.post_json("/api/saved-replies", &reply(one)).await.status, 201);
        assert_eq!(api.post_json("/api/saved-replies", &reply(same)).await.status, 409, "{same}");
    }
}

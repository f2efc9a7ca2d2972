//! Threads and messages.

use super::with_data;
use crate::support::Client;
use reqwest::Method;
use serde_json::{Value, json};

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

async fn thread_ids(api: &Client, query: &str) -> Vec<i64> {
    let reply = api.get(&format!("/api/threads?{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text());
    ids(&reply.json()["threads"])
}

#[tokio::test]
async fn threads_come_newest_activity_first_and_are_found() {
    let (_daemon, api) = with_data();
    for (query, wanted) in [
        ("", &[2, 3, 1, 4][..]),
        ("type=whatsapp", &[3, 1, 4]),
        ("type=call", &[2]),
        ("type=&business_id=&q=&limit=&cursor=", &[2, 3, 1, 4]),
        ("business_id=1", &[2, 3, 1, 4]),
        ("business_id=2", &[]),
        ("q=noa", &[3]),
        ("q=%D7%93%D7%A0%D7%94", &[2, 1]),
        ("q=050-123-4567", &[2, 1]),
        ("q=972541", &[3]),
        ("q=monday", &[3]),
        ("q=100%25", &[1]),
        ("q=%25", &[1]),
        ("q=_", &[]),
        ("q=%D7%AA%D7%95%D7%A8", &[2]),
        ("q=nothing+like+it", &[]),
    ] {
        assert_eq!(thread_ids(&api, query).await, wanted, "{query}");
    }
    for query in
        ["type=bogus", "limit=-1", "limit=0", "limit=201", "limit=x", "cursor=x", "business_id=x", "limit=1&limit=2"]
    {
        let reply = api.get(&format!("/api/threads?{query}")).await;
        assert_eq!((reply.status, reply.json()["ok"].clone()), (400, json!(false)), "{query}");
    }
}

#[tokio::test]
async fn a_thread_has_the_columns_of_its_table() {
    let (daemon, api) = with_data();
    daemon.until_backfilled().await;
    let thread = api.get("/api/threads/1").await.json();
    assert_eq!(
        thread,
        json!({
            "id": 1, "business_id": 1, "type": "whatsapp", "provider": "baileys", "contact_id": 1,
            "peer_number": "+972501234567", "title": "דנה לוי", "last_message_at": "2026-11-10T10:00:00.000Z",
            "unread_count": 2, "ai_mode": "off", "created_at": "2026-11-01T08:00:00.000Z", "contact_name": "דנה לוי",
            "last_message": {
                "id": 4, "direction": "in", "author": null, "media_kind": "text", "text": "ביי", "status": "received",
                "created_at": "2026-11-10T10:00:00.000Z",
            },
            "last_call": null, "turn": "us", "waiting_since": "2026-11-10T10:00:00.000Z", "archived_at": null,
            "draft": null, "window": {"twilio_until": null}, "tags": [],
        })
    );
    let list = api.get("/api/threads?type=whatsapp&q=050").await.json();
    assert_eq!(list["threads"][0], thread);
    assert_eq!(list["next_cursor"], Value::Null);
    for path in ["/api/threads/99", "/api/threads/x", "/api/threads/99/messages", "/api/threads/99999999999999999999"] {
        assert_eq!(api.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    let (_daemon, api) = with_data();
    for limit in 1..=4 {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("/api/threads?limit={limit}&cursor={cursor}")).await.json();
            assert!(page["threads"].as_array().unwrap().len() <= limit);
            seen.extend(ids(&page["threads"]));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(seen, [2, 3, 1, 4], "pages of {limit}");
    }
}

#[tokio::test]
async fn messages_come_oldest_first_within_a_page() {
    let (_daemon, api) = with_data();
    let newest = api.get("/api/threads/1/messages?limit=3").await.json();
    assert_eq!(ids(&newest["messages"]), [2, 3, 4]);
    let before = newest["next_cursor"].as_str().unwrap();
    let oldest = api.get(&format!("/api/threads/1/messages?limit=3&before={before}")).await.json();
    assert_eq!((ids(&oldest["messages"]), &oldest["next_cursor"]), (vec![1], &Value::Null));
    let message = &oldest["messages"][0];
    assert_eq!(
        message,
        &json!({
            "id": 1, "thread_id": 1, "direction": "in", "message_type": "text", "media_kind": "text",
            "content_text": "שלום, מתי פתוח?", "media_url": null, "media_state": null, "provider": "baileys", "provider_msg_id": "A1",
            "status": "received", "error_code": null, "error": null, "created_at": "2026-11-10T09:58:00.000Z",
            "author": null, "quoted_msg_id": null, "quote": null, "reactions": [], "edits": [], "files": [],
            "deleted_at": null, "deleted_by": null, "sent_at": null, "delivered_at": null, "read_at": null,
            "location": null, "button": null, "referral": null, "template": false, "event_at": null, "phone_only": null, "next_attempt_at": null, "waits_for": null,
        })
    );
    for query in ["limit=0", "before=yesterday", "limit=1.5"] {
        assert_eq!(api.get(&format!("/api/threads/1/messages?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_thread_is_marked_as_read() {
    let (_daemon, api) = with_data();
    let draft = api.request(Method::PUT, "/api/threads/1/draft").json(&json!({"text": "later"}));
    assert_eq!(crate::support::client::send(draft).await.status, 200);
    let tag = api.post_json("/api/tags", &json!({"name": "regular"})).await.json()["id"].clone();
    let contact = api.get("/api/threads/1").await.json()["contact_id"].clone();
    let tagged = api.request(Method::PUT, &format!("/api/contacts/{contact}/tags/{tag}"));
    assert_eq!(crate::support::client::send(tagged).await.status, 200);
    let read = api.post_json("/api/threads/1/read", &json!({})).await;
    assert_eq!((read.status, read.json()["unread_count"].clone()), (200, json!(0)));
    let read = read.json();
    assert_eq!((&read["draft"]["text"], read["tags"].as_array().unwrap().len()), (&json!("later"), 1));
    assert_eq!(api.get("/api/threads/1").await.json(), read);
    assert_eq!(api.post_json("/api/threads/99/read", &json!({})).await.status, 404);
}

/// A page that still shows the merged contact stores what its user types in that contact's thread.
#[tokio::test]
async fn a_draft_and_a_read_mark_of_a_merged_thread_go_to_the_thread_that_was_kept() {
    let (_daemon, api) = with_data();
    let threads = api.get("/api/threads").await.json()["threads"].clone();
    let mut found = threads.as_array().unwrap().iter().filter(|thread| thread["type"] == "whatsapp");
    let (kept, merged) = (found.next().unwrap(), found.next().unwrap());
    let merge = format!("/api/contacts/{}/merge", kept["contact_id"]);
    let done = api.post_json(&merge, &json!({"contact_id": merged["contact_id"]})).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let old = format!("/api/threads/{}", merged["id"]);
    let draft = api.request(Method::PUT, &format!("{old}/draft")).json(&json!({"text": "half an answer"}));
    assert_eq!(crate::support::client::send(draft).await.status, 200);
    let read = api.post_json(&format!("{old}/read"), &json!({})).await.json();
    let now = api.get(&format!("/api/threads/{}", kept["id"])).await.json();
    assert_eq!((&now["draft"]["text"], &now["unread_count"]), (&json!("half an answer"), &json!(0)));
    assert_eq!(read, now);
    assert_eq!(api.get(&old).await.json(), now);
}

/// A contact who only called: its list position, drafts and scheduled messages do not depend on a first message.
#[tokio::test]
async fn an_empty_thread_is_opened_once_and_listed_with_its_first_draft() {
    let (daemon, api) = with_data();
    daemon.until_backfilled().await;
    let seen = async |query: &str| {
        let rows = api.get(&format!("/api/inbox?{query}")).await.json()["items"].clone();
        rows.as_array().unwrap().iter().map(|row| row["contact_id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let body = json!({"display_name": "Gal", "number": "050-7654321"});
    let gal = api.post_json("/api/contacts", &body).await.json()["id"].clone();
    let gal_id = gal.as_i64().unwrap();
    let audited = || daemon.query_value::<i64>("SELECT count(*) FROM audit_log WHERE action = 'open_thread'");
    let opened = api.post_json("/api/threads", &json!({"contact_id": gal})).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    let opened = opened.json();
    assert_eq!(
        (&opened["type"], &opened["peer_number"], &opened["last_message_at"], &opened["provider"], &opened["title"]),
        (&json!("whatsapp"), &json!("+972507654321"), &Value::Null, &Value::Null, &json!("Gal"))
    );
    assert_eq!(api.post_json("/api/threads", &json!({"contact_id": gal})).await.json(), opened);
    assert_eq!(audited(), 1, "the second request changes nothing");
    let path = format!("/api/threads/{}", opened["id"]);
    assert_eq!(api.get(&path).await.json(), opened);
    assert_eq!(api.get(&format!("{path}/route")).await.status, 200);
    assert_eq!(thread_ids(&api, "").await, [2, 3, 1, 4], "an empty thread is not listed");
    assert_eq!(seen("").await, [1, 2, 3]);

    // The draft is listed for its writer only.
    let put = async |text: &str| {
        let request = api.request(Method::PUT, &format!("{path}/draft")).json(&json!({"text": text}));
        assert_eq!(crate::support::client::send(request).await.status, 200);
    };
    put("hello").await;
    let id = opened["id"].as_i64().unwrap();
    assert_eq!(thread_ids(&api, "").await, [id, 2, 3, 1, 4]);
    assert_eq!(seen("").await, [gal_id, 1, 2, 3]);
    let other = api.post_json("/api/tokens", &json!({"name": "other"})).await.json();
    let other = api.clone().with_token(other["token"].as_str().unwrap());
    assert_eq!(thread_ids(&other, "").await, [2, 3, 1, 4]);
    put("").await;
    assert_eq!((thread_ids(&api, "").await, seen("").await), (vec![2, 3, 1, 4], vec![1, 2, 3]));

    // A scheduled message is listed for all users, until it is cancelled.
    let tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let later = json!({"thread_id": id, "text": "later", "send_at": format!("{tomorrow:.3}")});
    let later = api.post_json("/api/scheduled-messages", &later).await;
    assert_eq!(later.status, 201, "{}", later.text());
    assert_eq!(thread_ids(&other, "").await, [id, 2, 3, 1, 4]);
    let later = format!("/api/scheduled-messages/{}", later.json()["id"]);
    assert_eq!(crate::support::client::send(api.request(Method::DELETE, &later)).await.status, 200);
    assert_eq!(thread_ids(&other, "").await, [2, 3, 1, 4]);
}

#[tokio::test]
async fn a_thread_is_opened_only_with_an_address_of_its_contact() {
    let mut daemon = crate::support::Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    // Dana has no thread of messages, and a second number. The fourth contact hid the number.
    daemon.seed(
        "DELETE FROM messages WHERE thread_id = 1; DELETE FROM threads WHERE id = 1;
         INSERT INTO addresses(business_id, contact_id, kind, value, created_at)
             VALUES (1, 1, 'phone', '+972521111111', '2026-11-02T08:00:00.000Z');
         INSERT INTO contacts(id, business_id, display_name, created_at, updated_at)
             VALUES (4, 1, '', '2026-11-03T08:00:00.000Z', '2026-11-03T08:00:00.000Z');",
    );
    daemon.launch();
    let api = daemon.api();
    let open = async |body: Value| api.post_json("/api/threads", &body).await;
    for (body, status, code, field) in [
        (json!({"contact_id": 1, "to": "054-1111111"}), 400, "invalid", json!("to")),
        (json!({"contact_id": 1, "to": "x"}), 400, "invalid", json!("to")),
        (json!({"contact_id": 4}), 409, "no_address", Value::Null),
        (json!({"contact_id": 99}), 404, "not_found", Value::Null),
        (json!({"contact_id": 1, "more": 1}), 422, "unknown_field", json!("more")),
    ] {
        let reply = open(body.clone()).await;
        let error = reply.json()["error"].clone();
        assert_eq!((reply.status, &error["code"], &error["field"]), (status, &json!(code), &field), "{body}");
    }
    assert_eq!(
        daemon.query_value::<i64>("SELECT count(*) FROM threads WHERE type = 'whatsapp' AND contact_id IN (1, 4)"),
        0
    );
    let opened = open(json!({"contact_id": 1, "to": "0501234567"})).await.json();
    assert_eq!(opened["peer_number"], "+972501234567", "not the main number");
    let again = open(json!({"contact_id": 1, "to": "0521111111"})).await.json();
    assert_eq!(again, opened, "an existing thread keeps its address");

    // The position of the contact who called does not change with a draft, and a merge keeps the draft.
    let id = opened["id"].as_i64().unwrap();
    let draft = api.request(Method::PUT, &format!("/api/threads/{id}/draft")).json(&json!({"text": "soon"}));
    assert_eq!(crate::support::client::send(draft).await.status, 200);
    assert_eq!(thread_ids(&api, "").await, [id, 2, 3, 4]);
    let row = api.get("/api/inbox").await.json()["items"][0].clone();
    assert_eq!(
        (&row["contact_id"], &row["draft"]["text"], &row["last"]["kind"], &row["last_activity_at"]),
        (&json!(1), &json!("soon"), &json!("call"), &json!("2026-11-12T10:00:00.000Z"))
    );
    let merged = api.post_json("/api/contacts/2/merge", &json!({"contact_id": 1})).await;
    assert_eq!(merged.status, 200, "{}", merged.text());
    let kept = api.get("/api/threads/3").await.json();
    assert_eq!((&kept["draft"]["text"], &kept["provider"]), (&json!("soon"), &json!("twilio")));
    let undo = format!("/api/merges/{}/undo", merged.json()["merge_id"]);
    assert_eq!(api.post_json(&undo, &json!({})).await.status, 200);
    let back = api.get(&format!("/api/threads/{id}")).await.json();
    assert_eq!((&back["contact_id"], &back["draft"]["text"]), (&json!(1), &json!("soon")));
}

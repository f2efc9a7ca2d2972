//! The inbox: one row for each contact, who has to answer next, drafts, and the timeline.

use super::with_data;
use crate::support::client::send;
use crate::support::telephony::CallHarness;
use crate::support::whatsapp::{Shop, until};
use crate::support::{Client, Daemon, Reply};
use reqwest::Method;
use serde_json::{Value, json};

const DANA: &str = "+972501234567";
const SID: &str = "SMa0000000000000000000000000000001";

async fn rows(api: &Client, query: &str) -> Vec<Value> {
    let reply = api.get(&format!("/api/inbox?{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text());
    reply.json()["items"].as_array().unwrap().clone()
}

async fn contacts(api: &Client, query: &str) -> Vec<i64> {
    rows(api, query).await.iter().map(|row| row["contact_id"].as_i64().unwrap()).collect()
}

async fn put(api: &Client, path: &str, body: Value) -> Reply {
    send(api.request(Method::PUT, path).json(&body)).await
}

async fn act(api: &Client, contact: i64, action: &str) -> Value {
    let reply = api.post_json(&format!("/api/inbox/{contact}/{action}"), &json!({})).await;
    assert_eq!(reply.status, 200, "{action}: {}", reply.text());
    reply.json()
}

#[tokio::test]
async fn a_contact_is_one_row_with_the_newest_message_or_call() {
    let (daemon, api) = with_data();
    daemon.until_backfilled().await;
    let all = rows(&api, "").await;
    assert_eq!(contacts(&api, "").await, [1, 2, 3]);
    let dana = &all[0];
    assert_eq!(dana["last"]["kind"], "call");
    assert_eq!(dana["last"]["call"]["outcome"], "answered");
    assert_eq!(dana["last"].get("message"), None);
    assert_eq!((&dana["whatsapp_thread_id"], &dana["call_thread_id"]), (&json!(1), &json!(2)));
    assert_eq!((&dana["number"], &dana["unread_count"]), (&json!(DANA), &json!(2)));
    assert_eq!((&dana["turn"], &dana["waiting_since"]), (&json!("us"), &json!("2026-11-10T10:00:00.000Z")));
    assert_eq!((&all[1]["last"]["message"]["text"], &all[1]["turn"]), (&json!("Delivery on Monday?"), &json!("done")));
    assert_eq!((&all[2]["last"], &all[2]["number"]), (&Value::Null, &Value::Null));
    assert_eq!(contacts(&api, "filter=waiting").await, [1]);
    assert_eq!(api.get("/api/threads/counts").await.json(), json!({"waiting": 1, "agent": 0, "unread": 1}));
    for (query, found) in [("q=noa", &[2][..]), ("q=050-123", &[1]), ("q=nothing", &[])] {
        assert_eq!(contacts(&api, query).await, found, "{query}");
    }
    for query in ["filter=bogus", "limit=201", "cursor=x"] {
        assert_eq!(api.get(&format!("/api/inbox?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(daemon.client().get("/api/inbox").await.status, 401);
}

#[tokio::test]
async fn pages_follow_one_another() {
    let (_daemon, api) = with_data();
    for limit in 1..=3 {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("/api/inbox?limit={limit}&cursor={cursor}")).await.json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["contact_id"].as_i64().unwrap()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(seen, [1, 2, 3], "pages of {limit}");
    }
}

#[tokio::test]
async fn a_conversation_is_archived_read_and_done() {
    let (daemon, api) = with_data();
    daemon.until_backfilled().await;
    assert_eq!(act(&api, 1, "read").await["unread_count"], 0);
    assert_eq!(act(&api, 1, "done").await["turn"], "done");
    assert_eq!(contacts(&api, "filter=waiting").await, [0_i64; 0]);
    assert!(act(&api, 1, "archive").await["archived_at"].is_string());
    assert_eq!((contacts(&api, "").await, contacts(&api, "filter=archived").await), (vec![2, 3], vec![1]));
    let threads = api.get("/api/threads").await.json();
    assert_eq!(threads["threads"].as_array().unwrap().len(), 2);
    assert_eq!(act(&api, 1, "unarchive").await["archived_at"], Value::Null);
    assert_eq!(contacts(&api, "").await, [1, 2, 3]);
    assert_eq!(api.post_json("/api/inbox/99/done", &json!({})).await.status, 404);
}

#[tokio::test]
async fn drafts_are_kept_for_each_user() {
    let (_daemon, api) = with_data();
    assert_eq!(put(&api, "/api/threads/1/draft", json!({"text": "מחר ב־"})).await.status, 200);
    assert_eq!(api.get("/api/threads/1").await.json()["draft"]["text"], "מחר ב־");
    assert_eq!(rows(&api, "").await[0]["draft"]["text"], "מחר ב־");
    let other = api.post_json("/api/tokens", &json!({"name": "other"})).await.json();
    let other = api.clone().with_token(other["token"].as_str().unwrap());
    assert_eq!(other.get("/api/threads/1").await.json()["draft"], Value::Null);
    assert_eq!(put(&api, "/api/threads/1/draft", json!({"text": ""})).await.status, 200);
    assert_eq!(api.get("/api/threads/1").await.json()["draft"], Value::Null);
    assert_eq!(put(&api, "/api/threads/99/draft", json!({"text": "x"})).await.status, 404);
    assert_eq!(put(&api, "/api/threads/1/draft", json!({"text": "x", "more": 1})).await.status, 422);
}

#[tokio::test]
async fn a_draft_that_is_based_on_an_older_text_replaces_no_newer_one() {
    let (_daemon, api) = with_data();
    let store = async |text: &str, expected: Option<&str>| {
        let reply = put(&api, "/api/threads/1/draft", json!({"text": text, "expected": expected})).await;
        let stored = api.get("/api/threads/1").await.json()["draft"].clone();
        (reply.status, reply.json(), stored)
    };
    assert_eq!(store("from the desk", Some("")).await.0, 200);
    // A device that has seen no draft.
    let (status, refusal, stored) = store("one moment", Some("")).await;
    assert_eq!((status, &refusal["error"]["code"]), (412, &json!("changed")));
    assert_eq!((&refusal["current"], &stored["text"]), (&stored, &json!("from the desk")));
    // The response to the request that stored the text was lost.
    assert_eq!(store("from the desk", Some("")).await.0, 200);
    let (status, _, stored) = store("from the desk, and more", Some("from the desk")).await;
    assert_eq!((status, &stored["text"]), (200, &json!("from the desk, and more")));

    // The device that sends the message deletes the draft; the other one must not restore it.
    assert_eq!(store("", Some("from the desk, and more")).await.0, 200);
    let (status, refusal, stored) = store("from the desk, and", Some("from the desk, and more")).await;
    assert_eq!((status, &refusal["current"], &stored), (412, &Value::Null, &Value::Null));
    assert!(refusal.as_object().unwrap().contains_key("current"), "{refusal}");
    assert_eq!(store("", Some("from the desk")).await.0, 200);
    assert_eq!(store("next", Some("")).await.0, 200);

    // Without `expected`, the last request counts.
    let (status, _, stored) = store("last", None).await;
    assert_eq!((status, &stored["text"]), (200, &json!("last")));
}

#[tokio::test]
async fn a_timeline_has_messages_and_calls_in_one_order() {
    let (_daemon, api) = with_data();
    let page = api.get("/api/contacts/1/timeline").await.json();
    let entry = |item: &Value| {
        let kind = item["kind"].as_str().unwrap().to_owned();
        let id = item[&kind]["id"].as_i64().unwrap();
        (kind, id)
    };
    let all: Vec<_> = page["items"].as_array().unwrap().iter().map(entry).collect();
    let message = |id: i64| ("message".to_owned(), id);
    let call = |id: i64| ("call".to_owned(), id);
    let wanted = [message(1), message(2), message(3), message(4), call(2), call(1)];
    assert_eq!(all, wanted);
    assert_eq!(page["items"][5]["call"]["summary_line"], "אפשר לקבוע תור?");
    for limit in 1..=4 {
        let (mut seen, mut before) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("/api/contacts/1/timeline?limit={limit}&before={before}")).await.json();
            let items: Vec<_> = page["items"].as_array().unwrap().iter().map(entry).collect();
            seen.splice(0..0, items);
            match page["next_cursor"].as_str() {
                Some(next) => before = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(seen, wanted, "pages of {limit}");
    }
    for wrong in ["before=x", "after=x", "around=x", "around=letter.1", "around=message.1&before=1.call.1"] {
        assert_eq!(api.get(&format!("/api/contacts/1/timeline?{wrong}")).await.status, 400, "{wrong}");
    }
    assert_eq!(api.get("/api/contacts/99/timeline").await.status, 404);
    let merged = api.post_json("/api/contacts/1/merge", &json!({"contact_id": 2})).await;
    assert_eq!(merged.status, 200);
    let page = api.get("/api/contacts/2/timeline").await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 8);
    assert_eq!(
        (&page["items"][7]["kind"], &page["items"][7]["merge"]["contact_name"]),
        (&json!("merge"), &json!("Noa"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_turn_follows_messages_in_both_directions() {
    let shop = Shop::open().await;
    shop.receive_by_twilio("whatsapp:+972501234567", SID, "מתי פתוח?").await;
    let row = rows(&shop.api, "filter=waiting").await.pop().unwrap();
    assert_eq!((&row["turn"], &row["waiting_since"]), (&json!("us"), &row["last_activity_at"]));
    let contact = row["contact_id"].as_i64().unwrap();
    act(&shop.api, contact, "archive").await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SMa0000000000000000000000000000002", "?").await;
    let again = rows(&shop.api, "").await.pop().unwrap();
    assert_eq!((&again["archived_at"], &again["waiting_since"]), (&Value::Null, &row["waiting_since"]));
    shop.say(DANA, "עד שש").await;
    let answered = rows(&shop.api, "").await.pop().unwrap();
    assert_eq!((&answered["turn"], &answered["waiting_since"]), (&json!("done"), &Value::Null));
    assert_eq!(shop.api.get("/api/threads/counts").await.json()["waiting"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_waits_until_it_is_answered() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    harness.ring("CA00000000000000000000000000000001").await;
    let ringing = rows(&api, "").await.pop().unwrap();
    assert_eq!((&ringing["turn"], &ringing["last"]["call"]["outcome"]), (&json!("done"), &json!("live")));
    let ended = [
        ("CallSid", "CA00000000000000000000000000000001"),
        ("CallStatus", "completed"),
        ("From", DANA),
        ("To", "+97235551234"),
    ];
    assert_eq!(harness.hook("/webhook/call_status", &ended).await.status, 204);
    let missed =
        until("a missed call", async || rows(&api, "filter=waiting").await.pop().filter(|row| row["turn"] == "us"));
    let missed = missed.await;
    assert_eq!((&missed["last"]["call"]["missed"], &missed["unread_count"]), (&json!(true), &json!(1)));
    for (outcome, count) in [("missed", 1), ("answered", 0)] {
        let calls = api.get(&format!("/api/calls?outcome={outcome}")).await.json();
        assert_eq!(calls["calls"].as_array().unwrap().len(), count, "{outcome}");
    }
    act(&api, missed["contact_id"].as_i64().unwrap(), "done").await;
    assert_eq!(rows(&api, "filter=waiting").await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_timeline_has_notes_tasks_and_appointments_too() {
    let (_daemon, api) = with_data();
    let post = async |path: &str, body: Value| {
        let reply = api.post_json(path, &body).await;
        assert!(reply.status < 300, "{path}: {}", reply.text());
        reply.json()
    };
    let note = post("/api/contacts/1/notes", json!({"text": "אלרגית"})).await["id"].clone();
    let gone = post("/api/contacts/1/notes", json!({"text": "x"})).await["id"].clone();
    assert_eq!(send(api.request(Method::DELETE, &format!("/api/notes/{gone}"))).await.status, 200);
    let task = post("/api/tasks", json!({"title": "לחזור", "contact_id": 1})).await["id"].clone();
    post("/api/tasks", json!({"title": "של אחר", "contact_id": 2})).await;
    post(&format!("/api/tasks/{task}/done"), json!({})).await;
    let whole = api.get("/api/contacts/1/timeline").await.json();
    let items = whole["items"].as_array().unwrap();
    let shown: Vec<_> = items[6..].iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(shown, ["note", "task", "task_done"]);
    // With a filter by kind, a page is full although entries of other kinds are between its entries.
    let tasks = api.get("/api/contacts/1/timeline?kinds=task,%20task_done").await.json();
    assert_eq!((&tasks["items"], &tasks["next_cursor"]), (&json!(&items[7..9]), &Value::Null));
    let (mut found, mut before) = (Vec::new(), Some(String::new()));
    while let Some(position) = before {
        let path = format!("/api/contacts/1/timeline?kinds=call,note&limit=1&before={position}");
        let page = api.get(&path).await.json();
        found.splice(0..0, page["items"].as_array().unwrap().iter().cloned());
        before = page["next_cursor"].as_str().map(str::to_owned);
    }
    assert_eq!(found, [&items[4], &items[5], &items[6]].map(Clone::clone));
    let refused = api.get("/api/contacts/1/timeline?kinds=call,letter").await;
    assert_eq!((refused.status, &refused.json()["error"]["field"]), (400, &json!("kinds")));
    assert_eq!((&items[6]["note"]["id"], &items[6]["note"]["text"]), (&note, &json!("אלרגית")));
    assert_eq!((&items[7]["task"]["id"], &items[8]["task"]["id"]), (&task, &task));
    assert_eq!((&items[7]["at"], &items[8]["at"]), (&items[8]["task"]["created_at"], &items[8]["task"]["done_at"]));
    // A cursor keeps its position when entries are added.
    let newest = api.get("/api/contacts/1/timeline?limit=2").await.json();
    post("/api/contacts/1/notes", json!({"text": "later"})).await;
    let before = newest["next_cursor"].as_str().unwrap();
    let older = api.get(&format!("/api/contacts/1/timeline?limit=2&before={before}")).await.json();
    assert_eq!(older["items"], json!(&items[5..7]));
}

#[tokio::test]
async fn a_page_around_an_entry_or_a_time_continues_in_both_directions() {
    let (_daemon, api) = with_data();
    let page = async |query: String| {
        let reply = api.get(&format!("/api/contacts/1/timeline?{query}")).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text());
        reply.json()
    };
    let whole = page(String::new()).await;
    assert_eq!((&whole["next_cursor"], &whole["previous_cursor"]), (&Value::Null, &Value::Null));
    let whole = whole["items"].as_array().unwrap().clone();
    let key = |item: &Value| {
        let kind = item["kind"].as_str().unwrap();
        format!("{kind}.{}", item[kind]["id"])
    };
    for (place, item) in whole.iter().enumerate() {
        for around in [key(item), item["at"].as_str().unwrap().to_owned()] {
            for limit in 1..=4 {
                let middle = page(format!("around={around}&limit={limit}")).await;
                let mut seen = middle["items"].as_array().unwrap().clone();
                assert_eq!(seen.len(), limit, "around {around}");
                // Two messages have the same time.
                let is_meant = |one: &Value| one == item || (around == item["at"] && one["at"] == item["at"]);
                assert!(seen.iter().any(is_meant), "{place}: {around}, {limit}");
                let mut older = middle["next_cursor"].clone();
                while let Some(before) = older.as_str() {
                    let page = page(format!("before={before}&limit={limit}")).await;
                    assert!(page["previous_cursor"].is_string());
                    seen.splice(0..0, page["items"].as_array().unwrap().clone());
                    older = page["next_cursor"].clone();
                }
                let mut newer = middle["previous_cursor"].clone();
                while let Some(after) = newer.as_str() {
                    let page = page(format!("after={after}&limit={limit}")).await;
                    assert!(page["next_cursor"].is_string());
                    seen.extend(page["items"].as_array().unwrap().clone());
                    newer = page["previous_cursor"].clone();
                }
                assert_eq!(seen, whole, "around {around}, pages of {limit}");
            }
        }
    }
    let first = page("around=2000-01-01T00:00:00Z&limit=2".to_owned()).await;
    assert_eq!((&first["items"], &first["next_cursor"]), (&json!(&whole[..2]), &Value::Null));
    let last = page("around=2100-01-01T00:00:00Z&limit=2".to_owned()).await;
    assert_eq!((&last["items"], &last["previous_cursor"]), (&json!(&whole[4..]), &Value::Null));
    let calls = page("around=message.1&kinds=call&limit=1".to_owned()).await;
    assert_eq!(calls["items"], json!([&whole[4]]), "a position can be of another kind");
    // An entry of another contact, or one that does not exist.
    for missing in ["message.99", "note.1", "call.99"] {
        assert_eq!(api.get(&format!("/api/contacts/1/timeline?around={missing}")).await.status, 404, "{missing}");
    }
    let other = api.get("/api/contacts/2/timeline").await.json();
    let other = key(&other["items"][0]);
    assert_eq!(api.get(&format!("/api/contacts/1/timeline?around={other}")).await.status, 404, "{other}");
}

#[tokio::test]
async fn timeline_entries_of_one_millisecond_are_not_repeated_over_pages() {
    let mut daemon = Daemon::prepare(|_| {});
    let at = "2026-11-12T10:00:00.000Z";
    daemon.seed(&format!(
        "{}
         INSERT INTO contact_notes(business_id, contact_id, text, author, created_at, updated_at)
             VALUES (1, 1, 'a', 'agent', '{at}', '{at}'), (1, 1, 'b', 'agent', '{at}', '{at}');
         INSERT INTO tasks(business_id, title, contact_id, source, created_by, created_at, updated_at, done_at)
             VALUES (1, 'c', 1, 'user', 'cli', '{at}', '{at}', '{at}'), (1, 'd', 1, 'user', 'cli', '{at}', '{at}', NULL);",
        include_str!("data.sql")
    ));
    daemon.launch();
    let api = daemon.api();
    let whole = api.get("/api/contacts/1/timeline").await.json()["items"].clone();
    assert_eq!(whole.as_array().unwrap().len(), 11);
    for limit in 1..=4 {
        let (mut seen, mut before) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("/api/contacts/1/timeline?limit={limit}&before={before}")).await.json();
            seen.splice(0..0, page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => before = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(json!(seen), whole, "pages of {limit}");
    }
}

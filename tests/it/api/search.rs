//! Search over contacts, messages and calls.

use super::with_data;
use crate::support::whatsapp::{Shop, until};
use crate::support::{Client, Daemon};
use serde_json::{Value, json};

/// Waits until everything that was committed is indexed.
pub(super) async fn until_indexed(daemon: &Daemon) {
    let sql = "SELECT EXISTS (SELECT 1 FROM search_progress WHERE seq = coalesce((SELECT max(seq) FROM changes), 0))
                   AND NOT EXISTS (SELECT 1 FROM search_backlog)";
    until("the search index", async || (daemon.query_value::<i64>(sql) == 1).then_some(())).await;
}

async fn search(api: &Client, query: &[(&str, &str)]) -> Value {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let reply = api.get(&format!("/api/search?{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text());
    reply.json()
}

async fn hits(api: &Client, typed: &str) -> Vec<(String, i64)> {
    let found = search(api, &[("q", typed)]).await;
    let hit = |item: &Value| (item["kind"].as_str().unwrap().to_owned(), item["id"].as_i64().unwrap());
    found["items"].as_array().unwrap().iter().map(hit).collect()
}

#[tokio::test]
async fn what_was_stored_before_the_index_is_found() {
    let (daemon, api) = with_data();
    until_indexed(&daemon).await;
    let hit = |kind: &str, id: i64| (kind.to_owned(), id);
    for (typed, wanted) in [
        ("דנה", vec![hit("contact", 1)]),
        ("noa", vec![hit("contact", 2)]),
        ("0501234567", vec![hit("contact", 1)]),
        ("972501234567", vec![hit("contact", 1)]),
        ("123-4567", vec![hit("contact", 1)]),
        ("+972 54-111-1111", vec![hit("contact", 2)]),
        ("monday", vec![hit("message", 5)]),
        ("פתוח", vec![hit("message", 1)]),
        ("תור", vec![hit("turn", 1)]),
        ("שלומ", vec![hit("message", 1)]),
        ("לו", vec![hit("contact", 1)]),
        ("בי", vec![hit("message", 4)]),
        ("יי", vec![]),
        ("תודה monday", vec![]),
        ("nothing like it", vec![]),
        ("\"", vec![]),
        ("' OR 1", vec![]),
    ] {
        assert_eq!(hits(&api, typed).await, wanted, "{typed}");
    }
    let turn = search(&api, &[("q", "תור")]).await["items"][0].clone();
    assert_eq!((&turn["call_id"], &turn["offset_ms"], &turn["contact_id"]), (&json!(1), &json!(900), &json!(1)));
    assert_eq!((&turn["text"], &turn["highlights"]), (&json!("אפשר לקבוע תור?"), &json!([[11, 14]])));
    let filtered = search(&api, &[("q", "תור"), ("kinds", "message,contact")]).await;
    assert_eq!(filtered["items"], json!([]));
    for query in ["", "q=x&kinds=bogus", "q=x&limit=0", "q=x&cursor=y"] {
        assert_eq!(api.get(&format!("/api/search?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(daemon.client().get("/api/search?q=noa").await.status, 401);
}

#[tokio::test]
async fn lists_are_filtered_by_the_index() {
    let (daemon, api) = with_data();
    until_indexed(&daemon).await;
    for (path, field, id, wanted) in [
        ("/api/threads?q=monday", "threads", "id", json!([3])),
        ("/api/threads?q=050-123-4567", "threads", "id", json!([2, 1])),
        ("/api/threads?q=%25", "threads", "id", json!([1])),
        ("/api/inbox?q=monday", "items", "contact_id", json!([2])),
        ("/api/inbox?q=%D7%AA%D7%95%D7%A8", "items", "contact_id", json!([1])),
        ("/api/calls?q=%D7%AA%D7%95%D7%A8", "calls", "id", json!([1])),
        ("/api/calls?q=nothing", "calls", "id", json!([])),
    ] {
        let reply = api.get(path).await.json();
        let found: Vec<_> = reply[field].as_array().unwrap().iter().map(|item| item[id].clone()).collect();
        assert_eq!(json!(found), wanted, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_follows_new_messages_names_and_merges() {
    let shop = Shop::open().await;
    shop.receive_by_bridge("972501234567", "A", "איפה הרופאה?").await;
    shop.receive_by_bridge("972541111111", "B", "שלום").await;
    until_indexed(&shop.daemon).await;
    assert_eq!(hits(&shop.api, "רופא").await, [("message".to_owned(), 1)]);
    let patch = shop.api.request(reqwest::Method::PATCH, "/api/contacts/1").json(&json!({"display_name": "דנה לוי"}));
    assert_eq!(crate::support::client::send(patch).await.status, 200);
    until_indexed(&shop.daemon).await;
    assert_eq!(hits(&shop.api, "לוי").await, [("contact".to_owned(), 1)]);
    let merged = shop.api.post_json("/api/contacts/1/merge", &json!({"contact_id": 2})).await;
    assert_eq!(merged.status, 200);
    until_indexed(&shop.daemon).await;
    assert_eq!(hits(&shop.api, "054-111-1111").await, [("contact".to_owned(), 1)]);
    let found = search(&shop.api, &[("q", "שלום")]).await;
    assert_eq!(found["items"][0]["contact_id"], 1);
    let (first, second) = (search(&shop.api, &[("q", "05"), ("limit", "1")]).await, hits(&shop.api, "97").await);
    assert_eq!((first["items"].as_array().unwrap().len(), second.len()), (0, 0), "numbers need three digits");
}

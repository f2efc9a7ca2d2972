//! Search over contacts, messages, calls and notes.

use super::with_data;
use crate::support::client::send;
use crate::support::whatsapp::{Shop, until};
use crate::support::{Client, Daemon};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

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
async fn data_older_than_the_index_is_found() {
    let (daemon, api) = with_data();
    daemon.until_indexed().await;
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
    for (typed, link) in
        [("תור", "/app/calls/1?at=900"), ("פתוח", "/app/inbox/1?message=1"), ("noa", "/app/contacts/2")]
    {
        assert_eq!(search(&api, &[("q", typed)]).await["items"][0]["link"], link, "{typed}");
    }
    let filtered = search(&api, &[("q", "תור"), ("kinds", "message,contact")]).await;
    assert_eq!(filtered["items"], json!([]));
    for query in ["", "q=x&kinds=bogus", "q=x&limit=0", "q=x&cursor=y"] {
        assert_eq!(api.get(&format!("/api/search?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(daemon.client().get("/api/search?q=noa").await.status, 401);
}

#[tokio::test]
async fn a_misspelled_name_is_suggested_and_a_contact_without_a_name_has_its_number() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    let at = "'2026-11-03T08:00:00.000Z'";
    daemon.seed(&format!(
        "INSERT INTO contacts(id, business_id, display_name, created_at, updated_at) VALUES (9, 1, '', {at}, {at});
         INSERT INTO addresses(business_id, contact_id, kind, value, created_at) VALUES (1, 9, 'phone', '+972520000009', {at});"
    ));
    daemon.launch();
    let api = daemon.api();
    daemon.until_indexed().await;
    for (typed, expected) in
        [("דנא", json!("דנה לוי")), ("nao", json!("Noa")), ("דנה", Value::Null), ("zzz", Value::Null)]
    {
        assert_eq!(search(&api, &[("q", typed)]).await["similar_name"], expected, "{typed}");
    }
    let number = async |typed: &str| search(&api, &[("q", typed)]).await["items"][0]["contact_number"].clone();
    assert_eq!((number("noa").await, number("0520000009").await), (Value::Null, json!("+972520000009")));
}

#[tokio::test]
async fn lists_are_filtered_by_the_index() {
    let (daemon, api) = with_data();
    daemon.until_indexed().await;
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
    shop.daemon.until_indexed().await;
    assert_eq!(hits(&shop.api, "רופא").await, [("message".to_owned(), 1)]);
    let patch = shop.api.request(reqwest::Method::PATCH, "/api/contacts/1").json(&json!({"display_name": "דנה לוי"}));
    assert_eq!(crate::support::client::send(patch).await.status, 200);
    shop.daemon.until_indexed().await;
    assert_eq!(hits(&shop.api, "לוי").await, [("contact".to_owned(), 1)]);
    let merged = shop.api.post_json("/api/contacts/1/merge", &json!({"contact_id": 2})).await;
    assert_eq!(merged.status, 200);
    shop.daemon.until_indexed().await;
    assert_eq!(hits(&shop.api, "054-111-1111").await, [("contact".to_owned(), 1)]);
    let found = search(&shop.api, &[("q", "שלום")]).await;
    assert_eq!(found["items"][0]["contact_id"], 1);
    let (first, second) = (search(&shop.api, &[("q", "05"), ("limit", "1")]).await, hits(&shop.api, "97").await);
    assert_eq!((first["items"].as_array().unwrap().len(), second.len()), (0, 0), "numbers need three digits");
}

#[tokio::test]
async fn notes_are_found_while_they_exist() {
    let (daemon, api) = with_data();
    let note = async |method: Method, path: &str, body: Value, wanted: u16| {
        let reply = send(api.request(method, path).json(&body)).await;
        assert_eq!(reply.status, wanted, "{path}: {}", reply.text());
        daemon.until_indexed().await;
        reply
    };
    let body = json!({"text": "אלרגית לאגוזים, רק מזון יבש"});
    let made = note(Method::POST, "/api/contacts/1/notes", body, 201).await.json();
    let path = format!("/api/notes/{}", made["id"]);
    let hit = || ("note".to_owned(), made["id"].as_i64().unwrap());
    assert_eq!(hits(&api, "אגוזים").await, [hit()]);
    let found = search(&api, &[("q", "לאגוזים"), ("kinds", "note")]).await["items"][0].clone();
    assert_eq!((&found["contact_id"], &found["contact_name"]), (&json!(1), &json!("דנה לוי")));
    assert_eq!((&found["at"], &found["highlights"]), (&made["created_at"], &json!([[7, 14]])));
    let rows = api.get("/api/inbox?q=%D7%90%D7%92%D7%95%D7%96%D7%99%D7%9D").await.json();
    assert_eq!((rows["items"].as_array().unwrap().len(), &rows["items"][0]["contact_id"]), (1, &json!(1)));

    note(Method::PATCH, &path, json!({"text": "אלרגית לחיטה"}), 200).await;
    assert_eq!((hits(&api, "אגוזים").await, hits(&api, "חיטה").await), (vec![], vec![hit()]));
    note(Method::DELETE, &path, json!({}), 200).await;
    assert_eq!(hits(&api, "חיטה").await, []);
    note(Method::POST, &format!("{path}/restore"), json!({}), 200).await;
    assert_eq!(hits(&api, "חיטה").await, [hit()]);
    // The notes of the merged contact belong to the kept contact, including notes that change after the merge.
    note(Method::POST, "/api/contacts/2/merge", json!({"contact_id": 1}), 200).await;
    let kept = search(&api, &[("q", "חיטה")]).await["items"][0]["contact_id"].clone();
    assert_eq!(kept, json!(2));
    note(Method::PATCH, &path, json!({"text": "אלרגית לסויה"}), 200).await;
    assert_eq!((hits(&api, "חיטה").await, hits(&api, "סויה").await), (vec![], vec![hit()]));
    note(Method::POST, "/api/contacts/2/erase", json!({"confirm": "Noa"}), 200).await;
    assert_eq!(hits(&api, "סויה").await, []);
}

#[tokio::test]
async fn an_index_of_an_earlier_version_is_built_again() {
    let (mut daemon, api) = with_data();
    let made = api.post_json("/api/contacts/1/notes", &json!({"text": "אלרגית לאגוזים, دكتور أحمد"})).await;
    assert_eq!(made.status, 201);
    daemon.until_indexed().await;
    daemon.stop();
    daemon.seed(
        "DELETE FROM search_index WHERE rowid IN (SELECT id FROM search_documents WHERE kind = 'note');
         DELETE FROM search_documents WHERE kind = 'note'; UPDATE meta SET value = '1' WHERE key = 'search.fold';",
    );
    daemon.launch();
    for word in ["אגוזים", "احمد"] {
        let found = until("the note", async || Some(hits(&api, word).await).filter(|hits| !hits.is_empty())).await;
        assert_eq!(found, [("note".to_owned(), made.json()["id"].as_i64().unwrap())], "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_of_long_texts_delay_no_other_request() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    // 30 messages of 64 KB, each with `treasure` as its last word. A larger database would take long to index.
    daemon.seed(
        "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 39)
         INSERT INTO messages(id, thread_id, direction, message_type, content_text, provider, provider_msg_id, status, created_at)
         SELECT i, 3, 'in', 'text', replace(hex(zeroblob(2400)), '00', 'slowword שלום עולם ') || 'treasure', 'twilio', 'SM' || i,
             'received', '2026-11-10T11:00:00.000Z' FROM n",
    );
    daemon.launch();
    let api = daemon.api();
    daemon.until_indexed().await;
    // The readiness check behind `/readyz` and the list of threads also read the database.
    let took = async |path: &str| {
        let asked = Instant::now();
        assert_eq!(api.get(path).await.status, 200, "{path}");
        asked.elapsed()
    };
    let paths = ["/livez", "/readyz", "/api/threads"];
    let mut alone = [Duration::ZERO; 3];
    for _ in 0..5 {
        for (slowest, path) in alone.iter_mut().zip(paths) {
            *slowest = took(path).await.max(*slowest);
        }
    }
    // At most two searches run at a time, so that others wait.
    let searches = ["treasure", "slowword"].repeat(2).into_iter().map(|word| {
        let api = api.clone();
        tokio::spawn(async move { search(&api, &[("q", word), ("limit", "200")]).await })
    });
    let searches: Vec<_> = searches.collect();
    let mut during_search = [Duration::ZERO; 3];
    while searches.iter().any(|search| !search.is_finished()) {
        for (slowest, path) in during_search.iter_mut().zip(paths) {
            *slowest = took(path).await.max(*slowest);
        }
    }
    for found in searches {
        let found = found.await.unwrap();
        let items = found["items"].as_array().unwrap();
        assert_eq!(items.len(), 30);
        assert!(items.iter().all(|item| !item["highlights"].as_array().unwrap().is_empty()));
    }
    for (path, (alone, during_search)) in paths.iter().zip(alone.into_iter().zip(during_search)) {
        // The searches and other tests may use all cores, so the limit depends on the time without searches.
        let limit = Duration::from_secs(1) + 5 * alone;
        assert!(during_search < limit, "{path}: {during_search:?} beside the searches, {alone:?} without");
    }
}

//! The list of contacts: its orders, filters and speed.

use super::{change, column, with_data};
use crate::support::whatsapp::until;
use crate::support::{Client, Daemon};
use serde_json::{Value, json};
use std::time::Instant;

async fn ids(api: &Client, query: &str) -> Vec<Value> {
    column(&api.get(&format!("/api/contacts?{query}")).await.json()["items"], "id")
}

#[tokio::test]
async fn a_contact_in_the_list_shows_what_is_needed_to_act() {
    let (_daemon, api) = with_data();
    let tag = change(&api, "POST", "/api/tags", json!({"name": "VIP"}), 201).await["id"].clone();
    change(&api, "PUT", &format!("/api/contacts/1/tags/{tag}"), Value::Null, 200).await;
    let list = api.get("/api/contacts").await.json();
    let dana = &list["items"][0];
    let shown = json!({
        "id": 1, "business_id": 1, "display_name": "דנה לוי", "number": "+972501234567", "last_activity_at": "2026-11-12T10:00:00.000Z",
        "tags": [{"id": tag, "name": "VIP"}], "opted_out": false, "blocked": false, "relation": "customer", "unread_count": 2, "created_at": "2026-11-01T08:00:00.000Z",
    });
    assert_eq!(*dana, shown);
    assert_eq!(list["items"][2]["number"], Value::Null, "a contact with another address only");
    change(&api, "POST", "/api/threads/1/read", json!({}), 200).await;
    assert_eq!(api.get("/api/contacts").await.json()["items"][0]["unread_count"], 0);
}

#[tokio::test]
async fn each_order_is_kept_over_pages() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(
        "INSERT INTO contacts(id, business_id, display_name, created_at, updated_at) VALUES
             (1, 1, 'ב', '2026-11-01T08:00:00.000Z', ''), (2, 1, '', '2026-11-01T08:00:00.000Z', ''),
             (3, 1, 'a', '2026-11-03T08:00:00.000Z', ''), (4, 1, 'B', '2026-11-04T08:00:00.000Z', ''),
             (5, 1, 'א', '2026-11-05T08:00:00.000Z', ''), (6, 1, 'b', '2026-11-06T08:00:00.000Z', ''),
             (7, 1, '', '2026-11-01T09:00:00.000Z', '');
         INSERT INTO threads(type, contact_id, peer_number, last_message_at, created_at) VALUES
             ('call', 3, '', '2026-11-20T08:00:00.000Z', ''), ('whatsapp', 1, '', '2026-11-20T08:00:00.000Z', ''),
             ('call', 1, '', '2026-11-19T08:00:00.000Z', ''), ('call', 2, '', NULL, '');
         INSERT INTO addresses(business_id, contact_id, kind, value, created_at) VALUES (1, 3, 'phone', '+972500000003', '');
         UPDATE contacts SET merged_into = 1 WHERE id = 7;",
    );
    daemon.launch();
    let api = daemon.api();
    for (sort, expected) in
        [("activity", [3, 1, 6, 5, 4, 2]), ("created", [6, 5, 4, 3, 2, 1]), ("name", [3, 4, 6, 5, 1, 2])]
    {
        assert_eq!(json!(ids(&api, &format!("sort={sort}")).await), json!(expected), "{sort}");
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("/api/contacts?sort={sort}&limit=1&cursor={cursor}")).await.json();
            found.extend(column(&page["items"], "id"));
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(json!(found), json!(expected), "{sort}, page by page");
    }
    assert_eq!(json!(ids(&api, "").await), json!([3, 1, 6, 5, 4, 2]), "by activity unless asked otherwise");
    assert_eq!(json!(ids(&api, "q=B&sort=name").await), json!([4, 6]));
    assert_eq!(json!(ids(&api, "q=0500000003").await), json!([3]));
    assert_eq!(api.get("/api/contacts?sort=size").await.status, 400);
    assert_eq!(api.get("/api/contacts?cursor=5").await.status, 400);
}

#[tokio::test]
async fn contacts_are_found_by_tag() {
    let (_daemon, api) = with_data();
    let tag = change(&api, "POST", "/api/tags", json!({"name": "VIP"}), 201).await["id"].clone();
    assert_eq!(ids(&api, &format!("tag_id={tag}")).await, Vec::<Value>::new());
    let body = json!({"contact_ids": [1, 3], "add": [tag]});
    change(&api, "POST", "/api/contacts/tags", body, 200).await;
    assert_eq!(json!(ids(&api, &format!("tag_id={tag}")).await), json!([1, 3]));
    assert_eq!(json!(ids(&api, &format!("tag_id={tag}&sort=created&limit=1")).await), json!([3]));
    assert_eq!(json!(ids(&api, &format!("tag_id={tag}&q=0501234567")).await), json!([1]));
}

/// After an update from a version without the order by activity, the daemon fills `last_activity_at` in the background.
#[tokio::test]
async fn the_activity_of_older_contacts_is_filled_in() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    daemon.seed("UPDATE contacts SET last_activity_at = NULL; DELETE FROM backfills;");
    daemon.launch();
    daemon.logs().wait_until("the backfill is finished", |lines| {
        lines.iter().any(|line| line.contains("BACKFILL_FINISHED") && line.contains("contact_activity")).then_some(())
    });
    let list = daemon.api().get("/api/contacts").await.json();
    assert_eq!(json!(column(&list["items"], "id")), json!([1, 2, 3]));
    assert_eq!(list["items"][1]["last_activity_at"], "2026-11-10T10:00:00.000Z");
}

/// Lists 20,000 contacts with 200,000 messages. A page that reads every contact takes several times as long as the
/// limit, which depends on the time of a short list because tests run in parallel.
#[tokio::test]
async fn a_page_of_a_long_list_does_not_read_every_contact() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         INSERT INTO contacts(id, business_id, display_name, created_at, updated_at)
             SELECT i, 1, iif(i % 3 = 0, '', 'Contact ' || (i * 7919 % 20000)), strftime('%FT%H:%M:%fZ', 1700000000 + i, 'unixepoch'), '' FROM n;
         INSERT INTO addresses(business_id, contact_id, kind, value, created_at) SELECT 1, id, 'phone', '+97250' || (1000000 + id), '' FROM contacts;
         INSERT INTO threads(id, type, contact_id, peer_number, last_message_at, unread_count, created_at)
             SELECT id, 'whatsapp', id, '', strftime('%FT%H:%M:%fZ', 1750000000 + id * 7919 % 20000, 'unixepoch'), id % 5, '' FROM contacts;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
         INSERT INTO messages(thread_id, direction, message_type, content_text, status, created_at)
             SELECT 1 + i % 20000, 'in', 'text', 'message ' || i, 'received', strftime('%FT%H:%M:%fZ', 1750000000 + i, 'unixepoch') FROM n;
         INSERT INTO tags(id, business_id, name, created_at) VALUES (1, 1, 'rare', ''), (2, 1, 'common', '');
         INSERT INTO contact_tags SELECT id, 2, '' FROM contacts WHERE id % 2 = 0;
         INSERT INTO contact_tags VALUES (13, 1, ''), (17, 1, '');",
    );
    daemon.launch();
    let api = daemon.api();
    let deep = |sort: &str| format!("sort={sort}&limit=200");
    for query in ["", "sort=name", "sort=created", "tag_id=2", "tag_id=1"] {
        let mut path = format!("/api/contacts?{query}");
        if query == "sort=name" {
            // A page far down the list is as fast as the first.
            let mut page = api.get(&format!("/api/contacts?{}", deep("name"))).await.json();
            for _ in 0..20 {
                let next = page["next_cursor"].as_str().unwrap().to_owned();
                page = api.get(&format!("/api/contacts?{}&cursor={next}", deep("name"))).await.json();
            }
            path = format!("{path}&cursor={}", page["next_cursor"].as_str().unwrap());
        }
        let (mut long, mut short) = (Vec::new(), Vec::new());
        for _ in 0..30 {
            for (times, path) in [(&mut long, path.as_str()), (&mut short, "/api/tags")] {
                let began = Instant::now();
                assert_eq!(api.get(path).await.status, 200);
                times.push(began.elapsed());
            }
        }
        long.sort_unstable();
        short.sort_unstable();
        eprintln!("{query:?}: {:?}, a short list: {:?}", long[15], short[15]);
        assert!(long[15] < 20 * short[15], "{query:?}: {long:?}, a short list: {short:?}");
    }
}

#[tokio::test]
async fn contacts_are_found_in_any_spelling_and_order_of_their_names() {
    let (_daemon, api) = with_data();
    let new = async |name: &str, number: &str| {
        change(&api, "POST", "/api/contacts", json!({"display_name": name, "number": number}), 201).await["id"].clone()
    };
    let yael = new("יָעֵל כֹּהֵן", "0547001122").await;
    let sergey = new("Сергей Левин", "0547001133").await;
    let found = ids(&api, "q=%D7%99%D6%B8%D7%A2%D6%B5%D7%9C").await;
    assert_eq!(found, std::slice::from_ref(&yael), "at once, before it is indexed");
    for (words, id) in [
        ("יעל", &yael),
        ("כהן", &yael),
        ("כהן יעל", &yael),
        ("054.700.1122", &yael),
        ("054/7001122", &yael),
        ("сергей", &sergey),
        ("ЛЕВИН СЕРГЕЙ", &sergey),
    ] {
        let query = format!("q={}", percent_encoded(words));
        until("the contact", async || (ids(&api, &query).await == [id.clone()]).then_some(())).await;
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}

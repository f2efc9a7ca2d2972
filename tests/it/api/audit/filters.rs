//! The filters of the audit log.

use super::super::change;
use super::dana_id;
use crate::support::{Client, Daemon};
use serde_json::{Value, json};

#[tokio::test]
async fn the_log_is_filtered_by_actor_contact_kind_and_days() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("../data.sql"));
    daemon.seed(
        "INSERT INTO audit_log(at, actor, action, subject) VALUES
             ('2026-10-31T21:59:00.000Z', 'agent', 'first', ''), ('2026-10-31T22:01:00.000Z', 'agent', 'second', ''),
             ('2026-11-01T21:59:00.000Z', 'agent', 'third', ''), ('2026-11-01T22:01:00.000Z', 'agent', 'fourth', '')",
    );
    daemon.launch();
    let api = daemon.api();
    let dana = daemon.logged_in("dana", "owner").await;
    let me = dana_id(&dana).await.as_str().unwrap().to_owned();
    let make = async |client: &Client, path: &str, body: Value| change(client, "POST", path, body, 201).await;
    make(&dana, "/api/tags", json!({"name": "VIP"})).await;
    make(&dana, "/api/contacts/1/notes", json!({"text": "x"})).await;
    make(&api, "/api/contacts/2/notes", json!({"text": "x"})).await;
    change(&api, "PATCH", "/api/contacts/2", json!({"display_name": "Noa B"}), 200).await;
    change(&api, "PUT", "/api/threads/3/draft", json!({"text": "x"}), 200).await;
    change(&api, "POST", "/api/threads/1/read", json!({}), 200).await;
    let found = async |query: &str| {
        let reply = api.get(&format!("/api/audit?{query}")).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text());
        let items = reply.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(&format!("actor={me}")).await, ["create_note", "create_tag", "login"]);
    assert_eq!(found("contact_id=1").await, ["mark_thread_read", "create_note"]);
    assert_eq!(found("contact_id=2").await, ["update_contact", "create_note"]);
    assert_eq!(found("contact_id=2&subject=note").await, ["create_note"]);
    assert_eq!(found("action=create_note").await.len(), 2);
    assert_eq!(found("subject=tag").await, ["create_tag"]);
    assert_eq!(found("contact_id=99").await, [""; 0]);
    let (first, second) = (api.get("/api/audit?subject=note&limit=1").await.json(), "create_note");
    let next = format!("subject=note&limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(found(&next).await, [second]);

    // The days are those of the business.
    assert_eq!(found("from=2026-11-01&to=2026-11-01&actor=agent").await, ["third", "second"]);
    assert_eq!(found("to=2026-10-31").await, ["first"]);
    assert_eq!(found("from=2026-11-02&actor=agent").await, ["fourth"]);

    // A merged contact's entries belong to the contact that was kept.
    change(&api, "POST", "/api/contacts/1/merge", json!({"contact_id": 2}), 200).await;
    let of_both = found("contact_id=1").await;
    let wanted = ["contacts_merged", "mark_thread_read", "update_contact", "create_note", "create_note"];
    assert_eq!(of_both, wanted);
    for (wrong, field) in [("actor=Dana", "actor"), ("from=1.11.2026", "from"), ("contact_id=x", "contact_id")] {
        let reply = api.get(&format!("/api/audit?{wrong}")).await;
        assert_eq!((reply.status, &reply.json()["error"]["field"]), (400, &json!(field)), "{wrong}");
    }
}

#[tokio::test]
async fn a_change_of_the_tags_of_many_contacts_names_the_tags_and_counts_the_contacts() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("../data.sql"));
    daemon.launch();
    let api = daemon.api();
    let [a, b] = ["a", "b"].map(|name| json!({ "name": name }));
    let a = change(&api, "POST", "/api/tags", a, 201).await["id"].clone();
    let b = change(&api, "POST", "/api/tags", b, 201).await["id"].clone();
    change(&api, "PUT", &format!("/api/contacts/2/tags/{b}"), Value::Null, 200).await;
    let body = json!({"contact_ids": [1, 2, 3], "add": [a], "remove": [b]});
    for _ in 0..2 {
        change(&api, "POST", "/api/contacts/tags", body.clone(), 200).await;
    }
    let log = api.get("/api/audit?subject=tag&action=tag_contacts").await.json();
    let entries: Vec<_> =
        log["items"].as_array().unwrap().iter().map(|entry| json!([entry["subject"], entry["subject_name"]])).collect();
    assert_eq!(
        entries,
        [
            json!([format!("tag:{b}, removed from contacts: 1"), "b"]),
            json!([format!("tag:{a}, added to contacts: 3"), "a"]),
        ]
    );
}

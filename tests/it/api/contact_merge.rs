//! Merges of contacts keep what the business recorded about both, and an undone merge restores it.

use super::{change, column, with_data};
use crate::support::Client;
use serde_json::{Value, json};

/// What is recorded about a contact, without ids of rows and times.
async fn recorded(api: &Client, id: i64) -> Value {
    let detail = api.get(&format!("/api/contacts/{id}")).await.json();
    let list = async |path: String, field: &str| {
        let mut values = column(&api.get(&path).await.json()["items"], field);
        values.sort_by_key(ToString::to_string);
        values
    };
    let fields: Vec<_> =
        column(&detail["fields"], "name").into_iter().zip(column(&detail["fields"], "value")).collect();
    json!({
        "id": detail["id"],
        "tags": column(&detail["tags"], "name"),
        "fields": fields,
        "notes": list(format!("/api/contacts/{id}/notes"), "text").await,
        "tasks": list(format!("/api/tasks?contact_id={id}"), "title").await,
        "leads": list(format!("/api/leads?contact_id={id}"), "title").await,
        "open_tasks": detail["open_tasks"],
        "opted_out": detail["opted_out"],
        "language": detail["language"],
        "last_activity_at": detail["last_activity_at"],
    })
}

async fn record(api: &Client, id: i64, tags: &[i64], fields: &[(i64, &str)]) {
    for tag in tags {
        change(api, "PUT", &format!("/api/contacts/{id}/tags/{tag}"), Value::Null, 200).await;
    }
    for (field, value) in fields {
        change(api, "PUT", &format!("/api/contacts/{id}/fields/{field}"), json!({"value": value}), 200).await;
    }
    change(api, "POST", &format!("/api/contacts/{id}/notes"), json!({"text": format!("note {id}")}), 201).await;
    change(api, "POST", "/api/tasks", json!({"title": format!("task {id}"), "contact_id": id}), 201).await;
    change(api, "POST", "/api/leads", json!({"title": format!("lead {id}"), "contact_id": id}), 201).await;
}

#[tokio::test]
async fn a_merge_keeps_what_is_recorded_about_both_and_its_undo_restores_it() {
    let (_daemon, api) = with_data();
    for name in ["a", "b", "c"] {
        change(&api, "POST", "/api/tags", json!({"name": name}), 201).await;
        change(&api, "POST", "/api/custom-fields", json!({"name": name, "kind": "text"}), 201).await;
    }
    record(&api, 2, &[1, 2], &[(1, "x"), (2, "y")]).await;
    record(&api, 3, &[2, 3], &[(2, "other"), (3, "z")]).await;
    change(&api, "PATCH", "/api/contacts/3", json!({"language": "he"}), 200).await;
    change(&api, "PUT", "/api/contacts/3/opt-out", json!({"opted_out": true}), 200).await;
    let before = [recorded(&api, 2).await, recorded(&api, 3).await];

    let merge = change(&api, "POST", "/api/contacts/2/merge", json!({"contact_id": 3}), 200).await["merge_id"].clone();
    let merged = recorded(&api, 3).await;
    let expected = json!({
        "id": 2, "tags": ["a", "b", "c"], "fields": [["a", "x"], ["b", "y"], ["c", "z"]], "notes": ["note 2", "note 3"],
        "tasks": ["task 2", "task 3"], "leads": ["lead 2", "lead 3"], "open_tasks": 2, "opted_out": true, "language": "he",
        "last_activity_at": before[0]["last_activity_at"],
    });
    assert_eq!(merged, expected);
    let detail = api.get("/api/contacts/2").await.json();
    assert_eq!(column(&detail["merged"], "merge_id"), std::slice::from_ref(&merge));
    let counts = column(&api.get("/api/tags").await.json()["items"], "contact_count");
    assert_eq!(counts, [1, 1, 1], "a merged contact is not counted");

    change(&api, "POST", &format!("/api/merges/{merge}/undo"), json!({}), 200).await;
    assert_eq!([recorded(&api, 2).await, recorded(&api, 3).await], before);
    assert_eq!(api.get("/api/contacts/2").await.json()["merged"], json!([]));
}

#[tokio::test]
async fn what_is_changed_after_a_merge_stays_when_it_is_undone() {
    let (_daemon, api) = with_data();
    change(&api, "POST", "/api/tags", json!({"name": "a"}), 201).await;
    change(&api, "POST", "/api/custom-fields", json!({"name": "a", "kind": "text"}), 201).await;
    record(&api, 3, &[1], &[(1, "z")]).await;
    let merge = change(&api, "POST", "/api/contacts/2/merge", json!({"contact_id": 3}), 200).await["merge_id"].clone();
    change(&api, "PUT", "/api/contacts/2/fields/1", json!({"value": "new"}), 200).await;
    change(&api, "POST", "/api/contacts/3/notes", json!({"text": "since"}), 201).await;
    change(&api, "POST", &format!("/api/merges/{merge}/undo"), json!({}), 200).await;
    let (kept, other) = (recorded(&api, 2).await, recorded(&api, 3).await);
    assert_eq!(
        (&kept["fields"], &kept["notes"], &kept["tags"]),
        (&json!([["a", "new"]]), &json!(["since"]), &json!([]))
    );
    assert_eq!(
        (&other["fields"], &other["notes"], &other["tags"]),
        (&json!([["a", "z"]]), &json!(["note 3"]), &json!(["a"]))
    );
}

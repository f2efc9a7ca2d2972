//! A merge of two contacts keeps the data that the business recorded about both, and an undone merge restores this
//! data.

use super::{change, column, with_data};
use crate::support::{Client, Daemon};
use serde_json::{Value, json};

/// Returns the recorded data of a contact, without the ids and times of its tags, fields, notes, tasks and leads.
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
        "blocked": detail["blocked"],
        "relation": detail["relation"],
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
    change(&api, "PUT", "/api/contacts/3/block", json!({"blocked": true}), 200).await;
    change(&api, "PUT", "/api/contacts/3/relation", json!({"relation": "vip"}), 200).await;
    let before = [recorded(&api, 2).await, recorded(&api, 3).await];

    let merge = change(&api, "POST", "/api/contacts/2/merge", json!({"contact_id": 3}), 200).await["merge_id"].clone();
    let merged = recorded(&api, 3).await;
    let expected = json!({
        "id": 2, "tags": ["a", "b", "c"], "fields": [["a", "x"], ["b", "y"], ["c", "z"]], "notes": ["note 2", "note 3"],
        "tasks": ["task 2", "task 3"], "leads": ["lead 2", "lead 3"], "open_tasks": 2, "opted_out": true, "blocked": true, "relation": "vip",
        "language": "he",
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
async fn a_change_after_a_merge_is_kept_when_the_merge_is_undone() {
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

/// Returns the ids of the messages of each contact.
async fn messages(api: &Client, contacts: &[i64]) -> Vec<Vec<Value>> {
    let mut found = Vec::new();
    for contact in contacts {
        let threads = api.get(&format!("/api/contacts/{contact}")).await.json()["threads"].clone();
        let mut ids = Vec::new();
        for thread in column(&threads, "id") {
            ids.extend(column(&api.get(&format!("/api/threads/{thread}/messages")).await.json()["messages"], "id"));
        }
        found.push(ids);
    }
    found
}

async fn merge(api: &Client, kept: i64, merged: i64) -> Value {
    let path = format!("/api/contacts/{kept}/merge");
    change(api, "POST", &path, json!({"contact_id": merged}), 200).await["merge_id"].clone()
}

#[tokio::test]
async fn merges_of_a_chain_are_undone_in_the_reverse_order_only() {
    let (_daemon, api) = with_data();
    let all = [1, 2, 3];
    let before = messages(&api, &all).await;
    let (first, second) = (merge(&api, 2, 1).await, merge(&api, 3, 2).await);
    let refused = change(&api, "POST", &format!("/api/merges/{first}/undo"), json!({}), 409).await["error"].clone();
    assert_eq!((&refused["code"], &refused["params"]["merge_id"]), (&json!("later_merge"), &json!(second.to_string())));
    for merge in [&second, &first] {
        change(&api, "POST", &format!("/api/merges/{merge}/undo"), json!({}), 200).await;
    }
    assert_eq!(messages(&api, &all).await, before);
    change(&api, "POST", &format!("/api/merges/{first}/undo"), json!({}), 404).await;
}

#[tokio::test]
async fn a_row_moved_to_a_third_contact_stays_there() {
    let (_daemon, api) = with_data();
    let task = json!({"title": "moves", "contact_id": 1});
    let id = change(&api, "POST", "/api/tasks", task, 201).await["id"].clone();
    let merge = merge(&api, 2, 1).await;
    change(&api, "PATCH", &format!("/api/tasks/{id}"), json!({"contact_id": 3}), 200).await;
    change(&api, "POST", &format!("/api/merges/{merge}/undo"), json!({}), 200).await;
    assert_eq!(api.get(&format!("/api/tasks/{id}")).await.json()["contact_id"], 3);
}

#[tokio::test]
async fn a_scheduled_message_follows_two_merges_and_their_undo() {
    let (_daemon, api) = with_data();
    let send_at = (jiff::Timestamp::now() + jiff::Span::new().hours(24 * 200)).to_string();
    let body = json!({"thread_id": 1, "text": "for Dana", "send_at": send_at});
    let id = change(&api, "POST", "/api/scheduled-messages", body, 201).await["id"].clone();
    let place = async || {
        let item = api.get(&format!("/api/scheduled-messages/{id}")).await.json();
        (item["contact_id"].clone(), item["thread_id"].clone())
    };
    let merges = [merge(&api, 2, 1).await, merge(&api, 3, 2).await];
    assert_eq!(place().await, (json!(3), json!(4)));
    let listed = api.get("/api/scheduled-messages?thread_id=4").await.json();
    assert_eq!(column(&listed["items"], "id"), std::slice::from_ref(&id));
    for merge in merges.iter().rev() {
        change(&api, "POST", &format!("/api/merges/{merge}/undo"), json!({}), 200).await;
    }
    assert_eq!(place().await, (json!(1), json!(1)));
}

/// Inserts a call that the agent is to make to contact 1.
const OUTBOUND_CALL: &str = "
    INSERT INTO outbound_calls(id, business_id, contact_id, number, own_number, purpose, state, due_at, requested_by,
                               created_at, updated_at)
    VALUES (1, 1, 1, '+972501234567', '+97233333333', 'p', 'waiting', '2030-01-01T00:00:00.000Z', 'user:1',
            '2026-11-12T08:00:00.000Z', '2026-11-12T08:00:00.000Z');
";

#[tokio::test]
async fn the_lists_of_calls_accept_the_id_of_a_merged_contact() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(&format!("{}{OUTBOUND_CALL}", include_str!("data.sql")));
    daemon.launch();
    let api = daemon.api();
    merge(&api, 2, 1).await;
    for contact in [1, 2] {
        let calls = api.get(&format!("/api/calls?contact_id={contact}")).await.json();
        assert_eq!(column(&calls["calls"], "call_sid"), ["CA1", "CA2"], "contact {contact}");
        let outbound = api.get(&format!("/api/outbound-calls?contact_id={contact}")).await.json();
        assert_eq!(column(&outbound["items"], "id"), [1], "contact {contact}");
    }
    assert_eq!(api.get("/api/calls?contact_id=3").await.json()["calls"], json!([]));
}

#[tokio::test]
async fn an_undo_restores_the_values_that_were_replaced_by_choice_unless_they_were_changed_since() {
    let (_daemon, api) = with_data();
    for name in ["a", "b"] {
        change(&api, "POST", "/api/custom-fields", json!({"name": name, "kind": "text"}), 201).await;
    }
    record(&api, 1, &[], &[(1, "x"), (2, "y")]).await;
    record(&api, 2, &[], &[(1, "other"), (2, "z")]).await;
    for (id, language, relation) in [(1, "he", "vip"), (2, "en", "staff")] {
        change(&api, "PATCH", &format!("/api/contacts/{id}"), json!({"language": language}), 200).await;
        change(&api, "PUT", &format!("/api/contacts/{id}/relation"), json!({"relation": relation}), 200).await;
    }
    let shown = async |id: i64| {
        let detail = api.get(&format!("/api/contacts/{id}")).await.json();
        let titles = column(&detail["threads"], "title");
        let values =
            json!([detail["display_name"], detail["language"], detail["relation"], column(&detail["fields"], "value")]);
        assert!(titles.iter().all(|title| *title == detail["display_name"]), "{titles:?}");
        values
    };
    let before = [shown(1).await, shown(2).await];
    let merge = async |take: Value| {
        let body = json!({"contact_id": 2, "take": take});
        change(&api, "POST", "/api/contacts/1/merge", body, 200).await["merge_id"].clone()
    };
    let undo = async |merge: Value| change(&api, "POST", &format!("/api/merges/{merge}/undo"), json!({}), 200).await;

    let none = merge(json!({})).await;
    assert_eq!(shown(1).await, before[0]);
    undo(none).await;
    let all = json!({"name": true, "language": true, "relation": true, "field_ids": [1, 2, 99]});
    let first = merge(all.clone()).await;
    assert_eq!(shown(1).await, before[1]);
    undo(first).await;
    assert_eq!([shown(1).await, shown(2).await], before);

    let second = merge(all).await;
    change(&api, "PATCH", "/api/contacts/1", json!({"display_name": "Dana"}), 200).await;
    change(&api, "PUT", "/api/contacts/1/fields/2", json!({"value": "new"}), 200).await;
    undo(second).await;
    assert_eq!(shown(1).await, json!(["Dana", "he", "vip", ["x", "new"]]));

    let old = api.get("/api/contacts/1").await.header("etag").to_owned();
    change(&api, "PATCH", "/api/contacts/1", json!({"display_name": "Dana B"}), 200).await;
    let request = api.request(reqwest::Method::POST, "/api/contacts/1/merge").header("If-Match", old);
    let refused = crate::support::client::send(request.json(&json!({"contact_id": 2, "take": {"name": true}}))).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (412, &json!("changed")), "{}", refused.text());
    assert_eq!(shown(2).await, before[1], "nothing was merged");
}

#[tokio::test]
async fn a_late_draft_for_a_merged_thread_is_refused_and_replaces_no_other_draft() {
    let (_daemon, api) = with_data();
    let thread = async |contact: i64| {
        let threads = api.get(&format!("/api/contacts/{contact}")).await.json()["threads"].clone();
        threads.as_array().unwrap().iter().find(|thread| thread["type"] == "whatsapp").unwrap()["id"].as_i64().unwrap()
    };
    let path = |thread: i64| format!("/api/threads/{thread}/draft");
    let [kept, merged] = [thread(2).await, thread(1).await];
    change(&api, "PUT", &path(kept), json!({"text": "a"}), 200).await;
    change(&api, "PUT", &path(merged), json!({"text": "b"}), 200).await;
    let id = merge(&api, 2, 1).await;
    let refused = change(&api, "PUT", &path(merged), json!({"text": "bc", "expected": "b"}), 409).await;
    assert_eq!(refused["error"]["code"], "conflict");
    let text = async |thread: i64| api.get(&format!("/api/threads/{thread}")).await.json()["draft"]["text"].clone();
    assert_eq!(text(kept).await, "a\nb");
    change(&api, "POST", &format!("/api/merges/{id}/undo"), json!({}), 200).await;
    assert_eq!((text(kept).await, text(merged).await), (json!("a"), json!("b")));
}

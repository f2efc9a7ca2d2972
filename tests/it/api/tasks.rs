//! Tasks of the users.

use super::{change, column, with_data};
use crate::support::Client;
use crate::support::client::send;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn tasks_are_listed_by_the_time_when_they_are_due() {
    let (_daemon, api) = with_data();
    for (title, due) in [
        ("never", json!({})),
        ("day", json!({"due_date": "2026-12-01"})),
        ("morning", json!({"due_at": "2026-12-01T07:00:00Z"})),
        ("next day", json!({"due_at": "2026-12-02T07:00:00+02:00"})),
        ("done", json!({"due_date": "2026-11-01"})),
    ] {
        let mut body = due;
        body["title"] = json!(title);
        change(&api, "POST", "/api/tasks", body, 201).await;
    }
    change(&api, "POST", "/api/tasks/5/done", Value::Null, 200).await;
    let titles = async |query: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("/api/tasks?limit=2&{query}&cursor={cursor}")).await.json();
            found.extend(column(&page["items"], "title"));
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return json!(found),
            }
        }
    };
    assert_eq!(titles("").await, json!(["morning", "day", "next day", "never"]));
    assert_eq!(titles("state=all").await, json!(["morning", "day", "next day", "never", "done"]));
    assert_eq!(titles("state=done").await, json!(["done"]));
    assert_eq!(titles("due_before=2026-12-02").await, json!(["morning", "day"]));
    assert_eq!(titles("due_before=2026-12-01T09:30:00%2B02:00").await, json!(["morning"]));
    for query in ["due_before=soon", "assignee=dana", "state=late", "cursor=x"] {
        assert_eq!(api.get(&format!("/api/tasks?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn tasks_are_due_before_a_day_in_the_time_zone_of_the_business() {
    let (_daemon, api) = with_data();
    // In Jerusalem, these are 23:30 on 1 December and 00:30 on 2 December.
    for (title, due) in [
        ("evening", json!({"due_at": "2026-12-01T21:30:00Z"})),
        ("day", json!({"due_date": "2026-12-01"})),
        ("night", json!({"due_at": "2026-12-01T22:30:00Z"})),
    ] {
        let mut body = due;
        body["title"] = json!(title);
        change(&api, "POST", "/api/tasks", body, 201).await;
    }
    for (before, expected) in [
        ("2026-12-01", json!([])),
        ("2026-12-02", json!(["evening", "day"])),
        ("2026-12-03", json!(["evening", "night", "day"])),
        ("2026-12-01T21:59:59Z", json!(["evening"])),
        ("2026-12-01T22:00:00Z", json!(["evening", "day"])),
        ("9999-12-31", json!(["evening", "night", "day"])),
    ] {
        let page = api.get(&format!("/api/tasks?due_before={before}")).await.json();
        assert_eq!(json!(column(&page["items"], "title")), expected, "{before}");
    }
}

#[tokio::test]
async fn a_task_is_assigned_changed_done_and_reopened() {
    let (daemon, _) = with_data();
    let (dana, gal) = (daemon.logged_in("dana", "owner").await, daemon.logged_in("gal", "staff").await);
    let id = gal.get("/api/session").await.json()["user"]["id"].clone();
    let body = json!({"title": "להתקשר", "contact_id": 1, "thread_id": 1, "call_id": 1, "assignee": id, "due_date": "2026-12-01"});
    let task = change(&dana, "POST", "/api/tasks", body, 201).await;
    assert_eq!(
        (&task["contact_name"], &task["assignee_name"], &task["source"]),
        (&json!("דנה לוי"), &json!("gal"), &json!("user"))
    );
    assert_eq!(column(&gal.get("/api/tasks?assignee=me").await.json()["items"], "id"), [task["id"].clone()]);
    assert_eq!(dana.get("/api/tasks?assignee=me").await.json()["items"], json!([]));
    assert_eq!(daemon.api().get("/api/tasks?assignee=me").await.json()["items"], json!([]));
    assert_eq!(dana.get("/api/contacts/1").await.json()["open_tasks"], 1);

    let path = format!("/api/tasks/{}", task["id"]);
    let changed = change(&gal, "PATCH", &path, json!({"due_at": "2026-12-01T07:00:00Z", "call_id": null}), 200).await;
    assert_eq!(
        (&changed["due_at"], &changed["due_date"], &changed["call_id"]),
        (&json!("2026-12-01T07:00:00.000Z"), &Value::Null, &Value::Null)
    );
    assert_eq!((&changed["title"], &changed["contact_id"]), (&json!("להתקשר"), &json!(1)));
    let done = change(&gal, "POST", &format!("{path}/done"), Value::Null, 200).await;
    assert_eq!(done["done_by"], json!(format!("user:{id}")));
    assert_eq!(change(&dana, "POST", &format!("{path}/done"), Value::Null, 200).await, done, "done once");
    assert_eq!(dana.get("/api/contacts/1").await.json()["open_tasks"], 0);
    let reopened = change(&dana, "POST", &format!("{path}/reopen"), Value::Null, 200).await;
    assert_eq!((&reopened["done_at"], &reopened["done_by"]), (&Value::Null, &Value::Null));

    let shown = dana.get(&path).await;
    let with = |method: Method| {
        send(dana.request(method, &path).header("if-match", shown.header("etag")).json(&json!({"title": "2"})))
    };
    assert_eq!(with(Method::PATCH).await.status, 200);
    let refused = with(Method::DELETE).await;
    assert_eq!((refused.status, &refused.json()["current"]["title"]), (412, &json!("2")));
    change(&dana, "DELETE", &path, Value::Null, 200).await;
    assert_eq!(dana.get(&path).await.status, 404);
    for (body, status) in [
        (json!({"title": ""}), 400),
        (json!({"title": "x", "due_date": "2026-13-01"}), 400),
        (json!({"title": "x", "due_date": "2026-12-01", "due_at": "2026-12-01T07:00:00Z"}), 400),
        (json!({"title": "x", "due_at": "tomorrow"}), 422),
        (json!({"title": "x", "contact_id": 99}), 404),
        (json!({"title": "x", "thread_id": 99}), 404),
        (json!({"title": "x", "call_id": 99}), 404),
        (json!({"title": "x", "assignee": 99}), 404),
    ] {
        change(&dana, "POST", "/api/tasks", body, status).await;
    }
}

#[tokio::test]
async fn a_repeated_request_adds_one_task_and_the_tasks_of_a_call_are_found() {
    let (daemon, api) = with_data();
    let dana = daemon.logged_in("dana", "owner").await;
    let add = async |client: &Client, key: &str, title: &str| {
        let body = json!({"title": title, "contact_id": 1, "call_id": 1});
        send(client.request(Method::POST, "/api/tasks").header("Idempotency-Key", key).json(&body)).await
    };
    let first = add(&api, "k1", "לחזור").await;
    assert_eq!(first.status, 201, "{}", first.text());
    let again = add(&api, "k1", "לחזור").await;
    assert_eq!((again.status, &again.json()["id"]), (200, &first.json()["id"]));
    let other = add(&api, "k1", "להתקשר").await;
    assert_eq!((other.status, &other.json()["error"]["code"]), (422, &json!("key_reused")));
    // Idempotency keys are separate for each user.
    assert_eq!(add(&dana, "k1", "להתקשר").await.status, 201);
    change(&api, "POST", "/api/tasks", json!({"title": "אחרת", "contact_id": 1}), 201).await;
    let of_call = async || column(&api.get("/api/tasks?call_id=1&state=all").await.json()["items"], "title");
    assert_eq!(json!(of_call().await), json!(["לחזור", "להתקשר"]));
    // A repeated request does not restore a task that was deleted after the first request.
    change(&api, "DELETE", &format!("/api/tasks/{}", first.json()["id"]), Value::Null, 200).await;
    assert_eq!(add(&api, "k1", "לחזור").await.status, 404);
    assert_eq!(json!(of_call().await), json!(["להתקשר"]));
    let added = daemon.query_value::<i64>("SELECT count(*) FROM audit_log WHERE action = 'create_task'");
    assert_eq!(added, 3, "repeated requests change nothing");
}

//! Leads and their stages.

use super::{change, column, with_data};
use crate::support::client::send;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_lead_passes_through_the_stages() {
    let (_daemon, api) = with_data();
    let stages = api.get("/api/lead-stages").await.json()["items"].clone();
    assert_eq!(json!(column(&stages, "key")), json!(["new", "quoted", "won", "lost"]));
    assert_eq!(json!(column(&stages, "name")), json!([null, null, null, null]));
    assert_eq!(json!(column(&stages, "outcome")), json!(["", "", "won", "lost"]));

    let body = json!({"contact_id": 1, "title": "מטבח", "value_minor": 1_250_000, "source": "Facebook"});
    let lead = change(&api, "POST", "/api/leads", body, 201).await;
    assert_eq!(
        (&lead["stage_id"], &lead["contact_name"], &lead["closed_at"]),
        (&stages[0]["id"], &json!("דנה לוי"), &Value::Null)
    );
    let path = format!("/api/leads/{}", lead["id"]);
    let won = change(&api, "PATCH", &path, json!({"stage_id": stages[2]["id"]}), 200).await;
    assert!(won["closed_at"].is_string() && won["value_minor"] == 1_250_000 && won["source"] == "Facebook", "{won}");
    let again = change(&api, "PATCH", &path, json!({"stage_id": 1, "value_minor": null}), 200).await;
    assert_eq!((&again["closed_at"], &again["value_minor"]), (&Value::Null, &Value::Null));

    let other = change(&api, "POST", "/api/leads", json!({"contact_id": 2, "title": "x", "stage_id": 2}), 201).await;
    for (query, expected) in
        [("", vec![2, 1]), ("?stage_id=2", vec![2]), ("?contact_id=1", vec![1]), ("?contact_id=3", vec![])]
    {
        assert_eq!(
            json!(column(&api.get(&format!("/api/leads{query}")).await.json()["items"], "id")),
            json!(expected),
            "{query}"
        );
    }
    let page = api.get("/api/leads?limit=1").await.json();
    let next = api.get(&format!("/api/leads?cursor={}", page["next_cursor"].as_str().unwrap())).await.json();
    assert_eq!(column(&next["items"], "id"), [lead["id"].clone()]);
    let shown = api.get(&path).await;
    let with = |method: Method| {
        send(api.request(method, &path).header("if-match", shown.header("etag")).json(&json!({"title": "2"})))
    };
    assert_eq!(
        (with(Method::PATCH).await.status, with(Method::PATCH).await.status, with(Method::DELETE).await.status),
        (200, 412, 412)
    );
    change(&api, "DELETE", &format!("/api/leads/{}", other["id"]), Value::Null, 200).await;
    for (body, status) in [
        (json!({"contact_id": 1, "title": ""}), 400),
        (json!({"contact_id": 1, "title": "x", "value_minor": -1}), 400),
        (json!({"contact_id": 1, "title": "x", "value_minor": 0.5}), 422),
        (json!({"contact_id": 99, "title": "x"}), 404),
        (json!({"contact_id": 1, "title": "x", "stage_id": 99}), 404),
    ] {
        change(&api, "POST", "/api/leads", body, status).await;
    }
}

#[tokio::test]
async fn stages_are_added_renamed_moved_and_deleted() {
    let (_daemon, api) = with_data();
    let made = change(&api, "POST", "/api/lead-stages", json!({"name": "ביקור"}), 201).await;
    assert_eq!((&made["position"], &made["key"], &made["outcome"]), (&json!(5), &Value::Null, &json!("")));
    let path = format!("/api/lead-stages/{}", made["id"]);
    change(&api, "PATCH", &path, json!({"position": 2}), 200).await;
    let names = column(&api.get("/api/lead-stages").await.json()["items"], "name");
    assert_eq!(json!(names), json!([null, null, "ביקור", null, null]));
    assert_eq!(change(&api, "PATCH", &path, json!({"name": null}), 400).await["error"]["field"], "name");
    assert_eq!(change(&api, "PATCH", "/api/lead-stages/1", json!({"name": "פנייה"}), 200).await["name"], "פנייה");
    assert_eq!(change(&api, "PATCH", "/api/lead-stages/1", json!({"name": null}), 200).await["name"], Value::Null);

    let lead =
        change(&api, "POST", "/api/leads", json!({"contact_id": 1, "title": "x", "stage_id": made["id"]}), 201).await;
    change(&api, "DELETE", &path, Value::Null, 409).await;
    change(&api, "PATCH", &path, json!({"outcome": "lost"}), 200).await;
    let lead_path = format!("/api/leads/{}", lead["id"]);
    assert!(api.get(&lead_path).await.json()["closed_at"].is_string(), "its leads are closed too");
    change(&api, "DELETE", &lead_path, Value::Null, 200).await;
    change(&api, "DELETE", &path, Value::Null, 200).await;
    for id in 1..=3 {
        change(&api, "DELETE", &format!("/api/lead-stages/{id}"), Value::Null, 200).await;
    }
    change(&api, "DELETE", "/api/lead-stages/4", Value::Null, 409).await;
}

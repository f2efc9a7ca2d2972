//! The list of contacts, and single contacts.

use super::with_data;
use crate::support::client::send;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn contacts_are_listed_found_and_renamed() {
    let (_daemon, api) = with_data();
    let list = api.get("/api/contacts").await.json();
    let ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|contact| contact["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [1, 2, 3], "newest activity first");
    assert_eq!(api.get("/api/contacts?q=050-1234567").await.json()["items"][0]["id"], 1);
    let first = api.get("/api/contacts?limit=2").await.json();
    let next =
        api.get(&format!("/api/contacts?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await.json();
    assert_eq!((next["items"][0]["id"].as_i64(), &next["next_cursor"]), (Some(3), &json!(null)));

    let dana = api.get("/api/contacts/1").await.json();
    assert_eq!(dana["addresses"][0]["value"], "+972501234567");
    assert_eq!(dana["threads"].as_array().unwrap().len(), 2);
    let rename = |id: i64, name: &str| {
        send(api.request(Method::PATCH, &format!("/api/contacts/{id}")).json(&json!({"display_name": name})))
    };
    assert_eq!(rename(1, "  דנה כהן ").await.json()["display_name"], "דנה כהן");
    assert_eq!(api.get("/api/threads/2").await.json()["title"], "דנה כהן");
    assert_eq!(rename(1, "").await.status, 200);
    assert_eq!(api.get("/api/threads/2").await.json()["title"], "+972501234567");
    assert_eq!(rename(1, &"x".repeat(201)).await.status, 400);
    assert_eq!(rename(99, "x").await.status, 404);
}

#[tokio::test]
async fn two_contacts_are_merged_and_split_again() {
    let (_daemon, api) = with_data();
    let merge = |kept: i64, merged: i64| {
        let request = api.request(Method::POST, &format!("/api/contacts/{kept}/merge"));
        send(request.json(&json!({"contact_id": merged})))
    };
    let merged = merge(1, 3).await;
    assert_eq!(merged.status, 200, "{}", merged.text());
    let one = api.get("/api/contacts/3").await.json();
    assert_eq!((one["id"].as_i64(), one["addresses"].as_array().unwrap().len()), (Some(1), 2));
    assert_eq!(api.get("/api/threads?type=whatsapp").await.json()["threads"].as_array().unwrap().len(), 2);
    assert_eq!((merge(1, 3).await.status, merge(1, 1).await.status, merge(1, 99).await.status), (409, 400, 404));

    let undo = format!("/api/merges/{}/undo", merged.json()["merge_id"]);
    assert_eq!(api.post_json(&undo, &json!({})).await.status, 200);
    assert_eq!(api.post_json(&undo, &json!({})).await.status, 404);
    assert_eq!(api.get("/api/contacts/3").await.json()["addresses"][0]["value"], "99887766");
}

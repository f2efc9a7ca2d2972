//! Changes that require the version of the item that their author saw.

use super::with_data;
use crate::support::client::{Reply, send};
use crate::support::{Client, Daemon};
use reqwest::Method;
use serde_json::{Value, json};

async fn rename(api: &Client, name: &str, version: Option<&str>) -> Reply {
    let request = api.request(Method::PATCH, "/api/contacts/1").json(&json!({"display_name": name}));
    send(version.into_iter().fold(request, |request, version| request.header("if-match", version))).await
}

fn audit_rows(daemon: &Daemon) -> i64 {
    daemon.query_value("SELECT count(*) FROM audit_log")
}

#[tokio::test]
async fn a_change_that_is_based_on_an_old_version_is_refused_with_the_present_item() {
    let (daemon, api) = with_data();
    let seen = api.get("/api/contacts/1").await;
    let seen = seen.header("etag");
    let first = rename(&api, "Dana", Some(seen)).await;
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.header("etag"), api.get("/api/contacts/1").await.header("etag"));
    assert_ne!(first.header("etag"), seen);

    let rows = audit_rows(&daemon);
    for version in [seen, "\"0\"", "not a tag", &format!("W/{}", first.header("etag"))] {
        let refused = rename(&api, "Daniela", Some(version)).await;
        let body = refused.json();
        assert_eq!((refused.status, &body["error"]["code"]), (412, &json!("changed")), "{version}");
        assert_eq!(body["current"], first.json(), "{version}");
    }
    assert_eq!(api.get("/api/contacts/1").await.json()["display_name"], "Dana");
    assert_eq!(audit_rows(&daemon), rows, "a refused change leaves no row");

    let listed = format!("\"0\", {}", first.header("etag"));
    for version in [Some(listed.as_str()), Some("*"), None] {
        assert_eq!(rename(&api, "Daniela", version).await.status, 200, "{version:?}");
    }
}

#[tokio::test]
async fn only_an_edit_changes_the_version_of_a_contact() {
    let (_daemon, api) = with_data();
    let before = api.get("/api/contacts/1").await;
    assert_eq!(api.post_json("/api/threads/1/read", &json!({})).await.status, 200);
    let after = api.get("/api/contacts/1").await;
    assert_ne!(before.json(), after.json(), "the unread count is another");
    assert_eq!(before.header("etag"), after.header("etag"));
}

#[tokio::test]
async fn of_two_changes_of_one_version_one_is_made() {
    let (_daemon, api) = with_data();
    for round in 0..10 {
        let seen = api.get("/api/contacts/1").await;
        let version = Some(seen.header("etag"));
        let names = [format!("A{round}"), format!("B{round}")];
        let (one, other) = tokio::join!(rename(&api, &names[0], version), rename(&api, &names[1], version));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let made = if one.status == 200 { &names[0] } else { &names[1] };
        assert_eq!(api.get("/api/contacts/1").await.json()["display_name"], **made);
    }
}

#[tokio::test]
async fn the_document_shows_conditions_where_they_are() {
    let (_daemon, api) = with_data();
    let document = api.get("/api/openapi.json").await.json();
    let mut conditional = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let takes = parameters.iter().any(|parameter| parameter["name"] == "If-Match");
            // Settings are edited one by one: their versions are in the body.
            let is_by_key = (method.as_str(), path.as_str()) == ("patch", "/api/settings");
            assert_eq!(takes || is_by_key, operation["responses"]["412"].is_object(), "{method} {path}");
            if takes {
                conditional += 1;
                assert!(has_etag(&document["paths"][path]["get"]) || item.get("get").is_none(), "{path}");
            }
        }
    }
    assert!(conditional > 0);
    assert!(!has_etag(&document["paths"]["/api/contacts"]["get"]), "a list has no version");
}

fn has_etag(operation: &Value) -> bool {
    operation["responses"]["200"]["headers"]["ETag"].is_object()
}

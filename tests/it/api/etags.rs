//! Changes that require the version of the item that the user has seen.

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
    // The background jobs change the contact's threads, so they must finish first.
    daemon.until_backfilled().await;
    let seen = api.get("/api/contacts/1").await;
    let seen = seen.header("etag");
    let first = rename(&api, "Dana", Some(seen)).await;
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.header("etag"), api.get("/api/contacts/1").await.header("etag"));
    assert_ne!(first.header("etag"), seen);

    let rows = audit_rows(&daemon);
    for version in [seen, "\"0\"", "not a tag", &format!("W/{seen}")] {
        let refused = rename(&api, "Daniela", Some(version)).await;
        let body = refused.json();
        assert_eq!((refused.status, &body["error"]["code"]), (412, &json!("changed")), "{version}");
        assert_eq!(body["current"], first.json(), "{version}");
        assert_eq!(refused.header("etag"), first.header("etag"), "the next attempt can be based on it");
    }
    assert_eq!(api.get("/api/contacts/1").await.json()["display_name"], "Dana");
    assert_eq!(audit_rows(&daemon), rows, "a refused change leaves no row");

    let listed = format!("\"0\", {}", first.header("etag"));
    for version in [Some(listed.as_str()), Some("*"), None] {
        assert_eq!(rename(&api, "Daniela", version).await.status, 200, "{version:?}");
    }
}

/// nginx and Cloudflare make the tag of a response weak when they compress it; Apache appends the encoding.
#[tokio::test]
async fn a_version_that_a_compressing_proxy_has_changed_is_accepted() {
    let (daemon, api) = with_data();
    daemon.until_backfilled().await;
    let proxies: [fn(&str) -> String; 3] = [by_nginx, by_apache, |tag| by_nginx(&by_apache(tag))];
    for (number, pass) in proxies.iter().enumerate() {
        let seen = api.get("/api/contacts/1").await;
        let version = pass(seen.header("etag"));
        assert_eq!(rename(&api, &format!("name {number}"), Some(&version)).await.status, 200, "{version}");
        assert_eq!(rename(&api, "late", Some(&version)).await.status, 412, "{version} is an old version now");
    }
}

fn by_nginx(tag: &str) -> String {
    format!("W/{tag}")
}

fn by_apache(tag: &str) -> String {
    format!("{}-gzip\"", tag.trim_end_matches('"'))
}

#[tokio::test]
async fn only_an_edit_changes_the_version_of_a_contact() {
    let (daemon, api) = with_data();
    daemon.until_backfilled().await;
    let before = api.get("/api/contacts/1").await;
    assert_eq!(api.post_json("/api/threads/1/read", &json!({})).await.status, 200);
    let after = api.get("/api/contacts/1").await;
    assert_ne!(before.json(), after.json(), "the unread count is another");
    assert_eq!(before.header("etag"), after.header("etag"));
    // A call summary may set the language while a user edits the name. Therefore a new language does not change the
    // version.
    let body = json!({"language": "fr"});
    let noted = send(api.request(Method::PATCH, "/api/contacts/1").json(&body)).await;
    assert_eq!((noted.status, &noted.json()["language"]), (200, &json!("fr")));
    assert_eq!(rename(&api, "Dana", Some(before.header("etag"))).await.status, 200);
}

#[tokio::test]
async fn one_of_two_changes_of_the_same_version_is_made() {
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
async fn a_list_names_the_version_of_each_text_that_users_edit() {
    let (daemon, _) = with_data();
    let owner = daemon.logged_in("roni", "owner").await;
    for (list, new, one, changed) in [
        ("/api/contacts/1/notes", json!({"text": "a"}), "/api/notes", json!({"text": "b"})),
        ("/api/facts", json!({"topic": "t", "text": "a"}), "/api/facts", json!({"text": "b"})),
        ("/api/saved-replies", json!({"shortcut": "s", "text": "a"}), "/api/saved-replies", json!({"text": "b"})),
    ] {
        let created = owner.post_json(list, &new).await;
        assert_eq!(created.status, 201, "{}", created.text());
        let path = format!("{one}/{}", created.json()["id"]);
        let etag = async || owner.get(list).await.json()["items"][0]["etag"].as_str().unwrap().to_owned();
        let seen = etag().await;
        assert_eq!(created.header("etag"), seen, "{list}");
        let change = async |version: &str, body: &Value| {
            send(owner.request(Method::PATCH, &path).header("If-Match", version).json(body)).await
        };
        assert_eq!(change(&seen, &changed).await.status, 200, "{list}");
        let refused = change(&seen, &json!({"text": "c"})).await;
        let now = etag().await;
        assert_ne!(seen, now, "{list}");
        assert_eq!((refused.status, &refused.json()["current"]["etag"]), (412, &json!(now)), "{list}");
        assert_eq!(refused.json()["current"]["text"], "b", "{list}");
        assert_eq!(change(&now, &json!({"text": "c"})).await.status, 200, "{list}");
    }
}

#[tokio::test]
async fn a_list_names_the_version_of_each_item_that_users_remove() {
    let (daemon, _) = with_data();
    let owner = daemon.logged_in("roni", "owner").await;
    let closure = json!({"from_date": "2027-01-03", "to_date": "2027-01-04", "reason": "a"});
    let tool = json!({"name": "check_stock", "description": "a", "url": "https://93.184.216.34/"});
    for (list, new, change, one) in [
        ("/api/agent-tools", tool, json!({"description": "b"}), "/api/agent-tools"),
        ("/api/services", json!({"name": "a", "duration_min": 30}), json!({"price_minor": 100}), "/api/services"),
        ("/api/resources", json!({"name": "a"}), json!({"name": "b"}), "/api/resources"),
        ("/api/closures", closure, json!({"reason": "b"}), "/api/closures"),
        ("/api/tasks", json!({"title": "a"}), json!({"title": "b"}), "/api/tasks"),
        ("/api/leads", json!({"contact_id": 1, "title": "a"}), json!({"title": "b"}), "/api/leads"),
        ("/api/contacts/1/notes", json!({"text": "a"}), json!({"text": "b"}), "/api/notes"),
        ("/api/tags", json!({"name": "a"}), json!({"name": "b"}), "/api/tags"),
        ("/api/custom-fields", json!({"name": "a", "kind": "text"}), json!({"name": "b"}), "/api/custom-fields"),
        ("/api/lead-stages", json!({"name": "a"}), json!({"name": "b"}), "/api/lead-stages"),
    ] {
        let created = owner.post_json(list, &new).await;
        assert_eq!(created.status, 201, "{list}: {}", created.text());
        let id = created.json()["id"].clone();
        let path = format!("{one}/{id}");
        let listed = async || {
            let items = owner.get(list).await.json()["items"].as_array().unwrap().clone();
            items.into_iter().find(|item| item["id"] == id).unwrap()["etag"].as_str().unwrap().to_owned()
        };
        let seen = listed().await;
        assert_eq!(created.header("etag"), seen, "{list}");
        assert_eq!(send(owner.request(Method::PATCH, &path).json(&change)).await.status, 200, "{list}");
        let remove = async |version: &str| send(owner.request(Method::DELETE, &path).header("If-Match", version)).await;
        let refused = remove(&seen).await;
        let now = listed().await;
        assert_eq!((refused.status, refused.header("etag")), (412, now.as_str()), "{list}");
        assert_eq!(refused.json()["current"]["etag"], json!(now), "{list}");
        assert_eq!(remove(&now).await.status, 200, "{list}");
    }
}

#[tokio::test]
async fn a_role_and_the_choice_of_who_answers_have_versions() {
    let (daemon, _) = with_data();
    daemon.logged_in("roni", "owner").await;
    let owner = daemon.api();
    let user = json!({"name": "noa", "role": "staff", "password": "a long enough pass"});
    let created = owner.post_json("/api/users", &user).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let path = format!("/api/users/{}", created.json()["id"]);
    for (method, path, change) in [
        (Method::PATCH, path.as_str(), [json!({"role": "owner"}), json!({"role": "staff"})]),
        (Method::PUT, "/api/answering", [json!({"mode": "agent"}), json!({"mode": "settings"})]),
    ] {
        let send_with = async |version: &str, body: &Value| {
            send(owner.request(method.clone(), path).header("If-Match", version).json(body)).await
        };
        let seen = send_with("*", &change[0]).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let next = send_with(seen.header("etag"), &change[1]).await;
        assert_eq!(next.status, 200, "{}", next.text());
        let refused = send_with(seen.header("etag"), &change[0]).await;
        assert_eq!((refused.status, refused.header("etag")), (412, next.header("etag")), "{path}");
    }
    let users = owner.get("/api/users").await.json();
    let listed = users["items"].as_array().unwrap().iter().find(|user| user["name"] == "noa").unwrap();
    assert!(listed["etag"].as_str().is_some_and(|etag| etag.len() > 10), "{listed}");
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
            // These requests have what they are based on in the body: versions of settings, and the text of a draft.
            let in_body = [("patch", "/api/settings"), ("put", "/api/threads/{id}/draft")];
            let is_in_body = in_body.contains(&(method.as_str(), path.as_str()));
            assert_eq!(takes || is_in_body, operation["responses"]["412"].is_object(), "{method} {path}");
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

//! The responses match the API document.

use super::{change, with_data};
use crate::support::whatsapp::until;
use crate::support::{Client, Daemon};
use reqwest::Method;
use serde_json::{Value, json};

/// Checks a response against its schema in the document.
fn check(document: &Value, method: &Method, template: &str, status: u16, body: &Value) {
    let operation = &document["paths"][template][method.as_str().to_lowercase()];
    let schema = &operation["responses"][status.to_string()]["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{method} {template} does not document {status}");
    let schema = json!({"allOf": [schema], "components": document["components"]});
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(body).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{method} {template}: {errors:?}\n{body:#}");
}

async fn get(document: &Value, api: &Client, template: &str, path: &str, status: u16) {
    let reply = api.get(path).await;
    assert_eq!(reply.status, status, "{path}");
    let headers = &document["paths"][template]["get"]["responses"][status.to_string()]["headers"];
    assert_eq!(headers["ETag"].is_object(), reply.headers.contains_key("etag"), "{path}");
    check(document, &Method::GET, template, status, &reply.json());
}

#[tokio::test]
async fn answers_conform_to_their_schemas() {
    let (_daemon, api) = with_data();
    let document = api.get("/api/openapi.json").await.json();
    for (method, template, path, body) in [
        ("POST", "/api/tags", "/api/tags", json!({"name": "VIP"})),
        (
            "POST",
            "/api/custom-fields",
            "/api/custom-fields",
            json!({"name": "Car", "kind": "choice", "choices": ["Fiat"]}),
        ),
        ("POST", "/api/contacts/{id}/notes", "/api/contacts/1/notes", json!({"text": "x"})),
        ("POST", "/api/tasks", "/api/tasks", json!({"title": "x", "contact_id": 1, "due_date": "2026-12-01"})),
        ("POST", "/api/leads", "/api/leads", json!({"title": "x", "contact_id": 1, "value_minor": 5})),
        ("POST", "/api/lead-stages", "/api/lead-stages", json!({"name": "x"})),
        ("POST", "/api/contacts", "/api/contacts", json!({"number": "+972521111111"})),
    ] {
        let created = change(&api, method, path, body, 201).await;
        check(&document, &Method::POST, template, 201, &created);
    }
    change(&api, "PUT", "/api/contacts/1/tags/1", Value::Null, 200).await;
    change(&api, "PUT", "/api/contacts/1/fields/1", json!({"value": "Fiat"}), 200).await;
    for (template, path, status) in [
        ("/api/threads", "/api/threads", 200),
        ("/api/threads", "/api/threads?limit=1", 200),
        ("/api/threads", "/api/threads?type=bogus", 400),
        ("/api/threads/{id}", "/api/threads/1", 200),
        ("/api/threads/{id}", "/api/threads/99", 404),
        ("/api/threads/{id}/messages", "/api/threads/1/messages?limit=2", 200),
        ("/api/calls", "/api/calls", 200),
        ("/api/calls/{id}", "/api/calls/1", 200),
        ("/api/calls/{id}", "/api/calls/2", 200),
        ("/api/calls/{id}/recording", "/api/calls/2/recording", 404),
        ("/api/contacts", "/api/contacts", 200),
        ("/api/contacts", "/api/contacts?sort=name&tag_id=1", 200),
        ("/api/contacts/{id}", "/api/contacts/1", 200),
        ("/api/services", "/api/services", 200),
        ("/api/resources", "/api/resources", 200),
        ("/api/resources/{id}/hours", "/api/resources/1/hours", 200),
        ("/api/opening-hours", "/api/opening-hours", 200),
        ("/api/calendar/days", "/api/calendar/days?from=2027-04-01&to=2027-06-30", 200),
        ("/api/free-slots", "/api/free-slots?service_id=1", 400),
        ("/api/appointments", "/api/appointments", 200),
        ("/api/contacts/{id}/notes", "/api/contacts/1/notes", 200),
        ("/api/tags", "/api/tags", 200),
        ("/api/custom-fields", "/api/custom-fields", 200),
        ("/api/tasks", "/api/tasks?state=all", 200),
        ("/api/tasks/{id}", "/api/tasks/1", 200),
        ("/api/tasks/{id}", "/api/tasks/99", 404),
        ("/api/lead-stages", "/api/lead-stages", 200),
        ("/api/leads", "/api/leads", 200),
        ("/api/leads/{id}", "/api/leads/1", 200),
        ("/api/users", "/api/users", 200),
        ("/api/tokens", "/api/tokens", 200),
        ("/api/audit", "/api/audit?limit=1", 200),
        ("/api/settings", "/api/settings", 200),
        ("/api/session", "/api/session", 200),
        ("/api/setup", "/api/setup", 200),
        ("/api/whatsapp/bridge", "/api/whatsapp/bridge", 200),
    ] {
        get(&document, &api, template, path, status).await;
    }
    let token = api.post_json("/api/tokens", &json!({"name": "till"})).await;
    check(&document, &Method::POST, "/api/tokens", 201, &token.json());
    let user = json!({"name": "dana", "role": "owner", "password": "correct horse"});
    let made = api.post_json("/api/users", &user).await;
    check(&document, &Method::POST, "/api/users", 201, &made.json());
    let service = api.post_json("/api/services", &json!({"name": "a", "duration_min": 30})).await;
    check(&document, &Method::POST, "/api/services", 201, &service.json());
    let start = format!(
        "{:.0}",
        (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1)).round(jiff::Unit::Minute).unwrap()
    );
    let appointment = json!({"contact_id": 1, "service_id": 1, "starts_at": start, "force": true});
    let booked = api.post_json("/api/appointments", &appointment).await;
    check(&document, &Method::POST, "/api/appointments", 201, &booked.json());
    let refused = api.post_json("/api/appointments", &appointment).await;
    check(&document, &Method::POST, "/api/appointments", 409, &refused.json());
    get(&document, &api, "/api/free-slots", "/api/free-slots?service_id=1", 200).await;
    let merged = api.post_json("/api/contacts/1/merge", &json!({"contact_id": 3})).await;
    check(&document, &Method::POST, "/api/contacts/{id}/merge", 200, &merged.json());
    assert_eq!(api.post_json("/api/self-check", &json!({})).await.status, 202);
    let ended = async || (!api.get("/api/self-check").await.json()["last"].is_null()).then_some(());
    until("the self-check", ended).await;
    get(&document, &api, "/api/self-check", "/api/self-check", 200).await;
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let daemon = Daemon::prepare(|_| {});
    let served = daemon.cli(&["openapi"]).stdout;
    let committed = include_bytes!("../../../docs/openapi.json");
    assert!(served == committed, "docs/openapi.json differs; `make openapi` regenerates it");
}

#[test]
fn the_document_lists_the_errors_that_follow_from_the_kind_of_an_operation() {
    let document: Value = serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = &operation["responses"];
            let takes_json = operation["requestBody"]["content"]["application/json"].is_object();
            assert_eq!(takes_json, responses["415"].is_object(), "{method} {path}: 415");
            assert!(takes_json || responses["422"].is_null(), "{method} {path}: 422 without fields");
            let text = operation["description"].as_str().unwrap_or_default();
            let has_ranges = responses["206"].is_object() && responses["416"].is_object();
            assert!(has_ranges || !text.contains("Byte ranges are supported"), "{method} {path}: 206 and 416");
            if operation["security"][0]["cookie"] == json!(["owner"]) {
                let description = responses["403"]["description"].as_str().unwrap_or_default();
                assert!(description.contains("`forbidden`"), "{method} {path}: 403 is {description:?}");
            }
        }
    }
}

#[test]
fn operations_can_be_generated_into_clients() {
    let document: Value = serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id), "{method} {path}: {id} is used twice");
            assert!(tags.contains(&&operation["tags"][0]), "{id}: {}", operation["tags"]);
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(summary.ends_with('.') && summary.starts_with(char::is_uppercase), "{id}: {summary:?}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert_ne!(response["description"], "", "{id} {status}");
            }
        }
    }
}

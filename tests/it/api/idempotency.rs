//! Requests with an `Idempotency-Key` that create an item: however often they are repeated, there is one.

use super::{change, with_data};
use crate::support::client::send;
use crate::support::{Client, Reply};
use reqwest::Method;
use serde_json::{Value, json};

async fn post(api: &Client, path: &str, key: &str, body: &Value) -> Reply {
    send(api.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

/// The paths at which items are created, each with two different bodies. The first two must stay the first ones.
fn creations() -> Vec<(&'static str, Value, Value)> {
    let days = json!({"from_date": "2030-12-01", "to_date": "2030-12-02"});
    let with = |mut body: Value, field: &str, value: Value| {
        body[field] = value;
        body
    };
    let waits = with(with(days.clone(), "contact_id", json!(1)), "service_id", json!(1));
    let closure = with(days, "reason", json!("חופשה"));
    let service = |name: &str| json!({"name": name, "duration_min": 30});
    vec![
        ("/api/services", service("תספורת"), service("צבע")),
        ("/api/resources", json!({"name": "רות"}), json!({"name": "דנה"})),
        ("/api/contacts/1/notes", json!({"text": "a"}), json!({"text": "b"})),
        ("/api/tags", json!({"name": "VIP"}), json!({"name": "new"})),
        ("/api/facts", json!({"topic": "חניה", "text": "יש"}), json!({"topic": "חניה", "text": "אין"})),
        ("/api/waiting-list", waits.clone(), with(waits, "contact_id", json!(2))),
        ("/api/leads", json!({"title": "a", "contact_id": 1}), json!({"title": "b", "contact_id": 1})),
        ("/api/lead-stages", json!({"name": "a"}), json!({"name": "b"})),
        ("/api/saved-replies", json!({"shortcut": "a", "text": "x"}), json!({"shortcut": "b", "text": "x"})),
        ("/api/closures", closure.clone(), with(closure, "reason", json!("חג"))),
        ("/api/custom-fields", json!({"name": "a", "kind": "text"}), json!({"name": "b", "kind": "text"})),
        (
            "/api/contacts",
            json!({"display_name": "a", "number": "050-7654321"}),
            json!({"display_name": "b", "number": "050-7654322"}),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_creation_is_done_once_for_each_key() {
    let (mut daemon, api) = with_data();
    let dana = daemon.logged_in("dana", "owner").await;
    let mut firsts = Vec::new();
    for (path, body, other) in creations() {
        let first = post(&api, path, "k", &body).await;
        assert_eq!(first.status, 201, "{path}: {}", first.text());
        let first = first.json();
        let again = post(&api, path, "k", &body).await;
        assert_eq!((again.status, again.json()), (201, first.clone()), "{path}");
        assert!(!again.header("etag").is_empty(), "{path}");
        let refused = post(&api, path, "k", &other).await;
        assert_eq!((refused.status, &refused.json()["error"]["code"]), (422, &json!("key_reused")), "{path}");
        let second = post(&api, path, "k2", &other).await;
        assert_eq!(second.status, 201, "{path}: {}", second.text());
        assert_ne!(second.json()["id"], first["id"], "{path}");
        // Keys belong to the user, and the same key of another user is another request.
        let by_dana = post(&dana, path, "k2", &body).await;
        assert!(by_dana.status == 409 || by_dana.json()["id"] != first["id"], "{path}: {}", by_dana.text());
        firsts.push((path, body, first));
    }
    tokio::task::block_in_place(|| {
        daemon.kill9();
        daemon.launch();
    });
    let audited = || daemon.query_value::<i64>("SELECT count(*) FROM audit_log");
    let before = audited();
    for (path, body, first) in firsts {
        // The order of fields and absent fields do not matter.
        let again = post(&api, path, "k", &body).await;
        assert_eq!((again.status, &again.json()["id"]), (201, &first["id"]), "{path} after a restart");
    }
    assert_eq!(audited(), before, "repeated requests change nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_with_one_key_at_once_create_one_item() {
    let (daemon, api) = with_data();
    let body = json!({"text": "once"});
    let replies = (0..20).map(|_| post(&api, "/api/contacts/1/notes", "k", &body));
    let replies = futures_util::future::join_all(replies).await;
    let answers: Vec<_> = replies.iter().map(|reply| (reply.status, reply.json())).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 201), "{answers:?}");
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM contact_notes"), 1);
    // The path is a part of the request.
    let other = post(&api, "/api/contacts/2/notes", "k", &body).await;
    assert_eq!((other.status, &other.json()["error"]["code"]), (422, &json!("key_reused")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_never_leads_to_an_item_that_got_the_id_of_a_deleted_one() {
    let (_daemon, api) = with_data();
    post(&api, "/api/services", "s", &json!({"name": "תספורת", "duration_min": 30})).await;
    for (path, body, other) in creations() {
        if ![
            "/api/tags",
            "/api/facts",
            "/api/leads",
            "/api/lead-stages",
            "/api/saved-replies",
            "/api/closures",
            "/api/waiting-list",
        ]
        .contains(&path)
        {
            continue;
        }
        let first = post(&api, path, "k", &body).await.json()["id"].clone();
        change(&api, "DELETE", &format!("{path}/{first}"), Value::Null, 200).await;
        assert_eq!(post(&api, path, "k", &body).await.status, 404, "{path}: it was deleted");
        let next = change(&api, "POST", path, other, 201).await;
        assert_eq!(next["id"], first, "{path}: SQLite has reused the id");
        assert_eq!(post(&api, path, "k", &body).await.status, 404, "{path}: the id is another item's now");
    }
    let task = json!({"title": "a"});
    let first = post(&api, "/api/tasks", "k", &task).await.json()["id"].clone();
    change(&api, "DELETE", &format!("/api/tasks/{first}"), Value::Null, 200).await;
    assert_eq!(change(&api, "POST", "/api/tasks", json!({"title": "b"}), 201).await["id"], first);
    assert_eq!(post(&api, "/api/tasks", "k", &task).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_returns_the_item_as_it_is_now_and_keys_are_checked() {
    let (_daemon, api) = with_data();
    let body = json!({"text": "a"});
    let first = post(&api, "/api/contacts/1/notes", "k", &body).await.json()["id"].clone();
    change(&api, "PATCH", &format!("/api/notes/{first}"), json!({"text": "b"}), 200).await;
    assert_eq!(post(&api, "/api/contacts/1/notes", "k", &body).await.json()["text"], "b");
    for key in ["", " ", "x".repeat(256).as_str()] {
        assert_eq!(post(&api, "/api/contacts/1/notes", key, &body).await.status, 400, "{key:?}");
    }
    // A refused request uses up no key.
    assert_eq!(post(&api, "/api/contacts/1/notes", "k3", &json!({"text": ""})).await.status, 400);
    assert_eq!(post(&api, "/api/contacts/1/notes", "k3", &json!({"text": "c"})).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_for_a_token_creates_none_and_does_not_show_the_secret() {
    let (daemon, _) = with_data();
    let owner = daemon.logged_in("roni", "owner").await;
    let tokens = || daemon.query_value::<i64>("SELECT count(*) FROM api_tokens");
    let before = tokens();
    let body = json!({"name": "till"});
    let first = post(&owner, "/api/tokens", "k", &body).await;
    assert_eq!(first.status, 201, "{}", first.text());
    let again = post(&owner, "/api/tokens", "k", &body).await;
    assert_eq!((again.status, &again.json()["error"]["code"]), (409, &json!("conflict")));
    assert_eq!(tokens(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_about_a_contact_are_deleted_with_the_contact() {
    let (daemon, api) = with_data();
    let owner = daemon.logged_in("roni", "owner").await;
    post(&api, "/api/services", "s", &json!({"name": "תספורת", "duration_min": 30})).await;
    for (path, body, _) in creations() {
        if ["/api/contacts/1/notes", "/api/leads", "/api/waiting-list"].contains(&path) {
            assert_eq!(post(&api, path, "k", &body).await.status, 201, "{path}");
        }
    }
    let keys = || daemon.query_value::<i64>("SELECT count(*) FROM idempotency_keys WHERE key NOT LIKE 'erased %'");
    assert_eq!(keys(), 4);
    change(&owner, "POST", "/api/contacts/1/erase", json!({"confirm": "דנה לוי"}), 200).await;
    assert_eq!(keys(), 1, "of the service");
}

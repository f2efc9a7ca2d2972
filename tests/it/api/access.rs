//! Every route of the document for everybody who may come.

use super::with_data;
use crate::support::client::send;
use crate::support::{Client, Daemon};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Every operation of the document: its method, and its path with ids that exist nowhere.
fn operations(document: &Value) -> Vec<(Method, String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            (method, path.replace("{id}", "987654"), operation)
        })
    });
    all.collect()
}

fn is_open(operation: &Value) -> bool {
    operation["security"] == json!([{}])
}

async fn status(client: &Client, method: &Method, path: &str) -> u16 {
    let reply = send(client.request(method.clone(), path).json(&json!({}))).await;
    if reply.status >= 400 {
        let error = reply.json();
        assert_eq!(error["ok"], false, "{method} {path}");
        assert!(
            error["error"]["code"].is_string() && error["error"]["message"].is_string(),
            "{method} {path}: {error}"
        );
    }
    reply.status
}

#[tokio::test]
async fn every_route_asks_who_it_is() {
    let daemon = Daemon::start(|_| {});
    let document = daemon.client().get("/api/openapi.json").await.json();
    let operations = operations(&document);
    assert!(operations.len() >= 25, "{}", operations.len());
    let nobody = daemon.client();
    let forged = daemon.client().with_token("agl_0000000000000000000000000000000000000000000");
    let staff = daemon.client().with_token(&daemon.token("staff"));
    let owner = daemon.client().with_token(&daemon.token("owner"));
    let cookie_alone = daemon.logged_in("dana", "owner").await.with_header("x-csrf-token", "");
    let open: BTreeSet<_> =
        operations.iter().filter(|(.., o)| is_open(o)).map(|(m, path, _)| format!("{m} {path}")).collect();
    assert_eq!(
        open.iter().map(String::as_str).collect::<Vec<_>>(),
        ["GET /api/openapi.json", "GET /api/setup", "POST /api/login", "POST /api/setup"]
    );
    for (method, path, operation) in &operations {
        if is_open(operation) {
            continue;
        }
        for client in [&nobody, &forged] {
            assert_eq!(status(client, method, path).await, 401, "{method} {path}");
        }
        for client in [&staff, &owner] {
            let status = status(client, method, path).await;
            assert!(status < 500 && status != 401, "{method} {path}: {status}");
        }
        let wanted = if *method == Method::GET { 200..500 } else { 403..404 };
        let status = status(&cookie_alone, method, path).await;
        assert!(wanted.contains(&status), "{method} {path} with a cookie alone: {status}");
    }
}

#[tokio::test]
async fn the_house_is_for_owners() {
    let daemon = Daemon::start(|_| {});
    let (staff, owner) = (daemon.token("staff"), daemon.token("owner"));
    let (staff, owner) = (daemon.client().with_token(&staff), daemon.client().with_token(&owner));
    for path in ["/api/users", "/api/tokens", "/api/audit", "/api/settings"] {
        assert_eq!((status(&staff, &Method::GET, path).await, status(&owner, &Method::GET, path).await), (403, 200));
    }
    for (method, path) in
        [(Method::POST, "/api/users/1/password"), (Method::DELETE, "/api/users/1"), (Method::DELETE, "/api/tokens/1")]
    {
        let reply = send(staff.request(method.clone(), path).json(&json!({"password": "correct horse"}))).await;
        assert_eq!(reply.status, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn every_route_of_the_code_is_in_the_document() {
    let daemon = Daemon::prepare(|_| {});
    let document: Value = serde_json::from_slice(&daemon.cli(&["openapi"]).stdout).unwrap();
    let known: BTreeSet<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let mut routes = BTreeSet::new();
    collect_routes(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/http")), &mut routes);
    assert_eq!(known, routes);
}

fn collect_routes(folder: &std::path::Path, routes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_routes(&path, routes);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            let found = text.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            let found = found.filter_map(|rest| rest.split('"').next()).filter(|path| path.starts_with("/api/"));
            routes.extend(found.map(str::to_owned));
        }
    }
}

#[tokio::test]
async fn unknown_paths_tell_strangers_nothing() {
    let (daemon, api) = with_data();
    for path in ["/api", "/api/", "/api/nothing", "/api/threads/1/nothing", "/api/setup/x"] {
        assert_eq!(status(&daemon.client(), &Method::GET, path).await, 401, "{path}");
        assert_eq!(status(&api, &Method::GET, path).await, 404, "{path}");
    }
    assert_eq!(status(&daemon.client(), &Method::DELETE, "/api/threads").await, 401);
    assert_eq!(status(&api, &Method::DELETE, "/api/threads").await, 405);
    assert_eq!(status(&daemon.client(), &Method::DELETE, "/api/login").await, 405);
    for path in ["/api/media/%ff", "/api/media/x", "/api/threads/%ff", "/api/threads/99999999999999999999"] {
        let reply = api.get(path).await;
        assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (404, json!("not_found")), "{path}");
    }
    for path in ["/nothing", "/webhook/nothing", "/ws/nothing", "/static/nothing", "/apix"] {
        let reply = daemon.client().get(path).await;
        assert_eq!((reply.status, reply.header("content-type")), (404, "text/plain; charset=utf-8"), "{path}");
    }
}

#[tokio::test]
async fn bodies_that_are_wrong_are_the_senders_fault() {
    let (daemon, api) = with_data();
    let post = |body: Vec<u8>, kind: &'static str| {
        send(api.request(Method::POST, "/api/tokens").header("content-type", kind).body(body))
    };
    for (body, kind, wanted) in [
        (b"{".to_vec(), "application/json", 400),
        (b"{}".to_vec(), "application/json", 422),
        (br#"{"name":"x","role":"king"}"#.to_vec(), "application/json", 422),
        (br#"{"name":""}"#.to_vec(), "application/json", 400),
        (b"name=x".to_vec(), "application/x-www-form-urlencoded", 415),
        (vec![b' '; (1 << 20) + 1], "application/json", 413),
    ] {
        let reply = post(body, kind).await;
        assert_eq!((reply.status, reply.json()["ok"].clone()), (wanted, json!(false)), "{kind} {wanted}");
        assert!(!reply.text().contains("eserialize"), "the framework's words are not for people: {}", reply.text());
    }
    drop(daemon);
}

#[tokio::test]
async fn each_answer_has_an_id_of_its_own() {
    let daemon = Daemon::start(|_| {});
    let ids: BTreeSet<_> = [
        daemon.client().get("/healthz").await.header("x-request-id").to_owned(),
        daemon.client().get("/api/threads").await.header("x-request-id").to_owned(),
        daemon.client().get("/nothing").await.header("x-request-id").to_owned(),
    ]
    .into();
    assert!(ids.len() == 3 && ids.iter().all(|id| id.len() == 16), "{ids:?}");
}

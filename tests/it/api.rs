//! The API: access, answers, and errors.

mod access;
mod audit;
mod backups;
mod bodies;
mod calls;
mod client;
mod compression;
mod contact_details;
mod contact_list;
mod contact_merge;
mod contacts;
mod document;
mod erasure;
mod etags;
mod events;
mod fuzz;
mod greeting;
mod idempotency;
mod inbox;
mod leads;
mod media;
mod privacy;
mod refused_fields;
mod replies;
mod restart;
mod retention_preview;
mod search;
mod setup_progress;
mod tasks;
mod threads;
mod unchanged;
mod uploads;

use super::support::client::send;
use super::support::{Client, Daemon};
use reqwest::Method;
use serde_json::Value;

/// Sends a request with a JSON body, or without a body if `body` is null. Checks the status, and returns the JSON of
/// the response.
pub(super) async fn change(api: &Client, method: &str, path: &str, body: Value, status: u16) -> Value {
    let request = api.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
    let request = if body.is_null() { request } else { request.json(&body) };
    let reply = send(request).await;
    assert_eq!(reply.status, status, "{method} {path} {body}: {}", reply.text());
    reply.json()
}

/// Returns the values of a field in a list of objects.
fn column(items: &Value, field: &str) -> Vec<Value> {
    items.as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}

/// Starts a daemon with threads, messages and calls. Returns the daemon and a client of its API.
fn with_data() -> (Daemon, Client) {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("api/data.sql"));
    daemon.launch();
    let api = daemon.api();
    (daemon, api)
}

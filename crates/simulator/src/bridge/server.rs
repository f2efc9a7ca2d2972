//! The HTTP server of the fake bridge: its authentication, and the routes `/send` and `/media/{id}`.

use super::link;
use super::state::{
    BridgeBehavior, BridgeFault, BridgeFile, BridgeOptions, BridgeSent, BridgeState, Shared, error, lock,
};
use crate::entropy;
use crate::server::Server;
use crate::{EventLog, Party};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A running bridge. Dropping this value stops the server.
pub struct Bridge {
    server: Server,
    shared: Arc<Shared>,
}

impl Bridge {
    /// Starts the bridge on `listener`. A request with a wrong secret, an invalid body, or the idempotency key of
    /// another message is recorded as a violation in `log`.
    pub fn start(listener: TcpListener, options: BridgeOptions, log: EventLog) -> std::io::Result<Self> {
        let state =
            |_, _| Shared { log, options: Mutex::new(options), faults: Mutex::default(), memory: Mutex::default() };
        let (server, shared) = Server::start(listener, state, routes)?;
        Ok(Self { server, shared })
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the value for `BAILEYS_OUTBOUND_URL`.
    pub fn send_url(&self) -> String {
        format!("http://{}/send", self.address())
    }

    /// Returns the requests that the bridge has received, and the messages that it has sent.
    pub fn state(&self) -> BridgeState {
        lock(&self.shared.memory).state.clone()
    }

    /// Changes the options of the running bridge.
    pub fn change(&self, change: impl FnOnce(&mut BridgeOptions)) {
        change(&mut lock(&self.shared.options));
    }

    /// Applies `fault` to the next `times` send requests that are valid, arrive while the bridge is connected, and
    /// whose message has not been sent yet.
    pub fn fail_next(&self, fault: BridgeFault, times: usize) {
        lock(&self.shared.faults).extend(std::iter::repeat_n(fault, times));
    }

    /// Stores a media file of a message; returns its URL.
    pub fn keep_file(&self, id: &str, file: BridgeFile) -> String {
        lock(&self.shared.memory).files.insert(id.to_owned(), file);
        format!("http://{}/media/{id}", self.address())
    }

    /// Stops the bridge and returns its state. The port is free when this function returns.
    pub async fn stop(self) -> BridgeState {
        let state = self.state();
        self.server.stop().await;
        state
    }
}

fn routes(shared: Arc<Shared>) -> Router {
    let guarded = Router::new()
        .route("/send", post(send))
        .merge(link::routes())
        .merge(file_routes())
        .layer(from_fn_with_state(shared.clone(), require_secret));
    Router::new()
        .merge(link::open_routes())
        .merge(guarded)
        .layer(from_fn_with_state(shared.clone(), apply_behavior))
        .with_state(shared)
}

async fn apply_behavior(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let behavior = lock(&shared.options).behavior;
    if behavior == BridgeBehavior::Hanging {
        std::future::pending::<()>().await;
    }
    let known = matches!(request.uri().path(), "/send" | "/health" | "/healthz" | "/qr" | "/logout" | "/pairing-code");
    if behavior == BridgeBehavior::Minimal && !known {
        return (StatusCode::NOT_FOUND, "Cannot find that").into_response();
    }
    next.run(request).await
}

async fn require_secret(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let secret = lock(&shared.options).secret.clone();
    let given = request.headers().get("x-baileys-secret").map(|value| value.as_bytes().to_vec());
    if secret.is_none() || given != secret.map(String::into_bytes) {
        shared.log.violation(Party::Bridge, format!("{} with a wrong secret", request.uri().path()));
        return error(StatusCode::UNAUTHORIZED, "unauthorized", "X-BAILEYS-SECRET is missing or wrong");
    }
    next.run(request).await
}

async fn send(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    lock(&shared.memory).state.requests += 1;
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let complaints = complaints(kind, &asked);
    if !complaints.is_empty() {
        let complaints = complaints.join("; ");
        shared.log.violation(Party::Bridge, format!("/send: {complaints}"));
        return error(StatusCode::BAD_REQUEST, "bad_request", &complaints);
    }
    let key = asked["idempotencyKey"].as_str().unwrap_or_default().to_owned();
    if let Some((before, id)) = lock(&shared.memory).by_key.get(&key) {
        if *before != asked {
            shared.log.violation(Party::Bridge, format!("/send: the key {key} is used for another message"));
        }
        return done(id);
    }
    if !lock(&shared.options).connected {
        return not_connected();
    }
    let fault = lock(&shared.faults).pop_front();
    let is_sent = matches!(fault, None | Some(BridgeFault::HangAfterSend | BridgeFault::UnknownSent));
    let id = if is_sent { record_sent(&shared, &key, asked) } else { String::new() };
    match fault {
        None => done(&id),
        Some(BridgeFault::HangAfterSend | BridgeFault::HangBefore) => std::future::pending().await,
        Some(BridgeFault::NotConnected) => not_connected(),
        Some(BridgeFault::Refused) => {
            error(StatusCode::UNPROCESSABLE_ENTITY, "not_on_whatsapp", "this number is not on WhatsApp")
        }
        Some(BridgeFault::Broken) => error(StatusCode::INTERNAL_SERVER_ERROR, "internal", "broken as planned"),
        Some(BridgeFault::UnknownSent | BridgeFault::UnknownNotSent) => {
            error(StatusCode::GATEWAY_TIMEOUT, "unknown", "no answer from WhatsApp in time")
        }
    }
}

fn record_sent(shared: &Shared, key: &str, asked: Value) -> String {
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let media_url = asked["mediaUrl"].as_str().or(asked["media_url"].as_str()).map(str::to_owned);
    let id = format!("3EB0{}", entropy::random_hex::<9>().to_uppercase());
    let sent = BridgeSent {
        to: text("to"),
        kind: text("type"),
        text: text("text"),
        media_url,
        key: key.to_owned(),
        provider_msg_id: id.clone(),
    };
    shared.log.note(Party::Bridge, format!("sends a message to {} ({id})", sent.to));
    let mut memory = lock(&shared.memory);
    memory.state.sent.push(sent);
    memory.by_key.insert(key.to_owned(), (asked, id.clone()));
    id
}

fn complaints(kind: &str, asked: &Value) -> Vec<String> {
    let Value::Object(fields) = asked else { return vec!["the body is no JSON object".into()] };
    let mut wrong = Vec::new();
    if kind.split(';').next() != Some("application/json") {
        wrong.push(format!("the content type is \"{kind}\""));
    }
    for (name, value) in fields {
        let known = matches!(name.as_str(), "to" | "type" | "text" | "mediaUrl" | "media_url" | "idempotencyKey");
        if name == "quoted" {
            wrong.extend(quote_complaint(value).map(str::to_owned));
        } else if !known {
            wrong.push(format!("{name} is not known"));
        } else if !(value.is_string() || value.is_null() && matches!(name.as_str(), "text" | "mediaUrl" | "media_url"))
        {
            wrong.push(format!("{name} is no text"));
        }
    }
    let text = |name: &str| asked[name].as_str().unwrap_or_default();
    let user = text("to").split('@').next().unwrap_or_default().trim_start_matches('+');
    if user.is_empty() || !user.bytes().all(|byte| byte.is_ascii_digit()) {
        wrong.push(format!("to is \"{}\"", text("to")));
    }
    if text("idempotencyKey").is_empty() {
        wrong.push("there is no idempotencyKey".into());
    }
    let media = !text("mediaUrl").is_empty() || !text("media_url").is_empty();
    match text("type") {
        "text" if text("text").is_empty() => wrong.push("a text without text".into()),
        "image" | "audio" | "video" | "document" if !media => wrong.push("a file without mediaUrl".into()),
        "text" | "image" | "audio" | "video" | "document" => {}
        other => wrong.push(format!("type is \"{other}\"")),
    }
    wrong
}

/// Returns the error in the `quoted` field of a send request, by the rules of the real bridge: every value of `fromMe`
/// except `true` counts as `false`.
fn quote_complaint(quoted: &Value) -> Option<&'static str> {
    if quoted.is_null() {
        return None;
    }
    if !quoted.is_object() {
        return Some("quoted is no JSON object");
    }
    let id = quoted["id"].as_str().unwrap_or_default();
    if id.is_empty() || id.encode_utf16().count() > MAX_QUOTED_ID {
        return Some("quoted.id is not the id of a message");
    }
    let text = &quoted["text"];
    if text.is_string() || text.is_null() { None } else { Some("quoted.text is no text") }
}

/// The maximum length of the id of a quoted message, in UTF-16 units.
const MAX_QUOTED_ID: usize = 256;

fn done(id: &str) -> Response {
    Json(json!({"ok": true, "provider_msg_id": id})).into_response()
}

fn not_connected() -> Response {
    error(StatusCode::SERVICE_UNAVAILABLE, "not_connected", "WhatsApp is not connected")
}

fn file_routes() -> Router<Arc<Shared>> {
    Router::new().route("/media/{id}", get(show_file).delete(release_file))
}

async fn show_file(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    match lock(&shared.memory).files.get(&id) {
        Some(BridgeFile::Ready { mime, content }) => ([(header::CONTENT_TYPE, *mime)], *content).into_response(),
        Some(BridgeFile::OnItsWay) => {
            let reason = error(StatusCode::SERVICE_UNAVAILABLE, "not_yet", "the file is on its way");
            ([(header::RETRY_AFTER, "1")], reason).into_response()
        }
        Some(BridgeFile::Gone) => error(StatusCode::GONE, "gone", "WhatsApp does not have the file any more"),
        None => error(StatusCode::NOT_FOUND, "not_found", "there is no such file"),
    }
}

async fn release_file(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> StatusCode {
    let mut memory = lock(&shared.memory);
    memory.files.remove(&id);
    memory.state.released.push(id);
    StatusCode::NO_CONTENT
}

//! A fake of the bridge's HTTP interface, which sends once for each idempotency key.

use super::{hang_up, serve};
use crate::support::Setup;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

pub const SHARED_SECRET: &str = "the-shared-secret";
pub const WEBHOOK_SECRET: &str = "the-webhook-secret";

/// The outcome of the next send request.
#[derive(Clone, Copy, Debug)]
pub enum BridgeReply {
    /// The message is sent.
    Send,
    /// The message is sent, but the response is lost.
    SendWithoutReply,
    /// The message is not sent, and no response follows.
    DropWithoutReply,
    /// The message is not sent, and the response has this status.
    Refuse(u16),
    /// The message is not sent, because its file cannot be fetched now.
    NoFile,
    /// The bridge reports that the idempotency key was used for another message.
    KeyReused,
    /// The message is sent after this delay, and then the response.
    SendAfter(std::time::Duration),
}

pub struct FakeBridge {
    pub origin: String,
    state: Shared,
    _server: tokio::task::JoinHandle<()>,
}

type Shared = Arc<Mutex<Bridge>>;

#[derive(Default)]
struct Bridge {
    next: VecDeque<BridgeReply>,
    down: bool,
    no_echo: bool,
    refuses_secret: bool,
    health_checks: usize,
    /// Every send request with its authentication headers.
    requests: Vec<(Value, String, String)>,
    /// The body of the last request, byte for byte.
    last_body: Bytes,
    /// The messages that were sent. `keys` has their message ids by idempotency key.
    sent: Vec<Value>,
    keys: HashMap<String, String>,
    /// The addresses that the bridge was requested to forget.
    forgotten: Vec<Value>,
}

impl FakeBridge {
    pub async fn start() -> Self {
        let state = Shared::default();
        let file = || async { ([("content-type", "audio/ogg")], "a voice") };
        let routes = Router::new()
            .route("/send", post(send))
            .route("/health", get(health))
            .route("/status", get(status))
            .route("/forget", post(forget))
            .route("/media/1", get(file))
            .with_state(state.clone());
        let (origin, server) = serve(routes).await;
        Self { origin, state, _server: server }
    }

    /// Makes the daemon send by this bridge, without delays between messages.
    pub fn configure(&self, setup: &mut Setup) {
        setup.env("WA_SHARED_SECRET", SHARED_SECRET).env("BAILEYS_WEBHOOK_SECRET", WEBHOOK_SECRET);
        setup.env("BAILEYS_OUTBOUND_URL", format!("{}/send", self.origin)).env("WA_PACING", "off");
    }

    /// Sets the outcomes of the next requests. Later requests succeed.
    pub fn reply_next(&self, next: impl IntoIterator<Item = BridgeReply>) {
        self.state.lock().unwrap().next.extend(next);
    }

    /// Sets whether the bridge reports that it is not connected.
    pub fn down(&self, down: bool) {
        self.state.lock().unwrap().down = down;
    }

    /// Sets whether the bridge reports that its link receives no messages.
    pub fn set_no_echo(&self, no_echo: bool) {
        self.state.lock().unwrap().no_echo = no_echo;
    }

    /// Sets whether the bridge refuses the secret in each request that needs it.
    pub fn set_refuses_secret(&self, refuses_secret: bool) {
        self.state.lock().unwrap().refuses_secret = refuses_secret;
    }

    /// Returns the number of health requests.
    pub fn health_checks(&self) -> usize {
        self.state.lock().unwrap().health_checks
    }

    /// Returns every send request with its token and signature.
    pub fn requests(&self) -> Vec<(Value, String, String)> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Returns the body of the last request, byte for byte.
    pub fn last_body(&self) -> Bytes {
        self.state.lock().unwrap().last_body.clone()
    }

    /// Returns the messages that the contacts received, in order.
    pub fn sent(&self) -> Vec<Value> {
        self.state.lock().unwrap().sent.clone()
    }

    /// Returns the addresses that the bridge was requested to forget while it was up.
    pub fn forgotten(&self) -> Vec<Value> {
        self.state.lock().unwrap().forgotten.clone()
    }

    /// Returns the texts of the messages that the contacts received.
    pub fn texts(&self) -> Vec<String> {
        self.sent().iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }
}

async fn health(State(state): State<Shared>) -> Response {
    let mut bridge = state.lock().unwrap();
    bridge.health_checks += 1;
    let status = if bridge.down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let result = if bridge.no_echo { "no_echo" } else { "ok" };
    let link_check = json!({ "result": result, "at": 1_700_000_000_000_i64, "since": 1_700_000_000_000_i64 });
    (status, Json(json!({ "connected": !bridge.down, "ts": 1, "link_check": link_check }))).into_response()
}

/// Like a bridge without this route, unless it refuses the secret.
async fn status(State(state): State<Shared>) -> StatusCode {
    if state.lock().unwrap().refuses_secret { StatusCode::UNAUTHORIZED } else { StatusCode::NOT_FOUND }
}

async fn forget(State(state): State<Shared>, Json(request): Json<Value>) -> Response {
    let mut bridge = state.lock().unwrap();
    if bridge.down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    bridge.forgotten.push(request["addresses"].clone());
    Json(json!({ "ok": true })).into_response()
}

async fn send(State(state): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let key = request["idempotencyKey"].as_str().unwrap().to_owned();
    let reply = {
        let mut bridge = state.lock().unwrap();
        bridge.last_body = body;
        bridge.requests.push((request.clone(), header("x-baileys-secret"), header("x-baileys-signature")));
        bridge.next.pop_front().unwrap_or(BridgeReply::Send)
    };
    match reply {
        BridgeReply::Refuse(status) => {
            let body = json!({ "ok": false, "error": { "code": "no", "message": "no" } });
            return (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
        }
        BridgeReply::NoFile => {
            let body = json!({ "ok": false, "error": { "code": "file_unavailable", "message": "ENOTFOUND" } });
            return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
        }
        BridgeReply::KeyReused => {
            let body = json!({ "ok": false, "error": { "code": "key_reused", "message": "another message" } });
            return (StatusCode::CONFLICT, Json(body)).into_response();
        }
        BridgeReply::DropWithoutReply => hang_up(),
        BridgeReply::SendAfter(wait) => tokio::time::sleep(wait).await,
        BridgeReply::Send | BridgeReply::SendWithoutReply => {}
    }
    let id = {
        let mut bridge = state.lock().unwrap();
        let number = bridge.keys.len() + 1;
        let known = bridge.keys.contains_key(&key);
        if !known {
            bridge.sent.push(request);
        }
        bridge.keys.entry(key).or_insert_with(|| format!("3EB0{number:018X}")).clone()
    };
    if matches!(reply, BridgeReply::SendWithoutReply) {
        hang_up();
    }
    Json(json!({ "ok": true, "provider_msg_id": id })).into_response()
}

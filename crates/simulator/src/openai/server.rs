//! The server of the fake AI.

use super::options::OpenAiOptions;
use super::record::SessionRecord;
use super::{chat, realtime, rest};
use crate::server::Server;
use crate::{EventLog, Party};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A running fake AI. Dropping it stops it.
pub struct OpenAi {
    server: Server,
    shared: Arc<Shared>,
}

/// The requests that the fake AI has received.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OpenAiState {
    /// Realtime sessions, in order.
    pub sessions: Vec<SessionRecord>,
    /// HTTP requests in order: path and body.
    pub requests: Vec<(String, serde_json::Value)>,
}

pub(super) struct Shared {
    pub(super) log: EventLog,
    pub(super) stopping: CancellationToken,
    began: Instant,
    options: Mutex<OpenAiOptions>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    sessions: Vec<Arc<Mutex<SessionRecord>>>,
    requests: Vec<(String, serde_json::Value)>,
    transcriptions: usize,
    chats: usize,
}

impl OpenAi {
    /// Starts the server on `listener`. A request that breaks the API's rules is recorded as a violation in `log`.
    pub fn start(listener: TcpListener, options: OpenAiOptions, log: EventLog) -> std::io::Result<Self> {
        let state = |_, stopping| Shared {
            log,
            stopping,
            began: crate::clock::instant(),
            options: Mutex::new(options),
            memory: Mutex::default(),
        };
        let (server, shared) = Server::start(listener, state, |shared| routes().with_state(shared))?;
        Ok(Self { server, shared })
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the value for `OPENAI_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address())
    }

    /// Returns the requests that the server has received.
    pub fn state(&self) -> OpenAiState {
        let memory = lock(&self.shared.memory);
        let sessions = memory.sessions.iter().map(|session| lock(session).clone()).collect();
        OpenAiState { sessions, requests: memory.requests.clone() }
    }

    /// Changes the options of the running server. Open sessions are not affected.
    pub fn change(&self, change: impl FnOnce(&mut OpenAiOptions)) {
        change(&mut lock(&self.shared.options));
    }

    /// Stops the server. The port is free when this function returns.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Shared {
    pub(super) fn options(&self) -> OpenAiOptions {
        lock(&self.options).clone()
    }

    /// Returns the microseconds since the fake AI started.
    pub(super) fn now_us(&self) -> u64 {
        let since = crate::clock::instant().saturating_duration_since(self.began);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }

    /// Creates the record of a new session. Also returns the number of earlier sessions.
    pub(super) fn new_session(&self) -> (Arc<Mutex<SessionRecord>>, usize) {
        let record = Arc::<Mutex<SessionRecord>>::default();
        let mut memory = lock(&self.memory);
        memory.sessions.push(record.clone());
        (record, memory.sessions.len() - 1)
    }

    pub(super) fn record_request(&self, path: &str, asked: serde_json::Value) {
        lock(&self.memory).requests.push((path.to_owned(), asked));
    }

    /// Returns the number of transcriptions before the current one.
    pub(super) fn next_transcription_index(&self) -> usize {
        let mut memory = lock(&self.memory);
        memory.transcriptions += 1;
        memory.transcriptions - 1
    }

    /// Returns the number of the current chat completion, from 1.
    pub(super) fn next_chat(&self) -> usize {
        let mut memory = lock(&self.memory);
        memory.chats += 1;
        memory.chats
    }

    /// Returns the error response for a wrong API key; `None` if the key is correct.
    pub(super) fn check_key(&self, headers: &HeaderMap) -> Option<Response> {
        let value = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let key = value.strip_prefix("Bearer ").unwrap_or_default();
        let right = lock(&self.options).api_key.as_ref().map_or(!key.is_empty(), |own| own == key);
        if right {
            return None;
        }
        self.log.note(Party::OpenAi, "refuses a wrong key");
        Some(realtime::error(StatusCode::UNAUTHORIZED, "invalid_api_key", "Incorrect API key provided."))
    }
}

fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/realtime", get(realtime::open))
        .route("/v1/models", get(rest::models))
        .route("/v1/audio/transcriptions", post(rest::transcribe))
        .route("/v1/audio/speech", post(rest::speak))
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/responses", post(rest::respond))
        .fallback(rest::unknown)
        .layer(axum::extract::DefaultBodyLimit::max(26 << 20))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

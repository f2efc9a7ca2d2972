//! The state of the fake AI, which its routes share, and their error responses.

use super::options::OpenAiOptions;
use super::record::SessionRecord;
use crate::{EventLog, Party};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// The requests that the fake AI has received.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OpenAiState {
    /// Realtime sessions, in order.
    pub sessions: Vec<SessionRecord>,
    /// REST requests, in order: the path without `/v1`, and the body as JSON; `null` if it is not JSON. For a form: its
    /// fields, and the name and the length of its file.
    pub requests: Vec<(String, serde_json::Value)>,
    /// The number of opened WebSockets of the Responses API. `requests` contains their requests.
    pub response_sockets: usize,
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
    response_sockets: usize,
    transcriptions: usize,
    chats: usize,
}

impl Shared {
    pub(super) fn new(options: OpenAiOptions, log: EventLog, stopping: CancellationToken) -> Self {
        let began = crate::clock::instant();
        Self { log, stopping, began, options: Mutex::new(options), memory: Mutex::default() }
    }

    pub(super) fn state(&self) -> OpenAiState {
        let memory = lock(&self.memory);
        let sessions = memory.sessions.iter().map(|session| lock(session).clone()).collect();
        let response_sockets = memory.response_sockets;
        OpenAiState { sessions, requests: memory.requests.clone(), response_sockets }
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut OpenAiOptions)) {
        change(&mut lock(&self.options));
    }

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

    pub(super) fn count_response_socket(&self) {
        lock(&self.memory).response_sockets += 1;
    }

    /// Returns the number of transcriptions before the current one.
    pub(super) fn next_transcription_index(&self) -> usize {
        let mut memory = lock(&self.memory);
        memory.transcriptions += 1;
        memory.transcriptions - 1
    }

    /// Returns the number of the current chat completion or streamed response, from 1.
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
        Some(error(StatusCode::UNAUTHORIZED, "invalid_api_key", "Incorrect API key provided."))
    }
}

pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let error: Value =
        json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}});
    (status, Json(error)).into_response()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

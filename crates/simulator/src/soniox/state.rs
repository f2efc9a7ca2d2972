//! The state of the fake Soniox, which its routes share, and their error responses.

use super::options::SonioxOptions;
use crate::{EventLog, Party};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The requests that the fake Soniox has received.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SonioxState {
    /// Transcriptions, in order.
    pub transcriptions: Vec<TranscriptionRecord>,
    /// Speech streams, in order.
    pub speeches: Vec<SpeechRecord>,
}

/// The record of a transcription.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TranscriptionRecord {
    /// The start message.
    pub config: Value,
    /// All received audio, in mu-law.
    #[serde(skip)]
    pub heard: Vec<u8>,
    /// The number of utterances that endpoint detection ended.
    pub endpoints: usize,
    /// The number of `finalize` messages.
    pub finalized: usize,
}

/// The record of a speech stream.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SpeechRecord {
    /// The start message.
    pub config: Value,
    /// The texts of all messages of the stream, joined.
    pub text: String,
    /// The length of the sent audio, in milliseconds.
    pub sent_ms: u64,
    /// Whether the client cancelled the stream.
    pub cancelled: bool,
}

/// The languages that both services know; the real ones know about 60.
pub(super) const LANGUAGES: [&str; 7] = ["he", "en", "ar", "ru", "am", "uk", "fr"];

pub(super) struct Shared {
    pub(super) log: EventLog,
    pub(super) stopping: CancellationToken,
    pub(super) options: Mutex<SonioxOptions>,
    pub(super) state: Mutex<SonioxState>,
}

impl Shared {
    pub(super) fn options(&self) -> SonioxOptions {
        self.options.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut SonioxOptions)) {
        change(&mut self.options.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn state(&self) -> MutexGuard<'_, SonioxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn violation(&self, complaint: impl Into<String>) {
        self.log.violation(Party::Soniox, complaint);
    }

    /// Returns the error response to a rejected socket; `None` if the socket may be opened.
    pub(super) fn refusal(&self, request: &Request) -> Option<Response> {
        let options = self.options();
        if let Some(status) = options.faults.refuse_sockets {
            return Some(refuse(status, "refused as planned"));
        }
        let value = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let key = value.strip_prefix("Bearer ").unwrap_or_default();
        let is_right = options.api_key.as_ref().map_or(!key.is_empty(), |own| own == key);
        (!is_right).then(|| refuse(401, "Incorrect API key provided."))
    }
}

pub(super) fn complaints(config: &Value, required: &[&str], optional: &[&str]) -> Vec<String> {
    let Some(fields) = config.as_object() else { return vec!["the start message is no JSON object".into()] };
    let missing = required.iter().filter(|name| !fields.contains_key(**name)).map(|name| format!("{name} is missing"));
    let known = |name: &str| required.contains(&name) || optional.contains(&name);
    let unknown = fields.keys().filter(|name| !known(name)).map(|name| match name.as_str() {
        "api_key" => "api_key in the start message is deprecated".to_owned(),
        _ => format!("there is no field {name}"),
    });
    missing.chain(unknown).collect()
}

pub(super) fn refuse(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    (status, Json(json!({"error_code": status.as_u16(), "error_message": message}))).into_response()
}

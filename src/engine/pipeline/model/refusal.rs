//! The errors of requests to a language model, and which of them can be retried.

use crate::domain::AiFailureCause;
use crate::pipeline::ModelEvent;
use crate::providers::openai::realtime::retry_after;
use crate::providers::openai::rest::may_be_effort;
use crate::providers::openai::sse::Malformed;
use serde_json::Value;
use std::time::Duration;

/// The error of a request that the server rejects, or that fails.
pub(super) struct Refusal {
    pub(super) failure: ModelEvent,
    /// Whether the server may have rejected only the reasoning effort.
    pub(super) is_effort: bool,
}

pub(super) async fn refusal(response: reqwest::Response) -> Refusal {
    let status = response.status().as_u16();
    let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.json::<Value>().await.unwrap_or_default();
    refusal_of(status, header, &body["error"])
}

pub(super) fn refusal_of(status: u16, wait_s: Option<u64>, error: &Value) -> Refusal {
    let message = error["message"].as_str().unwrap_or_default();
    let is_effort = status == 400 && may_be_effort(error["param"].as_str().unwrap_or_default());
    let wait = wait_s.map(Duration::from_secs).or_else(|| retry_after(message)).filter(|_| status == 429);
    let code = error["code"].as_str().or(error["type"].as_str()).unwrap_or_default();
    // The server also returns 429 for an account without credit; a retry would not succeed.
    let retry = matches!(status, 408 | 409 | 429 | 500..) && !AiFailureCause::from_status(status, code).needs_owner();
    Refusal { failure: failed(retry, wait, format!("HTTP {status} {code}").trim_end()), is_effort }
}

pub(super) fn unreadable(_: Malformed) -> ModelEvent {
    failed(true, None, "the answer could not be read")
}

pub(super) fn failed(retry: bool, retry_after: Option<Duration>, reason: &str) -> ModelEvent {
    ModelEvent::Failed { retry, retry_after, reason: format!("model: {reason}") }
}

//! The errors of requests to a language model, and which of them can be retried.

use crate::domain::{AiFailure, AiFailureCause};
use crate::pipeline::ModelEvent;
use crate::providers::error_code;
use crate::providers::openai::answer_text::Unspeakable;
use crate::providers::openai::realtime::retry_after;
use crate::providers::openai::rest::may_be_effort;
use crate::providers::openai::sse::StreamError;
use serde_json::{Value, json};
use std::time::Duration;

/// The error of a request that the server rejects, or that fails.
pub(super) struct Refusal {
    pub(super) failure: ModelEvent,
    /// Whether the server may have rejected only the reasoning effort.
    pub(super) is_effort: bool,
    /// The text of the error if the server rejects the form of the request.
    pub(super) rejected_form: Option<String>,
    /// Whether the server does not name what it rejects.
    pub(super) is_unnamed: bool,
}

pub(super) async fn refusal(response: reqwest::Response) -> Refusal {
    let status = response.status().as_u16();
    let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.bytes().await.unwrap_or_default();
    refusal_of(status, header, &serde_json::from_slice(&body).unwrap_or_default())
}

/// `body` is the body of the response.
pub(super) fn refusal_of(status: u16, wait_s: Option<u64>, body: &Value) -> Refusal {
    let error = &body["error"];
    let message = error["message"].as_str().unwrap_or_default();
    let param = error["param"].as_str().unwrap_or_default();
    let wait = wait_s.map(Duration::from_secs).or_else(|| retry_after(message)).filter(|_| status == 429);
    let bytes = body.to_string();
    let code = error_code::of(bytes.as_bytes());
    // The server also returns 429 for an account without credit; a retry would not succeed.
    let retry = matches!(status, 408 | 409 | 429 | 500..) && !AiFailureCause::from_status(status, &code).needs_owner();
    Refusal {
        failure: failed(retry, wait, &error_code::reason(status, bytes.as_bytes())),
        is_effort: status == 400 && may_be_effort(param),
        is_unnamed: status == 400 && param.is_empty(),
        rejected_form: matches!(status, 400 | 422).then_some(bytes),
    }
}

/// Returns the failure of an answer that cannot be read to its end.
pub(super) fn unreadable(error: StreamError) -> ModelEvent {
    let error = match error {
        StreamError::Malformed => return failed(true, None, "the answer could not be read"),
        StreamError::Reported(error) => error,
    };
    // Some servers report an HTTP status as the code.
    let status = error["code"].as_u64().and_then(|code| u16::try_from(code).ok());
    let body = json!({ "error": error });
    if let Some(status) = status.filter(|status| (400..600).contains(status)) {
        return refusal_of(status, None, &body).failure;
    }
    let code = error_code::of(body.to_string().as_bytes());
    let head = if code.is_empty() { "the server reports an error".to_owned() } else { code };
    let reason = error_code::with_sentence(head, &error_code::sentence(&body));
    let cause = AiFailure::from_reason(&reason).cause;
    let wait = retry_after(body["error"]["message"].as_str().unwrap_or_default());
    failed(!cause.needs_owner(), wait.filter(|_| cause == AiFailureCause::RateLimited), &reason)
}

/// Returns the failure of an answer that a caller must not hear. Another attempt may give a better one.
pub(super) fn unspeakable(found: Unspeakable) -> ModelEvent {
    let reason = match found {
        Unspeakable::ToolCall => AiFailure::WRITTEN_CALL,
        Unspeakable::Reasoning => "the model writes its reasoning as text",
    };
    failed(true, None, reason)
}

pub(super) fn failed(retry: bool, retry_after: Option<Duration>, reason: &str) -> ModelEvent {
    ModelEvent::Failed { retry, retry_after, reason: format!("model: {reason}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_the_stream_has_its_cause() {
        use AiFailureCause::{BadKey, NoCredit, Outage, RateLimited, Rejected};
        for (error, cause, retries) in [
            (json!({"code": "rate_limit_exceeded", "message": "Please try again in 2s."}), RateLimited, true),
            (json!({"code": "insufficient_quota", "message": "You exceeded your quota."}), NoCredit, false),
            (json!({"code": "invalid_api_key", "message": "Incorrect key."}), BadKey, false),
            (json!({"code": "server_error", "message": "The server had an error."}), Outage, true),
            (json!({"type": "rate_limit_error", "message": "Slow down"}), RateLimited, true),
            (json!({"code": 429, "message": "Slow down"}), RateLimited, true),
            (json!({"code": 400, "message": "The context is too long"}), Rejected, false),
            (json!("overloaded"), Outage, true),
            (Value::Null, Outage, true),
        ] {
            let ModelEvent::Failed { retry, reason, .. } = unreadable(StreamError::Reported(error.clone())) else {
                panic!("{error}")
            };
            assert_eq!((AiFailure::from_reason(&reason).cause, retry), (cause, retries), "{error}: {reason}");
            let message = error["message"].as_str().or(error.as_str()).unwrap_or_default();
            assert!(reason.contains(message), "{reason}");
        }
    }
}

//! The checks without the schemas: every request passes.

use super::OpenAiRequest;
use serde_json::Value;

/// Returns no event types, because there are no schemas.
pub fn realtime_client_events() -> impl Iterator<Item = &'static str> {
    std::iter::empty()
}

/// Reports no error.
pub fn check_realtime_event(_: &Value) -> Vec<String> {
    Vec::new()
}

/// Reports no error.
pub fn check_openai_request(_: OpenAiRequest, _: &Value) -> Vec<String> {
    Vec::new()
}

/// Reports no error.
pub fn check_transcription_form(_: &[(String, String)]) -> Vec<String> {
    Vec::new()
}

/// Reports no error.
pub fn check_twilio_request(
    _: &str,
    _: &[(String, String)],
    _: &[(String, String)],
    _: &[(String, String)],
) -> Vec<String> {
    Vec::new()
}

//! The formats of Twilio's REST interface.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;

pub(super) fn error(status: StatusCode, code: u32, message: &str) -> Response {
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    let body = json!({"code": code, "message": message, "more_info": more_info, "status": status.as_u16()});
    (status, Json(body)).into_response()
}

pub(super) fn without_json(name: &str) -> &str {
    name.strip_suffix(".json").unwrap_or(name)
}

pub(super) fn rfc2822(at: Option<agentlocator_core::domain::Timestamp>) -> Option<String> {
    let at = jiff::Timestamp::from_second(at?.as_secs()).ok()?;
    jiff::fmt::rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).ok()
}

//! Error responses for failed requests to Twilio.

use crate::http::ApiError;
use crate::providers::twilio::rest::Error;
use axum::http::StatusCode;

/// Converts an error of a request to Twilio into an error response. `effect` continues the sentence "Twilio cannot be
/// reached", such as ", and the call continues".
pub(super) fn twilio_error(error: &Error, effect: &str) -> ApiError {
    match error {
        Error::NotConfigured => ApiError::new(StatusCode::CONFLICT, "twilio_not_configured", error.to_string()),
        Error::Unreachable(_) => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "twilio_unreachable",
            format!("Twilio cannot be reached{effect}; check this machine's connection and try again"),
        ),
        Error::Refused { .. } | Error::Malformed | Error::TooLarge(_) | Error::Redirected(_) => {
            ApiError::new(StatusCode::BAD_GATEWAY, "twilio_refused", error.to_string())
        }
    }
}

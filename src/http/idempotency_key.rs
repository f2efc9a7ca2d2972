//! The header `Idempotency-Key`: a client that repeats a request with the same key gets the answer of the first one.

use super::ApiError;
use axum::http::HeaderMap;

/// The key by which a repeated request is recognised.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > MAX_KEY_LENGTH {
        return Err(ApiError::invalid(format!("Idempotency-Key must have 1 to {MAX_KEY_LENGTH} plain characters")));
    }
    Ok(Some(key.to_owned()))
}

const MAX_KEY_LENGTH: usize = 255;

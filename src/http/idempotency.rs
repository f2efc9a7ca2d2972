//! The header `Idempotency-Key` of requests that create an item. A repeated request gets the item that the first one
//! created. The keys belong to the user or the token, and expire with the stored answers (`crm/retention.rs`).

use super::ApiError;
use crate::crm::idempotency::{KeyedRequest, Kind};
use crate::domain::ActorId;
use crate::store::StoredResponse;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// The key of a request, if it has one. The OpenAPI document of a handler with this argument has the header.
#[derive(Clone, Debug)]
pub(crate) struct IdempotencyKey(Option<Arc<Keyed>>);

#[derive(Debug)]
struct Keyed {
    key: String,
    path: String,
    /// The body, which the extractor of the body sets.
    body: OnceLock<Value>,
}

impl IdempotencyKey {
    /// For requests that have no key, or whose use case applies it itself.
    pub(crate) const NONE: Self = Self(None);

    /// Remembers the body of the request with these extensions, so that a different request with the same key is
    /// recognised. The order of fields does not matter, and null is the same as an absent field.
    pub(super) fn set_body(extensions: &Extensions, body: &[u8]) {
        let Some(Self(Some(keyed))) = extensions.get::<Self>() else { return };
        let mut body = serde_json::from_slice::<Value>(body).unwrap_or_default();
        if let Value::Object(fields) = &mut body {
            fields.retain(|_, value| !value.is_null());
        }
        let _ = keyed.body.set(body);
    }

    /// Returns none if the request has no key.
    pub(crate) fn of(&self, kind: Kind, actor: ActorId) -> Option<KeyedRequest> {
        let Keyed { key, path, body } = self.0.as_deref()?;
        let fingerprint = StoredResponse::fingerprint(&json!([path, body.get()]));
        Some(KeyedRequest::new(kind, &format!("{actor} {key}"), fingerprint))
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let path = parts.uri.path().to_owned();
        let keyed = idempotency_key(&parts.headers)?.map(|key| Arc::new(Keyed { key, path, body: OnceLock::new() }));
        let key = Self(keyed);
        parts.extensions.insert(key.clone());
        Ok(key)
    }
}

/// Returns the header `Idempotency-Key`.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > MAX_KEY_LENGTH {
        return Err(ApiError::invalid(format!("Idempotency-Key must have 1 to {MAX_KEY_LENGTH} plain characters")));
    }
    Ok(Some(key.to_owned()))
}

/// Returns the header `Idempotency-Key` with the actor as a prefix, so that the same key of another user or client is
/// another key.
pub(crate) fn actor_idempotency_key(headers: &HeaderMap, actor: ActorId) -> Result<Option<String>, ApiError> {
    Ok(idempotency_key(headers)?.map(|key| format!("{actor} {key}")))
}

const MAX_KEY_LENGTH: usize = 255;

//! Requests with an idempotency key that create something. The id of what the first request with a key created is
//! stored, and a repeated request gets this id.

use super::{Error, RequestError};
use crate::domain::{BusinessId, Timestamp};
use crate::store::{ReadTx, StoredResponse, WriteTx};
use serde_json::{Value, json};

/// A kind of created things. Stored rows contain `prefix` and `id_field`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// The first word of the stored key, so that a client may use the same key for things of different kinds.
    pub(super) prefix: &'static str,
    pub(super) id_field: &'static str,
    /// What the key was used for, in the error about a different request with the same key.
    pub(super) other: &'static str,
}

#[derive(Debug)]
pub(super) struct KeyedRequest {
    kind: Kind,
    stored_key: String,
    fingerprint: String,
}

impl KeyedRequest {
    /// `fingerprint` is the same for requests that count as the same.
    pub(super) fn new(kind: Kind, key: &str, fingerprint: String) -> Self {
        Self { kind, stored_key: format!("{} {key}", kind.prefix), fingerprint }
    }

    /// Returns `None` for the first request with this key. A different request with the same key is refused. An id that
    /// cannot be read from the stored answer counts as 0, which no row has.
    pub(super) fn first_id(&self, tx: &ReadTx<'_>) -> Result<Option<i64>, Error> {
        let Some(first) = tx.stored_response(BusinessId::FIRST, &self.stored_key)? else { return Ok(None) };
        if first.fingerprint != self.fingerprint {
            return Err(RequestError::KeyReused(self.kind.other).into());
        }
        let answer = serde_json::from_str::<Value>(&first.answer).unwrap_or_default();
        Ok(Some(answer[self.kind.id_field].as_i64().unwrap_or_default()))
    }

    pub(super) fn store_id(self, tx: &WriteTx<'_>, id: i64, now: Timestamp) -> Result<(), Error> {
        let answer = json!({(self.kind.id_field): id}).to_string();
        let response = StoredResponse { fingerprint: self.fingerprint, answer };
        Ok(tx.insert_response(BusinessId::FIRST, &self.stored_key, &response, now)?)
    }
}

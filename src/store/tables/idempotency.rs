//! Stored responses to requests with an idempotency key. A repeated request receives the stored response.

use crate::domain::{BusinessId, StageId, Timestamp, hex};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

#[derive(Debug, PartialEq, Eq)]
pub struct StoredResponse {
    /// A hash of the request, to detect a different request with the same key.
    pub fingerprint: String,
    /// The response as JSON.
    pub answer: String,
}

impl StoredResponse {
    pub fn fingerprint(request: &Value) -> String {
        hex(&Sha256::digest(request.to_string()))
    }
}

impl ReadTx<'_> {
    pub fn stored_response(&self, business: BusinessId, key: &str) -> Result<Option<StoredResponse>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT fingerprint, answer FROM idempotency_keys WHERE business_id = ?1 AND key = ?2")?;
        let found = query.query_row(params![business, key], |row| {
            Ok(StoredResponse { fingerprint: row.get(0)?, answer: row.get(1)? })
        });
        Ok(found.optional()?)
    }

    /// When the row was created; `None` if there is no such row.
    pub fn created_at(&self, table: &'static str, id: i64) -> Result<Option<Timestamp>> {
        let mut query = self.conn.prepare_cached(&format!("SELECT created_at FROM {table} WHERE id = ?1"))?;
        Ok(query.query_row([id], |row| row.get(0)).optional()?)
    }

    /// Only for some days after the erasure, see [`WriteTx::prune_responses`].
    pub fn was_erased(&self, provider_id: &str) -> Result<bool> {
        let mut query =
            self.conn.prepare_cached("SELECT 1 FROM idempotency_keys WHERE business_id = ?1 AND key = ?2")?;
        Ok(query.exists(params![BusinessId::FIRST, erased_key(provider_id)])?)
    }
}

impl WriteTx<'_> {
    pub fn insert_response(
        &self,
        business: BusinessId,
        key: &str,
        response: &StoredResponse,
        now: Timestamp,
    ) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO idempotency_keys(business_id, key, fingerprint, answer, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        insert.execute(params![business, key, response.fingerprint, response.answer, now])?;
        Ok(())
    }

    /// After the deletion of a stage of leads, whose id the next stage may get: no stored answer leads to that stage.
    pub(super) fn retire_stage_answers(&self, stage: StageId) -> Result<()> {
        let sql = "UPDATE idempotency_keys SET answer = '{\"lead_stage_id\": 0}' WHERE answer ->> 'lead_stage_id' = ?1";
        self.conn.prepare_cached(sql)?.execute([stage])?;
        Ok(())
    }

    /// The id is remembered until [`WriteTx::prune_responses`] deletes the entry.
    pub(in crate::store) fn remember_erased(&self, provider_id: &str, now: Timestamp) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT OR IGNORE INTO idempotency_keys(business_id, key, fingerprint, answer, created_at)
             VALUES (?1, ?2, '', '{}', ?3)",
        )?;
        insert.execute(params![BusinessId::FIRST, erased_key(provider_id), now])?;
        Ok(())
    }

    /// The response of a message is kept as long as the message, so that a late repetition of the request sends no
    /// second message.
    pub fn prune_responses(&self, before: Timestamp) -> Result<()> {
        let sql = "DELETE FROM idempotency_keys WHERE created_at < ?1 AND answer ->> 'message_id' IS NULL";
        self.conn.prepare_cached(sql)?.execute([before])?;
        Ok(())
    }
}

/// Contains a hash of the id, because the id itself would still lead to the data at the provider.
fn erased_key(provider_id: &str) -> String {
    format!("erased {}", hex(&Sha256::digest(provider_id)))
}

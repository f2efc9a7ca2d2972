//! Attempts that a provider first accepted and later refused.

use super::OutboxState;
use super::due::refused_routes;
use crate::domain::{LateRefusal, MessageId, OutboxId, Provider, ProviderError, RefusedRoute, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};

/// The outbox fields that the handling of a late refusal needs.
#[derive(Clone, Debug)]
pub struct AcceptedSend {
    pub id: OutboxId,
    pub state: OutboxState,
    /// The provider of the last attempt.
    pub provider: Provider,
    /// True if the last attempt was sent as Twilio's template.
    pub template: bool,
    /// The routes by which a provider refused the message.
    pub refused: Vec<RefusedRoute>,
}

impl ReadTx<'_> {
    /// `None` for a message from the phone, or if the outbox row was pruned.
    pub fn accepted_send(&self, message: MessageId) -> Result<Option<AcceptedSend>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT id, state, provider, template, refused FROM outbox WHERE message_id = ?1")?;
        let row = query.query_row([message], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get::<_, String>(4)?))
        });
        let Some((id, state, provider, template, refused)) = row.optional()? else { return Ok(None) };
        Ok(Some(AcceptedSend { id, state, provider, template, refused: refused_routes(&refused)? }))
    }

    /// The messages for which the attempt with this provider id was refused late.
    pub fn refused_attempt(&self, provider: Provider, provider_msg_id: &str) -> Result<Vec<MessageId>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT message_id FROM refused_attempts WHERE provider = ?1 AND provider_msg_id = ?2")?;
        let rows = query.query_map(params![provider, provider_msg_id], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Records that a provider refused an attempt that the provider had accepted before. Returns false if the refusal
    /// is already recorded.
    pub fn insert_refused_attempt(
        &self,
        message: MessageId,
        provider: Provider,
        provider_msg_id: &str,
        why: &ProviderError,
        now: Timestamp,
    ) -> Result<bool> {
        let mut insert = self.conn.prepare_cached(
            "INSERT OR IGNORE INTO refused_attempts(provider, provider_msg_id, message_id, code, error, refused_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        Ok(insert.execute(params![provider, provider_msg_id, message, why.code, why.notice, now])? > 0)
    }

    /// The message is due now. `refused` are the routes that refused it.
    pub fn requeue_outbox(
        &self,
        id: OutboxId,
        refused: &[RefusedRoute],
        last: &LateRefusal,
        now: Timestamp,
    ) -> Result<()> {
        let json = |error: serde_json::Error| Error::Value(error.to_string());
        let refused = serde_json::to_string(refused).map_err(json)?;
        let last_refusal = serde_json::to_string(last).map_err(json)?;
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET state = 'queued', refused = ?2, last_refusal = ?3, last_error = ?4, next_attempt_at = ?5,
                 updated_at = ?5
             WHERE id = ?1",
        )?;
        update.execute(params![id, refused, last_refusal, last.provider_error.notice, now])?;
        Ok(())
    }

    /// A delivered message is not sent again. A running attempt is not interrupted.
    pub fn mark_outbox_delivered(&self, message: MessageId, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET state = 'done', doubtful_since = NULL, updated_at = ?2
             WHERE message_id = ?1 AND state IN ('queued', 'doubtful', 'failed')",
        )?;
        update.execute(params![message, now])?;
        Ok(())
    }
}

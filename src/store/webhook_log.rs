//! Log of raw webhook requests.

use super::{Result, WriteTx};
use crate::domain::{CallId, JournalId, MessageId, Timestamp, text_enum};
use rusqlite::params;

text_enum! {
    /// The outcome of a webhook request.
    WebhookOutcome {
        /// It was stored.
        Stored = "stored",
        /// It repeated what was already stored.
        Duplicate = "duplicate",
        /// It was valid but irrelevant.
        Ignored = "ignored",
        /// It was signed but malformed.
        Malformed = "malformed",
    }
}

/// A webhook request as it was received.
#[derive(Clone, Copy, Debug)]
pub struct NewWebhookEntry<'a> {
    /// The time of receipt.
    pub received_at: Timestamp,
    /// The sender: `twilio` or `baileys`.
    pub source: &'a str,
    /// The request path.
    pub path: &'a str,
    /// The `Content-Type`.
    pub content_type: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// The outcome.
    pub outcome: WebhookOutcome,
    /// The reason for the outcome, where it is not obvious.
    pub note: &'a str,
    /// The message to which it belongs.
    pub message: Option<MessageId>,
    /// The call to which it belongs.
    pub call: Option<CallId>,
}

impl WriteTx<'_> {
    /// Adds a webhook request.
    pub fn insert_webhook_entry(&self, new: &NewWebhookEntry<'_>) -> Result<JournalId> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO webhook_journal(received_at, source, path, content_type, body, outcome, note, message_id, call_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        insert.execute(params![
            new.received_at,
            new.source,
            new.path,
            new.content_type,
            new.body,
            new.outcome.as_str(),
            new.note,
            new.message,
            new.call,
        ])?;
        Ok(JournalId(self.conn.last_insert_rowid()))
    }

    /// Deletes up to `limit` webhook requests from before `before`; returns how many.
    pub fn prune_webhook_log(&self, before: Timestamp, limit: usize) -> Result<usize> {
        let mut delete = self.conn.prepare_cached(
            "DELETE FROM webhook_journal WHERE received_at < ?1
                 AND id IN (SELECT id FROM webhook_journal ORDER BY id LIMIT ?2)",
        )?;
        Ok(delete.execute(params![before, i64::try_from(limit).unwrap_or(i64::MAX)])?)
    }
}

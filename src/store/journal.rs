//! Raw webhooks as they came.

use super::{Result, WriteTx};
use crate::domain::{CallId, JournalId, MessageId, Timestamp, text_enum};
use rusqlite::params;

text_enum! {
    /// What became of a webhook.
    JournalOutcome {
        /// It made something.
        Stored = "stored",
        /// It told what was known.
        Duplicate = "duplicate",
        /// It is well formed, but nothing of ours.
        Ignored = "ignored",
        /// It is signed, but makes no sense.
        Odd = "odd",
    }
}

/// A webhook as it came.
#[derive(Clone, Copy, Debug)]
pub struct NewJournal<'a> {
    /// When.
    pub received_at: Timestamp,
    /// Whose: `twilio` or `baileys`.
    pub source: &'a str,
    /// To which path.
    pub path: &'a str,
    /// Its `Content-Type`.
    pub content_type: &'a str,
    /// Its body, byte for byte.
    pub body: &'a [u8],
    /// What became of it.
    pub outcome: JournalOutcome,
    /// Why, where that is not plain.
    pub note: &'a str,
    /// The message that it is about.
    pub message: Option<MessageId>,
    /// The call that it is about.
    pub call: Option<CallId>,
}

impl WriteTx<'_> {
    /// Keeps a webhook as it came.
    pub fn insert_journal(&self, new: &NewJournal<'_>) -> Result<JournalId> {
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

    /// Forgets webhooks from before a point, `limit` of them; returns how many.
    pub fn prune_journal(&self, before: Timestamp, limit: usize) -> Result<usize> {
        let mut delete = self.conn.prepare_cached(
            "DELETE FROM webhook_journal WHERE received_at < ?1
                 AND id IN (SELECT id FROM webhook_journal ORDER BY id LIMIT ?2)",
        )?;
        Ok(delete.execute(params![before, i64::try_from(limit).unwrap_or(i64::MAX)])?)
    }
}

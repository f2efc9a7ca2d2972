//! The webhook log's entry for a webhook about messages.

use crate::domain::{MessageId, Timestamp};
use crate::store::{NewWebhookEntry, Result, WebhookOutcome, WriteTx};

/// A raw webhook, for the webhook log.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Its source: `twilio` or `baileys`.
    pub source: &'static str,
    /// The requested path.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub content_type: String,
    /// Its body, byte for byte.
    pub body: bytes::Bytes,
    /// The same webhook with the same signature came before: it is logged only if it has an effect.
    pub is_repeated: bool,
}

/// Logs a webhook that has no other effect.
pub fn log_only(tx: &WriteTx<'_>, raw: &Raw, outcome: WebhookOutcome, note: &str, now: Timestamp) -> Result<()> {
    log_webhook(tx, raw, outcome, note, None, now)
}

/// Logs a webhook with the message that it is about; a repeated one is in the log already.
pub(super) fn log_webhook(
    tx: &WriteTx<'_>,
    raw: &Raw,
    outcome: WebhookOutcome,
    note: &str,
    message: Option<MessageId>,
    now: Timestamp,
) -> Result<()> {
    if raw.is_repeated && outcome != WebhookOutcome::Stored {
        return Ok(());
    }
    tx.insert_webhook_entry(&NewWebhookEntry {
        received_at: now,
        source: raw.source,
        path: raw.path,
        content_type: &raw.content_type,
        body: &raw.body,
        outcome,
        note,
        message,
        call: None,
    })?;
    Ok(())
}

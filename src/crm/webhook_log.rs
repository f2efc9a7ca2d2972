//! The webhook log: the webhooks from the providers, byte for byte, and the outcome of each.

use crate::domain::{CallId, MessageId, Provider, Timestamp};
use crate::store::{NewWebhookEntry, Result, WebhookOutcome, WriteTx};

#[derive(Clone, Debug)]
pub struct RawWebhook {
    pub source: Provider,
    pub path: &'static str,
    pub content_type: String,
    pub body: bytes::Bytes,
    /// Whether the same webhook, with the same signature, was received before. A repeated webhook is logged only if it
    /// has an effect.
    pub is_repeated: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Subject {
    message: Option<MessageId>,
    call: Option<CallId>,
}

impl From<Option<MessageId>> for Subject {
    fn from(message: Option<MessageId>) -> Self {
        Self { message, call: None }
    }
}

impl From<Option<CallId>> for Subject {
    fn from(call: Option<CallId>) -> Self {
        Self { message: None, call }
    }
}

/// Skips a repeated webhook without an effect.
pub fn log_webhook(
    tx: &WriteTx<'_>,
    raw: &RawWebhook,
    outcome: WebhookOutcome,
    note: &str,
    about: impl Into<Subject>,
    now: Timestamp,
) -> Result<()> {
    if raw.is_repeated && outcome != WebhookOutcome::Stored {
        return Ok(());
    }
    let Subject { message, call } = about.into();
    tx.insert_webhook_entry(&NewWebhookEntry {
        received_at: now,
        source: raw.source,
        path: raw.path,
        content_type: &raw.content_type,
        body: &raw.body,
        outcome,
        note,
        message,
        call,
    })?;
    Ok(())
}

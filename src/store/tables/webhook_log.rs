//! The log of raw webhook requests.

use crate::domain::{CallId, MessageId, Provider, Timestamp, text_enum};
use crate::store::{Result, WriteTx};
use rusqlite::params;

text_enum! {
    /// The outcome of a webhook request.
    WebhookOutcome {
        Stored = "stored",
        /// The request repeated data that was already stored.
        Duplicate = "duplicate",
        /// The request was valid but irrelevant.
        Ignored = "ignored",
        /// The request had a valid signature but was malformed.
        Malformed = "malformed",
    }
}

#[derive(Clone, Copy, Debug)]
pub struct NewWebhookEntry<'a> {
    pub received_at: Timestamp,
    pub source: Provider,
    pub path: &'a str,
    pub content_type: &'a str,
    /// As it was received, byte for byte.
    pub body: &'a [u8],
    pub outcome: WebhookOutcome,
    /// The reason for the outcome, if it is not obvious.
    pub note: &'a str,
    pub message: Option<MessageId>,
    pub call: Option<CallId>,
}

/// A request without a message and a call is compared only with this many latest requests.
const SEARCHED: i64 = 256;

impl WriteTx<'_> {
    /// A request of Twilio that is already stored is not added again, because a client that captured a signed request
    /// can repeat it: the signature does not cover the time. Requests of the bridge are not compared.
    pub fn insert_webhook_entry(&self, new: &NewWebhookEntry<'_>) -> Result<()> {
        if new.source == Provider::Twilio && self.has_webhook_entry(new)? {
            return Ok(());
        }
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
        Ok(())
    }

    /// The request is compared with those for the same message or call, or with the latest requests if it belongs to no
    /// message and no call.
    fn has_webhook_entry(&self, new: &NewWebhookEntry<'_>) -> Result<bool> {
        match (new.message, new.call) {
            (Some(MessageId(id)), _) => self.same_webhook("message_id = ?1", id, new),
            (None, Some(CallId(id))) => self.same_webhook("call_id = ?1", id, new),
            (None, None) => {
                let newest = "id > (SELECT coalesce(max(id), 0) - ?1 FROM webhook_journal)";
                self.same_webhook(newest, SEARCHED, new)
            }
        }
    }

    fn same_webhook(&self, condition: &str, value: i64, new: &NewWebhookEntry<'_>) -> Result<bool> {
        // The length is compared first, because SQLite can determine it without reading the body.
        let sql = format!(
            "SELECT 1 FROM webhook_journal WHERE {condition} AND path = ?2 AND length(body) = length(?3) AND body = ?3"
        );
        Ok(self.conn.prepare_cached(&sql)?.exists(params![value, new.path, new.body])?)
    }
}

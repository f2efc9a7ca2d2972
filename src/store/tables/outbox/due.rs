//! Selects the messages to send next: the oldest message of each contact, with all data that sending needs.

use super::OutboxState;
use crate::domain::{
    ContactId, Direction, LastInbound, LateRefusal, MediaKind, MessageId, OutboxId, PeerAddress, Provider,
    RefusedRoute, ThreadId, Timestamp,
};
use crate::store::{Error, ReadTx, Result};
use rusqlite::{Row, params};
use std::time::Duration;

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate fact about the message")]
pub struct OutboxEntry {
    pub id: OutboxId,
    pub message: MessageId,
    pub contact: ContactId,
    pub thread: ThreadId,
    /// A number if one is known, otherwise an id. `None` if the contact has lost its last address, or if a newer
    /// version stored an unknown kind: only this message fails then, not the whole outbox.
    pub recipient: Option<PeerAddress>,
    /// An idempotency key that is sent to the provider with each attempt.
    pub send_key: String,
    /// The provider that the sender requested; `None` lets the policy select one.
    pub named: Option<Provider>,
    /// The provider of the last attempt; the planned provider if no attempt was made.
    pub provider: Provider,
    /// True if the message must be sent as Twilio's template.
    pub template: bool,
    /// The routes by which a provider refused the message.
    pub refused: Vec<RefusedRoute>,
    pub last_refusal: Option<LateRefusal>,
    /// True if the outcome of the last attempt is unknown.
    pub unconfirmed: bool,
    /// Number of attempts so far.
    pub attempts: u32,
    /// Attempts through Twilio with an unknown outcome that are missing from Twilio's message list.
    pub unconfirmed_attempts: u32,
    /// When the last attempt began; `None` if no attempt was made.
    pub attempt_at: Option<Timestamp>,
    /// When the message was queued, or released after a restore.
    pub created_at: Timestamp,
    /// When the message fails if it was not sent; `None` for the usual timeout after `created_at`.
    pub expires_at: Option<Timestamp>,
    /// Since when each attempt has failed because the file cannot be fetched.
    pub no_file_since: Option<Timestamp>,
    pub text: String,
    pub media_url: Option<String>,
    /// The exact media kind.
    pub kind: MediaKind,
    /// The message that this message answers; `None` if it answers none, or if the bridge cannot quote the other
    /// message.
    pub quoted: Option<QuotedMessage>,
    /// When and by which provider the contact last wrote.
    pub last_in: LastInbound,
    /// `None` if messages are allowed. Any message from the contact clears the opt-out of its thread; only an opt-in word
    /// or a user clears that of the contact.
    pub opted_out_at: Option<Timestamp>,
    /// True for the confirmation of an opt-out by the contact, which is sent as free text only.
    pub confirms_opt_out: bool,
    /// True if the contact has never written, and the thread has no earlier message, except failed ones.
    pub is_first_contact: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedMessage {
    /// The provider's id.
    pub provider_msg_id: String,
    pub direction: Direction,
    pub text: String,
}

impl ReadTx<'_> {
    /// For each contact the oldest message. While a message is being sent, the contact's later messages wait. If the
    /// outcome of the last attempt of a message is unknown, the later messages wait for `UNCONFIRMED_BLOCKS`, and while
    /// that message itself is due.
    pub fn due_outbox(&self, now: Timestamp, limit: usize) -> Result<Vec<OutboxEntry>> {
        let mut query = self.conn.prepare_cached(include_str!("due.sql"))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let (blocks_from, waits_from) = (now.minus(UNCONFIRMED_BLOCKS), now.minus(WAITS_FOR_ANSWER));
        let parameters = params![now, limit, self.held_to()?, blocks_from, QUOTING_PROVIDER, waits_from];
        let rows = query.query_map(parameters, |row| Ok(entry(row)))?;
        rows.map(|row| row?).collect()
    }

    /// When to check for due messages again: at the next attempt that is not due yet, or when an unconfirmed message
    /// stops blocking later ones.
    pub fn next_outbox_at(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let mut query = self.conn.prepare_cached(
            "SELECT min(next_attempt_at) FILTER (WHERE next_attempt_at > ?1),
                    min(doubtful_since) FILTER (WHERE state = 'doubtful' AND doubtful_since > ?3)
             FROM outbox WHERE state IN ('queued', 'sending', 'doubtful') AND +id > ?2",
        )?;
        let (attempt, unconfirmed) = query
            .query_row(params![now, self.held_to()?, now.minus(UNCONFIRMED_BLOCKS)], |row| {
                Ok((row.get::<_, Option<Timestamp>>(0)?, row.get::<_, Option<Timestamp>>(1)?))
            })?;
        Ok(attempt.into_iter().chain(unconfirmed.map(|since| since.plus(UNCONFIRMED_BLOCKS))).min())
    }
}

/// How long an attempt with an unknown outcome blocks later messages to the contact.
const UNCONFIRMED_BLOCKS: Duration = Duration::from_mins(1);
/// For how long after a contact has written, messages to the contact precede those to others.
const WAITS_FOR_ANSWER: Duration = Duration::from_hours(24);

/// The provider that can show which message another one answers.
const QUOTING_PROVIDER: Provider = Provider::Baileys;

fn entry(row: &Row<'_>) -> Result<OutboxEntry> {
    let last_refusal: Option<String> = row.get("last_refusal")?;
    let state: OutboxState = row.get("state")?;
    Ok(OutboxEntry {
        id: row.get("id")?,
        message: row.get("message_id")?,
        contact: row.get("contact_id")?,
        thread: row.get("thread_id")?,
        recipient: PeerAddress::from_stored(&row.get::<_, String>("recipient")?),
        send_key: row.get("send_key")?,
        named: row.get("named")?,
        provider: row.get("provider")?,
        template: row.get("template")?,
        refused: refused_routes(&row.get::<_, String>("refused")?)?,
        // A refusal that a newer version stored in another format is ignored, so that it does not prevent sending.
        last_refusal: last_refusal.as_deref().and_then(|stored| serde_json::from_str(stored).ok()),
        unconfirmed: state == OutboxState::Unconfirmed,
        attempts: row.get("attempts")?,
        unconfirmed_attempts: row.get("unconfirmed_attempts")?,
        attempt_at: row.get("attempt_at")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        no_file_since: row.get("no_file_since")?,
        text: row.get("content_text")?,
        media_url: row.get("media_url")?,
        kind: row.get("media_kind")?,
        quoted: quoted(row)?,
        last_in: LastInbound {
            provider: row.get("last_in_provider")?,
            at: row.get("last_in_at")?,
            twilio_at: row.get("last_in_twilio_at")?,
        },
        opted_out_at: row.get("opted_out_at")?,
        confirms_opt_out: row.get("confirms_opt_out")?,
        is_first_contact: row.get("is_first_contact")?,
    })
}

fn quoted(row: &Row<'_>) -> rusqlite::Result<Option<QuotedMessage>> {
    let Some(provider_msg_id) = row.get("quoted_id")? else { return Ok(None) };
    Ok(Some(QuotedMessage { provider_msg_id, direction: row.get("quoted_direction")?, text: row.get("quoted_text")? }))
}

pub(super) fn refused_routes(json: &str) -> Result<Vec<RefusedRoute>> {
    serde_json::from_str(json).map_err(json_error)
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn json_error(error: serde_json::Error) -> Error {
    Error::Value(error.to_string())
}

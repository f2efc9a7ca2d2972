//! The outbox: messages to send, and the outcomes of their attempts.

mod due;
mod held;
mod late_refusal;

pub use due::{OutboxEntry, QuotedMessage};
pub use held::HeldMessage;
pub use late_refusal::AcceptedSend;

use crate::domain::{
    AddressKind, ChangeKind, ContactId, LateRefusal, MessageId, OutboxId, PeerAddress, Provider, RefusedRoute,
    StoredNotice, ThreadId, Timestamp, text_enum,
};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, params};

text_enum! {
    /// The state of a message in the outbox.
    OutboxState {
        /// The message waits for its next attempt.
        Queued = "queued",
        /// An attempt is running.
        Sending = "sending",
        /// The outcome of the last attempt is unknown.
        Unconfirmed = "doubtful",
        /// A provider accepted the message.
        Done = "done",
        /// The message is not sent any more: it was refused, has expired or was discarded.
        Failed = "failed",
    }
}

impl ToSql for OutboxState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

/// An unknown state is an error, because a default could cause a second send.
impl FromSql for OutboxState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

#[derive(Clone, Debug)]
pub struct NewOutbox<'a> {
    pub message: MessageId,
    pub contact: ContactId,
    /// A number if one is known, otherwise an id.
    pub recipient: &'a PeerAddress,
    /// An idempotency key that is sent to the provider with each attempt.
    pub send_key: &'a str,
    /// The provider that the sender requested; `None` lets the policy select one.
    pub named: Option<Provider>,
    /// The provider that the policy selects now.
    pub provider: Provider,
    /// True if the message must be sent as Twilio's template.
    pub template: bool,
    /// True for the confirmation of an opt-out by the contact, which is sent in spite of it.
    pub confirms_opt_out: bool,
}

/// The result of an attempt, or of a search for the outcome of an earlier one.
#[derive(Clone, Debug)]
pub struct OutboxUpdate<'a> {
    pub state: OutboxState,
    /// Attempts through Twilio with an unknown outcome that are missing from Twilio's message list.
    pub unconfirmed_attempts: u32,
    /// The routes by which a provider refused the message.
    pub refused: &'a [RefusedRoute],
    /// `None` deletes the stored late refusal.
    pub last_refusal: Option<&'a LateRefusal>,
    pub next_attempt_at: Timestamp,
    /// Since when each attempt has failed because the file cannot be fetched.
    pub no_file_since: Option<Timestamp>,
    /// `None` keeps the stored error.
    pub last_error: Option<&'a StoredNotice>,
}

impl ReadTx<'_> {
    /// The times at which a provider sent messages since `since`, oldest first, for the rate limit. The second value is
    /// true for the first message of its thread, not counting failed ones.
    pub fn sends_since(&self, provider: Provider, since: Timestamp) -> Result<Vec<(Timestamp, bool)>> {
        let mut query = self.conn.prepare_cached(include_str!("outbox/sends_since.sql"))?;
        let rows = query.query_map(params![provider, since], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// Conversations that the business started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatsStarted {
    pub by_author: u32,
    pub total: u32,
}

impl ReadTx<'_> {
    /// Returns true if this thread has a message to or from this address that did not fail. A message to the address
    /// counts only until [`WriteTx::prune_outbox`] deletes its outbox row.
    pub fn has_conversation(&self, thread: ThreadId, address: &PeerAddress) -> Result<bool> {
        let mut query = self.conn.prepare_cached(include_str!("outbox/has_conversation.sql"))?;
        Ok(query.query_row(params![thread, address, AddressKind::TwilioWa], |row| row.get(0))?)
    }

    /// The number of recipients with whom a conversation was started since `since`.
    pub fn chats_started(&self, author: &str, since: Timestamp) -> Result<ChatsStarted> {
        let mut query = self.conn.prepare_cached(include_str!("outbox/chats_started.sql"))?;
        let begun = |row: &rusqlite::Row<'_>| Ok(ChatsStarted { by_author: row.get(0)?, total: row.get(1)? });
        Ok(query.query_row(params![author, since, AddressKind::TwilioWa], begun)?)
    }
}

impl WriteTx<'_> {
    /// The message is due at once.
    pub fn insert_outbox(&self, new: &NewOutbox<'_>, now: Timestamp) -> Result<OutboxId> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO outbox(message_id, contact_id, recipient, send_key, requested, provider, template, state,
                 next_attempt_at, created_at, updated_at, confirms_opt_out)
             VALUES (?1, ?2, ?3, ?4, coalesce(?5, 'auto'), ?6, ?7, 'queued', ?8, ?8, ?8, ?9)",
        )?;
        insert.execute(params![
            new.message,
            new.contact,
            new.recipient,
            new.send_key,
            new.named,
            new.provider,
            new.template,
            now,
            new.confirms_opt_out
        ])?;
        let id = OutboxId(self.conn.last_insert_rowid());
        self.exclude_from_held(id)?;
        Ok(id)
    }

    /// Marks an attempt as running. Until [`WriteTx::update_outbox`], it is unknown whether the provider has the
    /// message. Returns false if the message must not be sent: it was already delivered or was discarded, or another
    /// attempt is running.
    pub fn begin_outbox_attempt(
        &self,
        id: OutboxId,
        provider: Provider,
        template: bool,
        now: Timestamp,
    ) -> Result<bool> {
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET state = 'sending', provider = ?2, template = ?3, attempts = attempts + 1, attempt_at = ?4,
                 updated_at = ?4
             WHERE id = ?1 AND state IN ('queued', 'doubtful')",
        )?;
        Ok(update.execute(params![id, provider, template, now])? > 0)
    }

    /// After an attempt or a search for its outcome.
    pub fn update_outbox(&self, id: OutboxId, change: &OutboxUpdate<'_>, now: Timestamp) -> Result<()> {
        let json = |error: serde_json::Error| Error::Value(error.to_string());
        let refused = serde_json::to_string(change.refused).map_err(json)?;
        let last_refusal = change.last_refusal.map(serde_json::to_string).transpose().map_err(json)?;
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET state = ?2, unconfirmed_attempts = ?3, refused = ?4, next_attempt_at = ?5,
                 last_error = coalesce(?6, last_error), last_refusal = ?7, updated_at = ?8,
                 no_file_since = ?9,
                 doubtful_since = iif(?2 = 'doubtful', coalesce(doubtful_since, ?8), NULL)
             WHERE id = ?1",
        )?;
        update.execute(params![
            id,
            change.state.as_str(),
            change.unconfirmed_attempts,
            refused,
            change.next_attempt_at,
            change.last_error,
            last_refusal,
            now,
            change.no_file_since
        ])?;
        Ok(())
    }

    /// Does not count an attempt.
    pub fn postpone_outbox(
        &self,
        id: OutboxId,
        next_attempt_at: Timestamp,
        expires_at: Timestamp,
        why: &str,
    ) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET next_attempt_at = ?2, expires_at = ?3, last_error = ?4 WHERE id = ?1
             RETURNING message_id",
        )?;
        let parameters = params![id, next_attempt_at, expires_at, why];
        let message = update.query_row(parameters, |row| row.get(0)).optional()?;
        message.map_or(Ok(()), |message| self.record_message(ChangeKind::MessageUpdated, message))
    }

    /// Returns false if the message is not queued.
    pub fn cancel_outbox(&self, id: MessageId, why: &str, now: Timestamp) -> Result<bool> {
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET state = 'failed', last_error = ?2, updated_at = ?3
             WHERE message_id = ?1 AND state = 'queued'",
        )?;
        Ok(update.execute(params![id, why, now])? > 0)
    }

    /// For attempts that were running when the daemon ended. Returns the number of attempts.
    pub fn mark_interrupted_attempts(&self, now: Timestamp) -> Result<usize> {
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET state = 'doubtful', next_attempt_at = ?1, updated_at = ?1,
                 doubtful_since = coalesce(doubtful_since, ?1)
             WHERE state = 'sending'",
        )?;
        Ok(update.execute([now])?)
    }

    /// For an attempt that ended without an outcome. A message whose attempt had not begun keeps its state. The next
    /// attempt is due at `at`.
    pub fn mark_panicked_attempt(&self, id: OutboxId, at: Timestamp, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET state = iif(state = 'sending', 'doubtful', state), next_attempt_at = ?2, updated_at = ?3,
                 doubtful_since = iif(state = 'sending', coalesce(doubtful_since, ?3), doubtful_since)
             WHERE id = ?1 AND state IN ('queued', 'sending', 'doubtful')",
        )?;
        update.execute(params![id, at, now])?;
        Ok(())
    }

    /// Makes the messages that wait for a retry through this provider due now, because the provider is available again.
    pub fn make_outbox_due(&self, provider: Provider, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET next_attempt_at = ?2
             WHERE state IN ('queued', 'doubtful') AND provider = ?1 AND attempts > 0 AND next_attempt_at > ?2",
        )?;
        update.execute(params![provider, now])?;
        Ok(())
    }

    /// Makes the messages whose next attempt is due after `limit` due now.
    pub fn hasten_late_outbox(&self, limit: Timestamp, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET next_attempt_at = ?2 WHERE state IN ('queued', 'doubtful') AND next_attempt_at > ?1",
        )?;
        update.execute(params![limit, now])?;
        Ok(())
    }

    /// Makes the queued messages to a contact due now whose next attempt is due after `limit`.
    pub fn hasten_late_outbox_of(&self, contact: ContactId, limit: Timestamp, now: Timestamp) -> Result<()> {
        // With the redundant list of states, SQLite uses the index of pending messages.
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET next_attempt_at = ?3
             WHERE contact_id = ?1 AND state IN ('queued', 'sending', 'doubtful') AND state = 'queued'
                 AND next_attempt_at > ?2",
        )?;
        update.execute(params![contact, limit, now])?;
        Ok(())
    }

    /// Deletes the outbox rows of messages that were sent or failed before `before`, and the records of late refusals
    /// from before that time. The messages themselves are kept.
    pub fn prune_outbox(&self, before: Timestamp) -> Result<()> {
        let mut delete =
            self.conn.prepare_cached("DELETE FROM outbox WHERE state IN ('done', 'failed') AND updated_at < ?1")?;
        delete.execute([before])?;
        self.conn.prepare_cached("DELETE FROM refused_attempts WHERE refused_at < ?1")?.execute([before])?;
        Ok(())
    }
}

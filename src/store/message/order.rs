//! What the order of messages goes by.

use super::super::{ReadTx, Result, WriteTx};
use crate::domain::{ChangeKind, MessageId, Provider, ThreadId, Timestamp};
use rusqlite::{OptionalExtension, params};

impl ReadTx<'_> {
    /// The latest time after `after` of a message in a thread that this provider has delivered and that was not written after
    /// `provider_time`, by its clock; `except` does not count.
    pub fn latest_not_written_after(
        &self,
        thread: ThreadId,
        provider: Provider,
        provider_time: Timestamp,
        after: Timestamp,
        except: Option<MessageId>,
    ) -> Result<Option<Timestamp>> {
        let mut query = self.conn.prepare_cached(
            "SELECT max(created_at) FROM messages
             WHERE thread_id = ?1 AND created_at > ?4 AND provider = ?2 AND provider_time <= ?3
                 AND id IS NOT ?5",
        )?;
        Ok(query.query_row(params![thread, provider, provider_time, after, except], |row| row.get(0))?)
    }

    /// Whether it is known when a message was written, by the provider's clock; none where the message is not known.
    pub fn has_provider_time(&self, provider: Provider, provider_msg_id: &str) -> Result<Option<bool>> {
        let mut query = self.conn.prepare_cached(
            "SELECT provider_time IS NOT NULL FROM messages WHERE provider = ?1 AND provider_msg_id = ?2",
        )?;
        Ok(query.query_row(params![provider, provider_msg_id], |row| row.get(0)).optional()?)
    }

    /// A message of which it is not known when it was written: its id, thread and time in the thread.
    pub fn message_without_provider_time(
        &self,
        provider: Provider,
        provider_msg_id: &str,
    ) -> Result<Option<(MessageId, ThreadId, Timestamp)>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, thread_id, created_at FROM messages
             WHERE provider = ?1 AND provider_msg_id = ?2 AND provider_time IS NULL",
        )?;
        let found =
            query.query_row(params![provider, provider_msg_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        Ok(found.optional()?)
    }

    /// How far our clock was ahead of a provider's, in ms, when the newest messages came that it told the time of.
    pub fn provider_clock_difference(&self, provider: Provider) -> Result<Option<i64>> {
        let mut query = self.conn.prepare_cached(include_str!("clock_difference.sql"))?;
        Ok(query.query_row([provider], |row| row.get(0))?)
    }
}

impl WriteTx<'_> {
    /// Notes when a message was written, by the provider's clock.
    pub fn set_provider_time(&self, id: MessageId, provider_time: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached("UPDATE messages SET provider_time = ?2 WHERE id = ?1")?;
        update.execute(params![id, provider_time])?;
        Ok(())
    }

    /// Moves a message to another time in its thread.
    pub fn set_message_time(&self, id: MessageId, at: Timestamp) -> Result<()> {
        self.conn.prepare_cached("UPDATE messages SET created_at = ?2 WHERE id = ?1")?.execute(params![id, at])?;
        self.record_message(ChangeKind::MessageUpdated, id)
    }
}

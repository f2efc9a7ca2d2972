//! Queries on the two times that determine the order of messages: the time in the thread, and the time by the
//! provider's clock.

use crate::domain::{ChangeKind, MessageId, Provider, ThreadId, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};

impl ReadTx<'_> {
    /// The latest time in the thread of the messages that this provider carried, that were written at `provider_time`
    /// or earlier by the provider's clock, and whose time in the thread is later than `after`. The message `except` is
    /// left out. `None` if there are none.
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

    /// `None` if the message is not stored.
    pub fn has_provider_time(&self, provider: Provider, provider_msg_id: &str) -> Result<Option<bool>> {
        let mut query = self.conn.prepare_cached(
            "SELECT provider_time IS NOT NULL FROM messages WHERE provider = ?1 AND provider_msg_id = ?2",
        )?;
        Ok(query.query_row(params![provider, provider_msg_id], |row| row.get(0)).optional()?)
    }

    /// The message's id, its thread, and its time in the thread. `None` if the message has a provider time or is not
    /// stored.
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

    /// Two times of each of up to eight of a provider's newest messages: the time in the thread, and the time by the
    /// provider's clock. Messages without the latter are left out.
    pub fn provider_times(&self, provider: Provider) -> Result<Vec<(Timestamp, Timestamp)>> {
        let mut query = self.conn.prepare_cached(include_str!("clock_times.sql"))?;
        let rows = query.query_map([provider], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    pub fn set_provider_time(&self, id: MessageId, provider_time: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached("UPDATE messages SET provider_time = ?2 WHERE id = ?1")?;
        update.execute(params![id, provider_time])?;
        Ok(())
    }

    /// The time of a message in its thread.
    pub fn set_message_time(&self, id: MessageId, at: Timestamp) -> Result<()> {
        self.conn.prepare_cached("UPDATE messages SET created_at = ?2 WHERE id = ?1")?.execute(params![id, at])?;
        self.record_message(ChangeKind::MessageUpdated, id)
    }
}

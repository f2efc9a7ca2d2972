//! What the order of messages goes by.

use super::super::{ReadTx, Result};
use crate::domain::{Provider, ThreadId, Timestamp};
use rusqlite::params;

impl ReadTx<'_> {
    /// The latest time after `after` of a message in a thread that this provider has delivered and that was not written after
    /// `provider_time`, by its clock.
    pub fn latest_not_written_after(
        &self,
        thread: ThreadId,
        provider: Provider,
        provider_time: Timestamp,
        after: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let mut query = self.conn.prepare_cached(
            "SELECT max(created_at) FROM messages
             WHERE thread_id = ?1 AND created_at > ?4 AND provider = ?2 AND provider_time <= ?3",
        )?;
        Ok(query.query_row(params![thread, provider, provider_time, after], |row| row.get(0))?)
    }

    /// How far our clock was ahead of a provider's, in ms, when the newest messages came that it told the time of.
    pub fn provider_clock_difference(&self, provider: Provider) -> Result<Option<i64>> {
        let mut query = self.conn.prepare_cached(include_str!("clock_difference.sql"))?;
        Ok(query.query_row([provider], |row| row.get(0))?)
    }
}

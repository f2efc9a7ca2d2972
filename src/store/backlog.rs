//! How much waits.

use super::{ReadTx, Result};
use crate::domain::Timestamp;

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Messages on their way out.
    pub outbox: u64,
    /// Jobs that are still to be done.
    pub jobs: u64,
    /// Calls that have not ended.
    pub calls: u64,
    /// Messages that nobody has read.
    pub unread: u64,
    /// When the oldest message was written that is on its way out.
    pub oldest: Option<Timestamp>,
}

impl ReadTx<'_> {
    /// How many messages have been waiting since before a point, although they were tried to be sent.
    pub fn stuck_outbox(&self, before: Timestamp) -> Result<u64> {
        let mut query = self.conn.prepare_cached(
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'doubtful') AND attempts > 0 AND created_at < ?1 AND id > ?2",
        )?;
        let count: i64 = query.query_row(rusqlite::params![before, self.held_to()?], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// How much waits.
    pub fn backlog(&self) -> Result<Backlog> {
        let mut query = self.conn.prepare_cached(
            "SELECT (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'doubtful')),
                    (SELECT count(*) FROM jobs WHERE state = 'waiting'),
                    (SELECT count(*) FROM calls WHERE state <> 'ended'),
                    (SELECT coalesce(sum(unread_count), 0) FROM threads),
                    (SELECT min(created_at) FROM outbox WHERE state IN ('queued', 'sending', 'doubtful'))",
        )?;
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(query.query_row([], |row| {
            Ok(Backlog {
                outbox: count(row.get(0)?),
                jobs: count(row.get(1)?),
                calls: count(row.get(2)?),
                unread: count(row.get(3)?),
                oldest: row.get(4)?,
            })
        })?)
    }

    /// How many messages have been on their way out since then or longer.
    pub fn count_messages_waiting_since(&self, then: Timestamp) -> Result<u64> {
        let mut query = self.conn.prepare_cached(
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'doubtful') AND created_at <= ?1",
        )?;
        let count: i64 = query.query_row([then], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

//! How much waits.

use super::{ReadTx, Result};

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
}

impl ReadTx<'_> {
    /// How much waits.
    pub fn backlog(&self) -> Result<Backlog> {
        let mut query = self.conn.prepare_cached(
            "SELECT (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'doubtful')),
                    (SELECT count(*) FROM jobs WHERE state = 'waiting'),
                    (SELECT count(*) FROM calls WHERE state <> 'ended'),
                    (SELECT coalesce(sum(unread_count), 0) FROM threads)",
        )?;
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(query.query_row([], |row| {
            Ok(Backlog {
                outbox: count(row.get(0)?),
                jobs: count(row.get(1)?),
                calls: count(row.get(2)?),
                unread: count(row.get(3)?),
            })
        })?)
    }
}

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

/// Messages that providers accepted and have not delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Undelivered {
    /// By Twilio.
    pub by_twilio: u64,
    /// By the bridge.
    pub by_bridge: u64,
    /// To how many contacts.
    pub contacts: u64,
}

impl ReadTx<'_> {
    /// How many messages have been waiting since before a point, although they were tried to be sent or put off: what
    /// merely waits for its turn at the bridge's pace is not counted.
    pub fn stuck_outbox(&self, before: Timestamp) -> Result<u64> {
        let mut query = self.conn.prepare_cached(
            "SELECT count(*) FROM outbox
             WHERE state IN ('queued', 'sending', 'doubtful') AND (attempts > 0 OR last_error IS NOT NULL)
               AND created_at < ?1 AND id > ?2",
        )?;
        let count: i64 = query.query_row(rusqlite::params![before, self.held_to()?], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Messages that a provider accepted in a period and that have not been delivered, by provider. Messages of the daemon
    /// itself are left out: alerts have their own way of finding out.
    pub fn undelivered(&self, from: Timestamp, to: Timestamp) -> Result<Undelivered> {
        let mut query = self.conn.prepare_cached(
            "SELECT count(*) FILTER (WHERE m.provider = 'twilio'), count(*) FILTER (WHERE m.provider = 'baileys'),
                    count(DISTINCT o.contact_id)
             FROM messages m JOIN outbox o ON o.message_id = m.id
             WHERE m.direction = 'out' AND m.status = 'sent' AND m.sent_at BETWEEN ?1 AND ?2
               AND o.state = 'done' AND m.author <> 'daemon'",
        )?;
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(query.query_row(rusqlite::params![from, to], |row| {
            Ok(Undelivered {
                by_twilio: count(row.get(0)?),
                by_bridge: count(row.get(1)?),
                contacts: count(row.get(2)?),
            })
        })?)
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

//! Counts of pending work: unsent messages, waiting jobs, active calls and unread entries.

use crate::domain::{Provider, Timestamp};
use crate::store::{ReadTx, Result};
use rusqlite::named_params;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that are not sent yet, including held ones.
    pub outbox: u64,
    pub jobs: u64,
    /// Calls that have not ended.
    pub calls: u64,
    /// Unread messages and calls.
    pub unread: u64,
    /// When the oldest message that waits in the outbox was queued; `None` if none waits.
    pub oldest: Option<Timestamp>,
}

/// Messages that a provider has accepted but not delivered yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undelivered {
    /// The number of messages by provider.
    by: BTreeMap<Provider, u64>,
    /// Number of distinct recipients.
    pub contacts: u64,
}

impl Undelivered {
    /// Counts the messages of all providers.
    pub fn count(&self) -> u64 {
        self.by.values().sum()
    }

    pub fn by(&self, provider: Provider) -> u64 {
        self.by.get(&provider).copied().unwrap_or(0)
    }
}

/// The period in which the messages were sent that must be delivered by now.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryPeriod {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl DeliveryPeriod {
    /// The last day, except for the newest minutes, because providers report a delivery later than it happens.
    pub fn at(now: Timestamp) -> Self {
        Self { from: now.minus(Duration::from_hours(24)), to: now.minus(Duration::from_mins(9)) }
    }
}

/// The condition of a message `m` with the outbox row `o` that was sent between `:due_from` and `:due_to` and is not delivered
/// yet. Messages of the daemon itself are left out, because alerts track their own delivery.
macro_rules! not_delivered {
    () => {
        "m.direction = 'out' AND m.status = 'sent' AND m.sent_at BETWEEN :due_from AND :due_to
      AND o.state = 'done' AND m.author <> 'daemon'"
    };
}

/// The contacts with a message that was not delivered: it was sent between `:due_from` and `:due_to`, or written after
/// `:due_from` and failed. Messages of the daemon itself are left out. The outbox has the messages of the last weeks only, so
/// it is the outer table of failed messages, which have no index.
pub(super) const UNDELIVERED_CONTACTS: &str = concat!(
    "SELECT o.contact_id FROM messages m JOIN outbox o ON o.message_id = m.id WHERE ",
    not_delivered!(),
    " UNION
    SELECT o.contact_id FROM outbox o CROSS JOIN messages m ON m.id = o.message_id
    WHERE m.status = 'failed' AND m.created_at >= :due_from AND m.author <> 'daemon'"
);

impl ReadTx<'_> {
    /// Messages that have been in the outbox since before `before` although an attempt was made or deferred. Messages
    /// that only wait for the bridge's rate limit, or whose first attempt has begun since `before`, are not counted.
    pub fn stuck_outbox(&self, before: Timestamp) -> Result<u64> {
        self.count_outbox(
            "state IN ('queued', 'sending', 'doubtful') AND (attempts > 0 OR last_error IS NOT NULL)
             AND NOT (state = 'sending' AND attempts = 1 AND last_error IS NULL AND attempt_at >= ?1)",
            before,
        )
    }

    /// Messages that have been in the outbox since before `before` and were neither attempted nor deferred. Usually the
    /// rate limit of the bridge has not admitted them yet.
    pub fn paced_outbox(&self, before: Timestamp) -> Result<u64> {
        self.count_outbox("state = 'queued' AND attempts = 0 AND last_error IS NULL", before)
    }

    /// Counts the messages with this condition that were created before `before`. Held messages are left out.
    fn count_outbox(&self, condition: &'static str, before: Timestamp) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM outbox WHERE {condition} AND created_at < ?1 AND id > ?2");
        let mut query = self.conn.prepare_cached(&sql)?;
        let count: i64 = query.query_row(rusqlite::params![before, self.held_to()?], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Messages that a provider accepted in this period but has not delivered yet, except those of the daemon itself.
    pub fn undelivered(&self, due: DeliveryPeriod) -> Result<Undelivered> {
        let mut query = self.conn.prepare_cached(concat!(
            "SELECT m.provider, o.contact_id, count(*) FROM messages m JOIN outbox o ON o.message_id = m.id WHERE ",
            not_delivered!(),
            " AND m.provider IS NOT NULL GROUP BY m.provider, o.contact_id"
        ))?;
        let rows = query.query_map(named_params! {":due_from": due.from, ":due_to": due.to}, |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })?;
        let (mut by, mut contacts) = (BTreeMap::<_, u64>::new(), BTreeSet::new());
        for row in rows {
            let (provider, contact, count) = row?;
            contacts.insert(contact);
            *by.entry(provider).or_default() += u64::try_from(count).unwrap_or(0);
        }
        Ok(Undelivered { by, contacts: contacts.len() as u64 })
    }

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

    /// Messages in the outbox that were written at `then` or earlier.
    pub fn count_messages_waiting_since(&self, then: Timestamp) -> Result<u64> {
        let mut query = self.conn.prepare_cached(
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'doubtful') AND created_at <= ?1",
        )?;
        let count: i64 = query.query_row([then], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

//! Retention: calculates what is older than the owner's limits, and deletes it in small steps. What the daemon keeps for itself
//! is deleted after fixed times.

use crate::domain::{ActorId, Timestamp, text_enum};
use crate::store::{Amount, ReadTx, Result, WriteTx};
use serde::{Deserialize, Serialize};
use std::time::Duration;

text_enum! {
    /// The kinds of data that the owner can limit by age.
    RetainedKind {
        /// Files of messages.
        Media = "media",
        /// Recordings of calls.
        Recordings = "recordings",
        /// Transcripts of calls.
        Transcripts = "transcripts",
        /// Raw webhooks.
        Journal = "journal",
        /// The audit log.
        Audit = "audit",
    }
}

/// The cutoff time of one kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cutoff {
    /// The kind.
    pub what: RetainedKind,
    /// Older data is deleted.
    pub before: Timestamp,
}

/// The amount of data that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedCount {
    /// The kind.
    pub what: RetainedKind,
    /// Older data is deleted.
    pub before: Timestamp,
    /// The number of files, recordings, turns, webhooks or audit rows.
    pub rows: u64,
    /// Bytes of their content.
    pub bytes: u64,
}

/// The cutoff times for these numbers of days; 0 keeps the data for ever.
pub fn cutoffs(days: &[(RetainedKind, u32)], now: Timestamp) -> Vec<Cutoff> {
    let before = |days: u32| now.minus(Duration::from_hours(24 * u64::from(days)));
    days.iter()
        .filter(|(_, days)| *days > 0)
        .map(|(what, days)| Cutoff { what: *what, before: before(*days) })
        .collect()
}

/// How much would be deleted.
pub fn plan(tx: &ReadTx<'_>, cutoffs: &[Cutoff]) -> Result<Vec<DeletedCount>> {
    let share = |Cutoff { what, before }: &Cutoff| {
        let Amount { rows, bytes } = match what {
            RetainedKind::Media => tx.old_media(*before),
            RetainedKind::Recordings => tx.old_recordings(*before),
            RetainedKind::Transcripts => tx.old_turns(*before),
            RetainedKind::Journal => tx.old_webhook_entries(*before),
            RetainedKind::Audit => tx.old_audit(*before),
        }?;
        Ok(DeletedCount { what: *what, before: *before, rows, bytes })
    };
    cutoffs.iter().map(share).collect()
}

/// Deletes one batch; returns zero rows when nothing is left.
pub fn step(tx: &WriteTx<'_>, Cutoff { what, before }: Cutoff, now: Timestamp) -> Result<DeletedCount> {
    let Amount { rows, bytes } = match what {
        RetainedKind::Media => tx.prune_media(before, STEP_BYTES, now),
        RetainedKind::Recordings => tx.prune_recordings(before, STEP_BYTES),
        RetainedKind::Transcripts => tx.prune_turns(before),
        RetainedKind::Journal => {
            tx.prune_webhook_log(before, STEP_ROWS).map(|rows| Amount { rows: rows as u64, bytes: 0 })
        }
        RetainedKind::Audit => tx.prune_audit(before, STEP_ROWS).map(|rows| Amount { rows: rows as u64, bytes: 0 }),
    }?;
    Ok(DeletedCount { what, before, rows, bytes })
}

/// Adds an audit row for the owner's data that was deleted: not for raw webhooks, nor for audit rows, which would never
/// end.
pub fn note(tx: &WriteTx<'_>, by: ActorId, shares: &[DeletedCount], now: Timestamp) -> Result<()> {
    let is_noted =
        |share: &&DeletedCount| share.rows > 0 && !matches!(share.what, RetainedKind::Journal | RetainedKind::Audit);
    for share in shares.iter().filter(is_noted) {
        let subject = format!("{} {}, {} bytes, from before {}", share.rows, share.what, share.bytes, share.before);
        tx.insert_audit(by, "retention", &subject, now)?;
    }
    Ok(())
}

/// Deletes what is older than a fixed time. Each is a transaction of its own, so that other writes do not wait for long.
pub const EXPIRIES: [fn(&WriteTx<'_>, Timestamp) -> Result<()>; 5] = [
    |tx, now| tx.prune_responses(now.minus(KEEP_RESPONSES)),
    |tx, now| tx.prune_jobs(now.minus(KEEP_DONE)),
    |tx, now| tx.prune_outbox(now.minus(KEEP_DONE)),
    |tx, now| tx.prune_early_updates(now.minus(KEEP_EARLY)),
    |tx, now| tx.prune_alert_events(now.minus(KEEP_ALERTS)).map(drop),
];

/// Deletes some of the oldest changes that followers no longer need; returns how many.
pub fn expire_changes(tx: &WriteTx<'_>) -> Result<usize> {
    tx.prune_changes(KEEP_CHANGES, CHANGES_AT_ONCE)
}

/// Clients do not repeat a request after a week.
const KEEP_RESPONSES: Duration = Duration::from_hours(7 * 24);
const KEEP_DONE: Duration = Duration::from_hours(30 * 24);
/// A status update whose message has not appeared by then belongs to another system.
const KEEP_EARLY: Duration = Duration::from_hours(30 * 24);
const KEEP_ALERTS: Duration = Duration::from_hours(365 * 24);
/// A page that was offline for longer reloads everything.
const KEEP_CHANGES: i64 = 100_000;
const CHANGES_AT_ONCE: usize = 5000;
const STEP_BYTES: u64 = 4 << 20;
const STEP_ROWS: usize = 500;

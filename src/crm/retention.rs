//! Data retention: counts the data that is older than the owner's limits, and deletes it in small batches. Internal
//! data, such as finished jobs, expires after fixed periods.

use crate::domain::{ActorId, Timestamp, text_enum};
use crate::store::{Amount, ReadTx, Result, WriteTx};
use serde::{Deserialize, Serialize};
use std::time::Duration;

text_enum! {
    /// A kind of data for which the owner can set a maximum age.
    RetainedKind {
        /// Media files of messages.
        Media = "media",
        Recordings = "recordings",
        Transcripts = "transcripts",
        /// The log of raw webhooks.
        Journal = "journal",
        Audit = "audit",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cutoff {
    pub what: RetainedKind,
    /// The cutoff time: data from before this time is deleted.
    pub before: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedCount {
    pub what: RetainedKind,
    pub before: Timestamp,
    /// The number of deleted files, recordings, transcript turns, webhooks or audit rows.
    pub rows: u64,
    /// The size of the content in bytes; 0 for audit rows.
    pub bytes: u64,
}

/// A maximum age of 0 days means that the data is kept permanently.
pub fn cutoffs(days: &[(RetainedKind, u32)], now: Timestamp) -> Vec<Cutoff> {
    let before = |days: u32| now.minus(Duration::from_hours(24 * u64::from(days)));
    days.iter()
        .filter(|(_, days)| *days > 0)
        .map(|(what, days)| Cutoff { what: *what, before: before(*days) })
        .collect()
}

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

/// The result has zero rows when no expired data is left.
pub fn step(tx: &WriteTx<'_>, Cutoff { what, before }: Cutoff, now: Timestamp) -> Result<DeletedCount> {
    let Amount { rows, bytes } = match what {
        RetainedKind::Media => tx.prune_media(before, STEP_BYTES, now),
        RetainedKind::Recordings => tx.prune_recordings(before, STEP_BYTES),
        RetainedKind::Transcripts => tx.prune_turns(before, now),
        RetainedKind::Journal => tx.prune_webhook_log(before, STEP_BYTES, STEP_ROWS),
        RetainedKind::Audit => tx.prune_audit(before, STEP_ROWS).map(|rows| Amount { rows: rows as u64, bytes: 0 }),
    }?;
    Ok(DeletedCount { what, before, rows, bytes })
}

/// Adds an audit row for each kind of deleted data, except webhooks and audit rows. If deleted audit rows were
/// recorded, each deletion would add a new audit row.
pub fn note(tx: &WriteTx<'_>, by: ActorId, shares: &[DeletedCount], now: Timestamp) -> Result<()> {
    let is_noted =
        |share: &&DeletedCount| share.rows > 0 && !matches!(share.what, RetainedKind::Journal | RetainedKind::Audit);
    for share in shares.iter().filter(is_noted) {
        let subject = format!("{} {}, {} bytes, from before {}", share.rows, share.what, share.bytes, share.before);
        tx.insert_audit(by, "retention", &subject, now)?;
    }
    Ok(())
}

/// Returns the time of the last run that deleted all expired data; before the first one, that of the newest activity.
pub fn last_run(tx: &ReadTx<'_>) -> Result<Option<Timestamp>> {
    let last = tx.meta(LAST_RUN)?.and_then(|at| at.parse().ok());
    last.map_or_else(|| tx.newest_activity(), |last| Ok(Some(last)))
}

pub fn note_run(tx: &WriteTx<'_>, now: Timestamp) -> Result<()> {
    tx.set_meta(LAST_RUN, &now.to_string())
}

/// Returns true if so much time has passed since the last run that either the machine was off, or the clock is ahead.
/// With a clock that is ahead, all data looks old, so another clock must confirm this one before data is deleted.
pub fn is_leap(last_run: Timestamp, now: Timestamp) -> bool {
    now.since(last_run) > MAX_GAP
}

/// The key of the last run in the table `meta`.
const LAST_RUN: &str = "retention.last_run";
const MAX_GAP: Duration = Duration::from_hours(3 * 24);

/// Deletes internal data after fixed periods. Each function runs in its own transaction, so that other writes are not
/// blocked for long.
pub const EXPIRIES: [fn(&WriteTx<'_>, Timestamp) -> Result<()>; 5] = [
    |tx, now| tx.prune_responses(now.minus(KEEP_RESPONSES)),
    |tx, now| tx.prune_jobs(now.minus(KEEP_DONE)),
    |tx, now| tx.prune_outbox(now.minus(KEEP_DONE)),
    |tx, now| tx.prune_early_updates(now.minus(KEEP_EARLY)),
    |tx, now| tx.prune_alert_events(now.minus(KEEP_ALERTS)).map(drop),
];

/// Returns some of the uploaded files that nothing has used within a day, because the message was not sent or got another
/// file.
pub fn unused_files(tx: &ReadTx<'_>, now: Timestamp) -> Result<Vec<String>> {
    tx.unused_files(now.minus(KEEP_UNUSED), FILES_AT_ONCE)
}

/// Deletes a file, unless it is used by now.
pub fn delete_unused_file(tx: &WriteTx<'_>, sha256: &str, now: Timestamp) -> Result<()> {
    tx.delete_unused_file(sha256, now.minus(KEEP_UNUSED))
}

/// Deletes one batch of the oldest entries of the change feed, beyond the number that clients may still read. Returns
/// the number of deleted entries.
pub fn expire_changes(tx: &WriteTx<'_>) -> Result<usize> {
    tx.prune_changes(KEEP_CHANGES, CHANGES_AT_ONCE)
}

/// How long responses are stored for idempotent retries, except those of messages. Clients stop retrying well within a
/// week.
const KEEP_RESPONSES: Duration = Duration::from_hours(7 * 24);
const KEEP_DONE: Duration = Duration::from_hours(30 * 24);
/// How long an update of an unknown message is kept. If the message has not arrived by then, it was sent by another
/// system.
const KEEP_EARLY: Duration = Duration::from_hours(30 * 24);
const KEEP_UNUSED: Duration = Duration::from_hours(24);
const FILES_AT_ONCE: usize = 100;
const KEEP_ALERTS: Duration = Duration::from_hours(365 * 24);
/// The number of changes that are kept. A page that has missed more of them reloads all of its data.
const KEEP_CHANGES: i64 = 100_000;
const CHANGES_AT_ONCE: usize = 5000;
const STEP_BYTES: u64 = 4 << 20;
const STEP_ROWS: usize = 500;

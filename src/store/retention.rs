//! Retention: deletes data that is older than the owner wants to keep, in small steps.

use super::media::IS_USED_SINCE;
use super::{ReadTx, Result, WriteTx, open};
use crate::domain::{CallId, ChangeKind, MessageId, RecordingId, Timestamp};
use rusqlite::params;
use std::collections::BTreeSet;

/// An amount of data to be deleted, or that was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Rows: media files, recordings, turns, webhooks, audit rows.
    pub rows: u64,
    /// Bytes of their content.
    pub bytes: u64,
}

/// The size of the database and its free pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageUsage {
    /// Page size in bytes.
    pub page_bytes: u64,
    /// Number of pages.
    pub pages: u64,
    /// Number of free pages.
    pub free_pages: u64,
}

/// Media files that are older than `?1`. A file is as old as the newest message that has it, and one that is still to be sent is not old.
fn old_media() -> String {
    format!("media WHERE pruned_at IS NULL AND created_at < ?1 AND NOT {IS_USED_SINCE}")
}

const OLD_RECORDINGS: &str = "recordings WHERE state = 'complete' AND created_at < ?1";
const OLD_TURNS: &str = "call_turns WHERE call_id IN (SELECT id FROM calls WHERE started_at < ?1 AND state = 'ended')";

impl ReadTx<'_> {
    /// Media files of messages from before `before`.
    pub fn old_media(&self, before: Timestamp) -> Result<Amount> {
        self.amount(&format!("SELECT count(*), sum(bytes) FROM {}", old_media()), before)
    }

    /// Recordings from before `before`.
    pub fn old_recordings(&self, before: Timestamp) -> Result<Amount> {
        self.amount(&format!("SELECT count(*), sum(bytes) FROM {OLD_RECORDINGS}"), before)
    }

    /// Call turns from before `before`.
    pub fn old_turns(&self, before: Timestamp) -> Result<Amount> {
        self.amount(&format!("SELECT count(*), sum(length(text)) FROM {OLD_TURNS}"), before)
    }

    /// Webhooks from before `before`.
    pub fn old_webhook_entries(&self, before: Timestamp) -> Result<Amount> {
        self.amount("SELECT count(*), sum(length(body)) FROM webhook_journal WHERE received_at < ?1", before)
    }

    /// Audit rows from before `before`.
    pub fn old_audit(&self, before: Timestamp) -> Result<Amount> {
        self.amount("SELECT count(*), 0 FROM audit_log WHERE at < ?1", before)
    }

    /// The size of the database and its free pages.
    pub fn page_usage(&self) -> Result<PageUsage> {
        let free_pages: i64 = self.conn.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
        Ok(PageUsage {
            page_bytes: open::page_size(self.conn)? as u64,
            pages: open::page_count(self.conn)?,
            free_pages: u64::try_from(free_pages).unwrap_or(0),
        })
    }

    fn amount(&self, sql: &str, before: Timestamp) -> Result<Amount> {
        let of = |value: Option<i64>| u64::try_from(value.unwrap_or(0)).unwrap_or(0);
        let mut query = self.conn.prepare_cached(sql)?;
        Ok(query.query_row([before], |row| Ok(Amount { rows: of(row.get(0)?), bytes: of(row.get(1)?) }))?)
    }
}

impl WriteTx<'_> {
    /// Deletes the content of old media files: at least one, up to about `bytes`. The messages that have them show that
    /// they were deleted.
    pub fn prune_media(&self, before: Timestamp, bytes: u64, now: Timestamp) -> Result<Amount> {
        let sql = format!("SELECT sha256, bytes FROM {} ORDER BY created_at LIMIT {FILES_PER_STEP}", old_media());
        let chosen = self.chosen(&sql, before, bytes)?;
        let mut empty = self.conn.prepare_cached("UPDATE media SET content = x'', pruned_at = ?2 WHERE sha256 = ?1")?;
        let mut note = self.conn.prepare_cached(
            "UPDATE message_media SET state = 'pruned', error = ?2 WHERE sha256 = ?1 AND state = 'stored'",
        )?;
        let mut messages_with = self.conn.prepare_cached("SELECT message_id FROM message_media WHERE sha256 = ?1")?;
        let mut forget = self.conn.prepare_cached(
            "UPDATE media_details SET thumbnail = NULL, thumbhash = NULL, file_name = NULL WHERE sha256 = ?1",
        )?;
        for (sha256, _) in &chosen {
            empty.execute(params![sha256, now])?;
            forget.execute([sha256])?;
            note.execute(params![sha256, PRUNED_ERROR])?;
            let messages =
                messages_with.query_map([sha256], |row| row.get(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            messages.into_iter().try_for_each(|id: MessageId| self.record_message(ChangeKind::MessageUpdated, id))?;
        }
        Ok(sum(chosen.iter().map(|(_, bytes)| *bytes)))
    }

    /// Deletes the audio of old recordings: at least one, up to about `bytes`.
    pub fn prune_recordings(&self, before: Timestamp, bytes: u64) -> Result<Amount> {
        let sql =
            format!("SELECT CAST(id AS TEXT), bytes FROM {OLD_RECORDINGS} ORDER BY created_at LIMIT {FILES_PER_STEP}");
        let chosen = self.chosen(&sql, before, bytes)?;
        let mut delete =
            self.conn.prepare_cached("DELETE FROM recording_chunks WHERE recording_id = CAST(?1 AS INTEGER)")?;
        let mut forget =
            self.conn.prepare_cached("DELETE FROM recording_peaks WHERE recording_id = CAST(?1 AS INTEGER)")?;
        let mut note = self.conn.prepare_cached(
            "UPDATE recordings SET state = 'pruned', bytes = 0, error = ?2 WHERE id = CAST(?1 AS INTEGER)",
        )?;
        for (id, _) in &chosen {
            delete.execute([id])?;
            forget.execute([id])?;
            note.execute(params![id, PRUNED_ERROR])?;
            self.record_recording(RecordingId(id.parse().unwrap_or_default()))?;
        }
        Ok(sum(chosen.iter().map(|(_, bytes)| *bytes)))
    }

    /// Deletes old call turns, a few hundred at a time.
    pub fn prune_turns(&self, before: Timestamp) -> Result<Amount> {
        let mut delete = self.conn.prepare_cached(&format!(
            "DELETE FROM call_turns WHERE id IN (SELECT id FROM {OLD_TURNS} LIMIT {TURNS_PER_STEP}) RETURNING length(text), call_id"
        ))?;
        let deleted = delete
            .query_map([before], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(i64, CallId)>>>()?;
        let calls: BTreeSet<CallId> = deleted.iter().map(|(_, call)| *call).collect();
        calls.into_iter().try_for_each(|call| self.record_call_id(ChangeKind::TurnUpdated, call))?;
        Ok(sum(deleted.into_iter().map(|(length, _)| u64::try_from(length).unwrap_or(0))))
    }

    /// Releases up to `pages` free pages to the disk; returns how many. Each one may move two other pages, all of which
    /// must be written to the published copy too.
    pub fn release_pages(&self, pages: u32) -> Result<u64> {
        let before = self.page_usage()?.pages;
        let mut release = self.conn.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        // Each row that is read releases one page.
        let mut freed = release.query([])?;
        while freed.next()?.is_some() {}
        Ok(before.saturating_sub(self.page_usage()?.pages))
    }

    /// Selects rows to delete, with their bytes, until the bytes are enough.
    fn chosen(&self, sql: &str, before: Timestamp, enough: u64) -> Result<Vec<(String, u64)>> {
        let mut query = self.conn.prepare_cached(sql)?;
        let mut rows = query.query([before])?;
        let (mut chosen, mut total) = (Vec::new(), 0_u64);
        while let Some(row) = rows.next()? {
            let bytes = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
            chosen.push((row.get(0)?, bytes));
            total = total.saturating_add(bytes);
            if total >= enough {
                break;
            }
        }
        Ok(chosen)
    }
}

fn sum(bytes: impl Iterator<Item = u64>) -> Amount {
    bytes.fold(Amount::default(), |all, bytes| Amount { rows: all.rows + 1, bytes: all.bytes.saturating_add(bytes) })
}

/// The error text of a deleted file.
const PRUNED_ERROR: &str = "deleted, as the settings say ([retention])";
const FILES_PER_STEP: usize = 200;
const TURNS_PER_STEP: usize = 500;

#[cfg(test)]
mod tests;

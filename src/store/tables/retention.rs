//! Retention: deletes data that is older than the owner's settings allow, in small steps.

use super::media::{IS_USED, IS_USED_SINCE};
use crate::domain::{CallEventKind, CallId, ChangeKind, MessageId, RecordingId, Timestamp};
use crate::store::{ReadTx, Result, WriteTx, open};
use rusqlite::params;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Media files, recordings, turns, webhooks or audit entries.
    pub rows: u64,
    /// The size of the content; 0 for audit entries.
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageUsage {
    pub page_bytes: u64,
    pub pages: u64,
    pub free_pages: u64,
}

/// The age of a file counts from the time when it was stored or from the newest message with the file, whichever is
/// later. A file of a scheduled message that still waits is never old.
fn old_media() -> String {
    format!("media WHERE pruned_at IS NULL AND created_at < ?1 AND NOT {IS_USED_SINCE}")
}

const OLD_RECORDINGS: &str = "recordings WHERE state = 'complete' AND created_at < ?1";
const OLD_TURNS: &str = "call_turns WHERE call_id IN (SELECT id FROM calls WHERE started_at < ?1 AND state = 'ended')";

impl ReadTx<'_> {
    /// Media files that were stored before `before` and belong to no later message. The files of scheduled messages
    /// that still wait are left out.
    pub fn old_media(&self, before: Timestamp) -> Result<Amount> {
        self.amount(&format!("SELECT count(*), sum(bytes) FROM {}", old_media()), before)
    }

    /// Complete recordings from before `before`.
    pub fn old_recordings(&self, before: Timestamp) -> Result<Amount> {
        self.amount(&format!("SELECT count(*), sum(bytes) FROM {OLD_RECORDINGS}"), before)
    }

    /// Turns of ended calls that started before `before`.
    pub fn old_turns(&self, before: Timestamp) -> Result<Amount> {
        self.amount(&format!("SELECT count(*), sum(octet_length(text)) FROM {OLD_TURNS}"), before)
    }

    pub fn old_webhook_entries(&self, before: Timestamp) -> Result<Amount> {
        self.amount("SELECT count(*), sum(length(body)) FROM webhook_journal WHERE received_at < ?1", before)
    }

    pub fn old_audit(&self, before: Timestamp) -> Result<Amount> {
        self.amount("SELECT count(*), 0 FROM audit_log WHERE at < ?1", before)
    }

    /// Returns uploaded files from before `before` to which nothing refers, oldest first.
    pub fn unused_files(&self, before: Timestamp, limit: usize) -> Result<Vec<String>> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT sha256 FROM media WHERE pruned_at IS NULL AND created_at < ?1 AND NOT {IS_USED}
             ORDER BY created_at LIMIT {limit}"
        ))?;
        Ok(query.query_map([before], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

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
    /// Deletes the content of old media files, oldest first: until about `bytes` are deleted, or `FILES_PER_STEP`
    /// files. Returns what was deleted; zero rows if no old file is left.
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
        for (sha256, bytes) in &chosen {
            self.overwriting_little(*bytes, || {
                empty.execute(params![sha256, now])?;
                Ok(forget.execute([sha256])?)
            })?;
            note.execute(params![sha256, PRUNED_ERROR])?;
            let messages =
                messages_with.query_map([sha256], |row| row.get(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            messages.into_iter().try_for_each(|id: MessageId| self.record_message(ChangeKind::MessageUpdated, id))?;
        }
        Ok(sum(chosen.iter().map(|(_, bytes)| *bytes)))
    }

    /// Deletes a file, unless something refers to it, or it has been uploaded after `before`.
    pub fn delete_unused_file(&self, sha256: &str, before: Timestamp) -> Result<()> {
        let mut delete = self
            .conn
            .prepare_cached(&format!("DELETE FROM media WHERE sha256 = ?1 AND created_at < ?2 AND NOT {IS_USED}"))?;
        let bytes = self.media(sha256)?.map_or(0, |file| file.length);
        self.overwriting_little(bytes, || Ok(delete.execute(params![sha256, before]).map(drop)?))
    }

    /// Deletes the audio of old recordings, oldest first: until about `bytes` are deleted, or `FILES_PER_STEP`
    /// recordings. Returns what was deleted; zero rows if no old recording is left.
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
        for (id, bytes) in &chosen {
            self.overwriting_little(*bytes, || {
                delete.execute([id])?;
                Ok(forget.execute([id])?)
            })?;
            note.execute(params![id, PRUNED_ERROR])?;
            self.record_recording(RecordingId(id.parse().unwrap_or_default()))?;
        }
        Ok(sum(chosen.iter().map(|(_, bytes)| *bytes)))
    }

    /// Deletes up to `TURNS_PER_STEP` turns of ended calls that started before `before`. Returns what was deleted; zero
    /// rows if none is left.
    pub fn prune_turns(&self, before: Timestamp, now: Timestamp) -> Result<Amount> {
        let mut delete = self.conn.prepare_cached(&format!(
            "DELETE FROM call_turns WHERE id IN (SELECT id FROM {OLD_TURNS} LIMIT {TURNS_PER_STEP}) RETURNING octet_length(text), call_id"
        ))?;
        let deleted = self.overwriting(|| {
            let deleted = delete.query_map([before], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(deleted.collect::<rusqlite::Result<Vec<(i64, CallId)>>>()?)
        })?;
        let calls: BTreeSet<CallId> = deleted.iter().map(|(_, call)| *call).collect();
        let mut note = self.conn.prepare_cached(
            "INSERT INTO call_events(call_id, kind, at) SELECT ?1, ?2, ?3
             WHERE NOT EXISTS (SELECT 1 FROM call_events WHERE call_id = ?1 AND kind = ?2)",
        )?;
        for call in calls {
            note.execute(params![call, CallEventKind::TranscriptPruned, now])?;
            self.record_call_id(ChangeKind::TurnUpdated, call)?;
        }
        Ok(sum(deleted.into_iter().map(|(length, _)| u64::try_from(length).unwrap_or(0))))
    }

    /// Deletes up to `limit` old webhooks, or about `bytes`, oldest first. Returns what was deleted.
    pub fn prune_webhook_log(&self, before: Timestamp, bytes: u64, limit: usize) -> Result<Amount> {
        let sql = format!(
            "SELECT CAST(id AS TEXT), length(body) FROM (SELECT * FROM webhook_journal ORDER BY id LIMIT {limit})
             WHERE received_at < ?1 ORDER BY id"
        );
        let chosen = self.chosen(&sql, before, bytes)?;
        let mut delete = self.conn.prepare_cached("DELETE FROM webhook_journal WHERE id = CAST(?1 AS INTEGER)")?;
        self.overwriting(|| chosen.iter().try_for_each(|(id, _)| Ok(delete.execute([id]).map(drop)?)))?;
        Ok(sum(chosen.iter().map(|(_, bytes)| *bytes)))
    }

    /// Returns the number of released pages. For each released page SQLite may move two other pages, and all of them
    /// must also be written to the published copy.
    pub fn release_pages(&self, pages: u32) -> Result<u64> {
        let before = self.page_usage()?.pages;
        let mut release = self.conn.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        // Each row that is read from this statement releases one page.
        let mut freed = release.query([])?;
        while freed.next()?.is_some() {}
        Ok(before.saturating_sub(self.page_usage()?.pages))
    }

    /// Selects rows, with their sizes, until their total size reaches `enough` bytes.
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

/// The error text of a file that retention has deleted.
const PRUNED_ERROR: &str = "deleted, as the settings say ([retention])";
const FILES_PER_STEP: usize = 200;
const TURNS_PER_STEP: usize = 500;

#[cfg(test)]
mod tests;

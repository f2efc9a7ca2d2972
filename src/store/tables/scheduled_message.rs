//! Scheduled messages. When contacts are merged, scheduled messages move with their thread: reads follow
//! `threads.merged_into`.

use super::columns::Columns;
use super::page::{page, rows_for};
use crate::domain::{
    AppointmentId, ChangeKind, Cursor, MessageId, Provider, ScheduledMessage, ScheduledState, ThreadId, Timestamp,
};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct NewScheduledMessage<'a> {
    pub thread: ThreadId,
    pub text: &'a str,
    /// The SHA-256 of the file to send, if any.
    pub media: Option<&'a str>,
    pub send_at: Timestamp,
    /// The requested provider; `None` lets the policy select one.
    pub provider: Option<Provider>,
    /// The user or token that schedules the message.
    pub author: &'a str,
    /// The appointment that the message is about.
    pub appointment: Option<AppointmentId>,
}

impl ReadTx<'_> {
    /// The earliest first, with the position of the next page if one exists.
    pub fn scheduled_messages(
        &self,
        thread: Option<ThreadId>,
        state: Option<ScheduledState>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<ScheduledMessage>, Option<Cursor>)> {
        let mut query = self.conn.prepare_cached(&format!(
            "{SELECT} WHERE (?1 IS NULL OR t.id = ?1) AND (?2 IS NULL OR s.state = ?2)
                AND (?3 IS NULL OR (s.send_at, s.id) > (?3, ?4)) ORDER BY s.send_at, s.id LIMIT ?5"
        ))?;
        let rows = query.query_map(
            params![thread, state, after.map(|cursor| cursor.at), after.map(|cursor| cursor.id), rows_for(limit)],
            scheduled_message,
        )?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(found, limit, |last| Cursor { at: last.send_at, id: last.id }))
    }

    pub fn scheduled_message(&self, id: i64) -> Result<Option<ScheduledMessage>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE s.id = ?1"))?;
        Ok(query.query_row([id], scheduled_message).optional()?)
    }

    /// The id and the time of the scheduled message that is sent next. Held messages are left out.
    pub fn next_scheduled(&self) -> Result<Option<(i64, Timestamp)>> {
        let held = self.held_scheduled_to()?;
        let mut query = self.conn.prepare_cached(
            "SELECT id, send_at FROM scheduled_messages
             WHERE state = 'waiting' AND NOT (id <= ?1 AND send_at <= ?2) ORDER BY send_at LIMIT 1",
        )?;
        Ok(query.query_row(params![held.id, held.at], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// The newest message about an appointment, whatever its state.
    pub fn notice_of(&self, appointment: AppointmentId) -> Result<Option<ScheduledMessage>> {
        let mut query =
            self.conn.prepare_cached(&format!("{SELECT} WHERE s.appointment_id = ?1 ORDER BY s.id DESC LIMIT 1"))?;
        Ok(query.query_row([appointment], scheduled_message).optional()?)
    }

    /// The earliest first. Held messages were due before a restore, so they may have been sent after the backup was
    /// made.
    pub fn held_scheduled(&self) -> Result<Vec<ScheduledMessage>> {
        let held = self.held_scheduled_to()?;
        let mut query = self.conn.prepare_cached(&format!(
            "{SELECT} WHERE s.state = 'waiting' AND s.id <= ?1 AND s.send_at <= ?2 ORDER BY s.send_at, s.id"
        ))?;
        let rows = query.query_map(params![held.id, held.at], scheduled_message)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn held_scheduled_to(&self) -> Result<HeldTo> {
        let stored = self.meta(HELD_TO)?.and_then(|text| serde_json::from_str(&text).ok());
        Ok(stored.unwrap_or(HeldTo { id: 0, at: Timestamp::from_millis(0) }))
    }
}

/// The waiting messages up to this id that were due by this time are held.
#[derive(Serialize, Deserialize)]
struct HeldTo {
    id: i64,
    at: Timestamp,
}

const HELD_TO: &str = "scheduled_held_to";

impl WriteTx<'_> {
    /// `at` is the time of the restore. Returns the number of held messages.
    pub fn hold_scheduled(&self, at: Timestamp) -> Result<u64> {
        let id = self.conn.query_row("SELECT coalesce(max(id), 0) FROM scheduled_messages", [], |row| row.get(0))?;
        self.set_held_scheduled(&HeldTo { id, at })?;
        Ok(self.held_scheduled()?.len() as u64)
    }

    /// Releases the held messages, which become due `now`, in their order. Returns their number.
    pub fn release_held_scheduled(&self, now: Timestamp) -> Result<u64> {
        let held = self.held_scheduled()?;
        for (position, message) in (0..).zip(&held) {
            let send_at = now.plus(Duration::from_millis(position));
            self.update_scheduled(&ScheduledMessage { send_at, ..message.clone() }, now)?;
        }
        self.set_held_scheduled(&HeldTo { id: 0, at: Timestamp::from_millis(0) })?;
        Ok(held.len() as u64)
    }

    fn set_held_scheduled(&self, held: &HeldTo) -> Result<()> {
        let text = serde_json::to_string(held).map_err(|error| Error::Value(error.to_string()))?;
        self.set_meta(HELD_TO, &text)
    }

    pub fn insert_scheduled(&self, new: &NewScheduledMessage<'_>, now: Timestamp) -> Result<i64> {
        self.conn
            .prepare_cached(
                "INSERT INTO scheduled_messages(thread_id, text, media_id, send_at, provider, state, author, created_at, updated_at,
                     appointment_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6, ?7, ?7, ?8)",
            )?
            .execute(params![
                new.thread,
                new.text,
                new.media,
                new.send_at,
                new.provider,
                new.author,
                now,
                new.appointment
            ])?;
        let id = self.conn.last_insert_rowid();
        self.list_empty_thread(new.thread, now)?;
        self.record_in(ChangeKind::ScheduledMessageUpdated, Some(new.thread), Some(id))?;
        Ok(id)
    }

    /// Returns false if the message no longer waits.
    pub fn update_scheduled(&self, changed: &ScheduledMessage, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE scheduled_messages SET text = ?2, media_id = ?3, send_at = ?4, provider = ?5, updated_at = ?6
                   WHERE id = ?1 AND state = 'waiting'";
        let ScheduledMessage { id, text, media_id, send_at, provider, .. } = changed;
        let mut update = self.conn.prepare_cached(sql)?;
        let count = self.overwriting(|| Ok(update.execute(params![id, text, media_id, send_at, provider, now])?))?;
        if count > 0 {
            self.record_in(ChangeKind::ScheduledMessageUpdated, Some(changed.thread_id), Some(changed.id))?;
        }
        Ok(count > 0)
    }

    /// Cancels the message about an earlier change of an appointment, if it still waits.
    pub fn cancel_notice(&self, appointment: AppointmentId, now: Timestamp) -> Result<()> {
        let waiting = self.notice_of(appointment)?.filter(|notice| notice.state == ScheduledState::Waiting);
        waiting.map_or(Ok(()), |notice| {
            self.end_scheduled(notice.id, ScheduledState::Cancelled, None, None, now).map(|_| ())
        })
    }

    /// Sets the final state of a scheduled message that waits; one that has failed can be cancelled. Returns false if
    /// the message has another state.
    pub fn end_scheduled(
        &self,
        id: i64,
        state: ScheduledState,
        message: Option<MessageId>,
        error_code: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        let sql = "UPDATE scheduled_messages SET state = ?2, message_id = ?3, error_code = ?4, updated_at = ?5
                   WHERE id = ?1 AND (state = 'waiting' OR (state = 'failed' AND ?2 = 'cancelled'))
                   RETURNING thread_id";
        let mut update = self.conn.prepare_cached(sql)?;
        let ended = update.query_row(params![id, state, message, error_code, now], |row| row.get(0)).optional()?;
        let Some(thread) = ended else { return Ok(false) };
        let thread = self.scheduled_message(id)?.map_or(thread, |message| message.thread_id);
        self.record_in(ChangeKind::ScheduledMessageUpdated, Some(thread), Some(id))?;
        Ok(true)
    }
}

/// `t` is the thread into which the message's thread was finally merged.
const SELECT: &str = "SELECT s.id, t.id AS thread_id, t.contact_id,
        s.text, s.media_id, s.send_at, s.provider, s.state, s.message_id, s.error_code, s.author, s.created_at, s.updated_at,
        s.appointment_id
    FROM scheduled_messages s JOIN threads t ON t.id = (
        WITH RECURSIVE chain(id, merged_into) AS (
            SELECT id, merged_into FROM threads WHERE id = s.thread_id
            UNION ALL SELECT next.id, next.merged_into FROM chain JOIN threads next ON next.id = chain.merged_into)
        SELECT id FROM chain WHERE merged_into IS NULL)";

fn scheduled_message(row: &Row<'_>) -> rusqlite::Result<ScheduledMessage> {
    let row = Columns::of(row);
    Ok(ScheduledMessage {
        id: row.get("id")?,
        thread_id: row.get("thread_id")?,
        contact_id: row.get("contact_id")?,
        text: row.get("text")?,
        media_id: row.get("media_id")?,
        send_at: row.get("send_at")?,
        provider: row.get("provider")?,
        state: row.get("state")?,
        message_id: row.get("message_id")?,
        error_code: row.get("error_code")?,
        author: row.get("author")?,
        appointment_id: row.get("appointment_id")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

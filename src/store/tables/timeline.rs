//! A contact's timeline: entries of several tables, sorted by time.

use super::page::page;
use super::sql::json_list;
use crate::domain::{
    ContactId, ContactMerge, MessageDetail, Task, TimelineContent, TimelineCursor, TimelineEntry, TimelineKind,
};
use crate::store::{ReadTx, Result};
use rusqlite::named_params;
use std::collections::HashMap;

const SOURCES: [Source; 7] = [MESSAGES, CALLS, NOTES, TASKS, DONE_TASKS, APPOINTMENTS, MERGES];

type Load = fn(&ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>>;

/// The queries for the entries of one kind.
struct Source {
    kind: TimelineKind,
    /// SQL that selects the time and the id of entries of `:contact` before `(:at, :id)`, newest first, at most
    /// `:limit`.
    sql: &'static str,
    load: Load,
}

impl ReadTx<'_> {
    /// The newest entries before a position, oldest first, and the position of the previous page. Without `kinds`,
    /// entries of all kinds are returned.
    pub fn timeline(
        &self,
        contact: ContactId,
        kinds: &[TimelineKind],
        before: Option<TimelineCursor>,
        limit: usize,
    ) -> Result<(Vec<TimelineEntry>, Option<TimelineCursor>)> {
        let mut keys = Vec::new();
        for source in SOURCES.iter().filter(|source| kinds.is_empty() || kinds.contains(&source.kind)) {
            keys.extend(self.timeline_keys(source, contact, before, limit.saturating_add(1))?);
        }
        keys.sort_unstable_by(|a, b| b.cmp(a));
        let (mut keys, next) = page(keys, limit, |oldest| *oldest);
        keys.reverse();
        let mut contents = HashMap::new();
        for source in &SOURCES {
            let ids: Vec<i64> = keys.iter().filter(|key| key.kind == source.kind).map(|key| key.id).collect();
            if !ids.is_empty() {
                let loaded = (source.load)(self, &ids)?;
                contents.extend(loaded.into_iter().map(|(id, content)| ((source.kind, id), content)));
            }
        }
        let entry = |key: &TimelineCursor| {
            let content = contents.remove(&(key.kind, key.id))?;
            Some(TimelineEntry { at: key.at, content })
        };
        Ok((keys.iter().filter_map(entry).collect(), next))
    }

    fn timeline_keys(
        &self,
        source: &Source,
        contact: ContactId,
        before: Option<TimelineCursor>,
        limit: usize,
    ) -> Result<Vec<TimelineCursor>> {
        let mut query = self.conn.prepare_cached(source.sql)?;
        let rows = query.query_map(
            named_params! {
                ":contact": contact,
                ":at": before.map(|cursor| cursor.at),
                ":id": before.map(|cursor| cursor.id_bound(source.kind)),
                ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
            },
            |row| Ok(TimelineCursor { at: row.get(0)?, kind: source.kind, id: row.get(1)? }),
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

const MESSAGES: Source = Source {
    kind: TimelineKind::Message,
    sql: "SELECT created_at, id FROM messages
          WHERE thread_id = (SELECT id FROM threads WHERE contact_id = :contact AND type = 'whatsapp' AND merged_into IS NULL)
            AND (:at IS NULL OR (created_at, id) < (:at, :id))
          ORDER BY created_at DESC, id DESC LIMIT :limit",
    load: load_messages,
};

fn load_messages(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let messages = tx.messages_by_ids(&json_list(ids))?;
    let content = |message: MessageDetail| (message.message.id.0, TimelineContent::Message(Box::new(message)));
    Ok(messages.into_iter().map(content).collect())
}

const CALLS: Source = Source {
    kind: TimelineKind::Call,
    sql: "SELECT started_at, id FROM calls
          WHERE contact_id = :contact AND (:at IS NULL OR (started_at, id) < (:at, :id))
          ORDER BY started_at DESC, id DESC LIMIT :limit",
    load: load_calls,
};

fn load_calls(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let calls = tx.call_items(&json_list(ids))?;
    Ok(calls.into_iter().map(|item| (item.call.id.0, TimelineContent::Call(Box::new(item)))).collect())
}

/// Without deleted notes.
const NOTES: Source = Source {
    kind: TimelineKind::Note,
    sql: "SELECT created_at, id FROM contact_notes
          WHERE contact_id = :contact AND deleted_at IS NULL AND (:at IS NULL OR (created_at, id) < (:at, :id))
          ORDER BY created_at DESC, id DESC LIMIT :limit",
    load: load_notes,
};

fn load_notes(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let notes = tx.notes_by_ids(&json_list(ids))?;
    Ok(notes.into_iter().map(|note| (note.id.0, TimelineContent::Note(note))).collect())
}

/// At the time when the tasks were created.
const TASKS: Source = Source {
    kind: TimelineKind::Task,
    sql: "SELECT created_at, id FROM tasks
          WHERE contact_id = :contact AND (:at IS NULL OR (created_at, id) < (:at, :id))
          ORDER BY created_at DESC, id DESC LIMIT :limit",
    load: |tx, ids| load_tasks(tx, ids, TimelineContent::Task),
};

/// At the time when the tasks were completed.
const DONE_TASKS: Source = Source {
    kind: TimelineKind::TaskDone,
    sql: "SELECT done_at, id FROM tasks
          WHERE contact_id = :contact AND done_at IS NOT NULL AND (:at IS NULL OR (done_at, id) < (:at, :id))
          ORDER BY done_at DESC, id DESC LIMIT :limit",
    load: |tx, ids| load_tasks(tx, ids, TimelineContent::TaskDone),
};

fn load_tasks(
    tx: &ReadTx<'_>,
    ids: &[i64],
    content: fn(Box<Task>) -> TimelineContent,
) -> Result<Vec<(i64, TimelineContent)>> {
    let tasks = tx.tasks_by_ids(&json_list(ids))?;
    Ok(tasks.into_iter().map(|task| (task.id.0, content(Box::new(task)))).collect())
}

/// At the time when the appointments were booked.
const APPOINTMENTS: Source = Source {
    kind: TimelineKind::Appointment,
    sql: "SELECT created_at, id FROM appointments
          WHERE contact_id = :contact AND (:at IS NULL OR (created_at, id) < (:at, :id))
          ORDER BY created_at DESC, id DESC LIMIT :limit",
    load: load_appointments,
};

fn load_appointments(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let found = tx.appointments_by_ids(&json_list(ids))?;
    Ok(found.into_iter().map(|found| (found.id.0, TimelineContent::Appointment(Box::new(found)))).collect())
}

/// Without undone merges.
const MERGES: Source = Source {
    kind: TimelineKind::Merge,
    sql: "SELECT merged_at, id FROM contact_merges
          WHERE kept_contact_id = :contact AND undone_at IS NULL AND (:at IS NULL OR (merged_at, id) < (:at, :id))
          ORDER BY merged_at DESC, id DESC LIMIT :limit",
    load: load_merges,
};

fn load_merges(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let mut query = tx.conn.prepare_cached(
        "SELECT g.id, coalesce(c.display_name, ''), g.merged_at
         FROM contact_merges g LEFT JOIN contacts c ON c.id = g.merged_contact_id
         WHERE g.id IN (SELECT value FROM json_each(?1))",
    )?;
    let rows = query.query_map([json_list(ids)], |row| {
        let id = row.get(0)?;
        let merge = ContactMerge { merge_id: id, contact_name: row.get(1)?, merged_at: row.get(2)? };
        Ok((id, TimelineContent::Merge(merge)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

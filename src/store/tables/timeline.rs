//! A contact's timeline: entries of several tables, sorted by time.

use super::page::rows_for;
use super::sql::json_list;
use crate::domain::{
    Appointment, AppointmentId, AppointmentMove, ContactId, ContactMerge, MessageDetail, Task, TimelineAnchor,
    TimelineContent, TimelineCursor, TimelineEntry, TimelineKind, TimelineRange, Timestamp,
};
use crate::store::{ReadTx, Result};
use rusqlite::{OptionalExtension, named_params};
use std::collections::HashMap;

const SOURCES: [Source; 10] = [
    MESSAGES,
    CALLS,
    NOTES,
    TASKS,
    DONE_TASKS,
    APPOINTMENTS,
    MOVED_APPOINTMENTS,
    CANCELLED_APPOINTMENTS,
    MERGES,
    CONTACT_CHANGES,
];

type Load = fn(&ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>>;

/// The queries for the entries of one kind.
struct Source {
    kind: TimelineKind,
    table: &'static str,
    /// The column with the time of the entry.
    at: &'static str,
    /// The SQL condition for entries of `:contact`.
    of: &'static str,
    load: Load,
}

/// A page of a timeline.
#[derive(Debug)]
pub struct TimelinePage {
    /// Oldest first.
    pub entries: Vec<TimelineEntry>,
    /// The position before which there are older entries; none if the page has the first entry.
    pub older: Option<TimelineCursor>,
    /// The position after which there are newer entries; none if the page has the last entry.
    pub newer: Option<TimelineCursor>,
}

/// The side of a position.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// Positions on one side of a position, nearest first, and whether there are more.
type Keys = (Vec<TimelineCursor>, bool);

fn nearest((mut keys, has_more): Keys, count: usize) -> Keys {
    let has_more = has_more || keys.len() > count;
    keys.truncate(count);
    (keys, has_more)
}

impl ReadTx<'_> {
    /// A page of a contact's timeline. Without `kinds`, it has entries of all kinds. Returns `None` if the timeline
    /// does not have the entry around which the page is wanted.
    pub fn timeline(
        &self,
        contact: ContactId,
        kinds: &[TimelineKind],
        range: TimelineRange,
        limit: usize,
    ) -> Result<Option<TimelinePage>> {
        let keys = |from, side, limit| self.timeline_keys(contact, kinds, from, side, limit);
        let (older, newer) = match range {
            TimelineRange::Newest => (keys(None, Side::Before, limit)?, Keys::default()),
            TimelineRange::Before(cursor) => {
                let (before, has_older) = keys(Some(cursor), Side::Before, limit)?;
                ((before, has_older), (Vec::new(), true))
            }
            TimelineRange::After(cursor) => ((Vec::new(), true), keys(Some(cursor), Side::After, limit)?),
            TimelineRange::Around(anchor) => {
                let Some(middle) = self.timeline_position(contact, anchor)? else { return Ok(None) };
                // The position before the anchor may be that of another entry, which is older than the anchor.
                let anchor = TimelineCursor { id: middle.id.saturating_add(1), ..middle };
                let (newer, older) =
                    (keys(Some(middle), Side::After, limit)?, keys(Some(anchor), Side::Before, limit)?);
                // The page is full even if one of the sides has less than its half.
                let older = nearest(older, (limit / 2).max(limit.saturating_sub(newer.0.len())));
                let rest = limit.saturating_sub(older.0.len());
                (older, nearest(newer, rest))
            }
        };
        let ((older, has_older), (newer, has_newer)) = (older, newer);
        let keys: Vec<_> = older.into_iter().rev().chain(newer).collect();
        Ok(Some(TimelinePage {
            entries: self.timeline_entries(&keys)?,
            older: keys.first().copied().filter(|_| has_older),
            newer: keys.last().copied().filter(|_| has_newer),
        }))
    }

    /// The position directly before the anchor.
    fn timeline_position(&self, contact: ContactId, anchor: TimelineAnchor) -> Result<Option<TimelineCursor>> {
        let (kind, id) = match anchor {
            // No entry has a smaller kind or id.
            TimelineAnchor::Time(at) => return Ok(Some(TimelineCursor::before(at, TimelineKind::Message, i64::MIN))),
            TimelineAnchor::Entry(kind, id) => (kind, id),
        };
        let Some(Source { table, at, of, .. }) = SOURCES.iter().find(|source| source.kind == kind) else {
            return Ok(None);
        };
        let sql = format!("SELECT {at} FROM {table} WHERE id = :id AND {of} AND {at} IS NOT NULL");
        let mut query = self.conn.prepare_cached(&sql)?;
        let at: Option<Timestamp> =
            query.query_row(named_params! {":contact": contact, ":id": id}, |row| row.get(0)).optional()?;
        Ok(at.map(|at| TimelineCursor::before(at, kind, id)))
    }

    fn timeline_entries(&self, keys: &[TimelineCursor]) -> Result<Vec<TimelineEntry>> {
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
        Ok(keys.iter().filter_map(entry).collect())
    }

    /// Without `from`, the newest entries.
    fn timeline_keys(
        &self,
        contact: ContactId,
        kinds: &[TimelineKind],
        from: Option<TimelineCursor>,
        side: Side,
        limit: usize,
    ) -> Result<Keys> {
        let mut keys = Vec::new();
        for source in SOURCES.iter().filter(|source| kinds.is_empty() || kinds.contains(&source.kind)) {
            keys.extend(self.timeline_keys_of(source, contact, from, side, limit)?);
        }
        match side {
            Side::Before => keys.sort_unstable_by(|a, b| b.cmp(a)),
            Side::After => keys.sort_unstable(),
        }
        let has_more = keys.len() > limit;
        keys.truncate(limit);
        Ok((keys, has_more))
    }

    fn timeline_keys_of(
        &self,
        source: &Source,
        contact: ContactId,
        from: Option<TimelineCursor>,
        side: Side,
        limit: usize,
    ) -> Result<Vec<TimelineCursor>> {
        let Source { kind, table, at, of, .. } = *source;
        let (sign, order) = match side {
            Side::Before => ('<', "DESC"),
            Side::After => ('>', "ASC"),
        };
        // A condition that is always true without a position would prevent SQLite from starting in the index at the
        // position.
        let range = match from {
            Some(_) => format!("({at}, id) {sign} (:at, :id)"),
            None => "(:at, :id) IS (NULL, NULL)".to_owned(),
        };
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {at}, id FROM {table} WHERE {of} AND {at} IS NOT NULL AND {range}
             ORDER BY {at} {order}, id {order} LIMIT :limit"
        ))?;
        let rows = query.query_map(
            named_params! {
                ":contact": contact,
                ":at": from.map(|cursor| cursor.at),
                ":id": from.map(|cursor| cursor.id_bound(kind)),
                ":limit": rows_for(limit),
            },
            |row| Ok(TimelineCursor { at: row.get(0)?, kind, id: row.get(1)? }),
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

const MESSAGES: Source = Source {
    kind: TimelineKind::Message,
    table: "messages",
    at: "created_at",
    of: "thread_id = (SELECT id FROM threads WHERE contact_id = :contact AND type = 'whatsapp' AND merged_into IS NULL)",
    load: load_messages,
};

fn load_messages(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let messages = tx.messages_by_ids(&json_list(ids))?;
    let content = |message: MessageDetail| (message.message.id.0, TimelineContent::Message(Box::new(message)));
    Ok(messages.into_iter().map(content).collect())
}

const CALLS: Source = Source {
    kind: TimelineKind::Call,
    table: "calls",
    at: "started_at",
    of: "contact_id = :contact",
    load: load_calls,
};

fn load_calls(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let calls = tx.call_items(&json_list(ids))?;
    Ok(calls.into_iter().map(|item| (item.call.id.0, TimelineContent::Call(Box::new(item)))).collect())
}

/// Without deleted notes.
const NOTES: Source = Source {
    kind: TimelineKind::Note,
    table: "contact_notes",
    at: "created_at",
    of: "contact_id = :contact AND deleted_at IS NULL",
    load: load_notes,
};

fn load_notes(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let notes = tx.notes_by_ids(&json_list(ids))?;
    Ok(notes.into_iter().map(|note| (note.id.0, TimelineContent::Note(note))).collect())
}

/// At the time when the tasks were created.
const TASKS: Source = Source {
    kind: TimelineKind::Task,
    table: "tasks",
    at: "created_at",
    of: "contact_id = :contact",
    load: |tx, ids| load_tasks(tx, ids, TimelineContent::Task),
};

/// At the time when the tasks were completed.
const DONE_TASKS: Source = Source {
    kind: TimelineKind::TaskDone,
    table: "tasks",
    at: "done_at",
    of: "contact_id = :contact",
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
    table: "appointments",
    at: "created_at",
    of: "contact_id = :contact",
    load: |tx, ids| {
        let moves = tx.first_moves(ids)?;
        let found = tx.appointments_by_ids(&json_list(ids))?;
        let content = |found: Appointment| {
            let first = moves.get(&found.id).copied();
            (found.id.0, TimelineContent::Appointment(Box::new(found), first))
        };
        Ok(found.into_iter().map(content).collect())
    },
};

/// At the time when the appointments were moved.
const MOVED_APPOINTMENTS: Source = Source {
    kind: TimelineKind::AppointmentMoved,
    table: "contact_events",
    at: "created_at",
    of: "contact_id = :contact AND kind = 'appointment_moved'",
    load: load_moves,
};

fn load_moves(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let moves = tx.moves_by_ids(ids)?;
    let appointments: Vec<i64> = moves.iter().map(|(id, _)| id.0).collect();
    let found = tx.appointments_by_ids(&json_list(&appointments))?;
    let content = |(id, of): (AppointmentId, AppointmentMove)| {
        let appointment = found.iter().find(|found| found.id == id)?.clone();
        Some((of.id, TimelineContent::AppointmentMoved(Box::new(appointment), of)))
    };
    Ok(moves.into_iter().filter_map(content).collect())
}

/// At the time when the appointments were cancelled. A restored appointment is no longer cancelled.
const CANCELLED_APPOINTMENTS: Source = Source {
    kind: TimelineKind::AppointmentCancelled,
    table: "appointments",
    at: "cancelled_at",
    of: "contact_id = :contact",
    load: |tx, ids| {
        let found = tx.appointments_by_ids(&json_list(ids))?;
        let content = |found: Appointment| (found.id.0, TimelineContent::AppointmentCancelled(Box::new(found)));
        Ok(found.into_iter().map(content).collect())
    },
};

/// At the time when the contact opted out or in, or was blocked or unblocked.
const CONTACT_CHANGES: Source = Source {
    kind: TimelineKind::ContactChange,
    table: "contact_events",
    at: "created_at",
    of: "contact_id = :contact AND kind <> 'appointment_moved'",
    load: |tx, ids| {
        let found = tx.contact_changes_by_ids(ids)?;
        Ok(found.into_iter().map(|change| (change.id, TimelineContent::ContactChange(change))).collect())
    },
};

/// Without undone merges.
const MERGES: Source = Source {
    kind: TimelineKind::Merge,
    table: "contact_merges",
    at: "merged_at",
    of: "kept_contact_id = :contact AND undone_at IS NULL",
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

//! A contact's timeline: entries of several tables, sorted by time. Each kind has its own file with a [`Source`].

mod appointment;
mod call;
mod merge;
mod message;
mod note;
mod task;

use super::page::page;
use super::{ReadTx, Result};
use crate::domain::{ContactId, TimelineContent, TimelineCursor, TimelineEntry, TimelineKind};
use rusqlite::named_params;
use std::collections::HashMap;

/// The sources of all kinds of entries.
const SOURCES: [Source; 7] =
    [message::SOURCE, call::SOURCE, note::SOURCE, task::CREATED, task::DONE, appointment::SOURCE, merge::SOURCE];

/// Reads the entries with these ids.
type Load = fn(&ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>>;

/// The queries for the entries of one kind.
struct Source {
    kind: TimelineKind,
    /// SQL that selects the time and the id of entries of `:contact` before `(:at, :id)`, newest first, at most
    /// `:limit`.
    sql: &'static str,
    /// Reads the entries with these ids.
    load: Load,
}

impl ReadTx<'_> {
    /// Returns the newest entries of a contact before a position, oldest first, and the position of the previous page.
    pub fn timeline(
        &self,
        contact: ContactId,
        before: Option<TimelineCursor>,
        limit: usize,
    ) -> Result<(Vec<TimelineEntry>, Option<TimelineCursor>)> {
        let mut keys = Vec::new();
        for source in &SOURCES {
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

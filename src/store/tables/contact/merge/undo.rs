//! Undoes a merge: moves back the rows that are still where the merge put them. Rows that were added to the kept
//! contact since then stay with it.

use super::super::super::sql::json_list;
use super::{MergeRecord, TABLES};
use crate::domain::{ContactId, ThreadId, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};

struct ActiveMerge {
    kept: ContactId,
    merged: ContactId,
    moved: MergeRecord,
    merged_at: Timestamp,
}

impl ReadTx<'_> {
    /// The newest later merge that involves the kept contact of `merge` and has not been undone.
    pub fn later_merge(&self, merge: i64) -> Result<Option<i64>> {
        let mut query = self.conn.prepare_cached(
            "SELECT max(later.id) FROM contact_merges later JOIN contact_merges m ON m.id = ?1
             WHERE later.id > m.id AND later.undone_at IS NULL AND m.undone_at IS NULL
                 AND m.kept_contact_id IN (later.kept_contact_id, later.merged_contact_id)",
        )?;
        Ok(query.query_row([merge], |row| row.get(0))?)
    }

    fn active_merge(&self, merge: i64) -> Result<ActiveMerge> {
        let mut query = self.conn.prepare_cached(
            "SELECT kept_contact_id, merged_contact_id, moved, merged_at FROM contact_merges
             WHERE id = ?1 AND undone_at IS NULL",
        )?;
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?));
        let (kept, merged, moved, merged_at) =
            query.query_row([merge], row).optional()?.ok_or(Error::NotFound("merge"))?;
        let moved = serde_json::from_str(&moved).map_err(|error| Error::Value(error.to_string()))?;
        Ok(ActiveMerge { kept, merged, moved, merged_at })
    }

    /// In tables whose rows users can delete, a newer row may have reused the id of a moved row; such a row is
    /// excluded.
    fn still_at_kept(&self, table: &str, merge: &ActiveMerge) -> Result<Vec<i64>> {
        let Some(ids) = merge.moved.rows.get(table).filter(|ids| !ids.is_empty()) else { return Ok(Vec::new()) };
        let is_old = if DELETED_BY_USERS.contains(&table) { "AND created_at <= ?3" } else { "AND ?3 IS NOT NULL" };
        let sql = format!(
            "SELECT id FROM {table} WHERE contact_id = ?1 AND id IN (SELECT value FROM json_each(?2)) {is_old} ORDER BY id"
        );
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map(params![merge.kept, json_list(ids), merge.merged_at], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// The later merges that [`ReadTx::later_merge`] returns must be undone first.
    pub fn undo_merge(&self, id: i64, now: Timestamp) -> Result<()> {
        let merge = self.active_merge(id)?;
        let ActiveMerge { kept, merged, moved, .. } = &merge;
        let (kept, merged) = (*kept, *merged);
        self.conn
            .prepare_cached("UPDATE contacts SET merged_into = NULL, updated_at = ?2 WHERE id = ?1")?
            .execute(params![merged, now])?;
        let threads = self.still_at_kept("threads", &merge)?;
        for table in TABLES {
            let ids = self.still_at_kept(table, &merge)?;
            self.point_to_contact(table, &ids, merged)?;
        }
        // What happened to the appointments since the merge goes back with them.
        let events = "UPDATE contact_events SET contact_id = ?2 WHERE contact_id = ?1
            AND appointment_id IN (SELECT id FROM appointments WHERE contact_id = ?2)";
        self.conn.prepare_cached(events)?.execute(params![kept, merged])?;
        for thread in &moved.threads {
            self.unmerge_thread(thread, merge.merged_at)?;
        }
        for thread in threads {
            if let Some(own) = self.split_thread(ThreadId(thread), kept, moved.newest, merge.merged_at, now)? {
                self.record_thread(own)?;
            }
        }
        self.remove_copies(kept, &moved.copied)?;
        self.restore_replaced(kept, &moved.chosen, now)?;
        [kept, merged].into_iter().try_for_each(|contact| self.refresh_last_activity(contact))?;
        self.record_merge(kept, merged, moved)?;
        if let Some(name) = &moved.name {
            self.conn
                .prepare_cached(
                    "UPDATE contacts SET display_name = '', name_source = '', updated_at = ?3
                     WHERE id = ?1 AND display_name = ?2 AND name_source <> 'owner'",
                )?
                .execute(params![kept, name, now])?;
            self.retitle_threads(kept)?;
        }
        self.conn
            .prepare_cached("UPDATE contact_merges SET undone_at = ?2 WHERE id = ?1")?
            .execute(params![id, now])?;
        [kept, merged].into_iter().try_for_each(|contact| self.refresh_peers(contact))
    }
}

/// The tables of [`TABLES`] whose rows users can delete.
const DELETED_BY_USERS: [&str; 6] =
    ["contact_notes", "tasks", "leads", "appointments", "waiting_list", "contact_events"];

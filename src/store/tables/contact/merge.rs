//! Merges two contacts, and undoes a merge.
//!
//! Every table with a column `contact_id` must be listed in [`TABLES`] or handled by [`copied`].

mod chosen;
mod copied;
mod threads;
mod undo;

use super::super::sql::json_list;
use crate::domain::{BusinessId, ContactId, MergeChoices, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use chosen::Chosen;
use copied::Copied;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use threads::{MovedThread, Newest};

/// What a merge changed, recorded so that the merge can be undone.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MergeRecord {
    /// Ids of rows that refer to a contact, by table.
    rows: BTreeMap<String, Vec<i64>>,
    /// Threads that were merged into a thread of the kept contact.
    threads: Vec<MovedThread>,
    /// The name that was copied from the merged contact, because the kept contact had none.
    name: Option<String>,
    copied: Copied,
    chosen: Chosen,
    /// The newest rows at the time of the merge; `None` in records of earlier versions.
    newest: Option<Newest>,
}

impl ReadTx<'_> {
    /// Follows merges from a contact to the contact that was kept.
    pub fn kept_contact(&self, id: ContactId) -> Result<ContactId> {
        let mut query = self.conn.prepare_cached("SELECT merged_into FROM contacts WHERE id = ?1")?;
        let mut kept = id;
        while let Some(into) = query.query_row([kept], |row| row.get::<_, Option<ContactId>>(0)).optional()?.flatten() {
            kept = into;
        }
        Ok(kept)
    }

    /// The newest merge into or out of a contact that has not been undone.
    pub fn last_merge(&self, contact: ContactId) -> Result<Option<i64>> {
        let mut query = self.conn.prepare_cached(
            "SELECT max(id) FROM contact_merges
             WHERE undone_at IS NULL AND (kept_contact_id = ?1 OR merged_contact_id = ?1)",
        )?;
        Ok(query.query_row([contact], |row| row.get(0))?)
    }

    fn ids(&self, sql: &str, of: i64) -> Result<Vec<i64>> {
        let mut query = self.conn.prepare_cached(sql)?;
        let rows = query.query_map([of], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Like [`WriteTx::merge_choosing`], without choices.
    pub fn merge_contacts(
        &self,
        business: BusinessId,
        kept: ContactId,
        merged: ContactId,
        actor: &str,
        now: Timestamp,
    ) -> Result<i64> {
        self.merge_choosing(business, (kept, merged), &MergeChoices::default(), actor, now)
    }

    /// Returns the id of the merge.
    pub fn merge_choosing(
        &self,
        business: BusinessId,
        (kept, merged): (ContactId, ContactId),
        choices: &MergeChoices,
        actor: &str,
        now: Timestamp,
    ) -> Result<i64> {
        let newest = Some(self.newest_rows()?);
        let mut moved = MergeRecord { threads: self.merge_threads(kept, merged)?, newest, ..MergeRecord::default() };
        self.keep_main_number(kept, now)?;
        for table in TABLES {
            let ids = self.ids(&format!("SELECT id FROM {table} WHERE contact_id = ?1 ORDER BY id"), merged.0)?;
            // A merged thread still refers to its own contact, so that the merge can be undone.
            let stays = |id: &i64| table == "threads" && moved.threads.iter().any(|thread| thread.from.0 == *id);
            let ids: Vec<i64> = ids.into_iter().filter(|id| !stays(id)).collect();
            self.point_to_contact(table, &ids, kept)?;
            moved.rows.insert(table.to_owned(), ids);
        }
        moved.chosen = self.apply_choices(kept, merged, choices, now)?;
        moved.name = self.take_name(kept, merged, now)?;
        moved.copied = self.copy_details(kept, merged)?;
        self.conn
            .prepare_cached("UPDATE contacts SET merged_into = ?2, updated_at = ?3 WHERE id = ?1")?
            .execute(params![merged, kept, now])?;
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO contact_merges(business_id, kept_contact_id, merged_contact_id, moved, actor, merged_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        self.record_merge(kept, merged, &moved)?;
        let moved = serde_json::to_string(&moved).map_err(|error| Error::Value(error.to_string()))?;
        insert.execute(params![business, kept, merged, moved, actor, now])?;
        let id = self.conn.last_insert_rowid();
        self.refresh_peers(kept)?;
        Ok(id)
    }

    fn record_merge(&self, kept: ContactId, merged: ContactId, moved: &MergeRecord) -> Result<()> {
        [kept, merged].into_iter().try_for_each(|contact| self.record_contact(contact))?;
        moved.threads.iter().flat_map(|thread| [thread.from, thread.into]).try_for_each(|id| self.record_thread(id))
    }

    fn point_to_contact(&self, table: &str, ids: &[i64], contact: ContactId) -> Result<()> {
        self.point(table, "contact_id", ids, contact.0)
    }

    fn point(&self, table: &str, column: &str, ids: &[i64], to: i64) -> Result<()> {
        if !ids.is_empty() {
            // A row that would duplicate a row of the other contact is not moved.
            let sql =
                format!("UPDATE OR IGNORE {table} SET {column} = ?1 WHERE id IN (SELECT value FROM json_each(?2))");
            self.conn.prepare_cached(&sql)?.execute(params![to, json_list(ids)])?;
        }
        Ok(())
    }

    /// Copies the merged contact's name to the kept contact, if the kept contact has none.
    fn take_name(&self, kept: ContactId, merged: ContactId, now: Timestamp) -> Result<Option<String>> {
        let name: Option<(String, String)> = self
            .conn
            .prepare_cached(
                "SELECT other.display_name, other.name_source FROM contacts other, contacts own
                 WHERE own.id = ?1 AND other.id = ?2 AND own.display_name = '' AND other.display_name <> ''",
            )?
            .query_row(params![kept, merged], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((name, source)) = name else { return Ok(None) };
        self.conn
            .prepare_cached("UPDATE contacts SET display_name = ?2, name_source = ?3, updated_at = ?4 WHERE id = ?1")?
            .execute(params![kept, name, source, now])?;
        self.retitle_threads(kept)?;
        Ok(Some(name))
    }
}

/// Every table whose rows refer to a contact by `contact_id` and have an `id`.
const TABLES: [&str; 12] = [
    "addresses",
    "threads",
    "calls",
    "outbox",
    "contact_notes",
    "tasks",
    "leads",
    "appointments",
    "waiting_list",
    "knowledge_gaps",
    "outbound_calls",
    "contact_events",
];

#[cfg(test)]
mod tests;

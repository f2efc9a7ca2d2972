//! Merges two contacts, and undoes a merge.
//!
//! A merge records the ids of the moved rows by table. Every table that refers to contacts must be in [`TABLES`], or be copied by
//! [`copied`].

mod copied;

use super::super::json::json_list;
use super::super::{Error, ReadTx, Result, WriteTx};
use crate::domain::{BusinessId, ContactId, ThreadId, Timestamp};
use copied::Copied;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a merge moved from one contact to the other, so that it can be undone.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MergeRecord {
    /// Ids of rows that refer to a contact, by table.
    rows: BTreeMap<String, Vec<i64>>,
    /// Threads that were merged into a thread of the kept contact.
    threads: Vec<MovedThread>,
    /// The name that the kept contact, which had none, took from the merged one.
    name: Option<String>,
    /// Copies of what the kept contact lacked.
    copied: Copied,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MovedThread {
    from: ThreadId,
    into: ThreadId,
    messages: Vec<i64>,
    calls: Vec<i64>,
    unread: i64,
}

impl ReadTx<'_> {
    /// Follows merges to the contact that was kept.
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

    /// The addresses among `ids` that the contact still has: a number may belong to another contact by now.
    fn addresses_left(&self, ids: &[i64], contact: ContactId) -> Result<Vec<i64>> {
        let mut left = self.ids("SELECT id FROM addresses WHERE contact_id = ?1", contact.0)?;
        left.retain(|id| ids.contains(id));
        Ok(left)
    }

    fn ids(&self, sql: &str, of: i64) -> Result<Vec<i64>> {
        let mut query = self.conn.prepare_cached(sql)?;
        let rows = query.query_map([of], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Merges contact `merged` into `kept`: addresses, threads with their content, calls, and messages in the outbox.
    /// Returns the id of the merge.
    pub fn merge_contacts(
        &self,
        business: BusinessId,
        kept: ContactId,
        merged: ContactId,
        actor: &str,
        now: Timestamp,
    ) -> Result<i64> {
        let mut moved = MergeRecord { threads: self.merge_threads(kept, merged)?, ..MergeRecord::default() };
        for table in TABLES {
            let ids = self.ids(&format!("SELECT id FROM {table} WHERE contact_id = ?1 ORDER BY id"), merged.0)?;
            // A thread that was merged into another one keeps its contact, so that the merge can be undone.
            let stays = |id: &i64| table == "threads" && moved.threads.iter().any(|thread| thread.from.0 == *id);
            let ids: Vec<i64> = ids.into_iter().filter(|id| !stays(id)).collect();
            self.point_to_contact(table, &ids, kept)?;
            moved.rows.insert(table.to_owned(), ids);
        }
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

    /// Undoes a merge. What was added to the kept contact since stays there.
    pub fn undo_merge(&self, merge: i64, now: Timestamp) -> Result<()> {
        let (kept, merged, moved): (ContactId, ContactId, String) = self
            .conn
            .prepare_cached(
                "SELECT kept_contact_id, merged_contact_id, moved FROM contact_merges
                 WHERE id = ?1 AND undone_at IS NULL",
            )?
            .query_row([merge], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?
            .ok_or(Error::NotFound("merge"))?;
        let moved: MergeRecord = serde_json::from_str(&moved).map_err(|error| Error::Value(error.to_string()))?;
        self.conn
            .prepare_cached("UPDATE contacts SET merged_into = NULL, updated_at = ?2 WHERE id = ?1")?
            .execute(params![merged, now])?;
        for table in TABLES {
            let ids = moved.rows.get(table).map(Vec::as_slice).unwrap_or_default();
            if table == "addresses" {
                self.point_to_contact(table, &self.addresses_left(ids, self.kept_contact(kept)?)?, merged)?;
            } else {
                self.point_to_contact(table, ids, merged)?;
            }
        }
        for thread in &moved.threads {
            self.unmerge_thread(thread)?;
        }
        self.remove_copies(kept, &moved.copied)?;
        [kept, merged].into_iter().try_for_each(|contact| self.refresh_last_activity(contact))?;
        self.record_merge(kept, merged, &moved)?;
        if let Some(name) = moved.name {
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
            .execute(params![merge, now])?;
        [kept, merged].into_iter().try_for_each(|contact| self.refresh_peers(contact))
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
            // A row that would duplicate one at its destination stays where it is.
            let sql =
                format!("UPDATE OR IGNORE {table} SET {column} = ?1 WHERE id IN (SELECT value FROM json_each(?2))");
            self.conn.prepare_cached(&sql)?.execute(params![to, json_list(ids)])?;
        }
        Ok(())
    }

    /// Moves the content of `merged`'s threads into `kept`'s threads of the same kind, where there are any.
    fn merge_threads(&self, kept: ContactId, merged: ContactId) -> Result<Vec<MovedThread>> {
        let mut pairs = self.conn.prepare_cached(
            "SELECT loser.id, winner.id, loser.unread_count FROM threads loser JOIN threads winner
                 ON winner.business_id = loser.business_id AND winner.type = loser.type AND winner.contact_id = ?1
             WHERE loser.contact_id = ?2",
        )?;
        let pairs = pairs
            .query_map(params![kept, merged], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<Vec<(ThreadId, ThreadId, i64)>>>()?;
        pairs.into_iter().map(|(from, into, unread)| self.merge_thread(from, into, unread)).collect()
    }

    fn merge_thread(&self, from: ThreadId, into: ThreadId, unread: i64) -> Result<MovedThread> {
        let messages = self.ids("SELECT id FROM messages WHERE thread_id = ?1 ORDER BY id", from.0)?;
        let calls = self.ids("SELECT id FROM calls WHERE thread_id = ?1 ORDER BY id", from.0)?;
        self.point("messages", "thread_id", &messages, into.0)?;
        self.point("calls", "thread_id", &calls, into.0)?;
        self.conn.prepare_cached(include_str!("merge_thread.sql"))?.execute(params![from, into])?;
        self.move_drafts(from, into)?;
        self.conn
            .prepare_cached("UPDATE threads SET merged_into = ?2, unread_count = 0 WHERE id = ?1")?
            .execute(params![from, into])?;
        Ok(MovedThread { from, into, messages, calls, unread })
    }

    fn unmerge_thread(&self, thread: &MovedThread) -> Result<()> {
        self.point("messages", "thread_id", &thread.messages, thread.from.0)?;
        self.point("calls", "thread_id", &thread.calls, thread.from.0)?;
        self.conn
            .prepare_cached("UPDATE threads SET merged_into = NULL, unread_count = ?2 WHERE id = ?1")?
            .execute(params![thread.from, thread.unread])?;
        self.conn
            .prepare_cached("UPDATE threads SET unread_count = max(0, unread_count - ?2) WHERE id = ?1")?
            .execute(params![thread.into, thread.unread])?;
        Ok(())
    }

    /// Gives the kept contact the other's name if it has none.
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
const TABLES: [&str; 9] =
    ["addresses", "threads", "calls", "outbox", "contact_notes", "tasks", "leads", "appointments", "waiting_list"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{database, transact};

    #[test]
    fn every_table_that_points_to_a_contact_is_moved() {
        let (_folder, conn) = database();
        let mut query = conn
            .prepare(
                "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND c.name = 'contact_id' ORDER BY m.name",
            )
            .unwrap();
        let found: Vec<String> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut known: Vec<_> = TABLES.into_iter().chain(copied::COPIED_TABLES).map(str::to_owned).collect();
        known.sort();
        assert_eq!(found, known);
    }

    #[test]
    fn following_merges_ends_at_the_kept_contact() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let now = Timestamp::from_millis(0);
            let [a, b, c] = [(); 3].map(|()| tx.insert_contact(BusinessId::FIRST, "", now).unwrap());
            tx.merge_contacts(BusinessId::FIRST, b, a, "test", now)?;
            tx.merge_contacts(BusinessId::FIRST, c, b, "test", now)?;
            assert_eq!(tx.kept_contact(a)?, c);
            assert_eq!(tx.kept_contact(c)?, c);
            Ok(())
        });
    }
}

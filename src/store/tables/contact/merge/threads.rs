//! Merges the threads of two contacts, and separates them again.

use super::super::super::draft::JoinedDraft;
use super::super::super::sql::json_list;
use crate::domain::{BusinessId, ContactId, ThreadId, ThreadType, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MovedThread {
    pub from: ThreadId,
    pub into: ThreadId,
    messages: Vec<i64>,
    calls: Vec<i64>,
    unread: i64,
    /// The authors of the moved drafts.
    #[serde(default)]
    drafts: Vec<String>,
    /// The drafts in the thread `into` to which those of the thread `from` were added.
    #[serde(default)]
    joined: Vec<JoinedDraft>,
    /// The values of [`COPIED`] in the thread `into`, by column. Empty in records of earlier versions.
    #[serde(default)]
    values: BTreeMap<String, MergedValue>,
}

/// Of the thread that another thread was merged into.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MergedValue {
    before: Option<String>,
    after: Option<String>,
}

/// The greatest row ids at the time of a merge. Rows that are added later have greater ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Newest {
    message: i64,
    call: i64,
    scheduled: i64,
}

/// The rows that were added to a thread after a merge.
struct Added {
    messages: Vec<i64>,
    calls: Vec<i64>,
    scheduled: Vec<i64>,
}

impl ReadTx<'_> {
    pub(super) fn newest_rows(&self) -> Result<Newest> {
        let sql = "SELECT (SELECT coalesce(max(id), 0) FROM messages), (SELECT coalesce(max(id), 0) FROM calls),
                       (SELECT coalesce(max(id), 0) FROM scheduled_messages)";
        let row =
            |row: &rusqlite::Row<'_>| Ok(Newest { message: row.get(0)?, call: row.get(1)?, scheduled: row.get(2)? });
        Ok(self.conn.prepare_cached(sql)?.query_row([], row)?)
    }

    /// If `newest` is known, the rows are identified by their ids, otherwise by their times.
    fn added_since(&self, thread: ThreadId, newest: Option<Newest>, merged_at: Timestamp) -> Result<Added> {
        let added = |table: &str, time: &str, newest: Option<i64>| -> Result<Vec<i64>> {
            let sql = format!(
                "SELECT id FROM {table} WHERE thread_id = ?1 AND iif(?2 IS NULL, {time} > ?3, id > ?2) ORDER BY id"
            );
            let mut query = self.conn.prepare_cached(&sql)?;
            let rows = query.query_map(params![thread, newest, merged_at], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        };
        Ok(Added {
            messages: added("messages", "created_at", newest.map(|newest| newest.message))?,
            calls: added("calls", "started_at", newest.map(|newest| newest.call))?,
            scheduled: added("scheduled_messages", "created_at", newest.map(|newest| newest.scheduled))?,
        })
    }

    /// In the order of [`COPIED`].
    fn copied_values(&self, thread: ThreadId) -> Result<Vec<Option<String>>> {
        let columns = COPIED.map(|(column, _)| column).join(", ");
        let mut query = self.conn.prepare_cached(&format!("SELECT {columns} FROM threads WHERE id = ?1"))?;
        Ok(query.query_row([thread], |row| (0..COPIED.len()).map(|at| row.get(at)).collect())?)
    }

    fn draft_authors(&self, from: ThreadId, into: ThreadId) -> Result<Vec<String>> {
        let sql = "SELECT actor FROM drafts WHERE thread_id = ?1 EXCEPT SELECT actor FROM drafts WHERE thread_id = ?2";
        let mut query = self.conn.prepare_cached(sql)?;
        let rows = query.query_map(params![from, into], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Moves the content of `merged`'s threads into `kept`'s threads of the same kind, if such threads exist.
    pub(super) fn merge_threads(&self, kept: ContactId, merged: ContactId) -> Result<Vec<MovedThread>> {
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
        let drafts = self.draft_authors(from, into)?;
        self.point("messages", "thread_id", &messages, into.0)?;
        self.point("calls", "thread_id", &calls, into.0)?;
        let before = self.copied_values(into)?;
        self.conn.prepare_cached(include_str!("../merge_thread.sql"))?.execute(params![from, into])?;
        let after = self.copied_values(into)?;
        let values = before.into_iter().zip(after).map(|(before, after)| MergedValue { before, after });
        let values = COPIED.iter().map(|(column, _)| (*column).to_owned()).zip(values).collect();
        let joined = self.join_drafts(from, into)?;
        self.move_drafts(from, into)?;
        self.conn
            .prepare_cached("UPDATE threads SET merged_into = ?2, unread_count = 0 WHERE id = ?1")?
            .execute(params![from, into])?;
        Ok(MovedThread { from, into, messages, calls, unread, drafts, joined, values })
    }

    /// Moves the content of a thread back, if it is still in the thread that it was moved into. A draft that has
    /// changed since the merge is not moved back.
    pub(super) fn unmerge_thread(&self, thread: &MovedThread, merged_at: Timestamp) -> Result<()> {
        let MovedThread { from, into, messages, calls, unread, drafts, joined, values } = thread;
        for (table, ids) in [("messages", messages), ("calls", calls)] {
            let sql = format!(
                "UPDATE OR IGNORE {table} SET thread_id = ?1 WHERE thread_id = ?2 AND id IN (SELECT value FROM json_each(?3))"
            );
            self.conn.prepare_cached(&sql)?.execute(params![from, into, json_list(ids)])?;
        }
        let mut draft = self.conn.prepare_cached(
            "UPDATE OR IGNORE drafts SET thread_id = ?1 WHERE thread_id = ?2 AND actor = ?3 AND updated_at <= ?4",
        )?;
        drafts.iter().try_for_each(|author| draft.execute(params![from, into, author, merged_at]).map(drop))?;
        self.separate_drafts(*into, joined)?;
        // Messages that were read after the merge stay read.
        self.conn
            .prepare_cached(
                "UPDATE threads SET merged_into = NULL,
                     unread_count = min(?3, (SELECT unread_count FROM threads WHERE id = ?2)) WHERE id = ?1",
            )?
            .execute(params![from, into, unread])?;
        self.conn
            .prepare_cached("UPDATE threads SET unread_count = max(0, unread_count - ?2) WHERE id = ?1")?
            .execute(params![into, unread])?;
        self.restore_values(*into, values)
    }

    /// Does not restore values that have changed since the merge.
    fn restore_values(&self, thread: ThreadId, values: &BTreeMap<String, MergedValue>) -> Result<()> {
        for (column, basis) in COPIED {
            let (Some(value), Some(basis_value)) = (values.get(column), values.get(basis)) else { continue };
            if value.before != value.after {
                let sql =
                    format!("UPDATE threads SET {column} = ?2 WHERE id = ?1 AND {column} IS ?3 AND {basis} IS ?4");
                let parameters = params![thread, value.before, value.after, basis_value.after];
                self.conn.prepare_cached(&sql)?.execute(parameters)?;
            }
        }
        Ok(())
    }

    /// Gives the rows that were added after the merge to a thread of the kept contact, because `thread` returns to the
    /// merged contact. Returns `None` if no rows were added.
    pub(super) fn split_thread(
        &self,
        thread: ThreadId,
        kept: ContactId,
        newest: Option<Newest>,
        merged_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<ThreadId>> {
        let added = self.added_since(thread, newest, merged_at)?;
        if added.messages.is_empty() && added.calls.is_empty() && added.scheduled.is_empty() {
            return Ok(None);
        }
        let sql = "SELECT business_id, type FROM threads WHERE id = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let found: Option<(BusinessId, ThreadType)> =
            self.conn.prepare_cached(sql)?.query_row([thread], row).optional()?;
        let Some((business, kind)) = found else { return Ok(None) };
        let (own, _) = self.find_or_insert_thread(business, kind, kept, self.best_address(kept)?.as_ref(), now)?;
        for (table, ids) in
            [("messages", &added.messages), ("calls", &added.calls), ("scheduled_messages", &added.scheduled)]
        {
            self.point(table, "thread_id", ids, own.0)?;
        }
        self.conn.prepare_cached(include_str!("split_thread.sql"))?.execute(params![thread, own])?;
        for (thread, is_new) in [(thread, false), (own, true)] {
            let mut update = self.conn.prepare_cached(include_str!("newest_of_thread.sql"))?;
            update.execute(params![thread, is_new])?;
        }
        Ok(Some(own))
    }
}

/// The columns that `merge_thread.sql` copies and that an undo restores. Each has the column by which a newer message
/// or call is noticed: a value that is unchanged may still be the value of that message or call. The columns that
/// depend on another one are restored before it. The unread count and `peer_number` have rules of their own, and a
/// thread that a merge unarchived stays so, because an undo must hide no messages.
const COPIED: [(&str, &str); 8] = [
    ("provider", "last_message_at"),
    ("waiting_since", "last_message_at"),
    ("agent_since", "last_message_at"),
    ("last_message_at", "last_message_at"),
    ("last_in_provider", "last_in_at"),
    ("opted_out_at", "last_in_at"),
    ("last_in_at", "last_in_at"),
    ("last_in_twilio_at", "last_in_twilio_at"),
];

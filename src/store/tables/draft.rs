//! Drafts: texts that users have started to write.

use crate::domain::{ActorId, Draft, ThreadId, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::params;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A draft to which another draft of its author was added.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct JoinedDraft {
    actor: String,
    before: String,
    after: String,
}

impl ReadTx<'_> {
    pub fn drafts(&self, actor: ActorId, threads: &[ThreadId]) -> Result<HashMap<ThreadId, Draft>> {
        let ids: Vec<i64> = threads.iter().map(|thread| thread.0).collect();
        let mut query = self.conn.prepare_cached(
            "SELECT thread_id, text, updated_at FROM drafts
             WHERE thread_id IN (SELECT value FROM json_each(?2)) AND actor = ?1",
        )?;
        let rows = query.query_map(params![actor.to_string(), serde_json::Value::from(ids).to_string()], |row| {
            Ok((row.get(0)?, Draft { text: row.get(1)?, updated_at: row.get(2)? }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// An empty text deletes the draft.
    pub fn put_draft(&self, actor: ActorId, thread: ThreadId, text: &str, now: Timestamp) -> Result<()> {
        let (actor_id, actor) = (actor, actor.to_string());
        let changed = if text.is_empty() {
            let mut delete = self.conn.prepare_cached("DELETE FROM drafts WHERE thread_id = ?1 AND actor = ?2")?;
            self.overwriting(|| Ok(delete.execute(params![thread, actor])?))?
        } else {
            let mut put = self.conn.prepare_cached(
                "INSERT INTO drafts(thread_id, actor, text, updated_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (thread_id, actor) DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at
                     WHERE text <> excluded.text",
            )?;
            self.list_empty_thread(thread, now)?;
            self.overwriting(|| Ok(put.execute(params![thread, actor, text, now])?))?
        };
        if changed == 0 { Ok(()) } else { self.record_draft(actor_id, thread) }
    }

    /// Adds the drafts of users and tokens that have a draft in both threads to those in the thread `to`. Returns what
    /// changed there. The drafts in the thread `from` stay.
    pub(in crate::store) fn join_drafts(&self, from: ThreadId, to: ThreadId) -> Result<Vec<JoinedDraft>> {
        let mut both = self.conn.prepare_cached(
            "SELECT kept.actor, kept.text, kept.text || char(10) || added.text
             FROM drafts added JOIN drafts kept ON kept.actor = added.actor
             WHERE added.thread_id = ?1 AND kept.thread_id = ?2 AND kept.text <> added.text",
        )?;
        let rows = both.query_map(params![from, to], |row| {
            Ok(JoinedDraft { actor: row.get(0)?, before: row.get(1)?, after: row.get(2)? })
        })?;
        let joined = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        for draft in &joined {
            self.replace_draft(to, draft, (&draft.before, &draft.after))?;
        }
        Ok(joined)
    }

    /// Restores drafts that [`Self::join_drafts`] has changed, unless they have changed since.
    pub(in crate::store) fn separate_drafts(&self, thread: ThreadId, joined: &[JoinedDraft]) -> Result<()> {
        joined.iter().try_for_each(|draft| self.replace_draft(thread, draft, (&draft.after, &draft.before)))
    }

    fn replace_draft(&self, thread: ThreadId, draft: &JoinedDraft, (old, new): (&str, &str)) -> Result<()> {
        let sql = "UPDATE drafts SET text = ?4 WHERE thread_id = ?1 AND actor = ?2 AND text = ?3";
        self.conn.prepare_cached(sql)?.execute(params![thread, draft.actor, old, new])?;
        Ok(())
    }

    /// Drafts of users and tokens that already have a draft in the thread `to` are not moved.
    pub(in crate::store) fn move_drafts(&self, from: ThreadId, to: ThreadId) -> Result<()> {
        let sql = "UPDATE OR IGNORE drafts SET thread_id = ?2 WHERE thread_id = ?1";
        self.conn.prepare_cached(sql)?.execute(params![from, to])?;
        Ok(())
    }
}

//! The change log. It has one row for each change that clients such as the web page show, written in the same
//! transaction as the change.
//!
//! A follower passes its last known `seq` to [`ReadTx::changes_since`], and waits for further changes on
//! [`Store::watch_changes`](crate::store::Store).

use crate::clock;
use crate::domain::{ActorId, CallId, CallSid, ChangeKind, ContactId, MessageId, Role, ThreadId, Timestamp};
use crate::store::tx::Recorded;
use crate::store::write_request::WriteRequest;
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};
use sqlite_mirror::{AckAfter, Acknowledge, CommitError};
use tokio::sync::watch;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Later changes have greater numbers.
    pub seq: i64,
    pub at: Timestamp,
    pub kind: ChangeKind,
    /// The thread that the object belongs to.
    pub thread_id: Option<ThreadId>,
    /// The id of the changed object, such as a message, a contact or a call. For a draft, the user or token that writes
    /// it, see `writer`.
    pub ref_id: Option<i64>,
}

impl Change {
    /// Returns true if a user or token may receive the change. Changes of drafts are only for their writer, and some
    /// others only for owners; a change of a user is also for that user, whose role it may be.
    pub fn is_for(&self, actor: ActorId, role: Role) -> bool {
        if self.kind == ChangeKind::DraftUpdated {
            return self.ref_id == writer(actor);
        }
        if self.kind == ChangeKind::UserUpdated && matches!(actor, ActorId::User(id) if Some(id.0) == self.ref_id) {
            return true;
        }
        let is_for_owners = matches!(
            self.kind,
            ChangeKind::UserUpdated
                | ChangeKind::TokenUpdated
                | ChangeKind::AgentToolUpdated
                | ChangeKind::BackupUpdated
                | ChangeKind::SelfCheckUpdated
                | ChangeKind::SetupUpdated
        );
        role == Role::Owner || !is_for_owners
    }
}

/// A user or token as one number; `None` for other actors. The numbers of tokens are negative.
fn writer(actor: ActorId) -> Option<i64> {
    match actor {
        ActorId::User(id) => Some(id.0),
        ActorId::Token(id) => Some(-id.0),
        ActorId::CommandLine
        | ActorId::Contact
        | ActorId::Agent
        | ActorId::Phone
        | ActorId::OwnerByWhatsApp
        | ActorId::Daemon
        | ActorId::Unauthenticated => None,
    }
}

impl ReadTx<'_> {
    /// 0 if there are no changes.
    pub fn newest_change(&self) -> Result<i64> {
        let mut query = self.conn.prepare_cached("SELECT coalesce(max(seq), 0) FROM changes")?;
        Ok(query.query_row([], |row| row.get(0))?)
    }

    /// The changes after `seq`, at most `limit`, in order. `None` if some of them are unavailable, because they were
    /// pruned or because `seq` belongs to another database.
    pub fn changes_since(&self, seq: i64, limit: usize) -> Result<Option<Vec<Change>>> {
        let mut oldest = self.conn.prepare_cached("SELECT coalesce(min(seq), 1) FROM changes")?;
        let oldest: i64 = oldest.query_row([], |row| row.get(0))?;
        if seq > self.newest_change()? || seq < oldest - 1 {
            return Ok(None);
        }
        let mut query = self.conn.prepare_cached(
            "SELECT seq, at, kind, thread_id, ref_id FROM changes WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?;
        let rows = query.query_map(params![seq, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            Ok(Change {
                seq: row.get(0)?,
                at: row.get(1)?,
                kind: row.get(2)?,
                thread_id: row.get(3)?,
                ref_id: row.get(4)?,
            })
        })?;
        Ok(Some(rows.collect::<rusqlite::Result<_>>()?))
    }
}

impl WriteTx<'_> {
    /// Deletes up to `limit` of the oldest changes, except the newest `keep`. The newest change is always kept, so that
    /// no number is used twice. Returns the number of deleted changes.
    pub fn prune_changes(&self, keep: i64, limit: usize) -> Result<usize> {
        let mut delete = self.conn.prepare_cached(
            "DELETE FROM changes WHERE seq <= (SELECT max(seq) FROM changes) - max(?1, 1)
                 AND seq IN (SELECT seq FROM changes ORDER BY seq LIMIT ?2)",
        )?;
        Ok(delete.execute(params![keep, i64::try_from(limit).unwrap_or(i64::MAX)])?)
    }

    /// Invalidates every position that a follower may hold, because another database is now used, in which the same
    /// numbers may denote other changes. The numbering continues from the current time in milliseconds.
    pub(in crate::store) fn restart_changes(&self, now: Timestamp) -> Result<()> {
        let next = self.newest_change()?.saturating_add(1).max(now.as_millis());
        self.conn.execute("DELETE FROM changes", [])?;
        self.conn.execute(
            "INSERT INTO changes(seq, at, kind) VALUES (?1, ?2, ?3)",
            params![next, now, ChangeKind::ThreadUpdated],
        )?;
        Ok(())
    }

    pub(in crate::store) fn record_message(&self, kind: ChangeKind, id: MessageId) -> Result<()> {
        let mut query = self.conn.prepare_cached("SELECT thread_id FROM messages WHERE id = ?1")?;
        let thread: Option<ThreadId> = query.query_row([id], |row| row.get(0)).optional()?;
        thread.map_or(Ok(()), |thread| self.record_in(kind, Some(thread), Some(id.0)))
    }

    pub(in crate::store) fn record_thread(&self, id: ThreadId) -> Result<()> {
        self.record_in(ChangeKind::ThreadUpdated, Some(id), Some(id.0))
    }

    pub(in crate::store) fn record_contact(&self, id: ContactId) -> Result<()> {
        self.record_in(ChangeKind::ContactUpdated, None, Some(id.0))
    }

    pub(in crate::store) fn record_alert(&self) -> Result<()> {
        self.record_in(ChangeKind::AlertUpdated, None, None)
    }

    /// For a snapshot that has started, was created, or failed. The snapshots themselves are files.
    pub fn record_backup(&self) -> Result<()> {
        self.record_in(ChangeKind::BackupUpdated, None, None)
    }

    /// For the state of the bridge's link, which is not stored.
    pub fn record_bridge(&self) -> Result<()> {
        self.record_in(ChangeKind::BridgeUpdated, None, None)
    }

    /// For the choice of who answers calls.
    pub fn record_answering(&self) -> Result<()> {
        self.record_in(ChangeKind::AnsweringUpdated, None, None)
    }

    pub(in crate::store) fn record_draft(&self, actor: ActorId, thread: ThreadId) -> Result<()> {
        self.record_in(ChangeKind::DraftUpdated, Some(thread), writer(actor))
    }

    pub(in crate::store) fn record_call_id(&self, kind: ChangeKind, id: CallId) -> Result<()> {
        let mut query = self.conn.prepare_cached("SELECT thread_id FROM calls WHERE id = ?1")?;
        let thread: Option<ThreadId> = query.query_row([id], |row| row.get(0)).optional()?;
        thread.map_or(Ok(()), |thread| self.record_in(kind, Some(thread), Some(id.0)))
    }

    pub(in crate::store) fn record_call(&self, kind: ChangeKind, sid: &CallSid) -> Result<()> {
        let mut query = self.conn.prepare_cached("SELECT id, thread_id FROM calls WHERE call_sid = ?1")?;
        let found = query.query_row([sid], |row| Ok((row.get::<_, CallId>(0)?, row.get(1)?))).optional()?;
        found.map_or(Ok(()), |(id, thread)| self.record_in(kind, Some(thread), Some(id.0)))
    }

    /// Writes the row, unless the previous change of this transaction has the same kind, thread and `ref_id`: followers
    /// receive all changes of a transaction at the same time, so one of them is enough.
    pub(in crate::store) fn record_in(
        &self,
        kind: ChangeKind,
        thread: Option<ThreadId>,
        ref_id: Option<i64>,
    ) -> Result<()> {
        let is_same = |last: Recorded| last.kind == kind && last.thread == thread && last.ref_id == ref_id;
        if self.recorded.get().is_some_and(is_same) {
            return Ok(());
        }
        let sql = "INSERT INTO changes(at, kind, thread_id, ref_id) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute(params![clock::now(), kind, thread, ref_id])?;
        self.recorded.set(Some(Recorded { seq: self.conn.last_insert_rowid(), kind, thread, ref_id }));
        Ok(())
    }
}

/// Notifies followers of the changes of a transaction. It is queued after the writes of its batch, so their callers are
/// answered first.
pub(in crate::store) struct Announcement {
    newest: i64,
    followers: watch::Sender<i64>,
}

impl Announcement {
    pub(in crate::store) fn new(newest: i64, followers: watch::Sender<i64>) -> Self {
        Self { newest, followers }
    }
}

impl WriteRequest for Announcement {
    fn name(&self) -> &'static str {
        "store::change"
    }

    fn run(&mut self, _: &WriteTx<'_>) -> bool {
        true
    }
}

impl Acknowledge for Announcement {
    fn complete(self: Box<Self>, outcome: &Result<(), CommitError>) {
        if outcome.is_ok() {
            self.followers.send_if_modified(|newest| {
                let is_newer = self.newest > *newest;
                *newest = self.newest.max(*newest);
                is_newer
            });
        }
    }

    fn ack_after(&self) -> AckAfter {
        AckAfter::Publish
    }
}

#[cfg(test)]
mod tests;

//! The audit log, which records who changed what.

use super::columns::Columns;
use super::contact::main_number;
use super::page::{page, rows_for};
use crate::domain::{ActorId, AuditEntry, ContactId, Timestamp, UserId};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::named_params;

/// Which entries are listed. A field that is `None` excludes none.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The actor, such as `user:3`.
    pub actor: Option<String>,
    pub action: Option<String>,
    /// The kind of the changed resource: the part of the subject before its id, such as `contact`, or the last word of
    /// the action.
    pub noun: Option<String>,
    /// The contact that was changed, or to which the changed resource belongs.
    pub contact: Option<ContactId>,
    /// Only entries from this time on.
    pub from: Option<Timestamp>,
    /// Only entries before this time.
    pub to: Option<Timestamp>,
}

impl WriteTx<'_> {
    pub fn insert_audit(&self, actor: ActorId, action: &str, subject: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO audit_log(at, actor, action, subject) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute((now, actor.to_string(), action, subject))?;
        self.audit_rows.set(self.audit_rows.get() + 1);
        Ok(())
    }

    /// Returns the number of deleted entries.
    pub fn prune_audit(&self, before: Timestamp, limit: usize) -> Result<usize> {
        let sql = "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < ?1 ORDER BY at LIMIT ?2)";
        Ok(self.conn.prepare_cached(sql)?.execute((before, i64::try_from(limit).unwrap_or(i64::MAX)))?)
    }

    /// The number of audit entries that this transaction has added so far. By comparing two values, a caller can detect
    /// whether a use case added an entry.
    pub fn audit_rows(&self) -> u64 {
        self.audit_rows.get()
    }
}

impl ReadTx<'_> {
    /// Returns true if this user's sessions were ended, or a password was set, at or after this time.
    pub fn are_sessions_ended_since(&self, user: UserId, since: Timestamp) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM audit_log WHERE at >= ?1 AND subject = ?2 AND action IN ('sessions_ended', 'password_set'))";
        let subject = ActorId::User(user).to_string();
        Ok(self.conn.prepare_cached(sql)?.query_row((since, subject), |row| row.get(0))?)
    }

    /// The contacts whose data was erased, in the order of their ids.
    pub(in crate::store) fn erased_contacts(&self) -> Result<Vec<ContactId>> {
        let sql = "SELECT DISTINCT CAST(substr(subject, 9) AS INTEGER) FROM audit_log
                   WHERE action = 'contact_erased' AND subject LIKE 'contact:%' ORDER BY 1";
        let mut query = self.conn.prepare(sql)?;
        Ok(query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    /// Newest first, before the row `before`, with the position of the next page if one exists.
    pub fn audit_log(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<(Vec<AuditEntry>, Option<i64>)> {
        let of_contact = match filter.contact {
            Some(_) => "EXISTS (SELECT 1 FROM subjects s WHERE s.subject = a.subject AND s.since <= a.at)",
            None => "TRUE",
        };
        let sql =
            include_str!("audit/log.sql").replace("{of_contact}", of_contact).replace("{number}", main_number!("c.id"));
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map(
            named_params! {
                ":before": before.unwrap_or(i64::MAX),
                ":actor": filter.actor,
                ":action": filter.action,
                ":noun": filter.noun,
                ":contact": filter.contact,
                ":from": filter.from,
                ":to": filter.to,
                ":limit": rows_for(limit),
            },
            |row| {
                let row = Columns::of(row);
                Ok(AuditEntry {
                    id: row.get("id")?,
                    at: row.get("at")?,
                    actor: row.get("actor")?,
                    actor_name: row.get("actor_name")?,
                    token_created_by: row.get("created_by")?,
                    action: row.get("action")?,
                    subject: row.get("subject")?,
                    subject_name: row.get("subject_name")?,
                    contact_id: row.get("contact_id")?,
                })
            },
        )?;
        let entries = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(entries, limit, |entry| entry.id))
    }
}

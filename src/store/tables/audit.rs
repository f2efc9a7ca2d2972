//! The audit log, which records who changed what.

use super::columns::Columns;
use super::page::{page, rows_for};
use crate::domain::{ActorId, AuditEntry, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};

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
    /// Newest first, before the row `before`, with the position of the next page if one exists.
    pub fn audit_log(&self, before: Option<i64>, limit: usize) -> Result<(Vec<AuditEntry>, Option<i64>)> {
        let mut query = self.conn.prepare_cached(include_str!("audit/log.sql"))?;
        let rows = query.query_map((before.unwrap_or(i64::MAX), rows_for(limit)), |row| {
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
        })?;
        let entries = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(entries, limit, |entry| entry.id))
    }
}

//! Who did what to the house: set-up, logins, users, tokens, settings.

use super::{ReadTx, Result, WriteTx};
use crate::domain::{ActorId, AuditEntry, Timestamp};

impl WriteTx<'_> {
    /// Adds a line.
    pub fn insert_audit(&self, actor: ActorId, action: &str, subject: &str, now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO audit_log(at, actor, action, subject) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute((now, actor.to_string(), action, subject))?;
        Ok(())
    }
}

impl ReadTx<'_> {
    /// A page of the log before a line, newest first, and, if there is more, where the next one begins.
    pub fn audit_log(&self, before: Option<i64>, limit: usize) -> Result<(Vec<AuditEntry>, Option<i64>)> {
        let sql = "SELECT id, at, actor, action, subject FROM audit_log WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
        let mut query = self.conn.prepare_cached(sql)?;
        let most = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        let rows = query.query_map((before.unwrap_or(i64::MAX), most), |row| {
            Ok(AuditEntry {
                id: row.get("id")?,
                at: row.get("at")?,
                actor: row.get("actor")?,
                action: row.get("action")?,
                subject: row.get("subject")?,
            })
        })?;
        let mut entries = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|entry| entry.id);
        Ok((entries, next))
    }
}

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
    /// The newest lines first: at most `limit`, from before line `before`.
    pub fn audit_log(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>> {
        let sql = "SELECT id, at, actor, action, subject FROM audit_log WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
        let mut statement = self.conn.prepare_cached(sql)?;
        let entries = statement.query_map((before.unwrap_or(i64::MAX), limit), |row| {
            Ok(AuditEntry {
                id: row.get("id")?,
                at: row.get("at")?,
                actor: row.get("actor")?,
                action: row.get("action")?,
                subject: row.get("subject")?,
            })
        })?;
        Ok(entries.collect::<Result<_, _>>()?)
    }
}

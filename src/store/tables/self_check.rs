//! The stored results of self-checks.

use crate::domain::{ChangeKind, SelfCheck, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::params;

impl ReadTx<'_> {
    /// Newest first.
    pub fn self_checks(&self, limit: usize) -> Result<Vec<SelfCheck>> {
        let sql = "SELECT began_at, ended_at, ok, findings FROM self_checks ORDER BY id DESC LIMIT ?1";
        let mut query = self.conn.prepare_cached(sql)?;
        let rows = query.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            let findings = serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default();
            Ok(SelfCheck { began_at: row.get(0)?, ended_at: row.get(1)?, ok: row.get(2)?, findings })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Counts only jobs that have failed permanently.
    pub fn failed_jobs_since(&self, since: Timestamp) -> Result<u64> {
        let sql = "SELECT count(*) FROM jobs WHERE state = 'failed' AND updated_at >= ?1";
        let count: i64 = self.conn.prepare_cached(sql)?.query_row([since], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

impl WriteTx<'_> {
    /// Keeps only the newest `KEPT` results.
    pub fn insert_self_check(&self, check: &SelfCheck) -> Result<()> {
        let findings = serde_json::to_string(&check.findings).map_err(|error| Error::Value(error.to_string()))?;
        let sql = "INSERT INTO self_checks(began_at, ended_at, ok, findings) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute(params![check.began_at, check.ended_at, check.ok, findings])?;
        let sql = "DELETE FROM self_checks WHERE id NOT IN (SELECT id FROM self_checks ORDER BY id DESC LIMIT ?1)";
        self.conn.prepare_cached(sql)?.execute([KEPT])?;
        self.record_in(ChangeKind::SelfCheckUpdated, None, None)
    }
}

/// About three months.
const KEPT: i64 = 100;

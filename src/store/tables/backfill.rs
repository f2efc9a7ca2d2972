//! The progress of backfills: data migrations that run in the background, in steps.

use crate::domain::Timestamp;
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{Row, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackfillProgress {
    pub name: String,
    /// All rows with ids up to this one have been migrated.
    pub done_to: i64,
    pub started_at: Timestamp,
    /// `None` while the migration is incomplete.
    pub finished_at: Option<Timestamp>,
}

impl ReadTx<'_> {
    /// Returns only those that have started.
    pub fn backfills(&self) -> Result<Vec<BackfillProgress>> {
        let sql = "SELECT name, done_to, started_at, finished_at FROM backfills ORDER BY name";
        let mut query = self.conn.prepare_cached(sql)?;
        let rows = query.query_map([], progress)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Has no effect if the backfill has started. Returns its progress.
    pub fn start_backfill(&self, name: &str, now: Timestamp) -> Result<BackfillProgress> {
        self.conn
            .prepare_cached(
                "INSERT INTO backfills(name, done_to, started_at) VALUES (?1, 0, ?2) ON CONFLICT (name) DO NOTHING",
            )?
            .execute(params![name, now])?;
        let sql = "SELECT name, done_to, started_at, finished_at FROM backfills WHERE name = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([name], progress)?)
    }

    /// All rows with ids up to `done_to` have been migrated.
    pub fn advance_backfill(&self, name: &str, done_to: i64) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE backfills SET done_to = ?2 WHERE name = ?1")?
            .execute(params![name, done_to])?;
        Ok(())
    }

    pub fn finish_backfill(&self, name: &str, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE backfills SET finished_at = ?2 WHERE name = ?1")?
            .execute(params![name, now])?;
        Ok(())
    }
}

fn progress(row: &Row<'_>) -> rusqlite::Result<BackfillProgress> {
    Ok(BackfillProgress { name: row.get(0)?, done_to: row.get(1)?, started_at: row.get(2)?, finished_at: row.get(3)? })
}

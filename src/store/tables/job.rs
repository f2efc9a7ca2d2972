//! Background jobs. A job may run more than once.

use super::sql::json_list;
use crate::domain::{CallSid, JobId, JobKind, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, params};
use std::time::Duration;

/// A job that is due.
///
/// SQLite can give the id of a deleted job to a new one, so the id and the time of creation together identify a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub kind: JobKind,
    /// The arguments, as JSON.
    pub payload: String,
    /// Number of earlier attempts.
    pub attempts: u32,
    pub created_at: Timestamp,
    /// The longest age up to which an earlier failure allows that the job is retried.
    pub retry_for: Duration,
}

impl ReadTx<'_> {
    /// Those that have been due longest first.
    pub fn due_jobs(&self, kinds: &[JobKind], now: Timestamp, limit: usize) -> Result<Vec<Job>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, kind, payload, attempts, created_at, retry_for_s FROM jobs
             WHERE state = 'waiting' AND run_at <= ?1 AND kind IN (SELECT value FROM json_each(?2))
             ORDER BY run_at, id LIMIT ?3",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = query.query_map(params![now, kind_list(kinds), limit], job)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The arguments of the job with this key in any state, as JSON.
    pub fn job_payload(&self, unique_key: &str) -> Result<Option<String>> {
        let mut query = self.conn.prepare_cached("SELECT payload FROM jobs WHERE unique_key = ?1")?;
        Ok(query.query_row([unique_key], |row| row.get(0)).optional()?)
    }

    pub fn waiting_jobs(&self, kind: JobKind) -> Result<u64> {
        let mut query = self.conn.prepare_cached("SELECT count(*) FROM jobs WHERE state = 'waiting' AND kind = ?1")?;
        let count: i64 = query.query_row([kind], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    pub fn has_open_call_job(&self, kind: JobKind, call: &CallSid) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM jobs WHERE state = 'waiting' AND kind = ?1 AND payload ->> 'call_sid' = ?2 LIMIT 1",
        )?;
        Ok(query.exists(params![kind, call])?)
    }

    /// When the next job of these kinds becomes due, among those that are not due yet.
    pub fn next_job_at(&self, kinds: &[JobKind], now: Timestamp) -> Result<Option<Timestamp>> {
        let mut query = self.conn.prepare_cached(
            "SELECT run_at FROM jobs
             WHERE state = 'waiting' AND run_at > ?1 AND kind IN (SELECT value FROM json_each(?2))
             ORDER BY run_at LIMIT 1",
        )?;
        Ok(query.query_row(params![now, kind_list(kinds)], |row| row.get(0)).optional()?)
    }
}

impl WriteTx<'_> {
    /// Has no effect if a job with the same `unique_key` exists in any state. The caller must wake the worker after the
    /// commit.
    pub fn insert_job(
        &self,
        kind: JobKind,
        unique_key: Option<&str>,
        payload: &str,
        run_at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO jobs(kind, unique_key, payload, state, run_at, created_at, updated_at)
             VALUES (?1, ?2, ?3, 'waiting', ?4, ?5, ?5) ON CONFLICT (unique_key) DO NOTHING",
        )?;
        insert.execute(params![kind, unique_key, payload, run_at, now])?;
        Ok(())
    }

    /// Makes a waiting job due at `at`, if it is due later. The caller must wake the worker after the commit.
    pub fn hasten_job(&self, unique_key: &str, at: Timestamp, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE jobs SET run_at = ?2, updated_at = ?3 WHERE unique_key = ?1 AND state = 'waiting' AND run_at > ?2",
        )?;
        update.execute(params![unique_key, at, now])?;
        Ok(())
    }

    /// The row is kept for some time, so that an equal job is not added again. Does nothing if the job was deleted
    /// meanwhile.
    pub fn finish_job(&self, job: &Job, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE jobs SET state = 'done', attempts = attempts + 1, last_error = NULL, updated_at = ?3
             WHERE id = ?1 AND created_at = ?2",
        )?;
        update.execute(params![job.id, job.created_at, now])?;
        Ok(())
    }

    /// Deletes the job whatever its state is.
    pub fn delete_job(&self, unique_key: &str) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM jobs WHERE unique_key = ?1")?.execute([unique_key])?;
        Ok(())
    }

    /// Deletes the jobs that were done or failed before `before`.
    pub fn prune_jobs(&self, before: Timestamp) -> Result<()> {
        let mut delete = self.conn.prepare_cached("DELETE FROM jobs WHERE state <> 'waiting' AND updated_at < ?1")?;
        delete.execute([before])?;
        Ok(())
    }

    /// Records a failed attempt of a job that is attempted again at `run_at`. Does nothing if the job was deleted
    /// meanwhile.
    pub fn retry_job(
        &self,
        job: &Job,
        error: &str,
        run_at: Timestamp,
        retry_for: Duration,
        now: Timestamp,
    ) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE jobs SET attempts = attempts + 1, last_error = ?3, run_at = ?4, retry_for_s = ?5, updated_at = ?6
             WHERE id = ?1 AND created_at = ?2",
        )?;
        let retry_for_s = u32::try_from(retry_for.as_secs()).unwrap_or(u32::MAX);
        update.execute(params![job.id, job.created_at, error, run_at, retry_for_s, now])?;
        Ok(())
    }

    /// Returns the number of jobs that were due later.
    pub fn make_jobs_due(&self, kinds: &[JobKind], now: Timestamp) -> Result<usize> {
        let mut update = self.conn.prepare_cached(
            "UPDATE jobs SET run_at = ?2, updated_at = ?2
             WHERE state = 'waiting' AND run_at > ?2 AND kind IN (SELECT value FROM json_each(?1))",
        )?;
        Ok(update.execute(params![kind_list(kinds), now])?)
    }

    /// Makes the jobs that are due after `limit` due now.
    pub fn hasten_late_jobs(&self, limit: Timestamp, now: Timestamp) -> Result<()> {
        let mut update = self
            .conn
            .prepare_cached("UPDATE jobs SET run_at = ?2, updated_at = ?2 WHERE state = 'waiting' AND run_at > ?1")?;
        update.execute(params![limit, now])?;
        Ok(())
    }

    /// For a job that is not retried. Does nothing if the job was deleted meanwhile.
    pub fn fail_job(&self, job: &Job, error: &str, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE jobs SET state = 'failed', attempts = attempts + 1, last_error = ?3, updated_at = ?4
             WHERE id = ?1 AND created_at = ?2",
        )?;
        update.execute(params![job.id, job.created_at, error, now])?;
        Ok(())
    }
}

fn kind_list(kinds: &[JobKind]) -> String {
    json_list(&kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>())
}

fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: row.get(0)?,
        kind: row.get(1)?,
        payload: row.get(2)?,
        attempts: row.get(3)?,
        created_at: row.get(4)?,
        retry_for: Duration::from_secs(row.get::<_, u32>(5)?.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{database, transact};

    #[test]
    fn the_outcome_of_a_deleted_job_does_not_touch_the_new_job_with_its_id() {
        let (_folder, conn) = database();
        let (kind, key, at) = (JobKind::FetchRecording, "fetch", Timestamp::from_millis);
        transact(&conn, |tx| {
            tx.insert_job(kind, Some(key), "{}", at(0), at(0))?;
            let deleted = tx.due_jobs(&[kind], at(9), 9)?.remove(0);
            tx.delete_job(key)?;
            tx.insert_job(kind, Some(key), "[]", at(5), at(5))?;
            let new = tx.due_jobs(&[kind], at(9), 9)?;
            assert_eq!(new[0].id, deleted.id, "SQLite gives the new job the same id");

            tx.finish_job(&deleted, at(9))?;
            tx.fail_job(&deleted, "failed", at(9))?;
            tx.retry_job(&deleted, "failed", at(100), Duration::from_mins(1), at(9))?;
            assert_eq!(tx.due_jobs(&[kind], at(9), 9)?, new);
            tx.finish_job(&new[0], at(9))?;
            assert!(tx.due_jobs(&[kind], at(9), 9)?.is_empty());
            Ok(())
        });
    }
}

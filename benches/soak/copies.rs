//! Copies the published file as a user does, verifies each copy, and runs the backup commands of the daemon.

use crate::expected::Expected;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A copy of the published file, open for reading. Dropping it deletes the copy.
pub struct Copy {
    pub connection: Connection,
    file: PathBuf,
}

impl Copy {
    pub fn of(published: &Path) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let file = published.with_file_name(format!("soak-copy-{}.db", NEXT.fetch_add(1, Ordering::Relaxed)));
        std::fs::copy(published, &file).unwrap();
        let connection = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        Self { connection, file }
    }

    pub fn number(&self, sql: &str) -> i64 {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    pub fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    pub fn bytes(&self) -> u64 {
        std::fs::metadata(&self.file).map_or(0, |found| found.len())
    }

    pub fn damage(&self) -> Vec<String> {
        let mut found = self.texts("PRAGMA integrity_check(5)");
        found.retain(|line| line != "ok");
        found.extend(self.texts("SELECT \"table\" || ' without ' || parent FROM pragma_foreign_key_check"));
        found
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

#[derive(Default)]
pub struct Copies {
    pub made: AtomicU64,
    /// The number of successful backup and snapshot commands.
    pub backups: AtomicU64,
    pub bytes: AtomicU64,
    /// The number of rows of each table in `GROWING`, in the last copy.
    rows: Mutex<Vec<i64>>,
}

/// Tables whose number of rows never decreases during a run.
const GROWING: [&str; 8] =
    ["messages", "message_events", "calls", "call_turns", "webhook_journal", "threads", "contacts", "media"];

impl Copies {
    /// Runs until the load ends.
    pub async fn make(&self, published: &Path, expected: &Expected) {
        let mut every = tokio::time::interval(Duration::from_secs(20));
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for round in 1_u64.. {
            every.tick().await;
            if expected.is_over() {
                return;
            }
            tokio::task::block_in_place(|| self.copy(published, expected));
            if round.is_multiple_of(6) {
                let target = published.with_file_name("soak-backup.db");
                self.command(published, &["backup", &target.display().to_string()], expected).await;
                self.command(published, &["snapshots", "create"], expected).await;
                self.command(published, &["snapshots", "prune"], expected).await;
            }
        }
    }

    fn copy(&self, published: &Path, expected: &Expected) {
        let copy = Copy::of(published);
        for damage in copy.damage() {
            expected.problem(format!("a copy of the published file is damaged: {damage}"));
        }
        let rows = GROWING.map(|table| copy.number(&format!("SELECT count(*) FROM {table}")));
        let mut before = self.rows.lock().unwrap();
        for ((table, rows), before) in GROWING.iter().zip(&rows).zip(before.iter()) {
            if rows < before {
                expected.problem(format!("a copy has {rows} rows of {table}, an earlier one had {before}"));
            }
        }
        *before = rows.to_vec();
        self.made.fetch_add(1, Ordering::Relaxed);
        self.bytes.store(copy.bytes(), Ordering::Relaxed);
    }

    async fn command(&self, published: &Path, words: &[&str], expected: &Expected) {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_agentlocator"))
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("DATABASE_URL", published)
            .current_dir(published.parent().unwrap())
            .stdin(Stdio::null())
            .output()
            .await;
        match output {
            Ok(output) if output.status.success() => drop(self.backups.fetch_add(1, Ordering::Relaxed)),
            Ok(output) => expected.problem(format!("{words:?}: {}", String::from_utf8_lossy(&output.stderr))),
            Err(error) => expected.problem(format!("{words:?}: {error}")),
        }
    }
}

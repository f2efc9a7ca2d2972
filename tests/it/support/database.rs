//! Reads the published database file in the same way as a user who copies it.

use super::Daemon;
use super::whatsapp::until;
use agentlocator::crm::backfill::BACKFILLS;
use rusqlite::{Connection, OpenFlags, types::FromSql};
use std::path::Path;
use std::time::{Duration, Instant};

impl Daemon {
    /// Returns the content of the published file with all acknowledged data.
    pub fn published_content(&self) -> Vec<u8> {
        self.until_copy_is_current();
        std::fs::read(self.published_file()).unwrap()
    }

    /// Opens a copy of the published file for reading.
    pub fn database(&self) -> Connection {
        let copy = self.folder().join(format!("copy-{}.db", fresh_number()));
        std::fs::write(&copy, self.published_content()).unwrap();
        Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }

    /// Changes the live database of a stopped daemon, to set the initial state of a test.
    pub fn seed(&self, sql: &str) {
        assert!(self.cli(&["migrate"]).status.success());
        let live = Connection::open(self.folder().join("live/db.sqlite")).unwrap();
        live.execute_batch(sql).unwrap();
        drop(live);
        forget_clean_stop(&self.folder().join("live"));
        self.is_seeded.set(true);
    }

    /// Waits at most 30 s while the daemon logs that the published file is out of date. In this state, which occurs on
    /// a busy machine, the daemon acknowledges writes that the file does not contain yet.
    fn until_copy_is_current(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let is_late = || {
            let lines = self.logs().lines();
            let last = lines.iter().rfind(|line| line.contains(LATE) || line.contains(CURRENT));
            last.is_some_and(|line| line.contains(LATE))
        };
        while !self.is_down() && is_late() && Instant::now() < deadline {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Waits until the published file has a change that a test made in the live database. On a busy machine this may
    /// take longer than a start waits. The wait ends after five seconds, because some files never get the change.
    pub(super) fn until_published(&self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        let content = |file: &Path| -> rusqlite::Result<Vec<u8>> {
            let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let mut pages = conn.prepare("SELECT data FROM sqlite_dbpage WHERE pgno > 1")?;
            let pages = pages.query_map([], |row| row.get::<_, Option<Vec<u8>>>(0))?;
            Ok(pages.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().flatten().collect())
        };
        let live = self.folder().join("live/db.sqlite");
        if std::fs::metadata(&live).unwrap().len() > LARGEST_COMPARED {
            return;
        }
        while Instant::now() < deadline
            && !matches!((content(&live), content(&self.published_file())), (Ok(live), Ok(copy)) if live == copy)
        {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    pub async fn until_backfilled(&self) {
        let finished = "SELECT name FROM backfills WHERE finished_at IS NOT NULL";
        let all = async || (self.query_column::<String>(finished).len() == BACKFILLS.len()).then_some(());
        until("all backfills", all).await;
    }

    /// Waits until all committed data is in the search index.
    pub async fn until_indexed(&self) {
        let sql =
            "SELECT EXISTS (SELECT 1 FROM search_progress WHERE seq = coalesce((SELECT max(seq) FROM changes), 0))
                       AND NOT EXISTS (SELECT 1 FROM search_backlog)";
        until("the search index", async || (self.query_value::<i64>(sql) == 1).then_some(())).await;
    }

    /// Returns the single value of a query.
    pub fn query_value<T: FromSql>(&self, sql: &str) -> T {
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Returns the first column of all rows of a query.
    pub fn query_column<T: FromSql>(&self, sql: &str) -> Vec<T> {
        let database = self.database();
        let mut statement = database.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

/// Makes the next start treat the last stop as unclean. Otherwise the test's change of the live database would be
/// reported to the owner as a change by another program.
pub fn forget_clean_stop(live_folder: &Path) {
    let state = live_folder.join("state");
    let text = std::fs::read_to_string(&state).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("closed ")).collect();
    std::fs::write(&state, lines.join("\n") + "\n").unwrap();
}

fn fresh_number() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// The log events of a published file that is late, and that is current again.
const LATE: &str = "\"STORE_PUBLISH_LATE\"";
const CURRENT: &str = "\"STORE_PUBLISH_CURRENT\"";

/// The size above which a database is not compared, because reading it takes too long for a test.
const LARGEST_COMPARED: u64 = 64 << 20;

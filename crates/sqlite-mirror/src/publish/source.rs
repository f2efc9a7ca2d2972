//! Reads pages of the live database from one snapshot.

use super::error::PublishError;
use super::queue::{CommitBatch, Queue};
use crate::wal::{Header, Position, WalFiles};
use crate::{Error, Result, open};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// A connection that reads pages through SQLite's `sqlite_dbpage` table. SQLite finds each page in the write-ahead log
/// (WAL) or in the database file.
#[derive(Debug)]
pub(super) struct Source {
    conn: Connection,
    wal: WalFiles,
    page_size: usize,
}

/// A snapshot, which ends when it is dropped.
pub(super) struct Snapshot<'s> {
    conn: &'s Connection,
    page_size: usize,
    header: Header,
}

impl Source {
    pub(super) fn open(live: &Path, wal: WalFiles) -> Result<Self> {
        let conn = open::reader(live)?;
        conn.execute_batch("PRAGMA cache_size = -64")?;
        let page_size = open::page_size(&conn)?;
        // Fails early, at the start, if SQLite was built without SQLITE_ENABLE_DBPAGE_VTAB.
        conn.prepare(PAGE)?;
        Ok(Self { conn, wal, page_size })
    }

    pub(super) fn page_size(&self) -> usize {
        self.page_size
    }

    /// Returns the current end of the WAL.
    pub(super) fn header(&self) -> Result<Header> {
        self.wal.header().map_err(Error::log_unreadable)
    }

    /// Begins a snapshot, and takes all commits that it contains out of the queue, including those of other programs.
    pub(super) fn snapshot(&self, queue: &Queue) -> Result<(Snapshot<'_>, CommitBatch), PublishError> {
        // While this lock is held, every commit of this process in the WAL is also in the queue.
        let mut log = queue.log();
        for _ in 0..ATTEMPTS {
            let header = self.header()?;
            let snapshot = self.begin(header)?;
            // Only another program can commit here. The snapshot may then be from before or after that commit, so the
            // loop begins another snapshot.
            if self.header()? == header {
                queue.foreign_commits(&mut log, header);
                return Ok((snapshot, queue.take_now()));
            }
        }
        Err(Error::Busy("another program keeps writing to the live database".into()).into())
    }

    /// Begins a snapshot of the current state without taking commits from the queue.
    pub(super) fn current_snapshot(&self) -> Result<Snapshot<'_>> {
        self.begin(self.header()?)
    }

    fn begin(&self, header: Header) -> Result<Snapshot<'_>> {
        self.conn.execute_batch("BEGIN")?;
        let mut snapshot = Snapshot { conn: &self.conn, page_size: self.page_size, header };
        // The first read begins the snapshot.
        snapshot.header.page_count = self.conn.prepare_cached("PRAGMA page_count")?.query_row([], |row| row.get(0))?;
        Ok(snapshot)
    }
}

impl Snapshot<'_> {
    pub(super) fn page_count(&self) -> u32 {
        self.header.page_count
    }

    /// Returns the change counter of the WAL's index.
    pub(super) fn change(&self) -> u32 {
        self.header.change
    }

    pub(super) fn position(&self) -> Position {
        self.header.position
    }

    /// Appends one page to `out`.
    pub(super) fn read(&self, page: u32, out: &mut Vec<u8>) -> Result<()> {
        let end = out.len() + self.page_size;
        let mut statement = self.conn.prepare_cached(PAGE)?;
        statement
            .query_row([page], |row| {
                out.extend_from_slice(row.get_ref(0)?.as_blob()?);
                Ok(())
            })
            .optional()?;
        // SQLite never uses the page that holds its locks; `sqlite_dbpage` returns no content for it.
        out.resize(end, 0);
        Ok(())
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // The transaction has only read, so a failed rollback has no effect.
        let _ = self.conn.execute_batch("ROLLBACK");
    }
}

const PAGE: &str = "SELECT data FROM sqlite_dbpage WHERE pgno = ?1";
const ATTEMPTS: usize = 100;

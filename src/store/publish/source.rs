//! Pages of the live database as one snapshot has them.

use super::queue::{Queue, Work};
use super::trouble::Trouble;
use super::wal::{Header, Position, WalFiles};
use crate::store::{Error, Result, open};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// A connection that reads pages, by SQLite's own `sqlite_dbpage` table: SQLite decides between log and database.
#[derive(Debug)]
pub(super) struct Source {
    conn: Connection,
    wal: WalFiles,
    page_size: usize,
}

/// One snapshot; it ends when dropped.
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
        // Fails here, and not in the middle of the night, if SQLite was built without SQLITE_ENABLE_DBPAGE_VTAB.
        conn.prepare(PAGE)?;
        Ok(Self { conn, wal, page_size })
    }

    /// Bytes of a page.
    pub(super) fn page_size(&self) -> usize {
        self.page_size
    }

    /// Where the log is.
    pub(super) fn header(&self) -> Result<Header> {
        self.wal.header().map_err(super::log_unreadable)
    }

    /// Begins a snapshot, and takes out of the queue all commits that it holds, those of other programs among them.
    pub(super) fn snapshot(&self, queue: &Queue) -> Result<(Snapshot<'_>, Work), Trouble> {
        // No commit of ours is between log and queue while this is held.
        let mut log = queue.log();
        for _ in 0..ATTEMPTS {
            let header = self.header()?;
            let snapshot = self.begin(header)?;
            // Only another program can commit here; then the snapshot may be of either side of that.
            if self.header()? == header {
                queue.foreign_commits(&mut log, header);
                return Ok((snapshot, queue.take_now()));
            }
        }
        Err(Error::Busy("another program keeps writing to the live database".into()).into())
    }

    /// A snapshot of any moment, for looking only.
    pub(super) fn glance(&self) -> Result<Snapshot<'_>> {
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
    /// The length of the database, in pages.
    pub(super) fn page_count(&self) -> u32 {
        self.header.page_count
    }

    /// The log's change counter.
    pub(super) fn change(&self) -> u32 {
        self.header.change
    }

    /// How far the log goes.
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
        // The one page that SQLite never uses, where its locks are, reads as nothing.
        out.resize(end, 0);
        Ok(())
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Nothing was written; it cannot fail in a way that matters.
        let _ = self.conn.execute_batch("ROLLBACK");
    }
}

const PAGE: &str = "SELECT data FROM sqlite_dbpage WHERE pgno = ?1";
const ATTEMPTS: usize = 100;

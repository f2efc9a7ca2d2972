//! Opens the database connections and sets their pragmas.

use crate::Result;
use crate::checkpoint::CHECKPOINT_FRAMES_WITH_LITESTREAM;
use crate::permission::{self, Purpose};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Opens the live database for writing, and creates it if it is missing. Automatic checkpoints are off.
pub fn writer(file: &Path) -> Result<Connection> {
    open_writer(file).map_err(|error| permission::explain(error, file, Purpose::Write))
}

fn open_writer(file: &Path) -> Result<Connection> {
    let conn = Connection::open(file)?;
    conn.busy_timeout(BUSY)?;
    // Setting the pragma to the value that it already has would create a commit that no published file contains.
    if conn.query_row("PRAGMA auto_vacuum", [], |row| row.get::<_, i64>(0))? != INCREMENTAL {
        conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    }
    conn.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = 33554432;
         PRAGMA secure_delete = FAST;
         PRAGMA cache_size = -2048;
         PRAGMA temp_store = MEMORY;",
    )?;
    keep_statements(&conn, 128)?;
    Ok(conn)
}

/// Enlarges the cache of prepared statements and keeps their query plans stable (`ENABLE_QPSG`). Without this option
/// SQLite inspects the values that are bound to a query and may prepare the query again when they change, which can
/// take longer than running the query.
fn keep_statements(conn: &Connection, how_many: usize) -> Result<()> {
    conn.set_prepared_statement_cache_capacity(how_many);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Enables automatic checkpoints for a writer without a published copy: after 1000 frames, which is SQLite's default,
/// or after 8000 frames if Litestream is configured.
pub fn checkpoint_by_itself(writer: &Connection, with_litestream: bool) -> Result<()> {
    let frames = if with_litestream { CHECKPOINT_FRAMES_WITH_LITESTREAM } else { 1000 };
    Ok(writer.pragma_update(None, "wal_autocheckpoint", frames)?)
}

/// Opens a database for reading, together with its write-ahead log, also while other connections write to it. For a
/// file to which no process writes, see [`lone_file`].
pub fn reader(file: &Path) -> Result<Connection> {
    open_reader(file).map_err(|error| permission::explain(error, file, Purpose::ReadWithLog))
}

fn open_reader(file: &Path) -> Result<Connection> {
    let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    conn.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024;")?;
    keep_statements(&conn, 64)?;
    Ok(conn)
}

/// Opens the live database for a connection that only runs checkpoints. The connection does not wait for locks.
pub fn checkpointer(file: &Path) -> Result<Connection> {
    open_checkpointer(file).map_err(|error| permission::explain(error, file, Purpose::Write))
}

fn open_checkpointer(file: &Path) -> Result<Connection> {
    let conn = Connection::open(file)?;
    conn.busy_timeout(Duration::ZERO)?;
    conn.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL; PRAGMA cache_size = -64;")?;
    Ok(conn)
}

/// Opens a database file to which no process writes. The connection is read-only and creates no files next to it.
pub fn lone_file(file: &Path) -> Result<Connection> {
    let path = file.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)
        .map_err(|error| permission::explain(error.into(), file, Purpose::Read))?;
    conn.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024;")?;
    Ok(conn)
}

/// Returns the page size in bytes.
pub fn page_size(conn: &Connection) -> Result<usize> {
    let size: u32 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    Ok(size as usize)
}

/// Returns the size of the database in pages.
pub fn page_count(conn: &Connection) -> Result<u64> {
    let count: u32 = conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    Ok(u64::from(count))
}

/// SQLite's number for `auto_vacuum = INCREMENTAL`.
const INCREMENTAL: i64 = 2;

/// How long a writer or reader waits for a lock that another connection holds. A checkpoint does not wait.
pub const BUSY: Duration = Duration::from_secs(5);

//! Opening the database: the pragmas stand here and nowhere else.

use super::{Error, Result};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// Opens the live database for writing.
pub(super) fn writer(file: &Path) -> Result<Connection> {
    let conn = Connection::open(file)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;",
    )?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(conn)
}

/// Opens it for reading.
pub(super) fn reader(file: &Path) -> Result<Connection> {
    let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024;")?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// Applies what is missing; returns the names of what was applied.
pub(super) fn migrate(conn: &mut Connection) -> Result<Vec<String>> {
    let report = migrations::migrations::runner()
        .set_abort_divergent(true)
        .set_abort_missing(true)
        .run(conn)
        .map_err(|error| Error::Migration(error.to_string()))?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}

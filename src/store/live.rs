//! Inspects the live database at a start, by its metadata and by reading it.

use super::file_stamp::FileStamp;
use super::folder::Folder;
use super::migrate::{self, Plan};
use super::run_state::Record;
use super::{Error, Result, open};
use crate::domain::{Cause, Causes};
use crate::store::backup::{copy, verify};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::fs::Metadata;

/// How the live database differs from the state that the last run left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum LiveState {
    /// Unchanged since a clean stop.
    Closed,
    /// Unchanged since a clean stop, but moved to another disk: only the inode differs.
    Moved,
    /// Changed or replaced after a clean stop, while Litestream is not configured.
    Changed,
    /// Changed or replaced after a clean stop, while Litestream is configured, which writes to the database.
    Replicated,
    /// The last run did not stop cleanly, or left no record.
    Unclosed,
}

impl LiveState {
    /// Returns `Changed` also if Litestream is configured; the caller turns that into `Replicated`.
    pub(in crate::store) fn of(folder: &Folder, live: &Metadata, record: Option<&Record>) -> Self {
        let Some((record, closed)) = record.and_then(|record| Some((record, record.closed?))) else {
            return Self::Unclosed;
        };
        let (database, log) = (
            Self::compare(closed, FileStamp::of(live)),
            match (record.closed_log, log_stamp(folder)) {
                (None, None) => Self::Closed,
                (Some(left), Some(found)) => Self::compare(left, found),
                _ => Self::Changed,
            },
        );
        match (database, log) {
            (Self::Closed, Self::Closed) => Self::Closed,
            (Self::Closed | Self::Moved, Self::Closed | Self::Moved) => Self::Moved,
            _ => Self::Changed,
        }
    }

    fn compare(left: FileStamp, found: FileStamp) -> Self {
        if left == found {
            Self::Closed
        } else if left.is_moved_to(found) {
            Self::Moved
        } else {
            Self::Changed
        }
    }
}

/// `None` if the write-ahead log is empty or missing.
pub(in crate::store) fn log_stamp(folder: &Folder) -> Option<FileStamp> {
    std::fs::metadata(folder.wal()).ok().filter(|log| log.len() > 0).map(|log| FileStamp::of(&log))
}

/// Reads what a start reads first, so that damage is found while the published file can still replace the database. A
/// database without tables counts as damaged if a published file exists, because SQLite treats an empty file as a valid
/// database.
pub(in crate::store) fn open(folder: &Folder) -> Result<(Connection, Plan)> {
    let path = folder.database();
    let conn = open::writer(&path)?;
    let plan = migrate::plan(&conn)?;
    if plan.current.is_none() && std::fs::metadata(&folder.published).is_ok_and(|found| found.len() > 0) {
        return Err(Error::Damaged { path, findings: Cause::DatabaseEmpty.into() });
    }
    for sql in [
        "SELECT count(value) FROM meta WHERE key = 'start_notice'",
        "SELECT count(*) FROM settings NOT INDEXED",
        "SELECT count(*) FROM users NOT INDEXED",
    ] {
        let read = conn.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(Error::from);
        if let Err(error) = read
            && is_damage(&error)
        {
            return Err(error);
        }
    }
    Ok((conn, plan))
}

/// Reads the whole live database. `None` if it is undamaged.
pub(in crate::store) fn findings(folder: &Folder) -> Result<Option<Causes>> {
    verify::log_long_read(&folder.database());
    let found = open(folder).and_then(|(conn, _)| {
        // The database may be archived next, so its write-ahead log must stay unchanged.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        copy::findings(&conn)
    });
    match found {
        Err(Error::Damaged { findings, .. }) => Ok(Some(findings)),
        Err(error) if is_damage(&error) => Ok(Some((&error).into())),
        found => found.map_err(|error| verify::read_error(&folder.database(), error)),
    }
}

pub(in crate::store) fn is_damage(error: &Error) -> bool {
    match error {
        Error::Damaged { .. } => true,
        Error::Sql(error) => copy::is_damage(error),
        _ => false,
    }
}

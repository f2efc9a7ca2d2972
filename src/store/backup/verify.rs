//! Verifies a copy of the database by reading all of it, and summarizes its content.

use super::copy;
use super::leftover_log::refuse_leftover_log;
use crate::domain::{Cause, Timestamp};
use crate::store::{Error, ReadTx, Result, migrate, open};
use rusqlite::ErrorCode;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopySummary {
    /// In bytes.
    pub bytes: u64,
    /// The newest migration in the copy.
    pub migration: String,
    pub contacts: u64,
    pub messages: u64,
    pub calls: u64,
    /// The time of the newest activity in any thread; `None` if no thread has any.
    pub last_activity_at: Option<Timestamp>,
    /// See [`BACKUP_MARK`]; `None` if no backup command had set a mark.
    pub mark: Option<String>,
}

/// Reads a copy completely. Fails if the copy is damaged or unreadable, has a write-ahead log or journal beside it,
/// belongs to another program, or was written by a newer version.
pub fn verify_copy(file: &Path) -> Result<CopySummary> {
    let bytes = std::fs::metadata(file)
        .map_err(|source| Error::File { doing: "cannot inspect", path: file.to_owned(), source })?
        .len();
    if bytes == 0 {
        return Err(Error::Damaged { path: file.to_owned(), findings: Cause::DatabaseEmpty.into() });
    }
    refuse_leftover_log(file)?;
    read_whole(file, bytes).map_err(|error| read_error(file, error))
}

/// Logs that a start is about to read a whole file, if that takes long.
pub(in crate::store) fn log_long_read(file: &Path) {
    let size_mb = std::fs::metadata(file).map_or(0, |found| found.len()) >> 20;
    if size_mb >= LONG_MB {
        tracing::info!(
            event = "STORE_VERIFY_STARTED",
            file = %file.display(),
            size_mb,
            "The start waits until all {size_mb} MB of {} have been read and verified",
            file.display()
        );
    }
}

/// Turns an SQLite error into [`Error::Damaged`] or [`Error::Unreadable`]. Any other error is returned unchanged.
pub(in crate::store) fn read_error(file: &Path, error: Error) -> Error {
    use ErrorCode::{FileLockingProtocolFailed, OperationInterrupted, OutOfMemory, PermissionDenied};
    let source = match error {
        Error::NotWritable(source) => source,
        Error::Sql(source) => match source.sqlite_error_code() {
            Some(FileLockingProtocolFailed | OperationInterrupted | OutOfMemory | PermissionDenied) => source,
            _ => return Error::Damaged { path: file.to_owned(), findings: Cause::other(source.to_string()).into() },
        },
        other => return other,
    };
    // SQLite does not report the system's error, so the file is read again to get that error.
    let read = File::open(file).and_then(|mut file| io::copy(&mut file, &mut io::sink()));
    Error::Unreadable { path: file.to_owned(), cause: read.err().unwrap_or_else(|| io::Error::other(source)) }
}

fn read_whole(file: &Path, bytes: u64) -> Result<CopySummary> {
    let conn = open::lone_file(file)?;
    let unsound = |findings| Error::Damaged { path: file.to_owned(), findings };
    if let Some(findings) = copy::findings(&conn)? {
        return Err(unsound(findings));
    }
    migrate::plan(&conn)?;
    let tx = ReadTx::new(&conn);
    let migration = tx.newest_applied_migration()?;
    if migration.is_empty() {
        return Err(unsound(Cause::DatabaseNoData.into()));
    }
    let summary = tx.content_summary()?;
    Ok(CopySummary { bytes, migration, mark: tx.meta(BACKUP_MARK)?, ..summary })
}

impl ReadTx<'_> {
    fn content_summary(&self) -> Result<CopySummary> {
        let mut query = self.conn.prepare(
            "SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM messages), (SELECT count(*) FROM calls),
                    (SELECT max(last_message_at) FROM threads)",
        )?;
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(query.query_row([], |row| {
            Ok(CopySummary {
                bytes: 0,
                migration: String::new(),
                contacts: count(row.get(0)?),
                messages: count(row.get(1)?),
                calls: count(row.get(2)?),
                last_activity_at: row.get(3)?,
                mark: None,
            })
        })?)
    }
}

/// The key of the mark that a backup command sets before it starts. A copy with this mark contains everything that was
/// acknowledged before.
pub const BACKUP_MARK: &str = "backup_mark";

const LONG_MB: u64 = 256;

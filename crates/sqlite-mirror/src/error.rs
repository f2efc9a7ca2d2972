//! The errors of this crate.

use rusqlite::ErrorCode;
use std::path::PathBuf;

/// An error of the mirror.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite cannot open, read or write a file: usually the disk is full or read-only.
    #[error("the disk is full, read-only or failing; nothing was stored")]
    NotWritable(#[source] rusqlite::Error),
    /// The user of this process lacks permissions for a file or folder.
    #[error("the user {user} may not use {path}: it belongs to {owner} and has the mode {mode:04o}")]
    Denied {
        /// The file or folder.
        path: PathBuf,
        /// The user that this process runs as.
        user: String,
        /// The user who owns the file or folder; `another user` if that cannot be determined.
        owner: String,
        /// The permission bits; 0 if they cannot be determined.
        mode: u32,
    },
    /// Not enough disk space for a large operation.
    #[error("not enough disk space for {purpose} at {path}: {needed_mb} MB needed, {free_mb} MB free")]
    InsufficientSpace {
        /// What the space is for.
        purpose: &'static str,
        /// The folder whose disk lacks the space.
        path: PathBuf,
        /// The needed space in MB (2^20 bytes), including the space for the next start.
        needed_mb: u64,
        /// The free space in MB (2^20 bytes).
        free_mb: u64,
    },
    /// Another connection or process has locked the database, or changes it continuously.
    #[error("the database is in use: {0}")]
    Busy(String),
    /// The database has been closed.
    #[error("the database is closed")]
    Closed,
    /// A file operation failed.
    #[error("{doing} {path}")]
    File {
        /// The operation, such as `cannot open`.
        doing: &'static str,
        /// The file or folder; the name of a thread that cannot be started; or `the copy` for an output without a path.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// A read or write panicked.
    #[error("internal error while using the database")]
    Panicked,
    /// Any other SQLite error.
    #[error("database error")]
    Sql(#[source] rusqlite::Error),
}

impl Error {
    pub(crate) fn log_unreadable(source: std::io::Error) -> Self {
        Self::File { doing: "cannot read the log of", path: "live/db.sqlite".into(), source }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                Self::NotWritable(error)
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error.to_string()),
            _ => Self::Sql(error),
        }
    }
}

/// The result type of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

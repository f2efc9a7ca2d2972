//! What can go wrong with the store.

use rusqlite::ErrorCode;
use std::path::PathBuf;

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk is full or may not be written.
    #[error("the disk is full or read-only, nothing was stored")]
    NoSpace(#[source] rusqlite::Error),
    /// The file or folder belongs to another user.
    #[error(
        "the user {user} may not use {path}: it belongs to {owner} and has the mode {mode:04o}; as root, run \
         `chown {user}: {path}`, and `chmod u+rwX {path}` if that does not help"
    )]
    Denied {
        /// Which.
        path: PathBuf,
        /// The user that this process runs as.
        user: String,
        /// The user it belongs to.
        owner: String,
        /// Its permissions.
        mode: u32,
    },
    /// There is not enough room on the disk for something large.
    #[error("not enough room for {purpose} at {path}: it takes {needed_mb} MB, and {free_mb} MB are free")]
    NoRoom {
        /// What the room is for.
        purpose: &'static str,
        /// Where.
        path: PathBuf,
        /// Megabytes that it takes.
        needed_mb: u64,
        /// Megabytes that there are.
        free_mb: u64,
    },
    /// Somebody else has it, or got there first.
    #[error("the database is in use: {0}")]
    Busy(String),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// A row that must be there is not.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// A rule of the schema forbids it.
    #[error("the database refused a row that breaks one of its rules")]
    Constraint(#[source] rusqlite::Error),
    /// The database was made by a newer version.
    #[error("the database was made by a newer version: {0}")]
    Newer(String),
    /// A migration failed.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// The content of a database file is not sound.
    #[error("the database file {path} is damaged: {findings}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite found.
        findings: String,
    },
    /// A database file cannot be read, which says nothing about its content.
    #[error(
        "{path} cannot be read: {cause}. Its disk or network share may be failing, see `journalctl -k`; copy it from another \
         place, or try again once it can be read"
    )]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What reading it says.
        cause: std::io::Error,
    },
    /// A file operation failed.
    #[error("{doing} {path}")]
    File {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A stored value cannot be read, or a value cannot be stored.
    #[error("a stored value cannot be read: {0}")]
    Value(String),
    /// A probe failed.
    #[error("the database does not work: {0}")]
    Probe(String),
    /// The database did not answer a probe in time.
    #[error("the database has not answered within {0} ms")]
    Slow(u128),
    /// A write or read panicked; it was taken back.
    #[error("a use of the database failed in an unforeseen way and was taken back")]
    Panicked,
    /// Anything else that SQLite says.
    #[error("the database failed")]
    Sql(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                Self::NoSpace(error)
            }
            Some(ErrorCode::ConstraintViolation) => Self::Constraint(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error.to_string()),
            _ => Self::Sql(error),
        }
    }
}

/// What the store's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

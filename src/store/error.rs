//! Errors of the store, and their causes in alerts.

use crate::domain::{Cause, Causes, Language};
use crate::messages;
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite cannot open, read or write a file: usually the disk is full or read-only.
    #[error("the disk is full, read-only or failing; nothing was stored")]
    NotWritable(#[source] rusqlite::Error),
    #[error(
        "the user {user} may not use {path}: it belongs to {owner} and has the mode {mode:04o}; as root, run \
         `chown {user}: {path}`, and `chmod u+rwX {path}` if that does not help"
    )]
    Denied {
        path: PathBuf,
        /// The user that this process runs as.
        user: String,
        /// The user who owns the file or folder.
        owner: String,
        mode: u32,
    },
    #[error("not enough disk space for {purpose} at {path}: {needed_mb} MB needed, {free_mb} MB free")]
    InsufficientSpace { purpose: &'static str, path: PathBuf, needed_mb: u64, free_mb: u64 },
    /// For example, another process has locked the database, or too many writes are queued.
    #[error("the database is in use: {0}")]
    Busy(String),
    #[error("the store is closed")]
    Closed,
    /// The caller requested the rollback.
    #[error("the write was rolled back")]
    RolledBack,
    #[error("no such {0}")]
    NotFound(&'static str),
    #[error("the database refused a row that breaks one of its rules")]
    Constraint(#[source] rusqlite::Error),
    /// Created or migrated by a newer version.
    #[error("{}", english(.0))]
    Newer(Causes),
    #[error("the database could not be migrated: {}", english(.0))]
    Migration(Causes),
    #[error("the database file {path} is damaged: {}", english(.findings))]
    Damaged { path: PathBuf, findings: Causes },
    /// The live database is damaged, and the published file cannot take its place.
    #[error(
        "{}; and {path} cannot take its place: {}. Restore a snapshot: `agentlocator snapshots list`, then \
         `agentlocator restore NAME`", english(.damage), english(.obstacle)
    )]
    Irreplaceable {
        /// The published file.
        path: PathBuf,
        /// The damage of the live database.
        damage: Causes,
        /// Why the published file cannot be used.
        obstacle: Causes,
    },
    /// The folder's live database belongs to another published file.
    #[error(
        "{} cannot be used, because the live database of its folder belongs to {}. Use a folder of its own for it. To \
         rename the database instead, stop the service and run `mv {} {}`",
        .configured.display(), .existing.display(), .existing.display(), .configured.display()
    )]
    OtherName {
        /// The published file that the settings name.
        configured: PathBuf,
        /// The published file of the live database.
        existing: PathBuf,
    },
    /// A write-ahead log or rollback journal lies beside a database file that is to be used alone.
    #[error("{}", english(&leftover_log(.0).into()))]
    LeftoverLog(PathBuf),
    /// The content of the file is unknown.
    #[error(
        "{path} cannot be read: {cause}. Its disk or network share may be failing, see `journalctl -k`; copy it from another \
         place, or try again once it can be read"
    )]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("{doing} {path}")]
    File {
        /// The operation, such as `cannot open`.
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A stored value cannot be parsed, or a value cannot be stored.
    #[error("a stored value cannot be read: {0}")]
    Value(String),
    /// Why a probe of the database failed.
    #[error("database error: {0}")]
    Probe(String),
    /// A time limit was exceeded.
    #[error("the database has not answered within {0} ms")]
    Slow(u128),
    #[error("internal error while using the database; the transaction was rolled back")]
    Panicked,
    #[error("database error")]
    Sql(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                Self::NotWritable(error)
            }
            Some(ErrorCode::ConstraintViolation) => Self::Constraint(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error.to_string()),
            _ => Self::Sql(error),
        }
    }
}

impl From<sqlite_mirror::Error> for Error {
    fn from(error: sqlite_mirror::Error) -> Self {
        use sqlite_mirror::Error as Mirror;
        match error {
            Mirror::NotWritable(error) | Mirror::Sql(error) => error.into(),
            Mirror::Denied { path, user, owner, mode } => Self::Denied { path, user, owner, mode },
            Mirror::InsufficientSpace { purpose, path, needed_mb, free_mb } => {
                Self::InsufficientSpace { purpose, path, needed_mb, free_mb }
            }
            Mirror::Busy(reason) => Self::Busy(reason),
            Mirror::Closed => Self::Closed,
            Mirror::File { doing, path, source } => Self::File { doing, path, source },
            Mirror::Panicked => Self::Panicked,
        }
    }
}

impl From<&Error> for Causes {
    fn from(error: &Error) -> Self {
        let because = |cause: Cause, error: &dyn std::fmt::Display| cause.because(Cause::other(error.to_string()));
        match error {
            Error::NotWritable(source) => because(Cause::DatabaseNoSpace, source),
            Error::Denied { path, user, owner, mode } => Cause::DatabaseDenied {
                user: user.clone(),
                file: path.display().to_string(),
                owner: owner.clone(),
                mode: format!("{mode:04o}"),
            }
            .into(),
            Error::InsufficientSpace { path, needed_mb, free_mb, .. } => {
                Cause::no_space(path, *needed_mb, *free_mb).into()
            }
            Error::Busy(reason) => because(Cause::DatabaseBusy, reason),
            Error::Newer(causes) => causes.clone(),
            Error::Migration(causes) => Cause::DatabaseMigration.because(causes.clone()),
            Error::Damaged { path, findings } => {
                Cause::DatabaseDamaged { file: path.display().to_string() }.because(findings.clone())
            }
            Error::Unreadable { path, cause } => {
                Cause::DatabaseUnreadable { file: path.display().to_string() }.because(cause)
            }
            Error::LeftoverLog(path) => leftover_log(path).into(),
            Error::File { doing, path, source } => {
                Cause::file(doing.strip_prefix("cannot ").unwrap_or(doing), path).because(source)
            }
            Error::Constraint(source) | Error::Sql(source) => because(Cause::DatabaseError, source),
            Error::Value(reason) | Error::Probe(reason) => because(Cause::DatabaseError, reason),
            Error::Slow(_) => Cause::NoAnswer.into(),
            Error::Panicked => Cause::DatabasePanicked.into(),
            // Errors of a start that failed, and of single requests. No alert contains them.
            Error::Irreplaceable { .. }
            | Error::OtherName { .. }
            | Error::Closed
            | Error::RolledBack
            | Error::NotFound(_) => Cause::other(error.to_string()).into(),
        }
    }
}

fn leftover_log(path: &Path) -> Cause {
    Cause::DatabaseLog { file: path.display().to_string() }
}

fn english(causes: &Causes) -> String {
    messages::causes(Language::English, causes)
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

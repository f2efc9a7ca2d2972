//! The size of the write-ahead log, and the process that prevents it from being emptied.
//!
//! A log is emptied when a checkpoint has moved all of it into the database, and no checkpoint can pass a reader whose
//! transaction began earlier. So a reader that hangs lets the log grow until the disk is full.

use super::Store;
use super::publish::WalFiles;
use rustix::process::{Flock, FlockOffsetType, FlockType, Pid, fcntl_getlk};
use std::sync::PoisonError;

/// The write-ahead log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSize {
    /// The size in bytes.
    pub bytes: u64,
    /// The id of another process that is reading the database.
    pub reader: Option<i32>,
}

impl Store {
    /// The size of the write-ahead log, and another process that is reading the database.
    pub fn log_size(&self) -> LogSize {
        let bytes = std::fs::metadata(self.inner.folder.wal()).map_or(0, |log| log.len());
        let threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
        LogSize { bytes, reader: threads.as_ref().and_then(|threads| threads.log_reader()) }
    }
}

impl WalFiles {
    /// The id of another process that has a read transaction. Such a process holds a POSIX lock on one of the bytes of
    /// the index that SQLite calls `WAL_READ_LOCK` (<https://sqlite.org/walformat.html>, "WAL locks").
    pub(in crate::store) fn reader(&self) -> Option<i32> {
        let wanted = Flock {
            start: FIRST_READ_LOCK,
            length: READ_LOCKS,
            pid: None,
            typ: FlockType::WriteLock,
            offset_type: FlockOffsetType::Set,
        };
        // F_GETLK only reports the conflicting lock; it takes none.
        fcntl_getlk(self.index(), &wanted).ok()??.pid.map(Pid::as_raw_pid)
    }
}

const FIRST_READ_LOCK: u64 = 123;
const READ_LOCKS: u64 = 5;

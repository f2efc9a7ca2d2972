//! The size of the write-ahead log, and the process that prevents it from being emptied.
//!
//! The log can restart only after a checkpoint has moved all of it into the database. A checkpoint cannot pass a reader
//! with an earlier transaction. A reader that hangs therefore lets the log grow until the disk is full.

use super::Store;
use std::sync::PoisonError;

/// The size of the write-ahead log, and its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSize {
    /// The size in bytes.
    pub bytes: u64,
    /// The id of another process that is reading the database.
    pub reader: Option<i32>,
}

impl Store {
    /// Returns the size of the write-ahead log, and another process that is reading the database.
    pub fn log_size(&self) -> LogSize {
        let bytes = std::fs::metadata(self.inner.folder.wal()).map_or(0, |log| log.len());
        let threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
        LogSize { bytes, reader: threads.as_ref().and_then(|threads| threads.log_reader()) }
    }
}

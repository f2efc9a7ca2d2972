//! What can go wrong with a snapshot.

use super::seal::SealError;
use crate::store;
use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong with a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be read, or the copy is not good.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// It cannot be encrypted or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A file operation failed.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// There is not enough room.
    #[error("not enough room for a snapshot at {path}: it takes {needed_mb} MB, and {free_mb} MB are free")]
    NoRoom {
        /// Where.
        path: PathBuf,
        /// Megabytes that it takes.
        needed_mb: u64,
        /// Megabytes that there are.
        free_mb: u64,
    },
    /// What was written reads otherwise.
    #[error("{0} does not read back as it was written")]
    Changed(PathBuf),
    /// No snapshot of that name.
    #[error("there is no snapshot {0}; `agentlocator snapshots list` shows them")]
    Unknown(String),
    /// Another process is making one.
    #[error("another snapshot is just being made")]
    Busy,
    /// The bucket refuses, or is not what the settings say.
    #[error("the bucket: {0}")]
    Bucket(String),
    /// The service is being stopped.
    #[error("the snapshot was broken off because the service stops")]
    Stopped,
}

impl Error {
    /// Returns true if the disk is too full.
    pub fn is_lack_of_space(&self) -> bool {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = next {
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            if matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)) {
                return true;
            }
            next = error.source();
        }
        matches!(self, Self::NoRoom { .. })
    }

    /// For a file operation that fails.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}

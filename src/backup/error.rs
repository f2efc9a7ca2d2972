//! Errors of snapshots.

use super::encryption::EncryptionError;
use crate::store;
use std::io;
use std::path::{Path, PathBuf};

/// An error of a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be read, or the copy failed its verification.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The copy cannot be encrypted or decrypted.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// A file operation failed.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// The operation, such as `read`.
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// The disk has not enough free space.
    #[error("not enough disk space for a snapshot at {path}: {needed_mb} MB needed, {free_mb} MB free")]
    NoSpace {
        /// The folder that lacks space.
        path: PathBuf,
        /// Megabytes needed.
        needed_mb: u64,
        /// Megabytes free.
        free_mb: u64,
    },
    /// The file that was read back differs from what was written.
    #[error("{0} does not read back as it was written")]
    ReadBackMismatch(PathBuf),
    /// No snapshot has that name.
    #[error("there is no snapshot {0}; `agentlocator snapshots list` shows them")]
    NotFound(String),
    /// Another process is creating a snapshot.
    #[error("another snapshot is being created; wait until it is finished")]
    Busy,
    /// The bucket rejected a request, or does not match the settings.
    #[error("the bucket: {0}")]
    Bucket(String),
    /// The service is being stopped.
    #[error("the snapshot was aborted because the service is stopping")]
    Stopped,
}

impl Error {
    /// Returns true if the cause is a full disk.
    pub fn is_lack_of_space(&self) -> bool {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = next {
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            if matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)) {
                return true;
            }
            next = error.source();
        }
        matches!(self, Self::NoSpace { .. })
    }

    /// Returns a function that creates the error of a failed file operation.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}

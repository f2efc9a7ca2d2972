//! Errors of snapshots, and their causes in alerts.

use super::encryption::EncryptionError;
use crate::domain::{Cause, Causes, Language};
use crate::{messages, store};
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// The error is part of the text, so it is no `source`, which commands would print once more.
    #[error("cannot {doing} {path}: {error}")]
    File {
        /// The operation, such as `read`. This word selects the text in the user's language.
        doing: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    /// The folder that contains `backup.folder` does not exist.
    #[error("the folder {0} does not exist, so there is no place for snapshots; is the disk mounted?")]
    NoFolder(PathBuf),
    #[error("not enough disk space for a snapshot at {path}: {needed_mb} MB needed, {free_mb} MB free")]
    NoSpace { path: PathBuf, needed_mb: u64, free_mb: u64 },
    #[error("{0} does not read back as it was written")]
    ReadBackMismatch(PathBuf),
    /// The named snapshot is encrypted, no key was given, and no checksum is stored with it to compare.
    #[error(
        "snapshot {0} is encrypted and no checksum is stored with it, so it was not verified; with the key, \
         `agentlocator snapshots verify {0} --identity KEYFILE` verifies its content"
    )]
    NotVerified(String),
    #[error("there is no snapshot {0}; `agentlocator snapshots list` shows them")]
    NotFound(String),
    #[error("another snapshot is being created; wait until it is finished")]
    Busy,
    /// A request to the bucket failed, its response is wrong, or the settings for it are missing or invalid.
    #[error("the bucket: {}", messages::causes(Language::English, .0))]
    Bucket(Causes),
    /// The service stops, or the thread of the work panicked.
    #[error("the snapshot was aborted because the service is stopping")]
    Stopped,
}

impl Error {
    /// Returns true if a full disk or an exhausted disk quota is the cause.
    pub fn is_lack_of_space(&self) -> bool {
        let mut next: Option<&(dyn std::error::Error + 'static)> = match self {
            Self::NoSpace { .. } => return true,
            Self::File { error, .. } => Some(error),
            _ => Some(self),
        };
        while let Some(error) = next {
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            if matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)) {
                return true;
            }
            next = error.source();
        }
        false
    }

    pub(super) fn bucket(causes: impl Into<Causes>) -> Self {
        Self::Bucket(causes.into())
    }

    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { doing, path, error }
    }
}

impl From<&Error> for Causes {
    fn from(error: &Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Encryption(error) => error.into(),
            Error::File { doing, path, error } => Cause::file(doing, path).because(error),
            Error::NoFolder(path) => Cause::file("read", path).because(Cause::NoSuchFile),
            Error::NoSpace { path, needed_mb, free_mb } => Cause::no_space(path, *needed_mb, *free_mb).into(),
            Error::ReadBackMismatch(path) => Cause::ReadBack { file: path.display().to_string() }.into(),
            Error::Bucket(causes) => causes.clone(),
            // These errors are not in alerts, except that an upload to the bucket may end with `Stopped`.
            Error::NotVerified(_) | Error::NotFound(_) | Error::Busy | Error::Stopped => {
                Cause::other(error.to_string()).into()
            }
        }
    }
}

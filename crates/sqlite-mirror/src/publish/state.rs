//! The state of the published file, and the reason if it is not current.

use crate::permission;
use std::io;
use std::time::Duration;

/// The state of the published file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyState {
    /// The file contains everything that was acknowledged with [`AckAfter::Publish`](crate::AckAfter::Publish).
    Current,
    /// The file is not current. Writes are nevertheless acknowledged, once they are in the live database.
    Late {
        /// How long the file has not been current.
        age: Duration,
        /// Why the file is not current.
        reason: Late,
    },
}

/// Why the published file is not current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Late {
    /// The file is temporarily behind.
    Behind(LateCause),
    /// A foreign file has the published name.
    Foreign(ForeignCause),
    /// The file is kept as the last undamaged copy, because the live database is damaged.
    Frozen,
}

/// Why the published file is behind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LateCause {
    /// The file is compared with the live database after an unclean stop.
    #[error("the file is compared with the database; until then it stays as the last run left it")]
    Compared,
    /// Another program has the file open.
    #[error("another program has the published file open, for example to copy it")]
    OpenElsewhere,
    /// Another program has the file open, and the disk has no space for a second file.
    #[error("another process has the published file open, and there is no disk space for another one")]
    OpenWithoutSpace,
    /// The file could not be written within the time for which callers wait.
    #[error("the published file could not be written in time")]
    Slow,
    /// The disk has no space for the file.
    #[error("the disk has no space for the published file, which takes {size_mb} MB")]
    NoSpace {
        /// The size of the file in MB (2^20 bytes), rounded up.
        size_mb: u64,
    },
    /// The publisher is restarted after a panic.
    #[error("the publisher was restarted after an internal error")]
    Restarted,
    /// A read or write failed.
    #[error("cannot {doing}: {error}")]
    Failed {
        /// The operation, such as `write the published file`.
        doing: String,
        /// The text of the error.
        error: String,
        /// The number of the operating system's error, if there is one.
        os_error: Option<i32>,
    },
}

/// Why the file under the published name counts as foreign. The text completes a sentence that begins with the file
/// name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignCause {
    /// The service did not write the file.
    #[error("is not the file that this service left there")]
    NotOurs,
    /// The file is a folder, a link or a device.
    #[error("is not a regular file")]
    NotRegular,
    /// Another program wrote to the file while the service ran.
    #[error("was written to by another program")]
    Changed,
    /// Another file replaced the published file while the service ran.
    #[error("was replaced by another file")]
    Replaced,
    /// The service's user has no permission to read the file.
    #[error(
        "cannot be read by the service's user {user}; give it to that user with `chown {user}:`, and restart the service"
    )]
    Denied {
        /// The name of the service's user.
        user: String,
    },
    /// The file cannot be opened; contains the system's error.
    #[error("cannot be opened ({0})")]
    Unreadable(String),
    /// The program that uses this crate cannot use the file; contains its reason.
    #[error("cannot be used: {0}")]
    Unusable(String),
}

impl ForeignCause {
    pub(crate) fn of_open_error(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::PermissionDenied {
            Self::Denied { user: permission::service_user() }
        } else {
            Self::Unreadable(error.to_string())
        }
    }
}

/// The result of a check of the published file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckedCopy {
    /// The file equals the live database, except for changes that are being published.
    Equal,
    /// Pages differ for no known reason.
    Differs {
        /// The number of differing pages; 0 if only the length differs.
        pages: u32,
        /// The number of the first differing page; 0 if only the length differs.
        first: u32,
    },
    /// The publisher does not update the file, for example because it waits for a verification or for a decision of the
    /// owner.
    NotMaintained,
    /// The file or the database could not be read.
    Failed(String),
}

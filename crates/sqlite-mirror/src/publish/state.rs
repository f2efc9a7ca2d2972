//! The state of the published file, and why it is not current.

use crate::permission;
use std::io;
use std::time::Duration;

/// The state of the published file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyState {
    /// It holds everything that has been acknowledged.
    Current,
    /// It is not current; writes are nevertheless acknowledged, once they are in the live database.
    Late {
        /// For how long.
        age: Duration,
        /// Why.
        reason: Late,
    },
}

/// Why the published file is not current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Late {
    /// It is behind, for now.
    Behind(LateCause),
    /// A foreign file has its name.
    Foreign(ForeignCause),
    /// It is kept as the last undamaged copy, because the live database is damaged.
    Frozen,
}

/// Why the published file is behind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LateCause {
    /// After an unclean stop it is compared with the live database.
    #[error("the file is compared with the database; until then it stays as the last run left it")]
    Compared,
    /// Another program has it open.
    #[error("another program has the published file open, as while copying it")]
    OpenElsewhere,
    /// Another program has it open, and there is no disk space for another one.
    #[error("another process has the published file open, and there is no disk space for another one")]
    OpenWithoutSpace,
    /// It could not be written within the time for which callers wait.
    #[error("the published file could not be written in time")]
    Slow,
    /// There is no disk space for it.
    #[error("the disk has no space for the published file, which takes {size_mb} MB")]
    NoSpace {
        /// Its size.
        size_mb: u64,
    },
    /// The publisher was restarted.
    #[error("the publisher was restarted after an internal error")]
    Restarted,
    /// A read or write failed.
    #[error("{0}")]
    Failed(String),
}

/// Why the file under the published name counts as foreign. As text it completes a sentence that begins with the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignCause {
    /// The service did not write it.
    #[error("is not the file that this service left there")]
    NotOurs,
    /// It is a folder, a link or a device.
    #[error("is not a regular file")]
    NotRegular,
    /// Another program wrote to it while the service ran.
    #[error("was written to by another program")]
    Changed,
    /// Another file took its name while the service ran.
    #[error("was replaced by another file")]
    Replaced,
    /// The service's user may not read it.
    #[error(
        "cannot be read by the service's user {user}; give it to that user with `chown {user}:`, and restart the service"
    )]
    Denied {
        /// The service's user.
        user: String,
    },
    /// It cannot be read or adopted.
    #[error("{0}")]
    Unusable(String),
}

impl ForeignCause {
    pub(crate) fn of_open_error(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::PermissionDenied {
            Self::Denied { user: permission::service_user() }
        } else {
            Self::Unusable(format!("cannot be opened ({error})"))
        }
    }
}

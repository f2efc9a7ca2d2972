//! Events of a mirror that an administrator should know about. The program that uses this crate logs them.

use crate::publish::{ForeignCause, Late};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What has happened, and what the mirror does about it.
#[derive(Debug)]
pub enum Event<'e> {
    /// The published file is behind the live database: a copy that is made now may lack the newest data.
    CopyLate {
        /// Why the file is behind.
        reason: &'e Late,
    },
    /// The published file is current again.
    CopyCurrent {
        /// How long the file was behind.
        age: Duration,
        /// Why the file was behind.
        reason: &'e Late,
    },
    /// The published file is missing and is re-created.
    CopyGone {
        /// The path of the published file.
        file: &'e Path,
    },
    /// The file under the published name is foreign: another program wrote it, changed it or replaced it, or it cannot
    /// be read or used. The mirror leaves the file unchanged and stops updating it.
    CopyForeign {
        /// The path of the published file.
        file: &'e Path,
        /// What was found.
        cause: &'e ForeignCause,
    },
    /// The live database is damaged: the published file is kept as the last undamaged copy.
    CopyFrozen {
        /// The path of the published file.
        file: &'e Path,
    },
    /// All pages of the published file were compared with the live database, when the mirror started or after a repair.
    CopyCompared {
        /// The size of the database in pages.
        pages: u32,
        /// Number of pages that the file lacks: they differ, or a commit has changed them since.
        differing: usize,
        /// How long the comparison took.
        took: Duration,
    },
    /// The published file could not be synced to disk at the stop. The next start compares it with the live database.
    CopyUnsynced {
        /// The error of the operating system.
        error: &'e io::Error,
    },
    /// The published file belongs to another user or is read-only, so this process cannot lease it. A new file of this
    /// process's user replaces it.
    CopyNotOwned {
        /// The path of the published file.
        file: &'e Path,
    },
    /// The file system has no reliable leases. Each update replaces the whole published file, which is slow.
    NoLeases {
        /// The path of the published file.
        file: &'e Path,
    },
    /// The disk is so slow that the kernel broke the lease before an update had finished. A program that opened the
    /// published file meanwhile may have read an incomplete file, and should copy the file again.
    LeaseBroken {
        /// The path of the published file.
        file: &'e Path,
        /// The time from when the mirror noticed that program to the end of the update.
        waited: Duration,
    },
    /// Another program has written to the live database. The mirror writes all pages of the published file again.
    ForeignCommit,
    /// The write-ahead log or its index cannot be read. The mirror writes all pages of the published file again.
    LogUnreadable {
        /// True if the index of the write-ahead log cannot be read, false if the write-ahead log itself cannot be read.
        is_index: bool,
        /// The error of the operating system.
        error: &'e io::Error,
    },
    /// A spare file of the last run lacks the service's mark, so another program may have written to the file. It was
    /// kept under another name.
    SpareKept {
        /// The new path of the spare file.
        file: &'e Path,
    },
    /// A spare file of the last run cannot be deleted or renamed.
    SpareStuck {
        /// The path of the spare file.
        file: &'e Path,
        /// The error of the operating system.
        error: &'e io::Error,
    },
    /// The state file cannot be written. After a crash, the next start must verify more of the files.
    StateUnwritten {
        /// The error of the operating system.
        error: &'e io::Error,
    },
    /// The thread that updates the published file panicked. It is restarted, unless the database is being closed.
    PublisherPanicked,
    /// The thread that updates the published file cannot be restarted now. The restart is retried, unless the database
    /// is being closed.
    PublisherNotStarted {
        /// The error of the failed attempt.
        error: &'e crate::Error,
    },
    /// A checkpoint of the write-ahead log failed. The checkpoint is retried after a later commit.
    CheckpointFailed {
        /// The error of the failed attempt.
        error: &'e crate::Error,
    },
    /// The process id could not be written into the lock file. The process holds the lock nevertheless.
    LockUnnamed {
        /// The error of the operating system.
        error: &'e io::Error,
    },
    /// The disk had too little free space for a start, so the reserve file was deleted.
    ReserveUsed,
    /// The disk has too little free space for a start, and the reserve file cannot be deleted.
    ReserveStuck {
        /// The error of the operating system.
        error: &'e io::Error,
    },
}

/// A callback that receives the events, on the thread that caused them. The callback must not block.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Event<'_>) + Send + Sync>);

impl Observer {
    /// Creates an observer that passes each event to `receive`.
    pub fn new(receive: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    /// Creates an observer that ignores all events.
    pub fn none() -> Self {
        Self::new(|_| {})
    }

    pub(crate) fn report(&self, event: &Event<'_>) {
        (self.0)(event);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

//! What happens to a mirror that an administrator should know. The program that uses this crate decides how it is logged.

use crate::publish::{ForeignCause, Late};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Something that happened. Each variant says what to do about it, if anything.
#[derive(Debug)]
pub enum Event<'e> {
    /// The published file is behind the live database: a copy made now lacks the newest data.
    CopyLate {
        /// Why.
        reason: &'e Late,
    },
    /// The published file is current again.
    CopyCurrent {
        /// How long it was behind.
        age: Duration,
        /// Why it was behind.
        reason: &'e Late,
    },
    /// The published file is missing and is created again.
    CopyGone {
        /// Its path.
        file: &'e Path,
    },
    /// Another program changed or replaced the published file. It is left as it is, and no longer updated.
    CopyForeign {
        /// Its path.
        file: &'e Path,
        /// What was found.
        cause: &'e ForeignCause,
    },
    /// The live database is damaged: the published file is kept as the last undamaged copy.
    CopyFrozen {
        /// Its path.
        file: &'e Path,
    },
    /// After an unclean stop the published file was compared with the live database.
    CopyCompared {
        /// Number of pages of the database.
        pages: u32,
        /// Number of pages that differ.
        differing: usize,
        /// How long it took.
        took: Duration,
    },
    /// The published file cannot be synced to disk at the stop; the next start compares it.
    CopyUnsynced {
        /// The cause.
        error: &'e io::Error,
    },
    /// The published file belongs to another user or is read-only, so that it cannot be leased: a new file of this user
    /// replaces it.
    CopyNotOwned {
        /// Its path.
        file: &'e Path,
    },
    /// The file system has no reliable leases: the published file is replaced completely each time, which is slow.
    NoLeases {
        /// The path of the published file.
        file: &'e Path,
    },
    /// The disk is so slow that a program which opened the published file no longer waited for the end of its update,
    /// and may have read an incomplete file: it should copy the file again.
    LeaseBroken {
        /// The path of the published file.
        file: &'e Path,
        /// How long that program waited.
        waited: Duration,
    },
    /// Another program has written to the live database: all pages of the published file are written again.
    ForeignCommit,
    /// The write-ahead log, or its index, cannot be read: all pages of the published file are written again.
    LogUnreadable {
        /// The index, not the log itself.
        is_index: bool,
        /// The cause.
        error: &'e io::Error,
    },
    /// A spare file to which another program wrote was kept under another name.
    SpareKept {
        /// Its new path.
        file: &'e Path,
    },
    /// A spare file cannot be removed.
    SpareStuck {
        /// Its path.
        file: &'e Path,
        /// The cause.
        error: &'e io::Error,
    },
    /// The state file cannot be written: after a crash the next start trusts less of what it finds.
    StateUnwritten {
        /// The cause.
        error: &'e io::Error,
    },
    /// The thread that updates the published file panicked and is restarted.
    PublisherPanicked,
    /// The thread that updates the published file cannot be restarted now; it is tried again.
    PublisherNotStarted {
        /// The cause.
        error: &'e crate::Error,
    },
    /// A checkpoint of the write-ahead log failed; it is tried again after a later commit.
    CheckpointFailed {
        /// The cause.
        error: &'e crate::Error,
    },
    /// This process's id cannot be written into the lock file. The lock is held nevertheless.
    LockUnnamed {
        /// The cause.
        error: &'e io::Error,
    },
    /// The disk is full: the space that is reserved for a start was released.
    ReserveUsed,
    /// The disk is full, and the space that is reserved for a start cannot be released.
    ReserveStuck {
        /// The cause.
        error: &'e io::Error,
    },
}

/// Receives the events, in the thread in which they happen. It must not block.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Event<'_>) + Send + Sync>);

impl Observer {
    /// Passes each event to `receive`.
    pub fn new(receive: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    /// Ignores all events.
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

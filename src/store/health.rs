//! The health of the store, as shown by `/readyz`, the web page and `doctor`.

use super::sys::DiskSpace;
use crate::domain::{Cause, Causes, Timestamp};
use sqlite_mirror::Verification;
use sqlite_mirror::publish::{CopyState, Late};
pub use sqlite_mirror::publish::{ForeignCause, LateCause};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

#[derive(Clone, Debug)]
pub struct Health {
    /// True unless the last commit or probe failed.
    pub writable: bool,
    /// When the last probe ended or exceeded its time limit; `None` before the first one.
    pub last_probe_at: Option<Timestamp>,
    /// The state of the published copy.
    pub publish: PublishState,
    /// The integrity of the whole database, as far as it has been checked.
    pub integrity: Integrity,
    /// Space on the disk that holds the data; all values are 0 if it cannot be determined.
    pub disk: DiskSpace,
}

/// The size of the write-ahead log, and its reader.
///
/// The write-ahead log can restart only after a checkpoint has moved all of it into the database. A checkpoint cannot
/// pass a reader with an earlier transaction. A reader that hangs therefore makes the write-ahead log grow until the
/// disk is full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSize {
    /// The size in bytes.
    pub bytes: u64,
    /// The process id of another process that is reading the database, if known.
    pub reader: Option<i32>,
}

/// The state of the published copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishState {
    /// The copy contains everything that was acknowledged.
    Current,
    /// The copy is behind. Writes are nevertheless acknowledged, once they are in the live database.
    Late {
        /// How long the copy has been behind.
        age: Duration,
        /// Why the copy is behind.
        cause: LateCause,
    },
    /// The file under the published name is foreign: another program wrote, changed or replaced it, or it cannot be
    /// used. The service does not write to that file.
    Foreign {
        /// Why the file counts as foreign.
        cause: ForeignCause,
        /// Why the file cannot be used; may be empty.
        reason: Causes,
    },
    /// The live database is damaged. The copy is frozen as the last undamaged one.
    Frozen,
    /// The copy is switched off in the settings, or the store is closed.
    Off,
}

impl PublishState {
    /// Converts the state of the copy. `unusable` is why the last start could not use a foreign file.
    pub(in crate::store) fn of(copy: CopyState, unusable: &Causes) -> Self {
        let CopyState::Late { age, reason: late } = copy else { return Self::Current };
        match late {
            Late::Behind(cause) => Self::Late { age, cause },
            Late::Foreign(cause) => {
                let reason = match &cause {
                    ForeignCause::Unreadable(error) => Cause::other(error.as_str()).into(),
                    ForeignCause::Unusable(_) => unusable.clone(),
                    _ => Causes::default(),
                };
                Self::Foreign { cause, reason }
            }
            Late::Frozen => Self::Frozen,
        }
    }
}

/// Describes why the published file is not current, and what the owner can do, for the log.
pub(in crate::store) fn late_reason(late: &Late, file: &Path) -> String {
    let file = file.display();
    match late {
        Late::Behind(cause) => late_cause(cause),
        Late::Foreign(cause) => format!(
            "{file} {cause}; it is left as it is and no longer updated. To keep the data of the running service, move that \
             file away: a new one is created at once. To use the data in that file: `agentlocator restore {file}`"
        ),
        Late::Frozen => format!(
            "the live database is damaged; {file} is kept as it is, as the last undamaged copy. To continue with that copy: \
             `agentlocator restore {file}`"
        ),
    }
}

/// Describes why the published file is behind, and what the owner can do.
fn late_cause(cause: &LateCause) -> String {
    match cause {
        LateCause::NoSpace { .. } => {
            format!("{cause}; free some, for example by moving agentlocator-before-restore-*.db files to another disk")
        }
        _ => cause.to_string(),
    }
}

/// The integrity of the database's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// Nothing was checked, because the start needed no check, or the check was not completed.
    Unchecked,
    /// The database is being checked in the background.
    Checking,
    /// The database was read completely and is undamaged.
    Ok,
    /// The database is damaged.
    Damaged {
        /// What the check found.
        findings: Causes,
    },
}

/// The health that the parts of the store report.
#[derive(Debug)]
pub(in crate::store) struct HealthState {
    // A mutex suffices: it is locked only to read or set a few values.
    inner: Mutex<Inner>,
    /// The result of verifying the live database. The publisher waits for it.
    verification: Arc<Verification>,
}

#[derive(Debug)]
struct Inner {
    writable: bool,
    last_probe_at: Option<Timestamp>,
    last_commit: Option<Instant>,
    integrity: Integrity,
}

impl HealthState {
    /// Creates the initial state. `live_is_verified` is true if the live database was closed cleanly or has been read
    /// completely.
    pub(in crate::store) fn new(live_is_verified: bool) -> Self {
        let integrity = Integrity::Unchecked;
        let inner = Inner { writable: true, last_probe_at: None, last_commit: None, integrity };
        Self { inner: Mutex::new(inner), verification: Arc::new(Verification::new(live_is_verified)) }
    }

    /// Returns true if the live database is verified. Copies of the database may then be overwritten with its pages.
    pub(in crate::store) fn is_live_verified(&self) -> bool {
        self.verification.is_verified()
    }

    /// Returns the result of verifying the live database, for the publisher.
    pub(in crate::store) fn verification(&self) -> Arc<Verification> {
        self.verification.clone()
    }

    /// Records that a commit with changes is on disk.
    pub(in crate::store) fn record_commit(&self, now: Instant) {
        self.change(|inner| (inner.writable, inner.last_commit) = (true, Some(now)));
    }

    /// Records that a commit failed: the database counts as not writable until a commit or a probe succeeds.
    pub(in crate::store) fn record_commit_failure(&self) {
        self.change(|inner| inner.writable = false);
    }

    /// Returns true if the last commit or probe failed, or if there was no commit for `interval`.
    pub(in crate::store) fn needs_commit(&self, now: Instant, interval: Duration) -> bool {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: Instant| now.saturating_duration_since(at) < interval;
        !inner.writable || !inner.last_commit.is_some_and(is_recent)
    }

    pub(in crate::store) fn record_probe(&self, succeeded: bool, at: Timestamp) {
        self.change(|inner| (inner.writable, inner.last_probe_at) = (succeeded, Some(at)));
    }

    /// Records the outcome of an integrity check, also for the publisher, which waits for it.
    pub(in crate::store) fn record_integrity(&self, found: Integrity) {
        self.change(|inner| {
            match &found {
                Integrity::Ok => self.verification.record_sound(),
                Integrity::Damaged { .. } => self.verification.record_damaged(),
                Integrity::Unchecked | Integrity::Checking => self.verification.record_unknown(),
            }
            inner.integrity = found;
        });
    }

    /// Combines the state of all parts into one value.
    pub(in crate::store) fn health(&self, publish: PublishState, disk: DiskSpace) -> Health {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        Health {
            writable: inner.writable,
            last_probe_at: inner.last_probe_at,
            publish,
            integrity: inner.integrity.clone(),
            disk,
        }
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

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
    /// False if the last commit or probe failed.
    pub writable: bool,
    /// When the last probe ended or exceeded its time limit; `None` before the first one.
    pub last_probe_at: Option<Timestamp>,
    pub publish: PublishState,
    /// As far as it has been checked.
    pub integrity: Integrity,
    /// All values are 0 if the space cannot be determined.
    pub disk: DiskSpace,
}

/// A checkpoint cannot pass a reader with an earlier transaction, so a reader that hangs makes the write-ahead log grow
/// until the disk is full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalSize {
    /// In bytes.
    pub bytes: u64,
    /// The id of another process that is reading the database; `None` if none is known.
    pub reader: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishState {
    /// The copy contains everything that was acknowledged.
    Current,
    /// The copy is behind. Writes are nevertheless acknowledged, once they are in the live database.
    Late { age: Duration, cause: LateCause },
    /// The file under the published name is foreign: another program wrote, changed or replaced it, or it cannot be
    /// used. The service does not write to that file.
    Foreign {
        cause: ForeignCause,
        /// Why the file cannot be used; may be empty.
        reason: Causes,
    },
    /// The live database is damaged, and the copy is kept as the last undamaged one.
    Frozen,
    /// The copy is switched off in the settings, or the store is closed.
    Off,
}

impl PublishState {
    /// `unusable` is why the last start could not use a foreign file.
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

/// Explains to the owner why the published file is not current, and what can be done.
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

fn late_cause(cause: &LateCause) -> String {
    match cause {
        LateCause::NoSpace { .. } => {
            format!("{cause}; free some, for example by moving agentlocator-before-restore-*.db files to another disk")
        }
        _ => cause.to_string(),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// The start needed no check, or the check was not completed.
    Unchecked,
    Checking,
    /// The database was read completely and is undamaged.
    Ok,
    Damaged {
        findings: Causes,
    },
}

#[derive(Debug)]
pub(in crate::store) struct HealthState {
    // A synchronous mutex is enough: it is locked only to read or set a few values.
    inner: Mutex<Inner>,
    /// The publisher waits for this result.
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
    /// `live_is_verified` is true if the live database was closed cleanly or has been read completely.
    pub(in crate::store) fn new(live_is_verified: bool) -> Self {
        let integrity = Integrity::Unchecked;
        let inner = Inner { writable: true, last_probe_at: None, last_commit: None, integrity };
        Self { inner: Mutex::new(inner), verification: Arc::new(Verification::new(live_is_verified)) }
    }

    /// Copies of the database may be overwritten only with the pages of a verified one.
    pub(in crate::store) fn is_live_verified(&self) -> bool {
        self.verification.is_verified()
    }

    pub(in crate::store) fn verification(&self) -> Arc<Verification> {
        self.verification.clone()
    }

    /// Call this only for commits with changes.
    pub(in crate::store) fn record_commit(&self, now: Instant) {
        self.change(|inner| (inner.writable, inner.last_commit) = (true, Some(now)));
    }

    /// The database counts as not writable until a commit or a probe succeeds.
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

    /// Also for the publisher, which waits for the outcome.
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

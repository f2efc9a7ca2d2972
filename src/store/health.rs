//! The health of the store, as shown by `/readyz`, the web page and `doctor`.

use super::sys::DiskSpace;
use crate::domain::Timestamp;
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The health of the store.
#[derive(Clone, Debug)]
pub struct Health {
    /// Whether the last write or probe succeeded.
    pub writable: bool,
    /// When the last probe ended, whichever caller asked for it.
    pub last_probe_at: Option<Timestamp>,
    /// The state of the published copy.
    pub publish: PublishState,
    /// The integrity of the whole database, as far as it has been checked.
    pub integrity: Integrity,
    /// Space on the disk that holds the data.
    pub disk: DiskSpace,
}

/// The state of the published copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PublishState {
    /// It holds everything that has been acknowledged.
    Current,
    /// It is behind; writes are nevertheless acknowledged, once they are in the live database.
    Late {
        /// How long it has been behind.
        #[serde(rename = "age_ms", serialize_with = "milliseconds")]
        age: Duration,
        /// Why it is behind.
        reason: String,
    },
    /// Another program changed or replaced it, so it is no longer written.
    Foreign {
        /// What was found, and what to do.
        reason: String,
    },
    /// The live database is damaged; the file is kept as the last undamaged copy.
    Frozen {
        /// What to do.
        reason: String,
    },
    /// Switched off in the settings.
    Off,
}

/// The integrity of the database's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Integrity {
    /// The last run stopped cleanly, so nothing was checked.
    Unchecked,
    /// It is being checked, after an unclean stop.
    Checking,
    /// All of it was read and is undamaged.
    Ok,
    /// It is damaged.
    Damaged {
        /// What SQLite found.
        findings: String,
    },
}

/// The health that the parts of the store report.
#[derive(Debug)]
pub(in crate::store) struct HealthState {
    // Written a few times an hour, read a few times a minute.
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    writable: bool,
    last_probe_at: Option<Timestamp>,
    last_commit: Option<Instant>,
    integrity: Integrity,
    live_is_verified: bool,
}

impl HealthState {
    /// Whether the live database needs no verification: it was closed cleanly, or has been read completely.
    pub(in crate::store) fn new(live_is_verified: bool) -> Self {
        let integrity = Integrity::Unchecked;
        let inner = Inner { writable: true, last_probe_at: None, last_commit: None, integrity, live_is_verified };
        Self { inner: Mutex::new(inner) }
    }

    /// True if the live database is verified: its copies may then be overwritten from it.
    pub(in crate::store) fn is_live_verified(&self) -> bool {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).live_is_verified
    }

    /// The integrity of the live database.
    pub(in crate::store) fn live_integrity(&self) -> Integrity {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).integrity.clone()
    }

    /// Records that a commit that changed something is on disk.
    pub(in crate::store) fn record_commit(&self, now: Instant) {
        self.change(|inner| (inner.writable, inner.last_commit) = (true, Some(now)));
    }

    /// Records that a commit failed.
    pub(in crate::store) fn record_commit_failure(&self) {
        self.change(|inner| inner.writable = false);
    }

    /// True if the last commit failed, or if there was none for `interval`.
    pub(in crate::store) fn needs_commit(&self, now: Instant, interval: Duration) -> bool {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: Instant| now.saturating_duration_since(at) < interval;
        !inner.writable || !inner.last_commit.is_some_and(is_recent)
    }

    /// Records the outcome of a probe.
    pub(in crate::store) fn record_probe(&self, succeeded: bool, at: Timestamp) {
        self.change(|inner| (inner.writable, inner.last_probe_at) = (succeeded, Some(at)));
    }

    /// Records the outcome of the integrity check.
    pub(in crate::store) fn record_integrity(&self, found: Integrity) {
        self.change(|inner| {
            inner.live_is_verified = match &found {
                Integrity::Ok => true,
                Integrity::Damaged { .. } => false,
                Integrity::Unchecked | Integrity::Checking => inner.live_is_verified,
            };
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

fn milliseconds<S: serde::Serializer>(age: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
}

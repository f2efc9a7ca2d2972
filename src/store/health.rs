//! How the store is: what `/readyz`, the page and `doctor` show.

use super::sys::DiskSpace;
use crate::domain::Timestamp;
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How the store is.
#[derive(Clone, Debug)]
pub struct Health {
    /// The last write or probe went well.
    pub writable: bool,
    /// When the last probe ended, by whoever asked.
    pub last_probe_at: Option<Timestamp>,
    /// The published copy.
    pub publish: PublishState,
    /// The whole database, as far as it has been read.
    pub integrity: Integrity,
    /// Room on the disk that holds the data.
    pub disk: DiskSpace,
}

/// The state of the published copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PublishState {
    /// It holds all that has been acknowledged.
    Current,
    /// It is behind; writes are acknowledged nevertheless, from the live database.
    Late {
        /// For how long.
        #[serde(rename = "age_ms", serialize_with = "milliseconds")]
        age: Duration,
        /// Why.
        reason: String,
    },
    /// Somebody else changed or replaced it, so it is left alone.
    Foreign {
        /// What was found, and what to do.
        reason: String,
    },
    /// The live database is damaged; the file is kept as the last sound copy.
    Frozen {
        /// What to do.
        reason: String,
    },
    /// Switched off in the settings.
    Off,
}

/// The state of the database's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Integrity {
    /// The last run ended cleanly, so nothing was read.
    Unchecked,
    /// It is being read, after an unclean stop.
    Checking,
    /// All of it was read and is sound.
    Ok,
    /// It is not sound.
    Damaged {
        /// What SQLite found.
        findings: String,
    },
}

/// What the parts of the store report about themselves.
#[derive(Debug)]
pub(in crate::store) struct Reports {
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

impl Reports {
    /// Whether the live database needs no verification: it was closed cleanly, or has been read whole.
    pub(in crate::store) fn new(live_is_verified: bool) -> Self {
        let integrity = Integrity::Unchecked;
        let inner = Inner { writable: true, last_probe_at: None, last_commit: None, integrity, live_is_verified };
        Self { inner: Mutex::new(inner) }
    }

    /// True if nothing speaks against the live database: copies of it may be overwritten with it.
    pub(in crate::store) fn is_live_verified(&self) -> bool {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).live_is_verified
    }

    /// What is known of the content of the live database.
    pub(in crate::store) fn live_integrity(&self) -> Integrity {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).integrity.clone()
    }

    /// A commit that changed something is on disk.
    pub(in crate::store) fn committed(&self, now: Instant) {
        self.change(|inner| (inner.writable, inner.last_commit) = (true, Some(now)));
    }

    /// A commit failed.
    pub(in crate::store) fn commit_failed(&self) {
        self.change(|inner| inner.writable = false);
    }

    /// True if the last commit failed, or if nothing has been committed for so long.
    pub(in crate::store) fn needs_commit(&self, now: Instant, interval: Duration) -> bool {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: Instant| now.saturating_duration_since(at) < interval;
        !inner.writable || !inner.last_commit.is_some_and(is_recent)
    }

    /// The outcome of a probe.
    pub(in crate::store) fn probed(&self, well: bool, at: Timestamp) {
        self.change(|inner| (inner.writable, inner.last_probe_at) = (well, Some(at)));
    }

    /// What the integrity check says.
    pub(in crate::store) fn integrity(&self, found: Integrity) {
        self.change(|inner| {
            inner.live_is_verified = match &found {
                Integrity::Ok => true,
                Integrity::Damaged { .. } => false,
                Integrity::Unchecked | Integrity::Checking => inner.live_is_verified,
            };
            inner.integrity = found;
        });
    }

    /// All of it in one.
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

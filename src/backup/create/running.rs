//! The snapshot that is being created. Only one snapshot can be created at a time, across all processes.

use crate::backup::{Error, Kind};
use crate::domain::Timestamp;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningSnapshot {
    pub kind: Kind,
    pub started_at: Timestamp,
}

/// Shared by the clones of [`Snapshots`](super::Snapshots).
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<Option<RunningSnapshot>>>);

impl Running {
    pub(super) fn get(&self) -> Option<RunningSnapshot> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `path` is the file that all processes lock.
    pub(super) fn begin(&self, path: &Path, kind: Kind, now: Timestamp) -> Result<BegunSnapshot, Error> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(Error::file("read", path))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::Busy,
            TryLockError::Error(error) => Error::file("lock", path)(error),
        })?;
        let running = RunningSnapshot { kind, started_at: now };
        self.set(Some(running));
        Ok(BegunSnapshot { running, shared: self.clone(), _lock: file })
    }

    fn set(&self, running: Option<RunningSnapshot>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }
}

/// The exclusive right to create a snapshot. Dropping this value releases the right.
#[derive(Debug)]
pub struct BegunSnapshot {
    pub(super) running: RunningSnapshot,
    shared: Running,
    /// Other processes try to lock the same file.
    _lock: File,
}

impl Drop for BegunSnapshot {
    fn drop(&mut self) {
        self.shared.set(None);
    }
}

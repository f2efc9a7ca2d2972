//! The snapshot that is being created. Only one snapshot can be created at a time, across all processes.

use super::Snapshots;
use crate::backup::{Error, Kind};
use crate::clock;
use crate::domain::Timestamp;
use std::fs::{File, OpenOptions};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningSnapshot {
    pub kind: Kind,
    pub started_at: Timestamp,
}

/// The snapshot that this process is creating, shared by the clones of [`Snapshots`].
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<Option<RunningSnapshot>>>);

impl Running {
    fn set(&self, running: Option<RunningSnapshot>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }
}

/// The exclusive right to create a snapshot. Dropping this value releases the right.
#[derive(Debug)]
pub struct BegunSnapshot {
    pub(super) running: RunningSnapshot,
    shared: Running,
    /// The lock file, locked for as long as this value exists. Other processes try to lock the same file.
    _lock: File,
}

impl Drop for BegunSnapshot {
    fn drop(&mut self) {
        self.shared.set(None);
    }
}

impl Snapshots {
    /// Returns the snapshot that this process is creating, if any.
    pub fn running(&self) -> Option<RunningSnapshot> {
        *self.running.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a snapshot. Fails if another snapshot is being created, or if the disk would lack space even after older
    /// snapshots were deleted. This function does not delete any snapshot.
    pub fn begin(&self, kind: Kind) -> Result<BegunSnapshot, Error> {
        let begun = self.lock(kind, clock::now())?;
        self.check_free_space()?;
        Ok(begun)
    }

    /// Excludes other processes and tasks from creating a snapshot.
    pub(super) fn lock(&self, kind: Kind, now: Timestamp) -> Result<BegunSnapshot, Error> {
        self.create_folders()?;
        let path = self.work_folder.join(".lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(Error::file("read", &path))?;
        file.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => Error::Busy,
            std::fs::TryLockError::Error(error) => Error::file("lock", &path)(error),
        })?;
        let running = RunningSnapshot { kind, started_at: now };
        self.running.set(Some(running));
        Ok(BegunSnapshot { running, shared: self.running.clone(), _lock: file })
    }
}

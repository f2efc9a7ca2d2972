//! The snapshot that is being created: one at a time, over all processes.

use super::Snapshots;
use crate::backup::{Error, Kind};
use crate::clock;
use crate::domain::Timestamp;
use std::fs::{File, OpenOptions};
use std::sync::{Arc, Mutex, PoisonError};

/// A snapshot that is being created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningSnapshot {
    /// The occasion.
    pub kind: Kind,
    /// When it was begun.
    pub started_at: Timestamp,
}

/// What this process creates now, which clones of [`Snapshots`] share.
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<Option<RunningSnapshot>>>);

impl Running {
    fn set(&self, running: Option<RunningSnapshot>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }
}

/// The right to create a snapshot; it ends when this is dropped.
#[derive(Debug)]
pub struct BegunSnapshot {
    pub(super) running: RunningSnapshot,
    shared: Running,
    /// Holds the lock that other processes try to get.
    _lock: File,
}

impl Drop for BegunSnapshot {
    fn drop(&mut self) {
        self.shared.set(None);
    }
}

impl Snapshots {
    /// The snapshot that this process creates now.
    pub fn running(&self) -> Option<RunningSnapshot> {
        *self.running.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a snapshot: fails if another one is being created, or if the disk has no space for it, also after older
    /// snapshots were deleted. Nothing is deleted yet.
    pub fn begin(&self, kind: Kind) -> Result<BegunSnapshot, Error> {
        let begun = self.lock(kind, clock::now())?;
        self.check_room()?;
        Ok(begun)
    }

    /// Locks out other processes and tasks.
    pub(super) fn lock(&self, kind: Kind, now: Timestamp) -> Result<BegunSnapshot, Error> {
        self.create_folders()?;
        let path = self.work_folder.join(".lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(Error::file("open", &path))?;
        if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
            return Err(Error::Busy);
        }
        let running = RunningSnapshot { kind, started_at: now };
        self.running.set(Some(running));
        Ok(BegunSnapshot { running, shared: self.running.clone(), _lock: file })
    }
}

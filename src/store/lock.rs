//! The lock file `live/lock`: held by the one process that has the store open, and contains its process id.

use super::folder::Folder;
use super::{Error, Result};
use crate::secure_open;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};

/// The lock. The kernel releases it when the process ends, however it ends.
#[derive(Debug)]
pub(in crate::store) struct Lock {
    _file: File,
}

/// The process that has the store open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// Its process id as read from the lock file; none if it cannot be read.
    pub pid: Option<u32>,
}

impl Lock {
    /// Takes the lock. If another process holds it, the error names that process.
    pub(in crate::store) fn take(folder: &Folder) -> Result<Self> {
        let path = folder.lock();
        let failed = |doing| {
            let path = path.clone();
            move |source| Error::File { doing, path, source }
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed("cannot open the lock file"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "another process".to_owned(),
                    pid => format!("another agentlocator (process {pid})"),
                };
                return Err(Error::Busy(format!(
                    "{holder} has {} open; stop it first, or ask it to do the work",
                    folder.published.display()
                )));
            }
            Err(TryLockError::Error(source)) => return Err(failed("cannot lock")(source)),
        }
        // The process id is for administrators and for the message above only; the kernel enforces the lock.
        let note = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        if let Err(error) = note(&mut file) {
            tracing::debug!(event = "STORE_LOCK_UNNAMED", %error, "Cannot write this process's id into the lock file");
        }
        Ok(Self { _file: file })
    }

    /// The process that holds the lock, if any. Needs no write permission.
    pub(in crate::store) fn holder(folder: &Folder) -> Result<Option<LockHolder>> {
        let path = folder.lock();
        let failed = |source| Error::File { doing: "cannot open the lock file", path: path.clone(), source };
        let inside = path.strip_prefix(folder.root()).unwrap_or(&path);
        let mut file = secure_open::open_inside(folder.root(), inside).map_err(failed)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                Ok(Some(LockHolder { pid: holder.trim().parse().ok() }))
            }
            Err(TryLockError::Error(source)) => Err(Error::File { doing: "cannot lock", path: path.clone(), source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_gets_the_holders_process_id() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(&dir.path().join("agentlocator.db")).unwrap();
        let first = Lock::take(&folder).unwrap();
        let refused = Lock::take(&folder).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        Lock::take(&folder).unwrap();
    }
}

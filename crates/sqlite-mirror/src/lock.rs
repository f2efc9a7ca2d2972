//! The lock file `live/lock`. The process that has the database open locks this file and writes its process id into it.

use crate::event::{Event, Observer};
use crate::folder::Folder;
use crate::{Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};

/// The held lock. The kernel releases it when the process ends for any reason.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The process that has the database open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// The process id from the lock file; `None` if it cannot be read.
    pub pid: Option<u32>,
}

impl Lock {
    /// Acquires the lock. If another process holds the lock, the error contains the process id from the lock file, if
    /// one is written there.
    pub fn take(folder: &Folder, program: &str, observer: &Observer) -> Result<Self> {
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
                    pid => format!("another {program} (process {pid})"),
                };
                return Err(Error::Busy(format!("{holder} has {} open; stop it first", folder.published.display())));
            }
            Err(TryLockError::Error(source)) => return Err(failed("cannot lock")(source)),
        }
        // The lock is valid without the process id, so an error here is only reported.
        let note = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        if let Err(error) = note(&mut file) {
            observer.report(&Event::LockUnnamed { error: &error });
        }
        Ok(Self { _file: file })
    }

    /// Returns the process that holds the lock, if any. This function needs no write permission. The caller opens the
    /// lock file for reading, and must guard against links if other users can write to the folder.
    pub fn holder(mut file: File, folder: &Folder) -> Result<Option<LockHolder>> {
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                Ok(Some(LockHolder { pid: holder.trim().parse().ok() }))
            }
            Err(TryLockError::Error(source)) => Err(Error::File { doing: "cannot lock", path: folder.lock(), source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_gets_the_holders_process_id() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(&dir.path().join("shop.db")).unwrap();
        let first = Lock::take(&folder, "shop", &Observer::none()).unwrap();
        let refused = Lock::take(&folder, "shop", &Observer::none()).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        Lock::take(&folder, "shop", &Observer::none()).unwrap();
    }
}

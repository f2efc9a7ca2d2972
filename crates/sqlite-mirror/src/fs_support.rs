//! Tests which operations the file system of a folder supports, by trying each one.

use crate::sys::{self, LeaseAnswer};
use rusqlite::Connection;
use rustix::fs::FlockOperation;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The operations that a folder's file system supports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FsSupport {
    /// `Ok` if a database with a write-ahead log works on this file system (shared memory, locks, `fsync`); otherwise
    /// the reason why it does not.
    pub database: Result<(), String>,
    /// Files can be locked.
    pub locks: bool,
    /// Files can be leased, and the file system is known to make every process that opens a leased file wait. The
    /// published copy is then updated in place.
    pub leases: bool,
    /// Two names can be exchanged atomically.
    pub exchange: bool,
}

/// Tests the file system in a temporary folder `folder/name`, which is deleted afterwards. `name` must not exist yet.
pub fn probe_file_system(folder: &Path, name: &str) -> io::Result<FsSupport> {
    let scratch = Scratch::create(folder.join(name))?;
    let (a, b) = (scratch.0.join("a"), scratch.0.join("b"));
    for path in [&a, &b] {
        let mut file = File::create_new(path)?;
        file.write_all(&[1; 4096])?;
        file.sync_all()?;
    }
    let file = File::open(&a)?;
    let locks = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
    let leases = sys::take_lease(&file) != LeaseAnswer::Unsupported;
    sys::release_lease(&file);
    Ok(FsSupport {
        database: try_database(&scratch.0.join("db.sqlite")).map_err(|error| error.to_string()),
        locks,
        leases,
        exchange: sys::exchange(&a, &b).is_ok(),
    })
}

fn try_database(path: &Path) -> rusqlite::Result<()> {
    let conn = Connection::open(path)?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    conn.execute_batch("PRAGMA synchronous = FULL; CREATE TABLE t(x); INSERT INTO t VALUES (1);")?;
    let reader = Connection::open(path)?;
    let read: i64 = reader.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?;
    if mode == "wal" && read == 1 { Ok(()) } else { Err(rusqlite::Error::InvalidQuery) }
}

struct Scratch(PathBuf);

impl Scratch {
    fn create(path: PathBuf) -> io::Result<Self> {
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_folder_supports_everything_and_stays_empty() {
        let folder = tempfile::tempdir().unwrap();
        let support = probe_file_system(folder.path(), ".try").unwrap();
        assert_eq!((support.database, support.locks, support.exchange), (Ok(()), true, true));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(probe_file_system(&folder.path().join("nowhere"), ".try").is_err());
    }
}

//! Checks whether writes reach the disk.

use crate::folder::Folder;
use crate::{Error, Result, sys};
use rusqlite::ffi;
use std::fs::File;

/// The file system of the live database.
///
/// A file system that is remounted read-only while files are open for writing (an emergency remount) may keep accepting
/// writes into memory, and ext4 then reports success for every `fsync`. So the mount flags are checked too.
pub struct Mount {
    // The folder, not the database: closing a second descriptor of the database would release SQLite's locks.
    folder: File,
}

impl Mount {
    /// The file system of this folder.
    pub fn of(folder: &Folder) -> Result<Self> {
        let live = folder.live();
        let opened = File::open(live);
        let folder = opened.map_err(|source| Error::File { doing: "cannot open", path: live.to_owned(), source })?;
        Ok(Self { folder })
    }

    /// Fails while the file system is read-only.
    pub fn ensure_writable(&self) -> rusqlite::Result<()> {
        if !sys::is_read_only(&self.folder) {
            return Ok(());
        }
        let read_only = ffi::Error::new(ffi::SQLITE_READONLY);
        Err(rusqlite::Error::SqliteFailure(read_only, Some("the file system is read-only".into())))
    }
}

//! Checks whether the file system accepts writes.

use crate::folder::Folder;
use crate::{Error, Result, sys};
use rusqlite::ffi;
use std::fs::File;

/// The file system that contains the live database.
///
/// After an emergency remount as read-only, a file system may still accept writes to open files into memory, and ext4
/// then reports success for every `fsync`. So a successful `fsync` is not sufficient, and the mount flags are checked
/// too.
pub struct Mount {
    // A descriptor of the folder, not of the database: closing another descriptor of the database would release
    // SQLite's locks.
    folder: File,
}

impl Mount {
    /// Opens `live/` in this folder, so that its file system can be checked.
    pub fn of(folder: &Folder) -> Result<Self> {
        let live = folder.live();
        let opened = File::open(live);
        let folder = opened.map_err(|source| Error::File { doing: "cannot open", path: live.to_owned(), source })?;
        Ok(Self { folder })
    }

    /// Returns an error while the file system is read-only.
    pub fn ensure_writable(&self) -> rusqlite::Result<()> {
        if !sys::is_read_only(&self.folder) {
            return Ok(());
        }
        let read_only = ffi::Error::new(ffi::SQLITE_READONLY);
        Err(rusqlite::Error::SqliteFailure(read_only, Some("the file system is read-only".into())))
    }
}

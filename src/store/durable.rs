//! Whether what is written stays.

use super::folder::Folder;
use super::{Error, Result, sys};
use rusqlite::ffi;
use std::fs::File;

/// The disk of the live database.
///
/// A file system that is turned read-only while files are open for writing (an emergency remount) may go on taking writes
/// into memory, and ext4 says then of every `fsync` that it went well. So it is asked, and not only believed.
pub(in crate::store) struct Disk {
    // The folder and not the database: closing a second descriptor of that would end SQLite's locks.
    folder: File,
}

impl Disk {
    /// The disk of this folder.
    pub(in crate::store) fn of(folder: &Folder) -> Result<Self> {
        let live = folder.live();
        let opened = File::open(live);
        let folder = opened.map_err(|source| Error::File { doing: "cannot open", path: live.to_owned(), source })?;
        Ok(Self { folder })
    }

    /// Fails while nothing that is written would stay.
    pub(in crate::store) fn check(&self) -> rusqlite::Result<()> {
        if !sys::is_read_only(&self.folder) {
            return Ok(());
        }
        let read_only = ffi::Error::new(ffi::SQLITE_READONLY);
        Err(rusqlite::Error::SqliteFailure(read_only, Some("the file system is read-only".into())))
    }
}

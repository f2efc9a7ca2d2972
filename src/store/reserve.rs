//! A little room on the disk that is kept for a start: a phone must not stay silent because the disk is full.

use super::folder::Folder;
use super::{Error, Result, sys};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

/// Gives the room back to the disk, if there is hardly any other.
pub(in crate::store) fn give_up_if_needed(folder: &Folder) {
    let path = folder.reserve();
    if !path.exists() || free(folder) >= ROOM {
        return;
    }
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::warn!(event = "STORE_RESERVE_STUCK", %error, "Cannot give up the room that is kept for a start on a full disk");
    } else {
        tracing::warn!(event = "STORE_RESERVE_USED", "The disk is full: the room that is kept for that was given up");
    }
}

/// Fails unless there is room for so many bytes more, and beside them for what a start needs.
pub(in crate::store) fn check_space(folder: &Folder, bytes: u64, purpose: &'static str) -> Result<()> {
    let (needed, free) = (bytes.saturating_add(ROOM), free(folder));
    if free >= needed {
        return Ok(());
    }
    let path = folder.root().to_owned();
    Err(Error::NoRoom { purpose, path, needed_mb: needed.div_ceil(1 << 20), free_mb: free >> 20 })
}

/// Takes the room, if there is much more. Where that fails a start on a full disk waits for room.
pub(in crate::store) fn keep(folder: &Folder) {
    let path = folder.reserve();
    if path.exists() || free(folder) < ROOM * MUCH_MORE {
        return;
    }
    if take(&path).is_err() {
        let _ = std::fs::remove_file(&path);
    }
}

fn take(path: &std::path::Path) -> io::Result<()> {
    let file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    sys::reserve(&file, 0, ROOM)
}

fn free(folder: &Folder) -> u64 {
    sys::disk_space(folder.root()).map_or(u64::MAX, |space| space.free_bytes)
}

/// Enough for a start, its first calls, and the log of a day.
const ROOM: u64 = 8 << 20;
const MUCH_MORE: u64 = 4;

//! Disk space that is reserved for a start, so that the program can also start when the disk is full.

use crate::event::{Event, Observer};
use crate::folder::Folder;
use crate::{Error, Result, sys};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

/// Deletes the reserve file if the disk has too little free space for a start.
pub fn release_if_needed(folder: &Folder, observer: &Observer) {
    let path = folder.reserve();
    if !path.exists() || free_bytes(folder) >= RESERVED {
        return;
    }
    match std::fs::remove_file(&path) {
        Err(error) => observer.report(&Event::ReserveStuck { error: &error }),
        Ok(()) => observer.report(&Event::ReserveUsed),
    }
}

/// Returns an error unless the disk has space for `bytes` and, in addition, for a start. If the free space cannot be
/// determined, it counts as sufficient.
pub fn check_space(folder: &Folder, bytes: u64, purpose: &'static str) -> Result<()> {
    let (needed, free) = (bytes.saturating_add(RESERVED), free_bytes(folder));
    if free >= needed {
        return Ok(());
    }
    let path = folder.root().to_owned();
    Err(Error::InsufficientSpace { purpose, path, needed_mb: needed.div_ceil(1 << 20), free_mb: free >> 20 })
}

/// Creates the reserve file if the disk has several times its size free. Without a reserve file, a start on a full disk
/// fails until space is freed.
pub fn create_if_possible(folder: &Folder) {
    let path = folder.reserve();
    if path.exists() || free_bytes(folder) < RESERVED * CREATE_FACTOR {
        return;
    }
    if allocate(&path).is_err() {
        let _ = std::fs::remove_file(&path);
    }
}

fn allocate(path: &std::path::Path) -> io::Result<()> {
    let file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    sys::reserve(&file, 0, RESERVED)
}

fn free_bytes(folder: &Folder) -> u64 {
    sys::disk_space(folder.root()).map_or(u64::MAX, |space| space.free_bytes)
}

/// Enough for a start and for some small writes.
const RESERVED: u64 = 8 << 20;
const CREATE_FACTOR: u64 = 4;

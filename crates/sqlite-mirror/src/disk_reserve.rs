//! Disk space reserved for a start: the phone must keep working when the disk is full.

use crate::event::{Event, Observer};
use crate::folder::Folder;
use crate::{Error, Result, sys};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

/// Deletes the reserve if the disk has hardly any other free space.
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

/// Fails unless the disk has space for `bytes` and for what a start needs.
pub fn check_space(folder: &Folder, bytes: u64, purpose: &'static str) -> Result<()> {
    let (needed, free) = (bytes.saturating_add(RESERVED), free_bytes(folder));
    if free >= needed {
        return Ok(());
    }
    let path = folder.root().to_owned();
    Err(Error::InsufficientSpace { purpose, path, needed_mb: needed.div_ceil(1 << 20), free_mb: free >> 20 })
}

/// Creates the reserve if the disk has much more free space. Without a reserve, a start on a full disk fails until
/// space is free.
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

/// Enough for a start, its first calls, and a day of logs.
const RESERVED: u64 = 8 << 20;
const CREATE_FACTOR: u64 = 4;

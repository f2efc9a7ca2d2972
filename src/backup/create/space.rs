//! Disk space for snapshots: how much they need, how much is free, and how much they may use.

use crate::backup::Error;
use crate::config::DiskLimit;
use crate::store::{self, DiskSpace};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Fails if the folder's disk has no space for a copy of this many bytes and a margin.
pub(super) fn check_space(folder: &Path, bytes: u64) -> Result<(), Error> {
    let needed = needed_for(bytes);
    let free = known_space(folder).map_or(u64::MAX, |space| space.free_bytes);
    if free >= needed { Ok(()) } else { Err(no_space(folder, needed, free)) }
}

pub(super) fn no_space(folder: &Path, needed: u64, free: u64) -> Error {
    Error::NoSpace { path: folder.to_owned(), needed_mb: needed.div_ceil(1 << 20), free_mb: free >> 20 }
}

pub(super) fn needed_for(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 50).saturating_add(MARGIN)
}

/// `None` if the space cannot be determined; a snapshot is then attempted.
pub(super) fn known_space(folder: &Path) -> Option<DiskSpace> {
    store::disk_space(folder).ok().filter(|space| space.total_bytes > 0)
}

pub(super) fn budget_bytes(budget: DiskLimit, space: Option<DiskSpace>) -> u64 {
    space.map_or(budget.bytes.unwrap_or(u64::MAX), |space| budget.of(space.total_bytes))
}

pub(super) fn device(folder: &Path) -> Option<u64> {
    std::fs::metadata(folder).ok().map(|found| found.dev())
}

/// Bytes that must stay free beside the copy.
const MARGIN: u64 = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_part_of_the_disk_where_its_size_is_known() {
        let space = |total_bytes| DiskSpace { total_bytes, ..DiskSpace::default() };
        let budget = |bytes, percent, space| budget_bytes(DiskLimit { bytes, percent }, space);
        assert_eq!(budget(None, Some(25.0), Some(space(1000))), 250);
        assert_eq!(budget(Some(100), Some(25.0), Some(space(1000))), 100);
        assert_eq!(budget(None, Some(25.0), None), u64::MAX);
        assert_eq!(budget(Some(100), None, None), 100);
    }
}

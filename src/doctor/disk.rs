//! Checks the free disk space against the limits in the `[disk]` settings, as the running daemon does.

use super::{DoctorContext, Finding};
use crate::config::DiskConfig;
use crate::host::disk::{self, SpaceLevel, format_bytes};
use crate::store::{DiskSpace, disk_space};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CHECK: &str = "disk";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config() else { return Vec::new() };
    // Before the first start the folder may not exist. Then check its nearest existing parent, which is on the same
    // disk.
    let folder = config.store.data_folder();
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let folder = if there == Path::new("") { PathBuf::from(".") } else { there.to_owned() };
    match tokio::task::spawn_blocking(move || (disk_space(&folder), folder)).await {
        Ok((Ok(space), folder)) => vec![evaluate(&space, &config.disk, &folder)],
        Ok((Err(error), _)) => vec![Finding::skipped(CHECK, format!("the disk space cannot be read ({error})"))],
        Err(_) => vec![Finding::skipped(CHECK, "the check of the disk was aborted")],
    }
}

fn evaluate(space: &DiskSpace, limits: &DiskConfig, folder: &Path) -> Finding {
    let (free, total) = (format_bytes(space.free_bytes), format_bytes(space.total_bytes));
    let shown = format!("{free} of {total} free under {}", folder.display());
    if disk::is_low_on_inodes(space) {
        let found = format!("the disk under {} has space for only {} more files", folder.display(), space.free_files);
        return Finding::error(CHECK, found, "find the folder with so many files, and delete them");
    }
    let remedy = "delete unneeded files (`du -xh / | sort -h | tail` lists the largest folders), or use a larger disk";
    match disk::classify(space, limits, None) {
        SpaceLevel::Ample => Finding::ok(CHECK, shown),
        SpaceLevel::Low => {
            let found = format!("the disk is nearly full: {shown}; files and recordings are not stored");
            Finding::warning(CHECK, found, remedy)
        }
        SpaceLevel::Critical => Finding::error(CHECK, format!("the disk is full: {shown}"), remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn free_space_is_evaluated() {
        let state = |free: u64, total: u64, free_files: u64| {
            let space = DiskSpace { free_bytes: free, total_bytes: total, free_files, total_files: 1 << 20 };
            evaluate(&space, &DiskConfig::default(), Path::new("/data")).state
        };
        assert_eq!(state(10 << 30, 100 << 30, 1 << 19), State::Ok);
        assert_eq!(state(1 << 30, 1 << 40, 1 << 19), State::Ok, "a gigabyte is plenty on any disk");
        assert_eq!(state(400 << 20, 100 << 30, 1 << 19), State::Warning);
        assert_eq!(state(10 << 20, 100 << 30, 1 << 19), State::Error);
        assert_eq!(state(10 << 30, 100 << 30, 10), State::Error);
    }
}

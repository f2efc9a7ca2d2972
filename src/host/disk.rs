//! Monitors disk space. When space is low, media files and recordings are not stored, so that the remaining space is
//! left for messages and other small data.

use crate::config::{Config, DiskConfig};
use crate::domain::{Notice, text_enum};
use crate::store::{DiskSpace, disk_space};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

text_enum! {
    /// The level of free disk space.
    SpaceLevel {
        Ample = "ample",
        /// Not enough for media files and recordings.
        Low = "low",
        Critical = "critical",
    }
}

/// Clones share the last result.
#[derive(Clone)]
pub struct DiskMonitor {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    settings: Box<dyn Fn() -> Arc<Config> + Send + Sync>,
    // A synchronous mutex is enough: it is never held across an `await`.
    status: Mutex<DiskStatus>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct DiskStatus {
    /// The space of the disk with the data folder.
    pub data: DiskSpace,
    /// `None` if the space cannot be determined.
    pub level: Option<SpaceLevel>,
    /// The space of the bridge's disk; `None` if it is the same disk or cannot be determined.
    pub bridge: Option<DiskSpace>,
    pub bridge_level: Option<SpaceLevel>,
}

impl DiskMonitor {
    /// Checks the disks at once.
    pub fn new(settings: impl Fn() -> Arc<Config> + Send + Sync + 'static) -> Self {
        let folder = settings().store.data_folder();
        let inner = Inner { folder, settings: Box::new(settings), status: Mutex::default() };
        let monitor = Self { inner: Arc::new(inner) };
        monitor.check();
        monitor
    }

    /// Checks the disks. A disk whose space cannot be determined has no level.
    pub fn check(&self) -> DiskStatus {
        let Inner { folder, settings, .. } = &*self.inner;
        let limits = &settings().disk;
        let bridge_folder = limits.bridge_folder.as_deref().unwrap_or(Path::new(BRIDGE_FOLDER));
        let (data, bridge) = (disk_space(folder).ok(), disk_space(bridge_folder).ok());
        let bridge = bridge.filter(|_| device(folder) != device(bridge_folder));
        let mut status = self.lock();
        status.level = data.map(|space| classify(&space, limits, status.level));
        status.bridge_level = bridge.map(|space| classify(&space, limits, status.bridge_level));
        status.data = data.unwrap_or_default();
        status.bridge = bridge;
        *status
    }

    pub fn status(&self) -> DiskStatus {
        *self.lock()
    }

    /// Returns false if the last check found too little space for media files and recordings on the data disk.
    pub fn takes_media(&self) -> bool {
        self.lock().level.unwrap_or(SpaceLevel::Ample) == SpaceLevel::Ample
    }

    /// Returns true if enough space remains on the data disk after storing a file of this size, or if the space cannot
    /// be determined. The size counts three times: a file is written to the write-ahead log, the database and the
    /// published copy.
    pub fn has_space_for(&self, bytes: u64) -> bool {
        let DiskStatus { data, level, .. } = self.check();
        let left = data.free_bytes.saturating_sub(bytes.saturating_mul(3));
        data.total_bytes == 0
            || level == Some(SpaceLevel::Ample)
                && left >= (self.inner.settings)().disk.media_stops_below.of(data.total_bytes)
    }

    fn lock(&self) -> MutexGuard<'_, DiskStatus> {
        self.inner.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskStatus {
    /// `None` if no disk is known to lack space or inodes.
    pub fn problem(&self) -> Option<Vec<Notice>> {
        let short = |level: Option<SpaceLevel>| level.is_some_and(|level| level != SpaceLevel::Ample);
        let free_and_total = |space: &DiskSpace| (format_bytes(space.free_bytes), format_bytes(space.total_bytes));
        let files =
            |space: &DiskSpace| is_low_on_inodes(space).then_some(Notice::DiskFiles { files: space.free_files });
        let mut notices = Vec::new();
        if short(self.level) {
            let (free, total) = free_and_total(&self.data);
            notices.push(Notice::DiskSpace { free, total });
            notices.extend(files(&self.data));
        }
        if let Some(space) = self.bridge.filter(|_| short(self.bridge_level)) {
            let (free, total) = free_and_total(&space);
            notices.push(Notice::BridgeDiskSpace { free, total });
            notices.extend(files(&space));
        }
        (!notices.is_empty()).then_some(notices)
    }
}

/// Returns true if the file system is nearly out of inodes: few further files can be created, whatever their size.
pub fn is_low_on_inodes(space: &DiskSpace) -> bool {
    space.total_files > 0 && space.free_files < (space.total_files / 100).clamp(MIN_INODE_LIMIT, MAX_INODE_LIMIT)
}

/// To prevent frequent changes, the free space must exceed a limit by 10 % before the level rises again. This does not
/// apply to inodes.
pub fn classify(space: &DiskSpace, limits: &DiskConfig, before: Option<SpaceLevel>) -> SpaceLevel {
    let below = |limit: u64, was_below: bool| {
        let limit = if was_below { limit.saturating_add(limit / 10) } else { limit };
        space.free_bytes < limit
    };
    let critical = limits.critical_below.of(space.total_bytes);
    let low = limits.media_stops_below.of(space.total_bytes);
    if space.total_bytes == 0 {
        SpaceLevel::Ample
    } else if below(critical, before == Some(SpaceLevel::Critical)) || space.total_files > 0 && space.free_files == 0 {
        SpaceLevel::Critical
    } else if below(low, before.is_some_and(|level| level != SpaceLevel::Ample)) || is_low_on_inodes(space) {
        SpaceLevel::Low
    } else {
        SpaceLevel::Ample
    }
}

fn device(folder: &Path) -> Option<u64> {
    std::fs::metadata(folder).ok().map(|found| found.dev())
}

/// For display, such as `1.5 GB`.
pub fn format_bytes(bytes: u64) -> String {
    let units = [("TB", 1_u64 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];
    match units.into_iter().find(|(_, size)| bytes >= *size) {
        None => format!("{bytes} B"),
        #[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
        Some((unit, size)) if bytes / size < 10 => format!("{:.1} {unit}", bytes as f64 / size as f64),
        Some((unit, size)) => format!("{} {unit}", bytes / size),
    }
}

/// The folder in which the package stores the bridge's session and its undelivered events.
const BRIDGE_FOLDER: &str = "/var/lib/agentlocator-whatsapp";
const MIN_INODE_LIMIT: u64 = 200;
const MAX_INODE_LIMIT: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn space_of(free_mb: u64, total_mb: u64) -> DiskSpace {
        DiskSpace { free_bytes: free_mb << 20, total_bytes: total_mb << 20, free_files: 0, total_files: 0 }
    }

    #[test]
    fn media_go_first_and_come_back_when_there_is_some_more() {
        let limits = DiskConfig::default();
        let disk = 100 << 10;
        let mut level = None;
        for (free_mb, expected) in [
            (50_000, SpaceLevel::Ample),
            (501, SpaceLevel::Ample),
            (499, SpaceLevel::Low),
            (520, SpaceLevel::Low),
            (551, SpaceLevel::Ample),
            (40, SpaceLevel::Critical),
            (54, SpaceLevel::Critical),
            (56, SpaceLevel::Low),
            (600, SpaceLevel::Ample),
        ] {
            level = Some(classify(&space_of(free_mb, disk), &limits, level));
            assert_eq!(level, Some(expected), "{free_mb} MB");
        }
        assert_eq!(
            classify(&space_of(20, 64), &limits, None),
            SpaceLevel::Ample,
            "a small disk is not full from the start"
        );
        assert_eq!(
            classify(&DiskSpace::default(), &limits, None),
            SpaceLevel::Ample,
            "nothing known is no reason to worry"
        );
    }

    #[test]
    fn files_can_run_out_as_well() {
        let limits = DiskConfig::default();
        let with = |free_files| DiskSpace { free_files, total_files: 100_000, ..space_of(50_000, 100_000) };
        assert_eq!(
            [0, 500, 50_000].map(|free| classify(&with(free), &limits, None)),
            [SpaceLevel::Critical, SpaceLevel::Low, SpaceLevel::Ample]
        );
        let status = DiskStatus { data: with(500), level: Some(SpaceLevel::Low), ..DiskStatus::default() };
        let space = Notice::DiskSpace { free: "48 GB".to_owned(), total: "97 GB".to_owned() };
        let files = Notice::DiskFiles { files: 500 };
        assert_eq!(status.problem(), Some(vec![space, files]));
        assert_eq!(DiskStatus { level: Some(SpaceLevel::Ample), ..status }.problem(), None);
    }
}

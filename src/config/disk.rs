//! `[disk]`: limits of free disk space.

use super::DiskLimit;
use super::parser::{disk_limit, optional, readable_folder};
use super::setting::{Section, Setting};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DiskConfig {
    /// The free space below which media files and recordings are not stored.
    pub media_stops_below: DiskLimit,
    /// The free space below which the disk counts as full. Messages are still accepted as long as they can be stored.
    pub critical_below: DiskLimit,
    /// The folder of the bridge, whose disk is monitored as well; `None` means /var/lib/agentlocator-whatsapp if that
    /// folder exists.
    pub bridge_folder: Option<PathBuf>,
}

impl Default for DiskConfig {
    fn default() -> Self {
        Self {
            media_stops_below: DiskLimit { bytes: Some(500 << 20), percent: Some(5.0) },
            critical_below: DiskLimit { bytes: Some(50 << 20), percent: Some(1.0) },
            bridge_folder: None,
        }
    }
}

pub(super) fn settings() -> Vec<Setting<DiskConfig>> {
    let disk = Section::<DiskConfig>::new();
    vec![
        disk.setting("disk.media_stops_below", |c| &mut c.media_stops_below, disk_limit()),
        disk.setting("disk.critical_below", |c| &mut c.critical_below, disk_limit()),
        disk.setting("disk.bridge_folder", |c| &mut c.bridge_folder, optional(readable_folder())),
    ]
}

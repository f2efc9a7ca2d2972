//! The result of the last snapshot, stored in a file beside the database. Commands and the daemon share the file.

use crate::domain::{Causes, Timestamp};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupRun {
    /// When a snapshot last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// The file name of the last snapshot that succeeded.
    pub last_snapshot: Option<String>,
    /// The size of that snapshot in bytes.
    pub last_bytes: u64,
    pub last_attempt_at: Option<Timestamp>,
    /// Why the last attempt failed; null if it succeeded or none was made.
    pub last_error: Option<Causes>,
    /// Whether the last attempt failed for lack of disk space.
    pub lacks_space: bool,
    /// When the last upload of the missing snapshots to the bucket succeeded.
    pub bucket_success_at: Option<Timestamp>,
    /// Why the last upload to the bucket failed; null if it succeeded or none was made.
    pub bucket_error: Option<Causes>,
}

impl BackupRun {
    /// Reads the status. An unreadable file yields an empty status.
    pub(super) fn read(file: &Path) -> Self {
        fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self, file: &Path) -> std::io::Result<()> {
        let fresh = file.with_extension("json.new");
        fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        fs::rename(fresh, file)
    }
}

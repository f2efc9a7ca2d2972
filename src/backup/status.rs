//! The result of the last snapshot, stored in a file beside the database. Commands and the daemon share the file.

use crate::domain::{Causes, Timestamp, text_enum};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::time::Duration;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupRun {
    pub last_success_at: Option<Timestamp>,
    pub last_snapshot: Option<String>,
    pub last_bytes: u64,
    pub last_attempt_at: Option<Timestamp>,
    /// Null if the last attempt succeeded, or none was made.
    pub last_error: Option<Causes>,
    /// Whether the last attempt failed for lack of disk space.
    pub lacks_space: bool,
    pub bucket_success_at: Option<Timestamp>,
    /// Null if the last upload succeeded, or none was made.
    pub bucket_error: Option<Causes>,
}

impl BackupRun {
    /// An unreadable file yields an empty result.
    pub(super) fn read(file: &Path) -> Self {
        fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self, file: &Path) -> std::io::Result<()> {
        let fresh = file.with_extension("json.new");
        fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        fs::rename(fresh, file)
    }
}

text_enum! {
    /// The status of the backups.
    BackupStatus {
        Off = "off",
        Pending = "pending",
        /// The last backup and the last upload succeeded, and the backup is recent.
        Good = "good",
        /// The last attempt or the last upload failed, or the last successful backup is too old.
        Bad = "bad",
    }
}

impl BackupStatus {
    pub(super) fn of(status: &BackupRun, now: Timestamp) -> Self {
        let failed = status.last_error.is_some() || status.bucket_error.is_some();
        match status.last_success_at {
            _ if failed => Self::Bad,
            None => Self::Pending,
            Some(last) if now.since(last) <= MAX_AGE => Self::Good,
            Some(_) => Self::Bad,
        }
    }
}

/// One missed night is allowed.
const MAX_AGE: Duration = Duration::from_hours(50);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Cause;

    #[test]
    fn a_failed_backup_and_an_old_one_are_bad() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let made = |hours| Some(now.minus(Duration::from_hours(hours)));
        let status = |last_success_at, last_error: Option<&str>| BackupRun {
            last_success_at,
            last_error: last_error.map(|text| Cause::other(text).into()),
            ..BackupRun::default()
        };
        assert_eq!(BackupStatus::of(&BackupRun::default(), now), BackupStatus::Pending);
        assert_eq!(BackupStatus::of(&status(made(30), None), now), BackupStatus::Good);
        assert_eq!(BackupStatus::of(&status(made(60), None), now), BackupStatus::Bad);
        assert_eq!(BackupStatus::of(&status(made(1), Some("no space")), now), BackupStatus::Bad);
        let far = BackupRun { bucket_error: Some(Cause::other("403").into()), ..status(made(1), None) };
        assert_eq!(BackupStatus::of(&far, now), BackupStatus::Bad);
    }
}

//! Write-ahead logs and journals beside database files that are to be used alone.

use crate::store::folder::with_suffix;
use crate::store::{Error, Result};
use std::path::{Path, PathBuf};

/// Fails if a non-empty write-ahead log or journal exists next to the file: its data would be lost silently.
pub fn refuse_leftover_log(published: &Path) -> Result<()> {
    let Some(path) = leftover_log(published) else { return Ok(()) };
    Err(Error::LeftoverLog(path))
}

/// A non-empty `-wal` or `-journal` file that belongs to a database file.
pub fn leftover_log(file: &Path) -> Option<PathBuf> {
    let logs = ["-wal", "-journal"].map(|suffix| with_suffix(file, suffix));
    logs.into_iter().find(|log| std::fs::metadata(log).is_ok_and(|found| found.len() > 0))
}

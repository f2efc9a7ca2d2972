//! How the last snapshot went: in a file beside the database, so that commands and the daemon see the same.

use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// How the last snapshot went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Status {
    /// When the last good one was made.
    #[schema(value_type = Option<String>)]
    pub last_success_at: Option<Timestamp>,
    /// Its name.
    pub last_snapshot: Option<String>,
    /// Its size.
    pub last_bytes: u64,
    /// When one was last tried.
    #[schema(value_type = Option<String>)]
    pub last_attempt_at: Option<Timestamp>,
    /// Why the last one failed; none if it did not.
    pub last_error: Option<String>,
    /// The last one failed because the disk is too full.
    pub lacks_space: bool,
    /// When the bucket was last seen to have all that it should have.
    #[schema(value_type = Option<String>)]
    pub bucket_success_at: Option<Timestamp>,
    /// Why it could not get it the last time; none if it did.
    pub bucket_error: Option<String>,
}

impl Status {
    /// What was noted; nothing readable counts as nothing noted.
    pub(super) fn read(file: &Path) -> Self {
        fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Notes it.
    pub(super) fn write(&self, file: &Path) -> std::io::Result<()> {
        let fresh = file.with_extension("json.new");
        fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        fs::rename(fresh, file)
    }
}

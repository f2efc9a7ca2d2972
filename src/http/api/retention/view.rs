//! API types of retention limits.

use crate::crm::retention::DeletedCount;
use crate::domain::Timestamp;
use serde::Serialize;

/// The amount of data that retention limits would delete.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RetentionPreview {
    /// An entry for each kind of data that has a limit. Data that is kept forever has no entry.
    pub(super) items: Vec<RetentionAmount>,
}

/// The amount of one kind of data that is older than its limit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RetentionAmount {
    /// The key of the setting, such as `retention.recordings_days`.
    key: String,
    /// The kind of data: `media`, `recordings`, `transcripts`, `journal` or `audit`.
    kind: &'static str,
    /// The cutoff: with these limits, the daemon deletes data from before this time within hours.
    #[schema(value_type = String, format = DateTime)]
    before: Timestamp,
    /// The number of files, recordings, turns, webhooks or audit entries to delete.
    rows: u64,
    /// The size of the content to delete, in bytes.
    bytes: u64,
}

impl From<DeletedCount> for RetentionAmount {
    fn from(DeletedCount { what, before, rows, bytes }: DeletedCount) -> Self {
        Self { key: format!("retention.{}_days", what.as_str()), kind: what.as_str(), before, rows, bytes }
    }
}

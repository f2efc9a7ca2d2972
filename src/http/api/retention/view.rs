//! What the API shows of retention limits.

use crate::crm::retention::DeletedCount;
use crate::domain::Timestamp;
use serde::Serialize;

/// What would be deleted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RetentionPreview {
    /// One entry for each kind of data that has a limit; data that is kept forever has none.
    pub(super) items: Vec<RetentionAmount>,
}

/// How much of one kind of data is older than its limit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RetentionAmount {
    /// The setting, such as `retention.recordings_days`.
    key: String,
    /// `media`, `recordings`, `transcripts`, `journal` or `audit`.
    kind: &'static str,
    /// Older data is deleted, in the next hours.
    #[schema(value_type = String, format = DateTime)]
    before: Timestamp,
    /// The number of files, recordings, turns, webhooks or audit rows.
    rows: u64,
    /// The bytes of their content.
    bytes: u64,
}

impl From<DeletedCount> for RetentionAmount {
    fn from(DeletedCount { what, before, rows, bytes }: DeletedCount) -> Self {
        Self { key: format!("retention.{}_days", what.as_str()), kind: what.as_str(), before, rows, bytes }
    }
}

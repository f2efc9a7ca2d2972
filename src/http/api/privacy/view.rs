//! What the API shows of the erasure of a contact.

use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The confirmation of a deletion.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EraseContactRequest {
    /// The contact's name, number or other address; of a contact without any, its id.
    pub(super) confirm: String,
}

/// What was deleted, and where copies remain.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct EraseContactResponse {
    /// The numbers of deleted rows, by table. Rows of `audit_log` remain, without the contact.
    pub(super) deleted: BTreeMap<String, u64>,
    /// Whether the write-ahead log has no former content of the database any more. False: another program reads the database, or
    /// Litestream copies the log; the content is overwritten when the log is emptied the next time.
    pub(super) overwritten: bool,
    /// Whether the bridge has not yet deleted the data of the contact, because it did not answer. The request is
    /// repeated for 30 days.
    pub(super) bridge_pending: bool,
    /// The snapshots that were made before, newest first: they contain the contact.
    pub(super) snapshots: Vec<SnapshotWithContact>,
}

/// A snapshot that was made before a contact was deleted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SnapshotWithContact {
    /// The file name.
    pub(super) name: String,
    /// When the retention policy deletes it at the latest, if a snapshot is made each night. Null: when enough newer ones of its kind
    /// exist.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) until: Option<Timestamp>,
}

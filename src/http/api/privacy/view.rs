//! API types of the erasure of a contact.

use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A confirmed request to erase a contact.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EraseContactRequest {
    /// The contact's name, number or other address, typed by the user; the id if the contact has none of these.
    pub(super) confirm: String,
}

/// The result of an erasure: the deleted rows, and the copies that remain.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct EraseContactResponse {
    /// The number of deleted rows by table. Rows of `audit_log` remain, without a reference to the contact.
    pub(super) deleted: BTreeMap<String, u64>,
    /// Whether no file of the database contains the deleted content any more. False if another program reads the
    /// database or a spare file of its published copy, or if Litestream copies the write-ahead log. The content then
    /// remains until the log is truncated by a later checkpoint, or the spare file is deleted. Also false if the
    /// database has so many free pages that their release, which takes minutes, continues after the answer.
    pub(super) overwritten: bool,
    /// Whether the bridge still has to delete the contact's data, because it did not answer. The daemon retries for 30
    /// days.
    pub(super) bridge_pending: bool,
    /// The snapshots that were created before the erasure, newest first, and after them the databases that restores and
    /// starts have archived beside the database, such as `agentlocator-before-restore-….db`. They still contain the
    /// contact. A folder that cannot be read adds nothing.
    pub(super) snapshots: Vec<SnapshotWithContact>,
    /// Whether snapshots are uploaded to a bucket. Uploaded snapshots from before the erasure contain the contact too.
    pub(super) in_bucket: bool,
    /// Whether Litestream replicates the database. The replica, and a standby that follows it, contain the contact for
    /// as long as they keep old data.
    pub(super) in_replica: bool,
}

/// A snapshot or an archived database from before a contact was erased.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SnapshotWithContact {
    /// The file name.
    pub(super) name: String,
    /// The latest time at which the retention policy deletes the snapshot, provided that a snapshot is created each
    /// night. Null: a manual snapshot and one from before an upgrade or a migration are deleted when enough newer ones of
    /// their kind exist, and an archived database when the owner deletes the file.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) until: Option<Timestamp>,
}

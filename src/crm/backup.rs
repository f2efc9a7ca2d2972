//! Audit entries for backup snapshot files.

use crate::domain::{ActorId, Timestamp};
use crate::store::{self, WriteTx};

/// A snapshot contains the whole database, so the audit log records who downloaded it.
pub fn note_download(tx: &WriteTx<'_>, actor: ActorId, name: &str, now: Timestamp) -> store::Result<()> {
    tx.insert_audit(actor, "backup_downloaded", &format!("backup:{name}"), now)
}

//! What is recorded about the files of snapshots.

use crate::domain::{ActorId, Timestamp};
use crate::store::{self, WriteTx};

/// Records who downloaded a snapshot, which contains everything.
pub fn note_download(tx: &WriteTx<'_>, actor: ActorId, name: &str, now: Timestamp) -> store::Result<()> {
    tx.insert_audit(actor, "backup_downloaded", &format!("backup:{name}"), now)
}

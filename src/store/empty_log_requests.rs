//! Requests to the writer to empty the write-ahead log (WAL).
//!
//! The writer empties the WAL between two transactions, when no commit has to wait for a checkpoint of another
//! connection.

use super::{Result, open};
use rusqlite::Connection;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

#[derive(Default)]
pub(in crate::store) struct EmptyLogRequests(Mutex<Vec<oneshot::Sender<bool>>>);

impl EmptyLogRequests {
    /// The caller receives the result after the next transaction.
    pub(in crate::store) fn add(&self) -> oneshot::Receiver<bool> {
        let (sender, answer) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        answer
    }

    pub(in crate::store) fn serve(&self, writer: &Connection) {
        let callers = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if callers.is_empty() {
            return;
        }
        let is_empty = truncate(writer).unwrap_or_else(|error| {
            tracing::error!(event = "STORE_CHECKPOINT_FAILED", %error, "Cannot empty the write-ahead log; deleted data may remain in it until a later checkpoint");
            false
        });
        for caller in callers {
            let _ = caller.send(is_empty);
        }
    }
}

/// Returns false if a reader needs the WAL or another checkpoint is running. The writer does not wait for either,
/// because the queued writes would wait too.
fn truncate(writer: &Connection) -> Result<bool> {
    writer.busy_timeout(Duration::ZERO)?;
    let busy = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    writer.busy_timeout(open::BUSY)?;
    Ok(busy? == 0)
}

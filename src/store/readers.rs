//! Connections that only read.

use super::{Error, ReadTx, Result};
use rusqlite::Connection;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Semaphore;

/// A few connections, lent one at a time.
pub(super) struct Readers {
    // A plain mutex: it is held for a push or a pop, never across a query.
    idle: Mutex<Vec<Connection>>,
    free: Semaphore,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        let free = Semaphore::new(connections.len());
        Self { idle: Mutex::new(connections), free }
    }

    /// Runs `work` on one snapshot, away from the runtime's own threads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _turn = self.free.acquire().await.map_err(|_| Error::Closed)?;
        let conn = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().ok_or(Error::Closed)?;
        let (conn, outcome) = tokio::task::spawn_blocking(move || {
            let outcome = snapshot(&conn, work);
            (conn, outcome)
        })
        .await
        .map_err(|_| Error::Panicked)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        outcome
    }
}

fn snapshot<T>(conn: &Connection, work: impl FnOnce(&ReadTx<'_>) -> Result<T>) -> Result<T> {
    let tx = conn.unchecked_transaction()?;
    let outcome = work(&ReadTx::new(&tx));
    tx.finish()?;
    outcome
}

//! Connections that only read.

use super::{Error, ReadTx, Result, open};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// A few connections, lent one at a time, each opened when first needed.
#[derive(Clone)]
pub(in crate::store) struct Readers {
    inner: Arc<Inner>,
}

struct Inner {
    live: PathBuf,
    // A plain mutex: it is held for a push or a pop, never across a query. None once closed.
    idle: Mutex<Option<Vec<Connection>>>,
    free: Semaphore,
}

impl Readers {
    pub(in crate::store) fn new(live: PathBuf, count: usize) -> Self {
        let inner = Inner { live, idle: Mutex::new(Some(Vec::new())), free: Semaphore::new(count.max(1)) };
        Self { inner: Arc::new(inner) }
    }

    /// Runs `work` on one snapshot, away from the runtime's own threads.
    pub(in crate::store) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _turn = self.inner.free.acquire().await.map_err(|_| Error::Closed)?;
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || inner.read(work)).await.map_err(|_| Error::Panicked)?
    }

    /// Lends no more connections, and closes those that are idle.
    pub(in crate::store) fn close(&self) {
        self.inner.free.close();
        drop(self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Inner {
    fn read<T>(&self, work: impl FnOnce(&ReadTx<'_>) -> Result<T>) -> Result<T> {
        let conn = match self.idle.lock().unwrap_or_else(PoisonError::into_inner).as_mut().ok_or(Error::Closed)?.pop() {
            Some(conn) => conn,
            None => open::reader(&self.live)?,
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| snapshot(&conn, work))).unwrap_or(Err(Error::Panicked));
        // What cannot be rolled back is not lent again.
        if conn.is_autocommit()
            && let Some(idle) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
        {
            idle.push(conn);
        }
        outcome
    }
}

fn snapshot<T>(conn: &Connection, work: impl FnOnce(&ReadTx<'_>) -> Result<T>) -> Result<T> {
    let tx = conn.unchecked_transaction()?;
    let outcome = work(&ReadTx::new(&tx));
    tx.finish()?;
    outcome
}

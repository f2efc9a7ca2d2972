//! Pools of read-only connections, with a time limit for each read.

use super::read_limits::Limits;
use super::{Error, ReadTx, Result, open};
use crate::clock;
use rusqlite::{Connection, ErrorCode};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, oneshot};

/// The pools share no connections, so a slow search delays neither a list nor a probe.
pub(in crate::store) struct Pools {
    /// For lists, single rows, and all reads of a phone call or webhook.
    pub short: ReaderPool,
    /// For reads that may touch much of the database, such as searches and exports, on threads of low priority.
    pub long: ReaderPool,
    /// For the readiness probe only.
    pub probe: ReaderPool,
}

impl Pools {
    /// `count` is the number of connections for short reads.
    pub(in crate::store) fn new(live: &std::path::Path, count: usize) -> Self {
        let pool = |count, limit, priority| ReaderPool::new(live.to_owned(), count, limit, priority);
        Self {
            short: pool(count, SHORT_LIMIT, Priority::Normal),
            long: pool(LONG_READERS, LONG_LIMIT, Priority::Low),
            probe: pool(1, SHORT_LIMIT, Priority::Normal),
        }
    }

    /// Each open connection keeps up to 1 MiB of pages and its prepared statements.
    pub(in crate::store) fn close_idle(&self, now: Instant) {
        for readers in [&self.short, &self.long, &self.probe] {
            readers.close_idle(now);
        }
    }

    pub(in crate::store) fn close(&self) {
        for readers in [&self.short, &self.long, &self.probe] {
            readers.close();
        }
    }
}

/// Each connection is used by one read at a time, and is opened when it is first needed.
///
/// A read is interrupted when its deadline passes, when its future is dropped, or when the store closes. The deadline
/// includes the wait for a connection.
#[derive(Clone)]
pub(in crate::store) struct ReaderPool {
    inner: Arc<Inner>,
}

struct Inner {
    live: PathBuf,
    limit: Duration,
    priority: Priority,
    // `None` after the pool is closed. A synchronous mutex is enough: it is held for a push or a pop, never during a
    // query. The most recently used connection is reused first, so that the others become idle.
    idle: Mutex<Option<Vec<IdleConnection>>>,
    free: Arc<Semaphore>,
    closed: Arc<AtomicBool>,
}

struct IdleConnection {
    conn: Connection,
    since: Instant,
}

impl ReaderPool {
    fn new(live: PathBuf, count: usize, limit: Duration, priority: Priority) -> Self {
        let inner = Inner {
            live,
            limit,
            priority,
            idle: Mutex::new(Some(Vec::new())),
            free: Arc::new(Semaphore::new(count.max(1))),
            closed: Arc::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Runs `work` on one snapshot of the database, on a thread that may block.
    pub(in crate::store) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = self.inner.clone();
        let deadline = clock::instant() + inner.limit;
        let permit = tokio::time::timeout_at(deadline.into(), inner.free.clone().acquire_owned());
        let permit = permit.await.map_err(|_| inner.too_slow())?.map_err(|_| Error::Closed)?;
        let cancel_on_drop = CancelOnDrop::default();
        let cancelled = cancel_on_drop.cancelled.clone();
        let priority = inner.priority;
        let run = move || {
            // The permit is held until the connection is returned, even if the caller drops its future.
            let _permit = permit;
            inner.read(deadline, cancelled, work)
        };
        match priority {
            Priority::Normal => tokio::task::spawn_blocking(run).await.map_err(|_| Error::Panicked)?,
            Priority::Low => on_low_priority_thread(run).await,
        }
    }

    fn close_idle(&self, now: Instant) {
        let mut unused = Vec::new();
        if let Some(idle) = self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            unused.extend(idle.extract_if(.., |idle| now.saturating_duration_since(idle.since) >= IDLE));
        }
        // Closes the connections after the lock was released.
        drop(unused);
    }

    fn close(&self) {
        self.inner.closed.store(true, Ordering::Relaxed);
        self.inner.free.close();
        drop(self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

#[derive(Clone, Copy)]
enum Priority {
    Normal,
    /// Phone calls and short reads take precedence when the cores are busy.
    Low,
}

/// On a thread of its own, because the priority of a shared thread could not be raised again.
async fn on_low_priority_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("long-read".to_owned());
    let started = thread.spawn(move || {
        // If the operating system does not permit lowering the priority, the thread runs at normal priority.
        let _ = rustix::process::nice(LONG_READ_NICENESS);
        let _ = sender.send(work());
    });
    started.map_err(|error| Error::Busy(format!("the system started no thread for a search: {error}")))?;
    receiver.await.map_err(|_| Error::Panicked)?
}

/// Cancels the running query when the future of the read is dropped.
#[derive(Default)]
struct CancelOnDrop {
    cancelled: Arc<AtomicBool>,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

impl Inner {
    fn read<T>(
        &self,
        deadline: Instant,
        cancelled: Arc<AtomicBool>,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T>,
    ) -> Result<T> {
        if cancelled.load(Ordering::Relaxed) {
            return Err(Error::Closed);
        }
        let mut conn =
            match self.idle.lock().unwrap_or_else(PoisonError::into_inner).as_mut().ok_or(Error::Closed)?.pop() {
                Some(idle) => idle.conn,
                None => open::reader(&self.live)?,
            };
        let limits = Limits { cancelled, closed: self.closed.clone(), deadline };
        let checked = limits.clone();
        // A limit that is reached between two statements also takes effect, at the next one; `sqlite3_interrupt` would
        // have no effect there.
        conn.progress_handler(STEPS_BETWEEN_CHECKS, Some(move || checked.are_reached()))?;
        let outcome = catch_unwind(AssertUnwindSafe(|| snapshot(&conn, &limits, work))).unwrap_or(Err(Error::Panicked));
        let outcome = match outcome {
            Err(Error::Sql(error)) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                // A read whose caller has gone is interrupted before its deadline. Its error is not received.
                let is_late = !self.closed.load(Ordering::Relaxed) && clock::instant() >= deadline;
                Err(if is_late { self.too_slow() } else { Error::Closed })
            }
            outcome => outcome,
        };
        // A connection is not reused if its transaction cannot be rolled back.
        if conn.is_autocommit()
            && let Some(idle) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
        {
            idle.push(IdleConnection { conn, since: clock::instant() });
        }
        outcome
    }

    fn too_slow(&self) -> Error {
        metrics::counter!("agentlocator_store_reads_timed_out_total").increment(1);
        Error::Slow(self.limit.as_millis())
    }
}

fn snapshot<T>(conn: &Connection, limits: &Limits, work: impl FnOnce(&ReadTx<'_>) -> Result<T>) -> Result<T> {
    let tx = conn.unchecked_transaction()?;
    let outcome = work(&ReadTx::limited(&tx, limits));
    tx.finish()?;
    outcome
}

/// Opening a new connection takes less than a millisecond.
const IDLE: Duration = Duration::from_mins(1);

/// Includes the wait for a connection.
const SHORT_LIMIT: Duration = Duration::from_secs(5);

/// Includes the wait for a connection.
const LONG_LIMIT: Duration = Duration::from_secs(20);

/// Each search keeps a CPU core busy, and a small machine has two to four cores. With a single connection, lists beside
/// searches were faster, but several heavy searches at once reached their limit.
const LONG_READERS: usize = 2;

/// A thread with this niceness gets a tenth of the CPU share of a normal thread. With the lowest priority, 19, phone
/// calls beside searches are delayed by 1 ms less, but a search on a busy machine reaches its limit.
const LONG_READ_NICENESS: i32 = 10;

/// SQLite's virtual machine executes about ten million steps a second, so an interrupted read ends within a
/// millisecond.
const STEPS_BETWEEN_CHECKS: i32 = 2000;

#[cfg(test)]
mod tests;

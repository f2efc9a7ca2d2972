//! Pools of read-only connections, with a time limit for each read.

mod turns;

pub(in crate::store) use turns::Turn;

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
use turns::Turns;

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
        let short = |count| ReaderPool::new(live.to_owned(), Admission::beside_others(count), SHORT_LIMIT);
        let long = Admission::InTurn(Turns::new(SLICE));
        Self { short: short(count), long: ReaderPool::new(live.to_owned(), long, LONG_LIMIT), probe: short(1) }
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
/// A read is interrupted when its deadline passes, when its future is dropped, or when the store closes. For reads that
/// run beside others, the deadline includes the wait for a connection; for reads in turn, only the time of their turns
/// counts, because each of the reads before may be long.
#[derive(Clone)]
pub(in crate::store) struct ReaderPool {
    inner: Arc<Inner>,
}

struct Inner {
    live: PathBuf,
    limit: Duration,
    admission: Admission,
    // `None` after the pool is closed. A synchronous mutex is enough: it is held for a push or a pop, never during a
    // query. The most recently used connection is reused first, so that the others become idle.
    idle: Mutex<Option<Vec<IdleConnection>>>,
    closed: Arc<AtomicBool>,
}

enum Admission {
    /// On shared threads of normal priority, with a connection for each permit.
    BesideOthers(Arc<Semaphore>),
    /// One at a time, on threads of low priority: phone calls and short reads take precedence when the cores are busy.
    InTurn(Turns),
}

impl Admission {
    fn beside_others(count: usize) -> Self {
        Self::BesideOthers(Arc::new(Semaphore::new(count.max(1))))
    }
}

struct IdleConnection {
    conn: Connection,
    since: Instant,
}

impl ReaderPool {
    fn new(live: PathBuf, admission: Admission, limit: Duration) -> Self {
        let inner = Inner { live, limit, admission, idle: Mutex::new(Some(Vec::new())), closed: Arc::default() };
        Self { inner: Arc::new(inner) }
    }

    /// Runs `work` on one snapshot of the database, on a thread that may block.
    pub(in crate::store) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.inner.admission {
            Admission::BesideOthers(free) => self.read_beside_others(free.clone(), work).await,
            Admission::InTurn(turns) => self.read_in_turn(turns, work).await,
        }
    }

    async fn read_beside_others<T: Send + 'static>(
        &self,
        free: Arc<Semaphore>,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = self.inner.clone();
        let deadline = clock::instant() + inner.limit;
        let permit = tokio::time::timeout_at(deadline.into(), free.acquire_owned());
        let permit = permit.await.map_err(|_| inner.too_slow())?.map_err(|_| Error::Closed)?;
        let cancel = CancelOnDrop::default();
        let limits = inner.limits(&cancel, deadline, None);
        let run = move || {
            // The permit is held until the connection is returned, even if the caller drops its future.
            let _permit = permit;
            inner.read(limits, work)
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::Panicked)?
    }

    async fn read_in_turn<T: Send + 'static>(
        &self,
        turns: &Turns,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = self.inner.clone();
        let cancel = CancelOnDrop { cancelled: Arc::default(), turns: Some(turns.clone()) };
        let turn = turns.first(cancel.cancelled.clone()).await?;
        let limits = inner.limits(&cancel, clock::instant() + inner.limit, Some(turn));
        on_low_priority_thread(move || inner.read(limits, work)).await
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
        match &self.inner.admission {
            Admission::BesideOthers(free) => free.close(),
            Admission::InTurn(turns) => turns.close(),
        }
        drop(self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
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

/// Cancels the waiting, running or paused read when its future is dropped.
#[derive(Default)]
struct CancelOnDrop {
    cancelled: Arc<AtomicBool>,
    turns: Option<Turns>,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        if let Some(turns) = &self.turns {
            turns.remove_cancelled();
        }
    }
}

impl Inner {
    fn limits(&self, cancel: &CancelOnDrop, deadline: Instant, turn: Option<Turn>) -> Limits {
        Limits::new(cancel.cancelled.clone(), self.closed.clone(), deadline, turn)
    }

    fn read<T>(&self, limits: Limits, work: impl FnOnce(&ReadTx<'_>) -> Result<T>) -> Result<T> {
        if limits.are_reached() {
            return Err(if limits.is_late() { self.too_slow() } else { Error::Closed });
        }
        let mut conn =
            match self.idle.lock().unwrap_or_else(PoisonError::into_inner).as_mut().ok_or(Error::Closed)?.pop() {
                Some(idle) => idle.conn,
                None => open::reader(&self.live)?,
            };
        let limits = Arc::new(limits);
        let checked = limits.clone();
        // A limit that is reached between two statements also takes effect, at the next one; `sqlite3_interrupt` would
        // have no effect there.
        conn.progress_handler(STEPS_BETWEEN_CHECKS, Some(move || checked.are_reached()))?;
        let outcome = catch_unwind(AssertUnwindSafe(|| snapshot(&conn, &limits, work))).unwrap_or(Err(Error::Panicked));
        let outcome = match outcome {
            Err(Error::Sql(error)) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                // A read whose caller has gone is interrupted before its deadline. Its error is not received.
                Err(if limits.is_late() { self.too_slow() } else { Error::Closed })
            }
            outcome => outcome,
        };
        // Otherwise the idle connection would keep the turn of the read.
        conn.progress_handler(0, None::<fn() -> bool>)?;
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

/// The time of the turns; waits do not count.
const LONG_LIMIT: Duration = Duration::from_secs(20);

/// Each search keeps a CPU core busy, and a small machine has two to four cores, so long reads run one at a time. A
/// search usually takes less than a tenth of this.
const SLICE: Duration = Duration::from_millis(500);

/// A thread with this niceness gets a tenth of the CPU share of a normal thread. With the lowest priority, 19, phone
/// calls beside searches are delayed by 1 ms less, but a search on a busy machine reaches its limit.
const LONG_READ_NICENESS: i32 = 10;

/// SQLite's virtual machine executes about ten million steps a second, so an interrupted read ends within a
/// millisecond.
const STEPS_BETWEEN_CHECKS: i32 = 2000;

#[cfg(test)]
mod tests;

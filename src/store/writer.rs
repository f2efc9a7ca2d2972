//! The writer thread: commits up to [`MAX_BATCH`] queued writes of the same priority in one transaction.

use super::checkpoint::{self, Checkpoints};
use super::empty_log_requests::EmptyLogRequests;
use super::health::HealthState;
use super::publish::CommitSink;
use super::write_queue::{Priority, Rejected, WriteQueue};
use super::write_request::{Write, WriteBatch, WriteRequest, callers};
use super::{Error, Result, WriteTx};
use crate::clock;
use crate::store::tables::change::Announcement;
use metrics::Counter;
use rusqlite::Connection;
use sqlite_mirror::{AckAfter, Callers, CommitError, Mount, complete_all};
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// Queues writes for the writer's thread.
pub(in crate::store) struct Writer {
    queue: Arc<WriteQueue>,
    changes: watch::Sender<i64>,
    empty_log: Arc<EmptyLogRequests>,
}

pub(in crate::store) struct Publishing {
    pub sink: CommitSink,
    pub checkpoints: Arc<Checkpoints>,
}

struct Thread {
    conn: Connection,
    mount: Mount,
    queue: Arc<WriteQueue>,
    publishing: Option<Publishing>,
    health_state: Arc<HealthState>,
    changes: watch::Sender<i64>,
    empty_log: Arc<EmptyLogRequests>,
    counts: WriteCounts,
}

impl Writer {
    /// The thread ends, and returns the connection, when the `Writer` has been dropped and the queue is empty.
    pub(in crate::store) fn start(
        conn: Connection,
        mount: Mount,
        publishing: Option<Publishing>,
        health_state: Arc<HealthState>,
    ) -> Result<(Self, JoinHandle<Connection>)> {
        let queue = Arc::new(WriteQueue::new());
        let changes = watch::Sender::new(WriteTx::new(&conn).newest_change()?);
        let empty_log = Arc::new(EmptyLogRequests::default());
        let thread = Thread {
            conn,
            mount,
            queue: queue.clone(),
            publishing,
            health_state,
            changes: changes.clone(),
            empty_log: empty_log.clone(),
            counts: WriteCounts::default(),
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || thread.run())
            .map_err(|source| Error::File { doing: "cannot start the thread", path: "store-writer".into(), source })?;
        Ok((Self { queue, changes, empty_log }, thread))
    }

    /// Writes that have not started.
    pub(in crate::store) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// See [`Store::watch_changes`](crate::store::Store::watch_changes).
    pub(in crate::store) fn watch_changes(&self) -> watch::Receiver<i64> {
        self.changes.subscribe()
    }

    /// The write-ahead log is emptied after the next transaction, which the caller must queue.
    pub(in crate::store) fn empty_log(&self) -> oneshot::Receiver<bool> {
        self.empty_log.add()
    }

    /// `ack_after` determines when the write is acknowledged.
    pub(in crate::store) fn submit<T: Send + 'static>(
        &self,
        priority: Priority,
        ack_after: AckAfter,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (write, answer) = Write::new(work, ack_after);
        self.push(priority, Box::new(write)).map(|()| answer)
    }

    /// For a write that handles its own acknowledgement.
    pub(in crate::store) fn push(&self, priority: Priority, write: Box<dyn WriteRequest>) -> Result<()> {
        self.queue.push(priority, write).map_err(|rejected| match rejected {
            Rejected::Full => Error::Busy("too many writes wait for the disk".into()),
            Rejected::Closed => Error::Closed,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// If the thread ends before the queue is closed, drops the queued writes. Their callers then receive an error and do
/// not wait forever.
struct AbandonOnDrop(Arc<WriteQueue>);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Thread {
    fn run(mut self) -> Connection {
        let queue = AbandonOnDrop(self.queue.clone());
        while let Some(batch) = queue.0.next_batch(MAX_BATCH) {
            self.commit(batch);
        }
        self.conn
    }

    fn commit(&mut self, mut batch: WriteBatch) {
        let batch_outcome =
            self.mount.ensure_writable().and_then(|()| run_batch(&self.conn, &mut batch, &mut self.counts));
        let writes = batch.len();
        let (callers, outcome) = match batch_outcome {
            Ok(BatchOutcome::Changes { newest }) => {
                let mut callers = callers(batch);
                if let Some(newest) = newest {
                    callers.push(Box::new(Announcement::new(newest, self.changes.clone())));
                }
                self.make_durable(callers, true)
            }
            Ok(BatchOutcome::NoChange) => self.make_durable(callers(batch), false),
            Ok(BatchOutcome::AllFailed) => (callers(batch), Ok(())),
            Err(error) => (callers(batch), Err(error)),
        };
        match outcome {
            Ok(()) => complete_all(callers, &Ok(())),
            Err(error) => {
                tracing::error!(event = "STORE_COMMIT_FAILED", %error, writes, "Cannot commit to the database; none of the {writes} writes of this transaction counts as stored");
                if !self.conn.is_autocommit() {
                    let _ = self.conn.execute_batch("ROLLBACK");
                }
                metrics::counter!("agentlocator_store_commit_failures_total").increment(1);
                self.health_state.record_commit_failure();
                complete_all(callers, &Err(CommitError::new(&error)));
            }
        }
        self.finish_checkpoint();
        self.empty_log.serve(&self.conn);
    }

    /// Returns the callers that do not wait for the published copy. If the disk has become read-only meanwhile, no
    /// write is acknowledged, because the commit may exist only in memory. A commit with changes is recorded in the
    /// health state before its callers are notified, so that their next reads of the health include it.
    fn make_durable(&mut self, callers: Callers, has_changes: bool) -> (Callers, rusqlite::Result<()>) {
        let began = clock::instant();
        let guard = self.publishing.as_mut().map(|publishing| publishing.sink.begin_commit());
        if let Err(error) = step(&self.conn, "COMMIT") {
            return (callers, Err(error));
        }
        let still_writable = self.mount.ensure_writable();
        if has_changes && still_writable.is_ok() {
            record_commit(&self.health_state, began);
        }
        match guard {
            Some(guard) if still_writable.is_ok() => (guard.committed(callers), still_writable),
            Some(guard) => {
                // The commit is published, but it is not acknowledged.
                guard.committed(Callers::new());
                (callers, still_writable)
            }
            None => (callers, still_writable),
        }
    }

    fn finish_checkpoint(&mut self) {
        let Some(Publishing { sink, checkpoints }) = &self.publishing else { return };
        if checkpoints.after_commit(sink.frames())
            && let Err(error) = checkpoint::passive(&self.conn)
        {
            tracing::error!(
                event = "STORE_CHECKPOINT_FAILED",
                %error,
                "Cannot move the write-ahead log into the database; a later commit retries this, and the write-ahead log grows until then"
            );
        }
    }
}

fn record_commit(health: &HealthState, began: Instant) {
    let now = clock::instant();
    metrics::histogram!("agentlocator_store_commit_seconds").record(now.duration_since(began));
    health.record_commit(now);
}

/// The result of a batch before its commit.
enum BatchOutcome {
    /// `newest` is the newest change that was recorded for followers.
    Changes { newest: Option<i64> },
    /// The transaction is committed nevertheless, because the callers must not be notified before the published copy
    /// contains the earlier commits.
    NoChange,
    /// No transaction is open: the only write of the batch failed and was rolled back.
    AllFailed,
}

/// A failed write is rolled back separately. Does not commit.
fn run_batch(
    conn: &Connection,
    batch: &mut [Box<dyn WriteRequest>],
    counts: &mut WriteCounts,
) -> rusqlite::Result<BatchOutcome> {
    step(conn, "BEGIN IMMEDIATE")?;
    let changes_before = conn.total_changes();
    let tx = WriteTx::new(conn);
    let batch_outcome = || {
        if conn.total_changes() == changes_before {
            BatchOutcome::NoChange
        } else {
            BatchOutcome::Changes { newest: tx.recorded.get().map(|change| change.seq) }
        }
    };
    if let [single] = batch {
        let done = run_timed(single, &tx, counts);
        ensure_transaction_open(conn)?;
        if !done {
            step(conn, "ROLLBACK")?;
            return Ok(BatchOutcome::AllFailed);
        }
        return Ok(batch_outcome());
    }
    for write in batch {
        step(conn, "SAVEPOINT one")?;
        let recorded = tx.recorded.get();
        let done = run_timed(write, &tx, counts);
        ensure_transaction_open(conn)?;
        if !done {
            step(conn, "ROLLBACK TO one")?;
            tx.recorded.set(recorded);
        }
        step(conn, "RELEASE one")?;
    }
    Ok(batch_outcome())
}

/// Cached because a lookup by name costs more than counting.
#[derive(Default)]
struct WriteCounts(HashMap<&'static str, (Counter, Counter)>);

impl WriteCounts {
    fn add(&mut self, name: &'static str, micros: u64) {
        let (writes, time) = self.0.entry(name).or_insert_with(|| {
            (
                metrics::counter!("agentlocator_store_writes_total", "write" => name),
                metrics::counter!("agentlocator_store_write_microseconds_total", "write" => name),
            )
        });
        writes.increment(1);
        time.increment(micros);
    }
}

/// The duration is recorded, because each write delays all other writes.
fn run_timed(write: &mut Box<dyn WriteRequest>, tx: &WriteTx<'_>, counts: &mut WriteCounts) -> bool {
    let began = clock::instant();
    let done = write.run(tx);
    let (name, took) = (write.name(), clock::instant().saturating_duration_since(began));
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    counts.add(name, micros);
    if took >= SLOW {
        let duration_ms = micros / 1000;
        tracing::info!(
            event = "STORE_WRITE_SLOW",
            write = name,
            duration_ms,
            "Slow database write: {name} took {duration_ms} ms"
        );
    }
    done
}

/// SQLite may roll back a whole transaction by itself, for example on a full disk.
fn ensure_transaction_open(conn: &Connection) -> rusqlite::Result<()> {
    if !conn.is_autocommit() {
        return Ok(());
    }
    let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
    Err(rusqlite::Error::SqliteFailure(full, Some("the transaction was rolled back".into())))
}

fn step(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(|_| ())
}

const MAX_BATCH: usize = 256;

/// A write that takes longer than this is logged.
const SLOW: Duration = Duration::from_millis(20);

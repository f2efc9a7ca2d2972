//! The one writer: a thread that puts all waiting writes into one transaction.

use super::checkpoint::{self, Checkpoints};
use super::durable::Disk;
use super::health::Reports;
use super::pending::{CommitError, Group, Pending, Told, Write, answer_all};
use super::publish::Feed;
use super::{Error, Result, WriteTx};
use crate::clock;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Hands writes to the thread.
pub(in crate::store) struct Writer {
    queue: Sender<Box<dyn Pending>>,
    waiting: Arc<AtomicUsize>,
}

/// Where commits go, if there is a published copy.
pub(in crate::store) struct Publishing {
    pub feed: Feed,
    pub checkpoints: Arc<Checkpoints>,
}

struct Thread {
    conn: Connection,
    disk: Disk,
    waiting: Arc<AtomicUsize>,
    publishing: Option<Publishing>,
    reports: Arc<Reports>,
}

impl Writer {
    /// Starts the thread; it ends when the `Writer` has been dropped and all that waited is done, and gives the connection
    /// back.
    pub(in crate::store) fn start(
        conn: Connection,
        disk: Disk,
        publishing: Option<Publishing>,
        reports: Arc<Reports>,
    ) -> Result<(Self, JoinHandle<Connection>)> {
        let (queue, incoming) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let thread = Thread { conn, disk, waiting: waiting.clone(), publishing, reports };
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || thread.run(&incoming))
            .map_err(|source| Error::File { doing: "cannot start the thread", path: "store-writer".into(), source })?;
        Ok((Self { queue, waiting }, thread))
    }

    /// How many writes have not been taken up yet.
    pub(in crate::store) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Queues a write. The answer comes when `told` says.
    pub(in crate::store) fn submit<T: Send + 'static>(
        &self,
        told: Told,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::Busy("too many writes wait for the disk".into()));
        }
        let (write, answer) = Write::new(work, told);
        self.queue.send(Box::new(write)).map_err(|_| Error::Closed)?;
        Ok(answer)
    }
}

impl Thread {
    fn run(mut self, incoming: &Receiver<Box<dyn Pending>>) -> Connection {
        while let Ok(first) = incoming.recv() {
            let mut group = Group::with_capacity(8);
            group.push(first);
            gather(&mut group, incoming);
            self.waiting.fetch_sub(group.len(), Ordering::Relaxed);
            self.commit(group);
        }
        self.conn
    }

    fn commit(&mut self, mut group: Group) {
        let filled = self.disk.check().and_then(|()| fill(&self.conn, &mut group));
        let outcome = filled.and_then(|filled| match filled {
            Filled::Something => self.make_durable(&mut group),
            Filled::Nothing => Ok(()),
        });
        match outcome {
            Ok(()) => answer_all(group, &Ok(())),
            Err(error) => {
                tracing::error!(event = "STORE_COMMIT_FAILED", %error, writes = group.len(), "Nothing could be stored");
                if !self.conn.is_autocommit() {
                    let _ = self.conn.execute_batch("ROLLBACK");
                }
                metrics::counter!("agentlocator_store_commit_failures_total").increment(1);
                self.reports.wrote(false);
                answer_all(group, &Err(CommitError::new(&error)));
            }
        }
        self.finish_checkpoint();
    }

    /// Commits. Those who wait for the published copy are taken out of the group. Where the disk has become read-only
    /// meanwhile, nobody is told that it is done: it may have been done in memory alone.
    fn make_durable(&mut self, group: &mut Group) -> rusqlite::Result<()> {
        let began = clock::instant();
        match &mut self.publishing {
            None => {
                step(&self.conn, "COMMIT")?;
                self.disk.check()?;
            }
            Some(Publishing { feed, .. }) => {
                let queue = feed.queue();
                let turn = Feed::turn(&queue);
                step(&self.conn, "COMMIT")?;
                let stays = self.disk.check();
                let callers = if stays.is_ok() { std::mem::take(group) } else { Group::new() };
                let at_once = feed.committed(callers);
                drop(turn);
                stays?;
                *group = at_once;
            }
        }
        metrics::histogram!("agentlocator_store_commit_seconds").record(clock::instant().duration_since(began));
        self.reports.wrote(true);
        Ok(())
    }

    fn finish_checkpoint(&mut self) {
        let Some(Publishing { feed, checkpoints }) = &self.publishing else { return };
        if checkpoints.log_has(feed.frames())
            && let Err(error) = checkpoint::passive(&self.conn)
        {
            tracing::error!(event = "STORE_CHECKPOINT_FAILED", %error, "Cannot move the log into the database");
        }
    }
}

/// Adds what waits. Where nobody waits for an answer, others may join for a moment: calls write down what is said, each
/// a little and often, and a commit costs the same for one as for all.
fn gather(group: &mut Group, incoming: &Receiver<Box<dyn Pending>>) {
    let until = clock::instant() + LINGER;
    let mut nobody_waits = true;
    while group.len() < GROUP {
        nobody_waits &= group.last().is_none_or(|write| write.told() == Told::Never);
        let next = match incoming.try_recv() {
            Ok(write) => Some(write),
            Err(_) if nobody_waits => incoming.recv_timeout(until.saturating_duration_since(clock::instant())).ok(),
            Err(_) => None,
        };
        let Some(write) = next else { return };
        group.push(write);
    }
}

/// What a transaction has in it before its commit.
enum Filled {
    /// Changes.
    Something,
    /// There is no transaction any more: all of the work failed and was taken back.
    Nothing,
}

/// Does the work of a group in one transaction, up to the commit. Work that fails is taken back alone.
fn fill(conn: &Connection, group: &mut [Box<dyn Pending>]) -> rusqlite::Result<Filled> {
    step(conn, "BEGIN IMMEDIATE")?;
    let tx = WriteTx::new(conn);
    if let [alone] = group {
        let done = alone.run(&tx);
        still_open(conn)?;
        if !done {
            step(conn, "ROLLBACK")?;
            return Ok(Filled::Nothing);
        }
        return Ok(Filled::Something);
    }
    for write in group {
        step(conn, "SAVEPOINT one")?;
        let done = write.run(&tx);
        still_open(conn)?;
        if !done {
            step(conn, "ROLLBACK TO one")?;
        }
        step(conn, "RELEASE one")?;
    }
    Ok(Filled::Something)
}

/// SQLite may take back a whole transaction by itself, for one when the disk is full.
fn still_open(conn: &Connection) -> rusqlite::Result<()> {
    if !conn.is_autocommit() {
        return Ok(());
    }
    let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
    Err(rusqlite::Error::SqliteFailure(full, Some("the transaction was taken back".into())))
}

fn step(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(|_| ())
}

/// How long a write for which nobody waits may wait for others.
const LINGER: Duration = Duration::from_millis(20);

/// The most writes that share a transaction.
const GROUP: usize = 256;

/// More writes than this are refused at once: the disk does not keep up.
const MOST_WAITING: usize = 16_384;

//! The one writer: a thread that puts all waiting writes into one transaction.

use super::{Error, Result, WriteTx};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The most writes that share a transaction.
const GROUP: usize = 256;

/// One waiting write.
trait Job: Send {
    /// Does the work inside the transaction; false asks to take it back.
    fn run(&mut self, tx: &WriteTx<'_>) -> bool;
    /// Tells the caller, after the commit.
    fn answer(self: Box<Self>, committed: bool);
}

struct Write<T, F> {
    work: Option<F>,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: FnOnce(&WriteTx<'_>) -> Result<T> + Send> Job for Write<T, F> {
    fn run(&mut self, tx: &WriteTx<'_>) -> bool {
        let Some(work) = self.work.take() else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or(Err(Error::Panicked));
        let done = outcome.is_ok();
        self.outcome = Some(outcome);
        done
    }

    fn answer(self: Box<Self>, committed: bool) {
        let answer = match self.outcome {
            Some(Ok(_)) if !committed => Err(Error::Closed),
            Some(outcome) => outcome,
            None => Err(Error::Closed),
        };
        let _ = self.reply.send(answer);
    }
}

/// Hands writes to the thread.
pub(super) struct Writer {
    queue: Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the thread; it ends when the `Writer` has been dropped and all that waited is done.
    pub(super) fn start(conn: Connection) -> Result<(Self, JoinHandle<()>)> {
        let (queue, waiting) = channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&conn, &waiting))
            .map_err(|source| Error::File { doing: "start the thread for", path: "store-writer".into(), source })?;
        Ok((Self { queue }, thread))
    }

    /// Queues a write; the answer comes after it is on disk.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> oneshot::Receiver<Result<T>> {
        let (reply, answer) = oneshot::channel();
        // A closed queue drops the job and with it `reply`: the receiver sees that.
        let _ = self.queue.send(Box::new(Write { work: Some(work), outcome: None, reply }));
        answer
    }
}

fn run(conn: &Connection, waiting: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = waiting.recv() {
        let group: Vec<_> = std::iter::once(first).chain(waiting.try_iter().take(GROUP - 1)).collect();
        commit(conn, group);
    }
}

fn commit(conn: &Connection, mut group: Vec<Box<dyn Job>>) {
    let committed = transact(conn, &mut group);
    if let Err(error) = &committed {
        tracing::error!(event = "STORE_COMMIT_FAILED", error = %error, writes = group.len());
        let _ = conn.execute_batch("ROLLBACK");
    }
    for job in group {
        job.answer(committed.is_ok());
    }
}

fn transact(conn: &Connection, group: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    let run = |sql: &str| conn.prepare_cached(sql)?.execute([]).map(|_| ());
    run("BEGIN IMMEDIATE")?;
    for job in group {
        run("SAVEPOINT job")?;
        if !job.run(&WriteTx::new(conn)) {
            run("ROLLBACK TO job")?;
        }
        run("RELEASE job")?;
    }
    run("COMMIT")
}

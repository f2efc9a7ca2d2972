//! Writes in the queue.

use super::{Error, Result, WriteTx};
use rusqlite::ffi;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// A queued write.
pub(in crate::store) trait WriteRequest: Send {
    /// The name for logs and metrics: the function that requested the write.
    fn name(&self) -> &'static str;

    /// Does the work inside the transaction; false requests a rollback of this write.
    fn run(&mut self, tx: &WriteTx<'_>) -> bool;

    /// Reports the outcome to the caller, after the commit or its failure.
    fn complete(self: Box<Self>, outcome: &Result<(), CommitError>);

    /// When the caller is answered.
    fn ack_after(&self) -> AckAfter;
}

/// When a caller is answered that a write is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum AckAfter {
    /// When the published copy has it.
    Publish,
    /// As soon as it is on disk.
    Commit,
    /// No caller waits.
    Never,
}

/// Writes that are committed or rejected together.
pub(in crate::store) type WriteBatch = Vec<Box<dyn WriteRequest>>;

/// Why a whole batch was rolled back.
#[derive(Clone, Debug)]
pub(in crate::store) struct CommitError {
    code: i32,
    message: String,
}

impl CommitError {
    /// From a SQLite error.
    pub(in crate::store) fn new(error: &rusqlite::Error) -> Self {
        let code = error.sqlite_error().map_or(ffi::SQLITE_ERROR, |error| error.extended_code);
        Self { code, message: error.to_string() }
    }

    /// Creates the error for one caller.
    fn to_error(&self) -> Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(self.code), Some(self.message.clone())).into()
    }
}

/// Work with a caller who waits for its result.
pub(in crate::store) struct Write<T, F> {
    work: Option<F>,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    ack_after: AckAfter,
}

impl<T: Send, F: FnOnce(&WriteTx<'_>) -> Result<T> + Send> Write<T, F> {
    /// The write, and the receiver of its result.
    pub(in crate::store) fn new(work: F, ack_after: AckAfter) -> (Self, oneshot::Receiver<Result<T>>) {
        let (reply, answer) = oneshot::channel();
        (Self { work: Some(work), outcome: None, reply, ack_after }, answer)
    }
}

impl<T: Send, F: FnOnce(&WriteTx<'_>) -> Result<T> + Send> WriteRequest for Write<T, F> {
    fn name(&self) -> &'static str {
        write_name::<F>()
    }

    fn run(&mut self, tx: &WriteTx<'_>) -> bool {
        let Some(work) = self.work.take() else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or_else(|_| {
            tracing::error!(event = "STORE_WRITE_PANICKED", "A database write panicked and was rolled back");
            Err(Error::Panicked)
        });
        let done = outcome.is_ok();
        self.outcome = Some(outcome);
        done
    }

    fn complete(self: Box<Self>, outcome: &Result<(), CommitError>) {
        let answer = match (self.outcome, outcome) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(error.to_error()),
            (None, Ok(())) => Err(Error::Closed),
        };
        // The receiver is gone if the caller has dropped its future.
        let _ = self.reply.send(answer);
    }

    fn ack_after(&self) -> AckAfter {
        self.ack_after
    }
}

/// The name of the function that contains a closure, without crate and closure: `crm::inbox::receive`.
pub(in crate::store) fn write_name<F>() -> &'static str {
    let name = std::any::type_name::<F>();
    let name = name.split("::{{closure}}").next().unwrap_or(name);
    name.split_once("::").map_or(name, |(_, inside)| inside)
}

/// Reports the same outcome to all callers of a batch.
pub(in crate::store) fn complete_all(batch: WriteBatch, outcome: &Result<(), CommitError>) {
    for write in batch {
        write.complete(outcome);
    }
}

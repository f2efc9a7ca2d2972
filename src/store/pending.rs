//! A write that waits for its turn and then for its answer.

use super::{Error, Result, WriteTx};
use rusqlite::ffi;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// One waiting write.
pub(in crate::store) trait Pending: Send {
    /// What it is, for logs and metrics: the function that asked for it.
    fn name(&self) -> &'static str;

    /// Does the work inside the transaction; false asks to take it back.
    fn run(&mut self, tx: &WriteTx<'_>) -> bool;

    /// Tells the caller, after the commit or after what came instead of it.
    fn answer(self: Box<Self>, outcome: &Result<(), CommitError>);

    /// When the caller is told.
    fn told(&self) -> Told;
}

/// When a caller is told that a write is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Told {
    /// When the published copy has it.
    Published,
    /// As soon as it is on disk.
    OnDisk,
    /// Nobody waits.
    Never,
}

/// Writes that were committed together, or refused together.
pub(in crate::store) type Group = Vec<Box<dyn Pending>>;

/// Why a whole group was taken back.
#[derive(Clone, Debug)]
pub(in crate::store) struct CommitError {
    code: i32,
    message: String,
}

impl CommitError {
    /// From what SQLite said.
    pub(in crate::store) fn new(error: &rusqlite::Error) -> Self {
        let code = error.sqlite_error().map_or(ffi::SQLITE_ERROR, |error| error.extended_code);
        Self { code, message: error.to_string() }
    }

    /// The same error once more, for each caller.
    fn to_error(&self) -> Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(self.code), Some(self.message.clone())).into()
    }
}

/// Work with a caller who waits for what it returns.
pub(in crate::store) struct Write<T, F> {
    work: Option<F>,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    told: Told,
}

impl<T: Send, F: FnOnce(&WriteTx<'_>) -> Result<T> + Send> Write<T, F> {
    /// The write, and where its answer will come.
    pub(in crate::store) fn new(work: F, told: Told) -> (Self, oneshot::Receiver<Result<T>>) {
        let (reply, answer) = oneshot::channel();
        (Self { work: Some(work), outcome: None, reply, told }, answer)
    }
}

impl<T: Send, F: FnOnce(&WriteTx<'_>) -> Result<T> + Send> Pending for Write<T, F> {
    fn name(&self) -> &'static str {
        name_of::<F>()
    }

    fn run(&mut self, tx: &WriteTx<'_>) -> bool {
        let Some(work) = self.work.take() else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or_else(|_| {
            tracing::error!(event = "STORE_WRITE_PANICKED", "A write panicked and was taken back");
            Err(Error::Panicked)
        });
        let done = outcome.is_ok();
        self.outcome = Some(outcome);
        done
    }

    fn answer(self: Box<Self>, outcome: &Result<(), CommitError>) {
        let answer = match (self.outcome, outcome) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(error.to_error()),
            (None, Ok(())) => Err(Error::Closed),
        };
        // Whoever has gone does not want to know.
        let _ = self.reply.send(answer);
    }

    fn told(&self) -> Told {
        self.told
    }
}

/// The function in which a closure stands, without crate and closure: `crm::inbox::receive`.
pub(in crate::store) fn name_of<F>() -> &'static str {
    let name = std::any::type_name::<F>();
    let name = name.split("::{{closure}}").next().unwrap_or(name);
    name.split_once("::").map_or(name, |(_, inside)| inside)
}

/// Tells all callers of a group the same outcome.
pub(in crate::store) fn answer_all(group: Group, outcome: &Result<(), CommitError>) {
    for write in group {
        write.answer(outcome);
    }
}

//! The writes in the writer's queue: each has the work to run, and the caller that receives the result.

use super::{Error, Result, WriteTx};
use sqlite_mirror::{AckAfter, Acknowledge, Callers, CommitError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

pub(in crate::store) trait WriteRequest: Acknowledge {
    /// For logs and metrics: the function that requested the write.
    fn name(&self) -> &'static str;

    /// Returns false to request a rollback of this write.
    fn run(&mut self, tx: &WriteTx<'_>) -> bool;
}

/// Writes that run in one transaction.
pub(in crate::store) type WriteBatch = Vec<Box<dyn WriteRequest>>;

/// Sends its result to its caller, if the caller still waits for it.
pub(in crate::store) struct Write<T, F> {
    work: Option<F>,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    ack_after: AckAfter,
}

impl<T: Send, F: FnOnce(&WriteTx<'_>) -> Result<T> + Send> Write<T, F> {
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
            let name = write_name::<F>();
            tracing::error!(
                event = "STORE_WRITE_PANICKED",
                write = name,
                "The database write {name} panicked and is rolled back. Please report this"
            );
            Err(Error::Panicked)
        });
        let done = outcome.is_ok();
        self.outcome = Some(outcome);
        done
    }
}

impl<T: Send, F: FnOnce(&WriteTx<'_>) -> Result<T> + Send> Acknowledge for Write<T, F> {
    fn complete(self: Box<Self>, outcome: &Result<(), CommitError>) {
        let answer = match (self.outcome, outcome) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(error.to_error().into()),
            (None, Ok(())) => Err(Error::Closed),
        };
        if self.ack_after == AckAfter::Never
            && let Err(error) = &answer
        {
            report_lost(write_name::<F>(), error);
        }
        // Sending fails if the caller has dropped its future.
        let _ = self.reply.send(answer);
    }

    fn ack_after(&self) -> AckAfter {
        self.ack_after
    }
}

/// For a write with [`AckAfter::Never`] that failed or was dropped.
pub(in crate::store) fn report_lost(name: &'static str, error: &Error) {
    metrics::counter!("agentlocator_store_writes_dropped_total").increment(1);
    let error = error as &dyn std::error::Error;
    tracing::error!(
        event = "STORE_WRITE_DROPPED",
        write = name,
        error,
        "The database write {name} was not stored; it is lost unless the code that requested it repeats it"
    );
}

/// The function that contains a closure, without crate and closure: `crm::inbox::receive`.
pub(in crate::store) fn write_name<F>() -> &'static str {
    let name = std::any::type_name::<F>();
    let name = name.split("::{{closure}}").next().unwrap_or(name);
    name.split_once("::").map_or(name, |(_, inside)| inside)
}

pub(in crate::store) fn callers(batch: WriteBatch) -> Callers {
    batch.into_iter().map(|write| write as Box<dyn Acknowledge>).collect()
}

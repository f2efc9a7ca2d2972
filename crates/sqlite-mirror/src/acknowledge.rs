//! Callers that wait for a commit, and the moment at which each one receives the outcome.

use crate::Error;
use rusqlite::ffi;
use tokio::sync::oneshot;

/// A caller that waits for the outcome of a commit: the commit is stored, or it failed.
pub trait Acknowledge: Send {
    /// Returns the event that the caller waits for.
    fn ack_after(&self) -> AckAfter;

    /// Reports the outcome of the commit to the caller.
    fn complete(self: Box<Self>, outcome: &Result<(), CommitError>);
}

/// When a commit is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckAfter {
    /// When the published copy contains the commit, or as soon as the copy is reported as late.
    Publish,
    /// As soon as the commit is on disk.
    Commit,
    /// No caller waits.
    Never,
}

/// The callers that wait for the same commit.
pub type Callers = Vec<Box<dyn Acknowledge>>;

/// Why a commit was not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// SQLite rolled the transaction back.
    #[error("the commit failed: {message}")]
    Sql {
        /// SQLite's extended result code.
        code: i32,
        /// SQLite's message.
        message: String,
    },
    /// The writer's thread ended before the commit.
    #[error("the database was closed before the commit")]
    Closed,
}

impl CommitError {
    /// Creates the error from a SQLite error.
    pub fn new(error: &rusqlite::Error) -> Self {
        let code = error.sqlite_error().map_or(ffi::SQLITE_ERROR, |error| error.extended_code);
        Self::Sql { code, message: error.to_string() }
    }

    /// Returns the same error as an [`Error`], for one of the callers.
    pub fn to_error(&self) -> Error {
        match self {
            Self::Sql { code, message } => {
                rusqlite::Error::SqliteFailure(ffi::Error::new(*code), Some(message.clone())).into()
            }
            Self::Closed => Error::Closed,
        }
    }
}

/// Reports the same outcome to all callers of a commit.
pub fn complete_all(callers: Callers, outcome: &Result<(), CommitError>) {
    for caller in callers {
        caller.complete(outcome);
    }
}

/// Creates a caller for programs that need only the outcome, and the receiver to which the outcome is sent.
pub fn caller(ack_after: AckAfter) -> (Box<dyn Acknowledge>, oneshot::Receiver<Result<(), CommitError>>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Reply { ack_after, reply }), answer)
}

struct Reply {
    ack_after: AckAfter,
    reply: oneshot::Sender<Result<(), CommitError>>,
}

impl Acknowledge for Reply {
    fn ack_after(&self) -> AckAfter {
        self.ack_after
    }

    fn complete(self: Box<Self>, outcome: &Result<(), CommitError>) {
        // Sending fails if the caller no longer waits for the outcome.
        let _ = self.reply.send(outcome.clone());
    }
}

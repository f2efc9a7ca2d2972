//! Who is notified that a commit is done, and when.

use crate::Error;
use rusqlite::ffi;
use tokio::sync::oneshot;

/// A caller who waits for a commit: it is notified when the commit is done, or that it failed.
pub trait Acknowledge: Send {
    /// When it is notified.
    fn ack_after(&self) -> AckAfter;

    /// Reports the outcome to it.
    fn complete(self: Box<Self>, outcome: &Result<(), CommitError>);
}

/// When a commit is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckAfter {
    /// When the published copy has it.
    Publish,
    /// As soon as it is on disk.
    Commit,
    /// No caller waits.
    Never,
}

/// Those who wait for the same commit.
pub type Callers = Vec<Box<dyn Acknowledge>>;

/// Why a whole batch was not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// SQLite rolled it back.
    #[error("the commit failed: {message}")]
    Sql {
        /// The extended result code.
        code: i32,
        /// SQLite's message.
        message: String,
    },
    /// The writer's thread ended before.
    #[error("the database was closed before the commit")]
    Closed,
}

impl CommitError {
    /// From a SQLite error.
    pub fn new(error: &rusqlite::Error) -> Self {
        let code = error.sqlite_error().map_or(ffi::SQLITE_ERROR, |error| error.extended_code);
        Self::Sql { code, message: error.to_string() }
    }

    /// Creates the error for one caller.
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

/// A caller for programs that need nothing more than the outcome, and the receiver that gets it.
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
        // The receiver is gone if the caller no longer waits.
        let _ = self.reply.send(outcome.clone());
    }
}

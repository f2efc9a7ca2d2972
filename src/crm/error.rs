//! The errors of use cases.

use crate::store::{self, ReadTx, Store, WriteTx};
use std::borrow::Cow;

/// A request that a business rule rejects. It is raised before anything is changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The request is invalid.
    #[error("{0}")]
    Invalid(Cow<'static, str>),
    /// A field of the request has a value that is not allowed.
    #[error("{message}")]
    InvalidField {
        /// The name of the field.
        field: &'static str,
        /// What is allowed.
        message: Cow<'static, str>,
    },
    /// The resource does not exist.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The resource is in that state already, or the change would remove something required, such as the last owner.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// A conflict that clients distinguish by its code.
    #[error("{message}")]
    CodedConflict {
        /// The code, for programs.
        code: &'static str,
        /// The message.
        message: Cow<'static, str>,
        /// The values in the message.
        params: Vec<(&'static str, String)>,
    },
    /// The request repeats the key of another one.
    #[error("this Idempotency-Key was used for {0}; use a new one for each request")]
    KeyReused(&'static str),
    /// The actor lacks the permission.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
}

impl RequestError {
    /// A field has a value that is not allowed.
    pub fn field(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::InvalidField { field, message: message.into() }
    }
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A business rule rejects the request.
    #[error(transparent)]
    Refused(#[from] RequestError),
    /// The store failed, or lacks a requested row.
    #[error(transparent)]
    Store(store::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound(what) => Self::Refused(RequestError::NotFound(what)),
            error => Self::Store(error),
        }
    }
}

/// Reads with rules of the business: a rejection, such as an unknown id, is an error of its own.
pub async fn read<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&ReadTx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    Ok(store.read(move |tx| split(work(tx))).await??)
}

/// Like [`read`], for reads that may touch much of the database.
pub async fn read_long<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&ReadTx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    Ok(store.read_long(move |tx| split(work(tx))).await??)
}

/// Runs a use case in one transaction. If the store fails, the transaction is rolled back; a rejection comes before any
/// change.
pub async fn transact<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&WriteTx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    Ok(store.write(move |tx| split(work(tx))).await??)
}

/// An error of the store ends the transaction; a rejection is a result of it.
fn split<T>(outcome: Result<T, Error>) -> store::Result<Result<T, RequestError>> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(Error::Refused(refusal)) => Ok(Err(refusal)),
        Err(Error::Store(error)) => Err(error),
    }
}

/// Runs a use case like [`transact`], and rolls its changes back: the outcome is what it would be.
pub async fn rehearse<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&WriteTx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (sender, outcome) = std::sync::mpsc::sync_channel(1);
    let rolled_back = store.write(move |tx| -> store::Result<()> {
        let _ = sender.send(work(tx));
        // A write that fails is rolled back alone.
        Err(store::Error::Rehearsed)
    });
    match (rolled_back.await, outcome.try_recv()) {
        (Err(store::Error::Rehearsed), Ok(outcome)) => outcome,
        (Err(error), _) => Err(error.into()),
        (Ok(()), _) => Err(store::Error::Rehearsed.into()),
    }
}

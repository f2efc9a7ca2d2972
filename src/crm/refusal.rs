//! Why a use case did not do what it was asked.

use crate::store::{self, Store, WriteTx};
use std::borrow::Cow;

/// A rule of the house that stands against it. Each comes before anything is changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What was asked for cannot be.
    #[error("{0}")]
    Invalid(Cow<'static, str>),
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It is already so, or it would leave the house without something that it needs.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// Whoever asks may not.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
}

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule stands against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed, or lacks a row that was asked for.
    #[error(transparent)]
    Store(store::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound(what) => Self::Refused(Refusal::NotFound(what)),
            error => Self::Store(error),
        }
    }
}

/// Runs a use case in one transaction. If the store fails, all that it did is taken back; what it refuses, it refuses
/// before it has changed anything.
pub async fn transact<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&WriteTx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let outcome = store.write(move |tx| match work(tx) {
        Ok(done) => Ok(Ok(done)),
        Err(Error::Refused(refusal)) => Ok(Err(refusal)),
        Err(Error::Store(error)) => Err(error),
    });
    Ok(outcome.await??)
}

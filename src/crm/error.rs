//! The errors of use cases, and the functions that run a use case in a transaction.

use crate::store::{self, ReadTx, Store, WriteTx};
use std::borrow::Cow;

/// A request that a business rule refuses. Nothing is changed, because [`transact`] rolls back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("{0}")]
    Invalid(Cow<'static, str>),
    /// A field of the request has a value that is not allowed.
    #[error("{message}")]
    InvalidField {
        field: &'static str,
        /// What is allowed.
        message: Cow<'static, str>,
    },
    /// The resource does not exist; contains its kind.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The request conflicts with stored data: for example, a name is in use already, or the last owner would be
    /// removed.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// A conflict that clients recognize by its code.
    #[error("{message}")]
    CodedConflict {
        /// The code, for programs.
        code: &'static str,
        message: Cow<'static, str>,
        /// Values for the client, such as those in the message.
        params: Vec<(&'static str, String)>,
    },
    /// A message that the change includes cannot be sent.
    #[error("{message}")]
    NotSendable {
        /// The code of `POST /api/whatsapp/send`.
        code: &'static str,
        message: Cow<'static, str>,
    },
    #[error("this Idempotency-Key was used for {0}; use a new one for each request")]
    KeyReused(&'static str),
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
}

impl RequestError {
    pub fn field(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::InvalidField { field, message: message.into() }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Refused(#[from] RequestError),
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

/// Runs a read that can be refused, for example because of an unknown id.
pub async fn read<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&ReadTx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    store.read(move |tx| Answer::new(work(tx))).await?.into_result()
}

/// Like [`read`], for reads that may touch much of the database.
pub async fn read_long<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&ReadTx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    store.read_long(move |tx| Answer::new(work(tx))).await?.into_result()
}

/// Runs the transactions of a use case that needs more than one.
pub trait Transactions: Sync {
    /// Reads from one snapshot of the database.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> impl Future<Output = Result<T, Error>> + Send;

    /// Runs a change in one transaction, see [`transact`].
    fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> impl Future<Output = Result<T, Error>> + Send;
}

/// Runs a use case in one transaction. An error of the store or a refusal rolls it back.
pub async fn transact<T: Send + 'static, E: From<store::Error> + Send + 'static>(
    store: &Store,
    work: impl FnOnce(&WriteTx<'_>) -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    write_if(store, work, Result::is_ok).await
}

/// Runs a use case like [`transact`], but always rolls back. The result shows what the use case would return.
pub async fn rehearse<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&WriteTx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    write_if(store, work, |_| false).await
}

async fn write_if<T: Send + 'static, E: From<store::Error> + Send + 'static>(
    store: &Store,
    work: impl FnOnce(&WriteTx<'_>) -> Result<T, E> + Send + 'static,
    is_kept: fn(&Result<T, E>) -> bool,
) -> Result<T, E> {
    let (sender, outcome) = std::sync::mpsc::sync_channel(1);
    let written = store.write(move |tx| {
        let outcome = work(tx);
        let is_kept = is_kept(&outcome);
        let _ = sender.send(outcome);
        // A failed write must roll back only its own changes, not those of the other writes in the batch.
        if is_kept { Ok(()) } else { Err(store::Error::RolledBack) }
    });
    match (written.await, outcome.try_recv()) {
        (Ok(()) | Err(store::Error::RolledBack), Ok(outcome)) => outcome,
        (Err(error), _) => Err(error.into()),
        (Ok(()), Err(_)) => Err(store::Error::Closed.into()),
    }
}

/// The answer of a read that the store completed. A refusal is an answer too: only the store's own errors make the read
/// fail, because the store translates some of them, such as an interruption.
enum Answer<T> {
    Found(T),
    Refused(RequestError),
}

impl<T> Answer<T> {
    fn new(outcome: Result<T, Error>) -> store::Result<Self> {
        match outcome {
            Ok(found) => Ok(Self::Found(found)),
            Err(Error::Refused(refusal)) => Ok(Self::Refused(refusal)),
            Err(Error::Store(error)) => Err(error),
        }
    }

    fn into_result(self) -> Result<T, Error> {
        match self {
            Self::Found(found) => Ok(found),
            Self::Refused(refusal) => Err(refusal.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StoreConfig;
    use crate::domain::Timestamp;

    #[tokio::test]
    async fn a_use_case_that_is_refused_after_a_change_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let database_url = Some(folder.path().join("agentlocator.db").display().to_string());
        let (store, _) = Store::open(&StoreConfig { database_url, ..StoreConfig::default() }).unwrap();
        let change = |is_refused: bool| {
            transact(&store, move |tx| {
                let now = Timestamp::from_millis(1_795_000_000_000);
                crate::crm::tag::create(tx, "VIP", now)?;
                if is_refused { Err(RequestError::NotFound("contact").into()) } else { Ok(()) }
            })
        };
        assert!(matches!(change(true).await, Err(Error::Refused(_))));
        change(false).await.unwrap();
        assert!(matches!(change(false).await, Err(Error::Refused(_))), "the name is taken now, and was not before");
    }
}

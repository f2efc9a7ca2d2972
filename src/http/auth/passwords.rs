//! Password hashing outside the threads of the event loop.

use super::login_rate_limit::Client;
use crate::crm::password;
use crate::http::ApiError;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// Limits hashing to one password at a time, since each hash takes 19 MiB and a CPU core.
pub(crate) struct Passwords {
    hasher: Arc<Semaphore>,
    /// Unknown clients acquire this semaphore before `hasher`, so that at most one unknown client is queued ahead of a
    /// known one.
    unknown: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { hasher: Arc::new(Semaphore::new(1)), unknown: Arc::new(Semaphore::new(1)) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Requester {
    /// A logged-in user, a token, or a browser in which the user has logged in before.
    Known,
    Unknown,
}

impl From<Client<'_>> for Requester {
    fn from(client: Client<'_>) -> Self {
        match client {
            Client::KnownDevice(_) => Self::Known,
            Client::Address(_) => Self::Unknown,
        }
    }
}

struct Permit {
    _unknown: Option<OwnedSemaphorePermit>,
    _hasher: OwnedSemaphorePermit,
}

impl Passwords {
    /// Verifies a password against a hash. Without a hash, takes the same time and returns false, so that the response
    /// time does not reveal which names exist.
    pub(crate) async fn verify(
        &self,
        requester: Requester,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, ApiError> {
        self.with_permit(requester, move || password::verify(&password, hash.as_deref())).await
    }

    /// The password must not be close to one of these names. The error for a weak password names the field `field`.
    pub(crate) async fn hash(
        &self,
        field: &'static str,
        password: String,
        names: [String; 2],
    ) -> Result<String, ApiError> {
        let hash = self.with_permit(Requester::Known, move || password::hash(&password, &names)).await?;
        hash.map_err(|reason| {
            ApiError::new(StatusCode::BAD_REQUEST, reason.code(), reason.to_string()).with_field(field)
        })
    }

    async fn with_permit<T: Send + 'static>(
        &self,
        requester: Requester,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = tokio::time::timeout(MAX_WAIT, self.acquire(requester)).await;
        let Ok(Ok(permit)) = permit else { return Err(ApiError::unavailable("too many logins at once; try again")) };
        // The thread owns the permit, since hashing continues after the client disconnects.
        let hashing = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        hashing.await.map_err(|_| ApiError::internal())
    }

    async fn acquire(&self, requester: Requester) -> Result<Permit, AcquireError> {
        let unknown = match requester {
            Requester::Known => None,
            Requester::Unknown => Some(self.unknown.clone().acquire_owned().await?),
        };
        Ok(Permit { _unknown: unknown, _hasher: self.hasher.clone().acquire_owned().await? })
    }
}

const MAX_WAIT: Duration = Duration::from_secs(5);

//! Password hashing outside the threads of the event loop.

use super::login_rate_limit::LoginRateLimiter;
use super::{AccountKey, Auth, Client};
use crate::clock;
use crate::crm::password;
use crate::http::{ApiError, AppParts};
use axum::http::StatusCode;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// Limits hashing to one password at a time, since each hash takes 19 MiB and a CPU core.
pub(super) struct Passwords {
    hasher: Arc<Semaphore>,
    /// Acquired before `hasher`, so that at most one unknown client is queued ahead of a known one.
    unknown: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { hasher: Arc::new(Semaphore::new(1)), unknown: Arc::new(Semaphore::new(1)) }
    }
}

/// The kind of client that waits for a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Requester {
    /// A logged-in user, a token, or a browser in which the user has logged in before.
    Known,
    /// Any other client.
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

/// The permission to hash, until it is dropped.
struct Permit {
    _unknown: Option<OwnedSemaphorePermit>,
    _hasher: OwnedSemaphorePermit,
}

impl Passwords {
    async fn acquire(&self, requester: Requester) -> Result<Permit, AcquireError> {
        let unknown = match requester {
            Requester::Known => None,
            Requester::Unknown => Some(self.unknown.clone().acquire_owned().await?),
        };
        Ok(Permit { _unknown: unknown, _hasher: self.hasher.clone().acquire_owned().await? })
    }
}

impl Auth {
    /// Counts a login attempt. Beyond a limit, returns an error.
    pub(crate) fn begin_attempt(&self, client: Client<'_>, account: AccountKey<'_>) -> Result<(), ApiError> {
        self.rate_limiter().begin(client, account, clock::instant()).map_err(|wait| rate_limit_error(client, wait))
    }

    /// Counts a setup attempt. Beyond a limit, returns an error.
    pub(crate) fn begin_setup(&self, client: Client<'_>) -> Result<(), ApiError> {
        self.rate_limiter().begin_setup(client, SETUP, clock::instant()).map_err(|wait| rate_limit_error(client, wait))
    }

    /// Uncounts a successful attempt, and the client's earlier attempts for the same account.
    pub(crate) fn attempt_succeeded(&self, client: Client<'_>, account: AccountKey<'_>) {
        self.rate_limiter().succeeded(client, account, clock::instant());
    }

    /// Verifies a password against a hash. Without a hash, takes the same time, so that timing does not reveal which
    /// names exist.
    pub(crate) async fn verify_password(
        &self,
        requester: Requester,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, ApiError> {
        self.with_permit(requester, move || password::verify(&password, hash.as_deref())).await
    }

    async fn with_permit<T: Send + 'static>(
        &self,
        requester: Requester,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = tokio::time::timeout(MAX_WAIT, self.passwords.acquire(requester)).await;
        let Ok(Ok(permit)) = permit else { return Err(ApiError::unavailable("too many logins at once; try again")) };
        // The thread owns the permit, since hashing continues after the client disconnects.
        let hashing = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        hashing.await.map_err(|_| ApiError::internal())
    }

    fn rate_limiter(&self) -> MutexGuard<'_, LoginRateLimiter> {
        self.rate_limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AppParts {
    /// Validates and hashes a new password for the user with this name.
    pub(crate) async fn hash_password(
        &self,
        requester: Requester,
        field: &'static str,
        password: String,
        user_name: &str,
    ) -> Result<String, ApiError> {
        let names = [user_name.to_owned(), self.config().business.name.clone()];
        let hash = self.auth.with_permit(requester, move || password::hash(&password, &names)).await?;
        hash.map_err(|reason| {
            ApiError::new(StatusCode::BAD_REQUEST, reason.code(), reason.to_string()).with_field(field)
        })
    }
}

fn rate_limit_error(client: Client<'_>, wait: Duration) -> ApiError {
    let address = match client {
        Client::Address(address) => address.to_string(),
        Client::KnownDevice(_) => "a known device".to_owned(),
    };
    tracing::warn!(
        event = "LOGIN_RATE_LIMITED",
        address,
        "Login or set-up attempt rejected: too many attempts from {address}"
    );
    ApiError::too_often(wait)
}

/// The account key of setup attempts: a name that no user can have.
const SETUP: AccountKey<'_> = AccountKey { name: "\0set-up", password_hash: None };

const MAX_WAIT: Duration = Duration::from_secs(5);

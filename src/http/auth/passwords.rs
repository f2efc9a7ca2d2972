//! Hashes passwords outside the event loop's threads.

use super::login_rate_limit::LoginRateLimiter;
use super::{AccountKey, Auth, Client};
use crate::clock;
use crate::crm::password;
use crate::http::{ApiError, AppParts};
use axum::http::StatusCode;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Allows one hash at a time: each takes 19 MiB and a core.
pub(super) struct Passwords {
    permits: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { permits: Semaphore::new(1) }
    }
}

impl Auth {
    /// Counts a login attempt; rejected after too many.
    pub(crate) fn begin_attempt(&self, client: Client<'_>, account: AccountKey<'_>) -> Result<(), ApiError> {
        self.rate_limiter().begin(client, account, clock::instant()).map_err(|wait| rate_limit_error(client, wait))
    }

    /// Counts a set-up attempt; rejected after too many.
    pub(crate) fn begin_setup(&self, client: Client<'_>) -> Result<(), ApiError> {
        self.rate_limiter()
            .begin_in_window(client, SETUP, clock::instant())
            .map_err(|wait| rate_limit_error(client, wait))
    }

    /// Removes the attempts of a client after a success.
    pub(crate) fn attempt_succeeded(&self, client: Client<'_>, account: AccountKey<'_>) {
        self.rate_limiter().succeeded(client, account);
    }

    /// Verifies a password against a hash; takes the same time without a hash.
    pub(crate) async fn matches(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.with_permit(move || password::matches(&password, hash.as_deref())).await
    }

    async fn with_permit<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let permit = tokio::time::timeout(MAX_WAIT, self.passwords.permits.acquire()).await;
        let Ok(Ok(_permit)) = permit else { return Err(ApiError::unavailable("too many logins at once; try again")) };
        tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::internal())
    }

    fn rate_limiter(&self) -> MutexGuard<'_, LoginRateLimiter> {
        self.rate_limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AppParts {
    /// Checks and hashes a new password for the user of that name.
    pub(crate) async fn hash_password(
        &self,
        field: &'static str,
        password: String,
        user_name: &str,
    ) -> Result<String, ApiError> {
        let names = [user_name.to_owned(), self.config().business.name.clone()];
        let hash = self.auth.with_permit(move || password::hash(&password, &names)).await?;
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
    tracing::warn!(event = "LOGIN_RATE_LIMITED", address, "Login attempt rejected: too many attempts from {address}");
    ApiError::too_often(wait)
}

/// Set-up attempts are counted under a name that no user can have.
const SETUP: AccountKey<'_> = AccountKey { name: "\0set-up", password_hash: None };

const MAX_WAIT: Duration = Duration::from_secs(5);

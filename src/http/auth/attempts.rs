//! The login and setup attempts of this process, with their limits.

use super::login_rate_limit::{AccountKey, Client, LoginRateLimiter};
use crate::clock;
use crate::http::ApiError;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Counts login and setup attempts.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<LoginRateLimiter>);

impl Attempts {
    /// Counts an attempt to enter a password, which `attempt` names in the log. Beyond a limit, returns an error.
    pub(crate) fn begin(
        &self,
        attempt: &'static str,
        client: Client<'_>,
        account: AccountKey<'_>,
    ) -> Result<(), ApiError> {
        self.limiter().begin(client, account, clock::instant()).map_err(|wait| rate_limit_error(attempt, client, wait))
    }

    /// Counts a setup attempt. Beyond a limit, returns an error.
    pub(crate) fn begin_setup(&self, client: Client<'_>) -> Result<(), ApiError> {
        let begun = self.limiter().begin_setup(client, SETUP, clock::instant());
        begun.map_err(|wait| rate_limit_error("Set-up attempt", client, wait))
    }

    /// Uncounts a successful attempt, and the client's earlier attempts for the same account.
    pub(crate) fn succeeded(&self, client: Client<'_>, account: AccountKey<'_>) {
        self.limiter().succeeded(client, account, clock::instant());
    }

    // A blocking mutex suffices, because it is held only for short operations in memory.
    fn limiter(&self) -> MutexGuard<'_, LoginRateLimiter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rate_limit_error(attempt: &str, client: Client<'_>, wait: Duration) -> ApiError {
    let address = match client {
        Client::Address(address) => address.to_string(),
        Client::KnownDevice(_) => "a known device".to_owned(),
    };
    tracing::warn!(event = "LOGIN_RATE_LIMITED", address, "{attempt} rejected: too many attempts from {address}");
    ApiError::too_often(wait)
}

/// The account key of setup attempts: a name that no user can have.
const SETUP: AccountKey<'_> = AccountKey { name: "\0set-up", password_hash: None };

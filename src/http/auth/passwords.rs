//! Hashing passwords away from the threads that serve.

use super::Auth;
use crate::crm::password;
use crate::http::ApiError;
use crate::{clock, crm};
use std::net::IpAddr;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Lets one be hashed at a time: each takes 19 MiB and a core.
pub(super) struct Passwords {
    turns: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(1) }
    }
}

impl Auth {
    /// Counts an attempt to log in or to set up; refused if there were too many.
    pub(crate) fn begin_attempt(&self, address: IpAddr, name: &str) -> Result<(), ApiError> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.begin(address, name, clock::instant()).map_err(|wait| {
            tracing::warn!(event = "LOGIN_RATE_LIMITED", %address, "Too many attempts to log in");
            ApiError::too_often(wait)
        })
    }

    /// Forgets the attempts of somebody who got it right.
    pub(crate) fn attempt_succeeded(&self, address: IpAddr, name: &str) {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).succeeded(address, name);
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: String) -> Result<String, ApiError> {
        let hash = self.in_turn(move || password::hash(&password)).await?;
        Ok(hash.map_err(crm::Error::from)?)
    }

    /// Whether a password is the one of that hash; as slow with no hash.
    pub(crate) async fn matches(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.in_turn(move || password::matches(&password, hash.as_deref())).await
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let turn = tokio::time::timeout(LONGEST_WAIT, self.passwords.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(ApiError::unavailable("too many logins at once; try again")) };
        tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::internal())
    }
}

const LONGEST_WAIT: Duration = Duration::from_secs(5);

//! Sessions that were recently confirmed with the password, for operations that must not be possible in an unattended
//! browser.

use super::actor::Login;
use crate::clock;
use crate::http::ApiError;
use axum::http::StatusCode;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The expiry of each confirmation, by the hash of the session cookie. Confirmations are kept in memory only, so after
/// a restart of the daemon, users must confirm again.
#[derive(Debug, Default)]
pub(crate) struct Confirmations(Mutex<HashMap<String, Instant>>);

impl Confirmations {
    /// Records that the user of a session has confirmed the password. Returns how long the confirmation is valid.
    pub(crate) fn add(&self, login: &Login) -> Duration {
        self.insert(&login.id_hash, clock::instant());
        VALIDITY
    }

    /// Rejects a session without a recent confirmation. Tokens are accepted, because programs do not leave a browser
    /// unattended.
    pub(crate) fn require(&self, login: Option<&Login>) -> Result<(), ApiError> {
        match login {
            Some(login) if !self.includes(&login.id_hash, clock::instant()) => Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "confirmation_required",
                "enter your password again for this (POST /api/session/confirm)",
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn insert(&self, session: &str, now: Instant) {
        let mut expiries = self.expiries();
        expiries.retain(|_, ends_at| *ends_at > now);
        expiries.insert(session.to_owned(), now + VALIDITY);
    }

    fn includes(&self, session: &str, now: Instant) -> bool {
        self.expiries().get(session).is_some_and(|ends_at| *ends_at > now)
    }

    fn expiries(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The validity of a confirmation. It is long enough to resume a large download.
const VALIDITY: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_is_of_one_session_and_ends() {
        let (confirmations, start) = (Confirmations::default(), clock::instant());
        confirmations.insert("a", start);
        assert!(confirmations.includes("a", start + VALIDITY.mul_f32(0.9)));
        assert!(!confirmations.includes("b", start) && !confirmations.includes("a", start + VALIDITY));
        confirmations.insert("b", start + VALIDITY);
        assert_eq!(confirmations.expiries().len(), 1, "those that have ended are removed");
    }
}

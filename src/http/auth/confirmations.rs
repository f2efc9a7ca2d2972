//! Sessions that were recently confirmed with the password, for operations that must not be possible in an unattended
//! browser.

use super::{Auth, Login};
use crate::clock;
use crate::http::ApiError;
use axum::http::StatusCode;
use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The expiry of each confirmation, by the session's key. Kept in memory only: after a restart, users must confirm
/// again.
#[derive(Debug, Default)]
pub(super) struct Confirmations(HashMap<String, Instant>);

impl Confirmations {
    fn add(&mut self, session: &str, now: Instant) {
        self.0.retain(|_, ends_at| *ends_at > now);
        self.0.insert(session.to_owned(), now + VALIDITY);
    }

    fn includes(&self, session: &str, now: Instant) -> bool {
        self.0.get(session).is_some_and(|ends_at| *ends_at > now)
    }
}

impl Auth {
    /// Records that the user of a session has confirmed the password. Returns how long the confirmation is valid.
    pub(crate) fn confirm(&self, login: &Login) -> Duration {
        self.confirmations().add(&login.id_hash, clock::instant());
        VALIDITY
    }

    /// Rejects a session without a recent confirmation. Tokens are accepted: programs do not leave a browser
    /// unattended.
    pub(crate) fn require_confirmation(&self, login: Option<&Login>) -> Result<(), ApiError> {
        match login {
            Some(login) if !self.confirmations().includes(&login.id_hash, clock::instant()) => Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "confirmation_required",
                "enter your password again for this (POST /api/session/confirm)",
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn confirmations(&self) -> MutexGuard<'_, Confirmations> {
        self.confirmations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The validity of a confirmation. It is long enough to resume a large download.
const VALIDITY: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_is_of_one_session_and_ends() {
        let (mut confirmations, start) = (Confirmations::default(), clock::instant());
        confirmations.add("a", start);
        assert!(confirmations.includes("a", start + VALIDITY.mul_f32(0.9)));
        assert!(!confirmations.includes("b", start) && !confirmations.includes("a", start + VALIDITY));
        confirmations.add("b", start + VALIDITY);
        assert_eq!(confirmations.0.len(), 1, "those that have ended are removed");
    }
}

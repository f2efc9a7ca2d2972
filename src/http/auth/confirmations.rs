//! Sessions whose user has entered the password again, for what a browser that was left open must not give away.

use super::{Auth, Login};
use crate::clock;
use crate::http::ApiError;
use axum::http::StatusCode;
use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When each confirmation ends, by the session's key. In memory: after a restart the password is asked for again.
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
    /// Notes that the user of a session has entered the password again. Returns how long this is valid.
    pub(crate) fn confirm(&self, login: &Login) -> Duration {
        self.confirmations().add(&login.id_hash, clock::instant());
        VALIDITY
    }

    /// Refuses a session whose user has not entered the password again. A token has no user who could leave it open.
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

/// Long enough for a large download that is resumed.
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

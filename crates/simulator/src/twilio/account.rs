//! The Twilio account.

use crate::entropy;

/// A Twilio account.
#[derive(Clone, Debug)]
pub struct Account {
    /// `AC…`.
    pub sid: String,
    /// Signs webhooks, and authenticates REST requests.
    pub auth_token: String,
}

impl Account {
    /// Creates an account with a random sid and token.
    pub fn random() -> Self {
        Self { sid: random_sid("AC"), auth_token: entropy::random_hex::<16>() }
    }
}

/// Creates a random id in Twilio's form: two letters and 32 hex digits.
pub fn random_sid(prefix: &str) -> String {
    format!("{prefix}{}", entropy::random_hex::<16>())
}

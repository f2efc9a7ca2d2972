//! Whose calls and messages they are.

use crate::entropy;

/// A Twilio account.
#[derive(Clone, Debug)]
pub struct Account {
    /// `AC…`.
    pub sid: String,
    /// Signs webhooks and opens the REST interface.
    pub auth_token: String,
}

impl Account {
    /// A made-up account.
    pub fn random() -> Self {
        Self { sid: random_sid("AC"), auth_token: entropy::random_hex::<16>() }
    }
}

/// A made-up id as Twilio gives them: two letters and 32 hex digits.
pub fn random_sid(prefix: &str) -> String {
    format!("{prefix}{}", entropy::random_hex::<16>())
}

//! Removes secrets from the log.

use crate::config::Config;
use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

pub(super) const REDACTED: &str = "•••";

/// Replaces the secrets of the settings in log texts.
#[derive(Default)]
pub(super) struct Redactor {
    // Written when settings are loaded, and read for each line.
    secrets: RwLock<Vec<String>>,
}

impl Redactor {
    pub(super) fn new(config: &Config) -> Self {
        let redactor = Self::default();
        redactor.add_secrets(config);
        redactor
    }

    /// Secrets of earlier settings are kept, because an active phone call may still use them.
    pub(super) fn add_secrets(&self, config: &Config) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        // Very short values are skipped: they would redact parts of ordinary words.
        for secret in
            config.secrets().map(crate::config::Secret::expose).filter(|secret| secret.len() >= MIN_SECRET_LEN)
        {
            if !secrets.iter().any(|known| known == secret) {
                secrets.push(secret.to_owned());
            }
        }
    }

    pub(super) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for secret in self.secrets.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if memchr::memmem::find(text.as_bytes(), secret.as_bytes()).is_some() {
                text = Cow::Owned(text.replace(secret.as_str(), REDACTED));
            }
        }
        text
    }
}

pub(super) fn is_secret_name(name: &str) -> bool {
    SECRET_NAMES.iter().any(|end| name.ends_with(end))
}

const MIN_SECRET_LEN: usize = 6;

const SECRET_NAMES: [&str; 8] =
    ["password", "secret", "token", "cookie", "api_key", "authorization", "signature", "csrf"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn secrets_are_redacted_everywhere() {
        let mut config = Config::default();
        config.twilio.auth_token = Some(Secret::new("0123456789abcdef"));
        config.openai.api_key = Some(Secret::new("abc"));
        let redactor = Redactor::new(&config);
        assert_eq!(redactor.redact("x0123456789abcdefy abc"), "x•••y abc");
        config.twilio.auth_token = Some(Secret::new("fedcba9876543210"));
        redactor.add_secrets(&config);
        assert_eq!(redactor.redact("0123456789abcdef fedcba9876543210"), "••• •••");
        assert!(is_secret_name("auth_token"));
        assert!(!is_secret_name("tokens_in"));
    }
}

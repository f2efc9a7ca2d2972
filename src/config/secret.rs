//! Secrets that `Debug` and serialisation do not show.

use serde::{Serialize, Serializer};
use std::fmt;

/// A secret text. `Debug` and serialisation show `•••`, or an empty text if it is empty; only [`Secret::expose`]
/// returns it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// `None` if the secret is not set or empty.
    pub fn present(secret: Option<&Self>) -> Option<&Self> {
        secret.filter(|secret| !secret.is_empty())
    }

    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Use the text only where it is needed, such as in requests, and never in logs.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { "•••" })
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(if self.0.is_empty() { "" } else { "•••" })
    }
}

//! The words of a search.

use serde::{Deserialize, Deserializer};

/// Search words of at most [`MAX_CHARS`] characters: SQLite rejects patterns of more than 50,000 bytes, and no user
/// types that many.
#[derive(Clone, Debug)]
pub(crate) struct SearchWords(pub(crate) String);

impl<'de> Deserialize<'de> for SearchWords {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let words = String::deserialize(d)?;
        if words.chars().count() > MAX_CHARS {
            return Err(serde::de::Error::custom(format!("may have at most {MAX_CHARS} characters")));
        }
        Ok(Self(words))
    }
}

const MAX_CHARS: usize = 500;

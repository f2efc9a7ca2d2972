//! The instance challenge: lets a command line tool verify that an address leads to this very daemon.
//!
//! The daemon creates a key at its start and reveals it over the control socket only. A client that has the key sends a
//! challenge of its own to the address, and verifies by the answer that it comes from this daemon. A client without the
//! key learns nothing from the answer.

use crate::domain::hex;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The key of one run of the daemon. It has no `Debug`, so that it is not logged.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceKey(String);

impl InstanceKey {
    /// Wraps a random key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(hex(&key))
    }

    /// The answer to a challenge, which only this daemon can give; none if the challenge is malformed.
    pub fn answer(&self, challenge: &str) -> Option<String> {
        let is_challenge = LENGTHS.contains(&challenge.len()) && challenge.bytes().all(|b| b.is_ascii_alphanumeric());
        // HMAC accepts keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).ok().filter(|_| is_challenge)?;
        mac.update(b"agentlocator address check\0");
        mac.update(challenge.as_bytes());
        Some(hex(&mac.finalize().into_bytes()))
    }
}

/// The path of the endpoint, without the challenge.
pub const CHALLENGE_PATH: &str = "/.well-known/agentlocator/";

/// Allowed lengths of a challenge.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_gives_the_same_answer() {
        let (ours, other) = (InstanceKey::new([1; 32]), InstanceKey::new([2; 32]));
        let challenge = "0123456789abcdef";
        assert_eq!(ours.answer(challenge), ours.clone().answer(challenge));
        assert_ne!(ours.answer(challenge), other.answer(challenge));
        assert_ne!(ours.answer(challenge), ours.answer("0123456789abcdee"));
        for no_challenge in ["", "short", "0123456789abcde/", &"a".repeat(65)] {
            assert_eq!(ours.answer(no_challenge), None, "{no_challenge}");
        }
    }
}

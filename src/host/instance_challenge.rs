//! The instance challenge: `agentlocator doctor` and the settings page use it to verify that an address leads to this
//! daemon process.
//!
//! The daemon creates a random key when it starts, and reveals it only over the control socket. A client with the key
//! sends a challenge to the address, and computes the expected answer itself. A server without the key cannot compute
//! the answer, and a client without the key learns nothing from it.

use crate::domain::hex;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The key of one daemon process. The type does not implement `Debug`, so that the key cannot be logged.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceKey(String);

impl InstanceKey {
    pub fn new(key: [u8; 32]) -> Self {
        Self(hex(&key))
    }

    /// Returns `None` if the challenge is malformed.
    pub fn answer(&self, challenge: &str) -> Option<String> {
        let is_challenge = LENGTHS.contains(&challenge.len()) && challenge.bytes().all(|b| b.is_ascii_alphanumeric());
        // HMAC accepts keys of any length, so this does not fail.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).ok().filter(|_| is_challenge)?;
        mac.update(b"agentlocator address check\0");
        mac.update(challenge.as_bytes());
        Some(hex(&mac.finalize().into_bytes()))
    }
}

/// The path of the endpoint, without the challenge.
pub const CHALLENGE_PATH: &str = "/.well-known/agentlocator/";

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

//! Who we are, so that somebody at the command line can be certain that an address leads to this very daemon.
//!
//! The daemon makes a key at its start and tells it over the control socket alone. Whoever knows it asks the address with
//! a challenge of their own, and sees by the answer whether it comes from here. Strangers learn nothing by asking.

use crate::domain::hex;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The key of one run of the daemon. No `Debug`: nobody else should know it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(String);

impl Identity {
    /// Around a key that was drawn by chance.
    pub fn new(key: [u8; 32]) -> Self {
        Self(hex(&key))
    }

    /// What only this daemon answers to the challenge; none if it is no challenge.
    pub fn answer(&self, challenge: &str) -> Option<String> {
        let is_challenge = LENGTHS.contains(&challenge.len()) && challenge.bytes().all(|b| b.is_ascii_alphanumeric());
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).ok().filter(|_| is_challenge)?;
        mac.update(b"agentlocator address check\0");
        mac.update(challenge.as_bytes());
        Some(hex(&mac.finalize().into_bytes()))
    }
}

/// Where the answer is given, before the challenge.
pub const CHALLENGE_PATH: &str = "/.well-known/agentlocator/";

/// How long a challenge may be.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_gives_the_same_answer() {
        let (ours, other) = (Identity::new([1; 32]), Identity::new([2; 32]));
        let challenge = "0123456789abcdef";
        assert_eq!(ours.answer(challenge), ours.clone().answer(challenge));
        assert_ne!(ours.answer(challenge), other.answer(challenge));
        assert_ne!(ours.answer(challenge), ours.answer("0123456789abcdee"));
        for no_challenge in ["", "short", "0123456789abcde/", &"a".repeat(65)] {
            assert_eq!(ours.answer(no_challenge), None, "{no_challenge}");
        }
    }
}

//! Detects repeated signed webhooks. Twilio may repeat a webhook whose response it did not receive, and an attacker may
//! replay a captured webhook.

use crate::providers::twilio::signature::Signature;
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// The most recent webhooks, by a hash of the target (path and query) and the signature.
#[derive(Default)]
pub struct ReplayCache {
    hasher: RandomState,
    // A blocking mutex suffices, because it is held only for a set lookup.
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    hashes: HashSet<u64>,
    order: VecDeque<u64>,
}

impl ReplayCache {
    /// Records a webhook; returns true if it was recorded before.
    pub(super) fn record(&self, path: &str, signature: Signature) -> bool {
        let hash = self.hasher.hash_one((path, signature));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.hashes.insert(hash) {
            return true;
        }
        seen.order.push_back(hash);
        if seen.order.len() > REMEMBERED
            && let Some(oldest) = seen.order.pop_front()
        {
            seen.hashes.remove(&oldest);
        }
        false
    }
}

/// The maximum number of stored webhooks; they take about 400 KB.
const REMEMBERED: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn signature(number: usize) -> Signature {
        let mut bytes = [0; 20];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Signature::parse(STANDARD.encode(bytes).as_bytes()).unwrap()
    }

    #[test]
    fn the_last_signatures_are_remembered() {
        let (replay_cache, first) = (ReplayCache::default(), signature(0));
        assert!(!replay_cache.record("/a", first));
        assert!(replay_cache.record("/a", first));
        assert!(!replay_cache.record("/b", first));
        for number in 0..REMEMBERED {
            assert!(!replay_cache.record("/c", signature(number)));
        }
        assert!(!replay_cache.record("/a", first), "the oldest are forgotten");
    }
}

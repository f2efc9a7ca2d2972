//! How often somebody may try a name and a password, or a set-up code.

use crate::http::peer::network;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Counts attempts by address and by address with name. Only failures stay counted.
///
/// Keys are hashes with a random key: a counter has the same size whatever a client sent as a name.
#[derive(Default)]
pub(super) struct Attempts {
    windows: HashMap<u64, Window>,
    /// The windows by their beginning, the oldest first. What is over is removed with each attempt.
    oldest: VecDeque<(Instant, u64)>,
    hasher: RandomState,
}

struct Window {
    began: Instant,
    count: u32,
}

impl Attempts {
    /// Counts an attempt; refused with the time to wait if there were too many.
    pub(super) fn begin(&mut self, address: IpAddr, name: &str, now: Instant) -> Result<(), Duration> {
        self.expire(now);
        let keys = [(self.key(address, ""), BY_ADDRESS), (self.key(address, name), BY_NAME)];
        for (key, limit) in &keys {
            if let Some(window) = self.windows.get(key).filter(|window| window.count >= *limit) {
                return Err((window.began + WINDOW).saturating_duration_since(now));
            }
        }
        for (key, _) in keys {
            self.count(key, now);
        }
        Ok(())
    }

    /// Forgets the attempts of somebody who got it right.
    pub(super) fn succeeded(&mut self, address: IpAddr, name: &str) {
        let (all, one) = (self.key(address, ""), self.key(address, name));
        self.windows.remove(&one);
        if let Some(all) = self.windows.get_mut(&all) {
            all.count = all.count.saturating_sub(1);
        }
    }

    fn count(&mut self, key: u64, now: Instant) {
        let oldest = &mut self.oldest;
        let window = self.windows.entry(key).or_insert_with(|| {
            oldest.push_back((now, key));
            Window { began: now, count: 0 }
        });
        window.count += 1;
    }

    /// Removes what is over, and the oldest where there are more than [`MOST`], from however many addresses they came.
    fn expire(&mut self, now: Instant) {
        while let Some((began, key)) = self.oldest.front().copied()
            && (began + WINDOW <= now || self.oldest.len() >= MOST)
        {
            self.oldest.pop_front();
            // A window that ended by a success may have begun again.
            if self.windows.get(&key).is_some_and(|window| window.began == began) {
                self.windows.remove(&key);
            }
        }
    }

    /// An empty name stands for all names together.
    fn key(&self, address: IpAddr, name: &str) -> u64 {
        self.hasher.hash_one((network(address), name.trim().to_lowercase()))
    }
}

const WINDOW: Duration = Duration::from_mins(5);
const BY_NAME: u32 = 5;
const BY_ADDRESS: u32 = 30;
const MOST: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn the_sixth_attempt_waits_until_the_window_is_over() {
        let (mut attempts, now) = (Attempts::default(), clock::instant());
        let address = IpAddr::from([203, 0, 113, 7]);
        for _ in 0..BY_NAME {
            assert_eq!(attempts.begin(address, "Dana", now), Ok(()));
        }
        let later = now + Duration::from_secs(100);
        assert_eq!(attempts.begin(address, "dana ", later), Err(Duration::from_secs(200)));
        assert_eq!(attempts.begin(address, "noa", later), Ok(()));
        assert_eq!(attempts.begin(IpAddr::from([203, 0, 113, 8]), "dana", later), Ok(()));
        assert_eq!(attempts.begin(address, "dana", now + WINDOW), Ok(()));
    }

    #[test]
    fn many_names_from_one_address_are_limited_too() {
        let (mut attempts, now) = (Attempts::default(), clock::instant());
        let address = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
        for i in 0..BY_ADDRESS {
            assert_eq!(attempts.begin(address(1), &format!("name{i}"), now), Ok(()));
        }
        assert!(attempts.begin(address(2), "another", now).is_err());
    }

    #[test]
    fn success_is_no_failure() {
        let (mut attempts, now) = (Attempts::default(), clock::instant());
        let address = IpAddr::from([203, 0, 113, 7]);
        for _ in 0..100 {
            assert_eq!(attempts.begin(address, "dana", now), Ok(()));
            attempts.succeeded(address, "dana");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let (mut attempts, now) = (Attempts::default(), clock::instant());
        for i in 0..100_000_u32 {
            let _ = attempts.begin(IpAddr::from(i.to_be_bytes()), "x", now);
        }
        assert!(attempts.windows.len() <= MOST + 1 && attempts.oldest.len() <= MOST + 1);
        let _ = attempts.begin(IpAddr::from([203, 0, 113, 7]), "x", now + WINDOW);
        assert_eq!((attempts.windows.len(), attempts.oldest.len()), (2, 2), "what is over is gone");
    }
}

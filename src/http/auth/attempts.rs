//! How often somebody may try a name and a password, or a set-up code.

use crate::http::peer::network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Counts attempts by address and by address with name. Only failures stay counted.
#[derive(Default)]
pub(super) struct Attempts {
    windows: HashMap<Key, Window>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    network: IpAddr,
    /// Empty for all names together.
    name: String,
}

struct Window {
    began: Instant,
    count: u32,
}

impl Attempts {
    /// Counts an attempt; refused with the time to wait if there were too many.
    pub(super) fn begin(&mut self, address: IpAddr, name: &str, now: Instant) -> Result<(), Duration> {
        let keys = [(Key::new(address, ""), BY_ADDRESS), (Key::new(address, name), BY_NAME)];
        for (key, limit) in &keys {
            if let Some(window) = self.windows.get(key) {
                let left = (window.began + WINDOW).saturating_duration_since(now);
                if window.count >= *limit && !left.is_zero() {
                    return Err(left);
                }
            }
        }
        for (key, _) in keys {
            self.count(key, now);
        }
        Ok(())
    }

    /// Forgets the attempts of somebody who got it right.
    pub(super) fn succeeded(&mut self, address: IpAddr, name: &str) {
        self.windows.remove(&Key::new(address, name));
        if let Some(all) = self.windows.get_mut(&Key::new(address, "")) {
            all.count = all.count.saturating_sub(1);
        }
    }

    fn count(&mut self, key: Key, now: Instant) {
        self.make_room(now);
        let window = self.windows.entry(key).or_insert(Window { began: now, count: 0 });
        if window.began + WINDOW <= now {
            *window = Window { began: now, count: 0 };
        }
        window.count += 1;
    }

    /// Keeps the memory bounded, whoever knocks from however many addresses.
    fn make_room(&mut self, now: Instant) {
        if self.windows.len() < MOST {
            return;
        }
        self.windows.retain(|_, window| window.began + WINDOW > now);
        if self.windows.len() >= MOST {
            self.windows.clear();
        }
    }
}

impl Key {
    fn new(address: IpAddr, name: &str) -> Self {
        Self { network: network(address), name: name.trim().to_lowercase() }
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
        assert!(attempts.windows.len() <= MOST + 1);
    }
}

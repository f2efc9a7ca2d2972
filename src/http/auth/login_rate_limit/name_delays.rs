//! A delay for each account, which grows with failed attempts from all addresses.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The failed attempts by the hash of the account's name and current password hash. Names that do not exist are counted
/// as well, so that responses do not reveal which names exist.
#[derive(Default)]
pub(super) struct NameDelays {
    names: HashMap<u64, Failures>,
}

struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    /// Returns the remaining wait before the next attempt.
    fn delay(&self, now: Instant) -> Duration {
        let Some(exponent) = self.count.checked_sub(FREE) else { return Duration::ZERO };
        let delay = Duration::from_secs(1_u64 << exponent.min(20)).min(MAX_DELAY);
        (self.last + delay).saturating_duration_since(now)
    }

    fn is_over(&self, now: Instant) -> bool {
        self.last + FORGET <= now
    }
}

impl NameDelays {
    pub(super) fn check(&self, name: u64, now: Instant) -> Result<(), Duration> {
        let failures = self.names.get(&name).filter(|failures| !failures.is_over(now));
        match failures.map_or(Duration::ZERO, |failures| failures.delay(now)) {
            Duration::ZERO => Ok(()),
            wait => Err(wait),
        }
    }

    /// Counts an attempt as a failure, until [`Self::succeeded`] is called.
    pub(super) fn count(&mut self, name: u64, now: Instant) {
        if self.names.len() >= MAX_NAMES && !self.names.contains_key(&name) {
            self.evict(now);
        }
        let failures = self.names.entry(name).or_insert(Failures { count: 0, last: now });
        if failures.is_over(now) {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    pub(super) fn succeeded(&mut self, name: u64) {
        self.names.remove(&name);
    }

    /// Removes expired names. If the limit is still reached, also removes the quarter of the names with the fewest
    /// failures. To evict one name, an attacker must therefore spend more attempts on thousands of other names.
    fn evict(&mut self, now: Instant) {
        self.names.retain(|_, failures| !failures.is_over(now));
        if self.names.len() < MAX_NAMES {
            return;
        }
        let mut order: Vec<_> = self.names.iter().map(|(name, f)| (f.count, f.last, *name)).collect();
        let (fewest, ..) = order.select_nth_unstable(MAX_NAMES / 4);
        for (.., name) in fewest {
            self.names.remove(name);
        }
    }
}

/// The number of attempts that need no wait. The limit for one address and one account is lower.
const FREE: u32 = 10;

const MAX_DELAY: Duration = Duration::from_mins(15);

/// The time without an attempt after which failures no longer count.
const FORGET: Duration = Duration::from_hours(24);

const MAX_NAMES: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    /// Retries as soon as allowed, `times` times; returns the total duration.
    fn attempts(delays: &mut NameDelays, times: u32, mut now: Instant) -> Duration {
        let began = now;
        for _ in 0..times {
            if let Err(wait) = delays.check(1, now) {
                now += wait;
            }
            assert_eq!(delays.check(1, now), Ok(()));
            delays.count(1, now);
        }
        now - began
    }

    #[test]
    fn the_delay_grows_to_its_maximum() {
        let (mut delays, now) = (NameDelays::default(), clock::instant());
        assert_eq!(attempts(&mut delays, FREE, now), Duration::ZERO);
        assert_eq!(delays.check(1, now), Err(Duration::from_secs(1)));
        assert_eq!(delays.check(2, now), Ok(()));
        let mut delays = NameDelays::default();
        assert_eq!(attempts(&mut delays, FREE + 3, now), Duration::from_secs(1 + 2 + 4));
        let mut delays = NameDelays::default();
        let day = attempts(&mut delays, 120, now);
        assert!(day > Duration::from_hours(24), "{day:?}");
    }

    #[test]
    fn success_and_a_day_of_silence_end_the_delay() {
        let (mut delays, now) = (NameDelays::default(), clock::instant());
        let later = now + attempts(&mut delays, 20, now);
        assert!(delays.check(1, later).is_err());
        assert_eq!(delays.check(1, later + FORGET), Ok(()));
        delays.succeeded(1);
        assert_eq!(delays.check(1, later), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_a_delayed_name_stays() {
        let (mut delays, now) = (NameDelays::default(), clock::instant());
        attempts(&mut delays, FREE + 2, now);
        for name in 2..30_000 {
            delays.count(name, now);
        }
        assert!((MAX_NAMES / 2..=MAX_NAMES).contains(&delays.names.len()), "{}", delays.names.len());
        assert!(delays.check(1, now).is_err());
    }
}

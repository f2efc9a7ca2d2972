//! A limit for the login attempts of all unknown clients together. Without it, an attacker with many addresses could
//! keep a CPU core busy with password hashing.

use std::time::{Duration, Instant};

/// A token bucket of login attempts.
#[derive(Debug, Default)]
pub(super) struct SharedRate {
    /// When [`BURST`] attempts are available again; in the past if they already are.
    rested_at: Option<Instant>,
}

impl SharedRate {
    /// Counts an attempt. Beyond the limit, returns the remaining wait as an error.
    pub(super) fn begin(&mut self, now: Instant) -> Result<(), Duration> {
        let used = self.used(now) + INTERVAL;
        match used.saturating_sub(INTERVAL * BURST) {
            Duration::ZERO => {
                self.rested_at = Some(now + used);
                Ok(())
            }
            wait => Err(wait),
        }
    }

    /// Refunds the attempt of a client that had the correct password.
    pub(super) fn succeeded(&mut self, now: Instant) {
        self.rested_at = Some(now + self.used(now).saturating_sub(INTERVAL));
    }

    fn used(&self, now: Instant) -> Duration {
        self.rested_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }
}

/// The average interval between allowed attempts; at this rate, hashing takes a tenth of a CPU core.
pub(super) const INTERVAL: Duration = Duration::from_millis(500);

/// The number of attempts that are allowed at once. Users rarely log in from new browsers, but all users of a business
/// may do so on the same day.
pub(super) const BURST: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn attempts_are_limited_to_a_burst_and_then_to_one_in_each_interval() {
        let (mut rate, now) = (SharedRate::default(), clock::instant());
        let answered = (0..1000).filter(|_| rate.begin(now).is_ok()).count();
        assert_eq!(answered, BURST as usize);
        assert_eq!(rate.begin(now), Err(INTERVAL));
        let answered = (0..100_u32).filter(|step| rate.begin(now + INTERVAL / 5 * *step).is_ok()).count();
        assert_eq!(answered, 19, "the last of 100 is after 19.8 intervals");
        let later = now + INTERVAL * 200;
        assert_eq!((0..1000).filter(|_| rate.begin(later).is_ok()).count(), BURST as usize);
        rate.succeeded(later);
        assert_eq!((rate.begin(later), rate.begin(later)), (Ok(()), Err(INTERVAL)));
    }
}

//! A limit of the login attempts of all unknown clients together: an attacker with many addresses would otherwise keep a core
//! busy with hashing.

use std::time::{Duration, Instant};

/// The attempts of the last minutes.
#[derive(Debug, Default)]
pub(super) struct SharedRate {
    /// When [`BURST`] attempts will be allowed at once again; in the past if they are.
    rested_at: Option<Instant>,
}

impl SharedRate {
    /// Counts an attempt; beyond the limit, returns the time to wait as an error.
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

    /// Returns the attempt of a client that knew the password.
    pub(super) fn succeeded(&mut self, now: Instant) {
        self.rested_at = Some(now + self.used(now).saturating_sub(INTERVAL));
    }

    fn used(&self, now: Instant) -> Duration {
        self.rested_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }
}

/// One attempt is allowed in each, in the long run: a tenth of a core.
pub(super) const INTERVAL: Duration = Duration::from_millis(500);

/// This many attempts are allowed at once. Users log in from new browsers rarely, but all of a business may do so on one day.
pub(super) const BURST: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn a_burst_then_one_in_each_interval() {
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

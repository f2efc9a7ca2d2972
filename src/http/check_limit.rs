//! A rate limit for checks of accounts and trials of the agent's tools, since each sends requests to other servers.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A sliding window over the checks of all users.
#[derive(Debug, Default)]
pub struct CheckLimit {
    begun: Mutex<VecDeque<Instant>>,
}

impl CheckLimit {
    /// Counts a check. Beyond the limit, returns the remaining wait as an error.
    pub(super) fn begin(&self, now: Instant) -> Result<(), Duration> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        while begun.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
            begun.pop_front();
        }
        match begun.front() {
            Some(first) if begun.len() >= MAX_CHECKS => Err(WINDOW.saturating_sub(now.duration_since(*first))),
            _ => {
                begun.push_back(now);
                Ok(())
            }
        }
    }
}

const WINDOW: Duration = Duration::from_mins(1);
const MAX_CHECKS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_limited_within_a_minute() {
        let (limit, start) = (CheckLimit::default(), crate::clock::instant());
        for second in 0..20 {
            assert_eq!(limit.begin(start + Duration::from_secs(second)), Ok(()));
        }
        assert_eq!(limit.begin(start + Duration::from_secs(30)), Err(Duration::from_secs(30)));
        assert_eq!(limit.begin(start + Duration::from_mins(1)), Ok(()));
        assert!(limit.begin(start + Duration::from_mins(1)).is_err());
    }
}

//! When an incoming message counts as written.

use crate::domain::Timestamp;
use std::time::Duration;

/// When a message counts as written. Providers tell whole seconds, so one that comes at once gets our finer clock, which
/// keeps question and answer in order; one from the future, or from before the box could have known it, gets it too.
pub fn written_at(told: Option<Timestamp>, now: Timestamp) -> Timestamp {
    told.filter(|&told| told <= now && now.since(told) > LIVE && now.since(told) < OLDEST).unwrap_or(now)
}

/// When a message from before the account was linked counts as written: when it says, since it is nobody's question that
/// waits for an answer.
pub fn written_before(told: Option<Timestamp>, now: Timestamp) -> Timestamp {
    told.filter(|told| (Timestamp::from_millis(EARLIEST)..=now).contains(told)).unwrap_or(now)
}

/// The year 2001, in milliseconds: before WhatsApp, and after whatever a broken clock says.
const EARLIEST: i64 = 1_000_000_000_000;
const LIVE: Duration = Duration::from_secs(10);
const OLDEST: Duration = Duration::from_hours(400 * 24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_message_gets_our_clock_and_a_late_one_its_own() {
        let now = Timestamp::from_millis(1_700_000_000_500);
        let before = |seconds| Some(now.minus(Duration::from_secs(seconds)));
        assert_eq!(written_at(None, now), now);
        assert_eq!(written_at(before(2), now), now);
        assert_eq!(written_at(before(3600), now), now.minus(Duration::from_hours(1)));
        assert_eq!(written_at(Some(now.plus(Duration::from_mins(1))), now), now);
        assert_eq!(written_at(Some(Timestamp::from_millis(0)), now), now);
    }

    #[test]
    fn what_is_from_before_keeps_its_time_however_old() {
        let now = Timestamp::from_millis(1_700_000_000_500);
        let old = now.minus(Duration::from_hours(1000 * 24));
        assert_eq!(written_before(Some(old), now), old);
        assert_eq!(written_before(Some(now.minus(Duration::from_secs(1))), now), now.minus(Duration::from_secs(1)));
        for told in [None, Some(Timestamp::from_millis(0)), Some(now.plus(Duration::from_secs(1)))] {
            assert_eq!(written_before(told, now), now);
        }
    }
}

//! The 24-hour window for free-text messages.

use crate::domain::{LastInbound, Provider, Timestamp};
use std::time::Duration;

/// How long after the contact's last message a reply may be free text.
pub const WINDOW: Duration = Duration::from_hours(24);

/// How far in the future a message may be, because the clocks of two machines differ.
pub const MAX_AHEAD: Duration = Duration::from_mins(10);

/// Returns true if the window that the contact opened with a message at `at` is still open; false without a message. Also
/// returns false for a message from the future: it was received while the clock was ahead, so its age is unknown, and the
/// window may have ended.
pub fn is_open(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| now.since(at) < WINDOW && at.since(now) <= MAX_AHEAD)
}

/// Returns the provider by which the contact last wrote, if the contact wrote less than 24 hours ago.
pub fn recent_provider(last: &LastInbound, now: Timestamp) -> Option<Provider> {
    last.provider.filter(|_| is_open(last.at, now))
}

/// Returns true if Twilio accepts free text: the contact wrote to this business's Twilio sender within the window.
/// Messages through the bridge do not count for Twilio.
pub fn is_open_at_twilio(last: &LastInbound, now: Timestamp) -> bool {
    is_open(last.twilio_at, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_window_is_open_for_less_than_a_day() {
        let wrote = Timestamp::from_millis(1_700_000_000_000);
        assert!(is_open(Some(wrote), wrote));
        assert!(is_open(Some(wrote), wrote.plus(WINDOW).minus(Duration::from_millis(1))));
        assert!(!is_open(Some(wrote), wrote.plus(WINDOW)));
        assert!(!is_open(None, wrote));
    }

    #[test]
    fn a_message_from_the_future_opens_no_window() {
        let wrote = Timestamp::from_millis(1_700_000_000_000);
        let minute = Duration::from_mins(1);
        // The clocks of two machines differ a little.
        assert!(is_open(Some(wrote), wrote.minus(10 * minute)));
        assert!(!is_open(Some(wrote), wrote.minus(11 * minute)));
        assert!(!is_open(Some(wrote), wrote.minus(WINDOW * 30)));
    }

    proptest! {
        /// After the clock was ahead, a window is open for no more than 24 hours and the tolerated difference.
        #[test]
        fn a_window_is_never_open_for_longer_than_a_day(wrote in 0i64..4_000_000_000_000, now in 0i64..4_000_000_000_000, near in -200_000_000i64..200_000_000) {
            let day = 24 * 60 * 60 * 1000;
            for now in [now, wrote + near] {
                let is_open = is_open(Some(Timestamp::from_millis(wrote)), Timestamp::from_millis(now));
                prop_assert_eq!(is_open, (wrote - 10 * 60 * 1000..wrote + day).contains(&now));
            }
        }
    }
}

//! The 24 hours in which one may answer freely.

use crate::domain::{LastIn, Provider, Timestamp};
use std::time::Duration;

/// How long an answer may be free text: 24 hours from the person's last message.
pub const WINDOW: Duration = Duration::from_hours(24);

/// Whether a message that was written at `at` still keeps a window open.
pub fn is_open(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| now.since(at) < WINDOW)
}

/// The provider by which the person last wrote, if that is less than 24 hours ago.
pub fn recent_provider(last: &LastIn, now: Timestamp) -> Option<Provider> {
    last.provider.filter(|_| is_open(last.at, now))
}

/// Whether Twilio lets free text through: the person has written to our Twilio sender. What came by the bridge does not
/// count there.
pub fn is_open_at_twilio(last: &LastIn, now: Timestamp) -> bool {
    is_open(last.twilio_at, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_open_for_less_than_a_day() {
        let wrote = Timestamp::from_millis(1_700_000_000_000);
        assert!(is_open(Some(wrote), wrote));
        assert!(is_open(Some(wrote), wrote.plus(WINDOW).minus(Duration::from_millis(1))));
        assert!(!is_open(Some(wrote), wrote.plus(WINDOW)));
        assert!(!is_open(None, wrote));
        // A clock that was set back closes nothing.
        assert!(is_open(Some(wrote), wrote.minus(WINDOW)));
    }
}

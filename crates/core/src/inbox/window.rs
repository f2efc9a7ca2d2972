//! The 24-hour window for free-text messages.

use crate::domain::{LastInbound, Provider, Timestamp};
use std::time::Duration;

/// How long after the contact's last message a reply may be free text.
pub const WINDOW: Duration = Duration::from_hours(24);

/// Returns true if the window that the contact opened with a message at `at` is still open; false without a message.
pub fn is_open(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| now.since(at) < WINDOW)
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

    #[test]
    fn a_window_is_open_for_less_than_a_day() {
        let wrote = Timestamp::from_millis(1_700_000_000_000);
        assert!(is_open(Some(wrote), wrote));
        assert!(is_open(Some(wrote), wrote.plus(WINDOW).minus(Duration::from_millis(1))));
        assert!(!is_open(Some(wrote), wrote.plus(WINDOW)));
        assert!(!is_open(None, wrote));
        // Setting the clock back does not close a window.
        assert!(is_open(Some(wrote), wrote.minus(WINDOW)));
    }
}

//! Calculates the time of a message, which decides its position among the other messages of its thread.

use crate::domain::Timestamp;

/// The known times of a message that has just arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When the message arrived, by the message clock.
    pub at: Timestamp,
    /// When the message was written, by the message clock; none if the provider did not report it.
    pub written: Option<Timestamp>,
}

/// Returns the time of a message that arrives or is written now. The time is never before `newest`, the time of the
/// newest message of the thread. Messages with the same time are ordered as they were stored.
pub fn live(now: Timestamp, newest: Option<Timestamp>) -> Timestamp {
    newest.map_or(now, |newest| newest.max(now))
}

/// Returns the time of a delayed message: when the message was written, with two limits. The time is not after
/// `latest`, the time that the message would have as a live message. The time is not before `predecessor`, the time of
/// the last message that the same provider delivered earlier and that was not written later. Providers report whole
/// seconds, so messages of the same second are in the order of their delivery.
pub fn delayed(written: Timestamp, predecessor: Option<Timestamp>, latest: Timestamp) -> Timestamp {
    predecessor.map_or(written, |predecessor| predecessor.max(written)).min(latest)
}

/// Returns true if a provider's time is plausible. Broken clocks report years before WhatsApp existed.
pub fn is_plausible(reported: Timestamp) -> bool {
    reported >= Timestamp::from_millis(EARLIEST)
}

/// September 2001, in milliseconds since 1970: before WhatsApp existed, and later than the times that broken clocks
/// report.
const EARLIEST: i64 = 1_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + ms)
    }

    #[test]
    fn a_live_message_is_the_newest_one_also_after_the_clock_was_set_back() {
        assert_eq!(live(at(5), None), at(5));
        assert_eq!(live(at(5), Some(at(3))), at(5));
        assert_eq!(live(at(5), Some(at(9))), at(9));
    }

    #[test]
    fn a_delayed_message_is_between_its_predecessor_and_now() {
        assert_eq!(delayed(at(5), None, at(9)), at(5));
        assert_eq!(delayed(at(5), Some(at(3)), at(9)), at(5));
        assert_eq!(delayed(at(5), Some(at(7)), at(9)), at(7));
        assert_eq!(delayed(at(12), None, at(9)), at(9));
        assert!(is_plausible(at(0)) && !is_plausible(Timestamp::from_millis(0)));
    }
}

//! Decides whether the next snapshot is due.

use crate::domain::Timestamp;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use std::time::Duration;

/// Returns true if the local hour `hour` has begun since the last snapshot, or if there is no usable last snapshot.
pub(super) fn is_due(now: Timestamp, last: Option<Timestamp>, hour: u8, zone: &TimeZone) -> bool {
    let Some(last) = last else { return true };
    // A snapshot from the future was created while the clock was wrong.
    last < last_occurrence(now, hour, zone) || last > now.plus(CLOCK_ERROR)
}

/// The last time at which the local hour `hour` began.
fn last_occurrence(now: Timestamp, hour: u8, zone: &TimeZone) -> Timestamp {
    let at = |date: jiff::civil::Date| {
        let hour = i8::try_from(hour).unwrap_or_default();
        // At a change to daylight saving time, a skipped hour counts as the hour after it. Of a repeated hour, the
        // first occurrence counts.
        let zoned = date.at(hour, 0, 0, 0).to_zoned(zone.clone()).ok()?;
        Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
    };
    let today = now.to_zoned(zone).date();
    let yesterday = today.checked_sub(1.day()).unwrap_or(today);
    at(today).filter(|moment| *moment <= now).or_else(|| at(yesterday)).unwrap_or(now)
}

const CLOCK_ERROR: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_snapshot_is_due_once_a_night_and_after_a_pause() {
        let zone = TimeZone::get("Asia/Jerusalem").unwrap();
        let due = |now: &str, last: Option<&str>| is_due(time(now), last.map(time), 3, &zone);
        assert!(due("2026-11-20T12:00:00.000Z", None));
        // 03:00 in the time zone is 01:00 UTC in winter.
        assert!(!due("2026-11-20T00:59:00.000Z", Some("2026-11-19T01:00:05.000Z")));
        assert!(due("2026-11-20T01:00:00.000Z", Some("2026-11-19T01:00:05.000Z")));
        assert!(!due("2026-11-20T23:00:00.000Z", Some("2026-11-20T01:00:05.000Z")));
        assert!(due("2026-11-25T14:00:00.000Z", Some("2026-11-20T01:00:05.000Z")));
        // The last snapshot was created while the clock was a year ahead.
        assert!(due("2026-11-20T12:00:00.000Z", Some("2027-11-20T12:00:00.000Z")));
    }

    #[test]
    fn a_snapshot_is_due_in_nights_on_which_the_clocks_change_too() {
        let zone = TimeZone::get("Asia/Jerusalem").unwrap();
        // 2026-03-27 02:00 is skipped to 03:00; 2026-10-25 02:00 is set back to 01:00.
        for (night, next) in [("2026-03-27T00:00:00.000Z", 2), ("2026-10-24T23:00:00.000Z", 2)] {
            let last = time(night).plus(Duration::from_hours(next));
            assert!(!is_due(last.plus(Duration::from_hours(20)), Some(last), 2, &zone), "{night}");
            assert!(is_due(last.plus(Duration::from_hours(27)), Some(last), 2, &zone), "{night}");
        }
    }
}

//! Conversions to local time, such as the time in the business's time zone.

use crate::domain::Timestamp;
use jiff::ToSpan;
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// Formats a time for display, such as `2026-11-20 18:55`.
pub fn format_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Returns the next time after `now` at which it is `hour` o'clock. On a day on which daylight saving time skips that
/// hour, returns the time right after the skipped hour.
pub fn next_hour(now: Timestamp, zone: &TimeZone, hour: u8) -> Timestamp {
    let local = now.to_zoned(zone);
    let at = Time::new(i8::try_from(hour.min(23)).unwrap_or(0), 0, 0, 0).unwrap_or(Time::midnight());
    for days in 0..=2 {
        let day = local.date().saturating_add(days.days());
        if let Ok(candidate) = day.to_datetime(at).to_zoned(local.time_zone().clone())
            && candidate.timestamp() > local.timestamp()
        {
            return Timestamp::from_millis(candidate.timestamp().as_millisecond());
        }
    }
    now.plus(std::time::Duration::from_hours(24))
}

pub fn date(at: Timestamp, zone: &TimeZone) -> jiff::civil::Date {
    at.to_zoned(zone).date()
}

pub fn start_of_day(now: Timestamp, zone: &TimeZone) -> Timestamp {
    now.to_zoned(zone).start_of_day().map_or(now, |start| Timestamp::from_millis(start.timestamp().as_millisecond()))
}

/// Returns true if the local time is within the `hours` hours after `hour` o'clock.
pub fn is_within(now: Timestamp, zone: &TimeZone, hour: u8, hours: u8) -> bool {
    let local = u8::try_from(now.to_zoned(zone).hour()).unwrap_or(0);
    (local + 24 - hour.min(23)) % 24 < hours
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_hour_is_today_or_tomorrow_whatever_the_clock_change() {
        let zone = &TimeZone::get("Asia/Jerusalem").unwrap();
        for (now, hour, next) in [
            ("2026-11-20T00:30:00Z", 3, "2026-11-20T01:00:00Z"),
            ("2026-11-20T01:00:00Z", 3, "2026-11-21T01:00:00Z"),
            // 27 March 2026, 02:00: an hour is skipped.
            ("2026-03-26T22:30:00Z", 2, "2026-03-27T00:00:00Z"),
            ("2026-03-27T00:00:00Z", 2, "2026-03-27T23:00:00Z"),
            // 25 October 2026, 02:00: an hour occurs twice; the first occurrence counts.
            ("2026-10-24T21:30:00Z", 1, "2026-10-24T22:00:00Z"),
            ("2026-10-24T22:00:00Z", 1, "2026-10-25T23:00:00Z"),
        ] {
            assert_eq!(next_hour(at(now), zone, hour).to_string()[..19], next[..19], "{now} {hour}");
        }
        assert!(
            is_within(at("2026-11-20T01:00:00Z"), zone, 3, 3) && is_within(at("2026-11-20T21:30:00Z"), zone, 23, 3)
        );
        assert!(
            !is_within(at("2026-11-20T00:59:00Z"), zone, 3, 3) && !is_within(at("2026-11-20T04:00:00Z"), zone, 3, 3)
        );
        assert_eq!(start_of_day(at("2026-07-01T21:05:00Z"), zone), at("2026-07-01T21:00:00Z"));
        assert_eq!(format_time(at("2026-07-01T21:05:00Z"), zone), "2026-07-02 00:05");
    }
}

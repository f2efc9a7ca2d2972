//! The times at which the agent may call contacts: within the hours of the settings, and for a business in Israel
//! neither on the Sabbath and holidays nor after 13:00 on Fridays and the eves of holidays.

use super::holidays::holiday;
use super::opening::instant;
use crate::domain::{DayTime, HolidayKind, Timestamp};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

/// The hours in which the agent may call.
#[derive(Clone, Debug)]
pub struct CallingHours {
    /// The first minute of the day at which the agent may call.
    pub from: DayTime,
    /// The end of the hours: the first minute of the day at which the agent may not call any more.
    pub until: DayTime,
    /// Whether the agent makes no calls on Saturdays and holidays, and none after 13:00 on Fridays and the eves of
    /// holidays.
    pub keeps_sabbath: bool,
    /// The time zone of the business.
    pub zone: TimeZone,
}

impl CallingHours {
    /// Returns the first allowed time that is not before `at`; `None` if the hours allow no time within a month.
    pub fn next(&self, at: Timestamp) -> Option<Timestamp> {
        let today = at.to_zoned(&self.zone).date();
        (0..MAX_DAYS).map(|day| today.saturating_add(day.days())).find_map(|date| {
            let until = self.until_on(date)?;
            let (opens, closes) = (instant(date, self.from, &self.zone), instant(date, until, &self.zone));
            let next = opens.max(at);
            (next < closes).then_some(next)
        })
    }

    /// Returns true if the agent may call at this time.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.next(at) == Some(at)
    }

    fn until_on(&self, date: Date) -> Option<DayTime> {
        if !self.keeps_sabbath {
            return Some(self.until);
        }
        let kind = holiday(date).map(|holiday| holiday.kind());
        if date.weekday() == Weekday::Saturday || kind == Some(HolidayKind::Holiday) {
            return None;
        }
        let is_eve = date.weekday() == Weekday::Friday || kind == Some(HolidayKind::Eve);
        Some(if is_eve { self.until.min(EVE_ENDS) } else { self.until })
    }
}

/// The latest end of the hours on the eve of the Sabbath or of a holiday.
const EVE_ENDS: DayTime = DayTime::hour(13);
const MAX_DAYS: i64 = 31;

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(keeps_sabbath: bool) -> CallingHours {
        let zone = TimeZone::get("Asia/Jerusalem").unwrap();
        CallingHours { from: DayTime::hour(9), until: DayTime::hour(19), keeps_sabbath, zone }
    }

    fn next(hours: &CallingHours, at: &str) -> String {
        let at = at.parse::<jiff::civil::DateTime>().unwrap().to_zoned(hours.zone.clone()).unwrap();
        let at = Timestamp::from_millis(at.timestamp().as_millisecond());
        let next = hours.next(at).unwrap();
        assert_eq!(hours.is_open(at), next == at);
        next.to_zoned(&hours.zone).strftime("%a %F %H:%M").to_string()
    }

    #[test]
    fn calls_wait_for_the_morning_the_sabbath_and_holidays() {
        for (at, expected) in [
            ("2026-11-24T10:30", "Tue 2026-11-24 10:30"),
            ("2026-11-24T19:00", "Wed 2026-11-25 09:00"),
            ("2026-11-25T03:00", "Wed 2026-11-25 09:00"),
            ("2026-11-27T12:59", "Fri 2026-11-27 12:59"),
            ("2026-11-27T13:00", "Sun 2026-11-29 09:00"),
            // The eve and the first day of Passover are Wednesday and Thursday, 21 and 22 April.
            ("2027-04-21T12:00", "Wed 2027-04-21 12:00"),
            ("2027-04-21T14:00", "Fri 2027-04-23 09:00"),
        ] {
            assert_eq!(next(&hours(true), at), expected, "{at}");
        }
        assert_eq!(next(&hours(false), "2026-11-28T10:00"), "Sat 2026-11-28 10:00");
    }

    #[test]
    fn empty_hours_allow_no_call() {
        let hours = CallingHours { from: DayTime::hour(9), until: DayTime::hour(9), ..hours(true) };
        assert_eq!(hours.next(Timestamp::from_millis(1_795_000_000_000)), None);
    }
}

//! Opening hours: weekly hours, closures, and rules for holidays.

use super::{ClosureId, ResourceId, Timestamp, UnknownValue, text_enum};
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A local time of day in whole minutes, from `00:00` to `24:00`, the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayTime(u16);

impl DayTime {
    /// `00:00`, the beginning of a day.
    pub const START: Self = Self(0);
    /// `24:00`, the end of a day, which is the beginning of the next one.
    pub const END: Self = Self(24 * 60);

    /// Returns a full hour, at most the end of the day.
    pub const fn hour(hour: u8) -> Self {
        if hour < 24 { Self(hour as u16 * 60) } else { Self::END }
    }

    /// Creates a time from minutes since the beginning of the day; none if it is after the end of the day.
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        Some(Self(minutes)).filter(|time| *time <= Self::END)
    }

    /// Returns the minutes since the beginning of the day. On a day with a clock change, the elapsed time differs.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for DayTime {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (hours, minutes) = text.split_once(':')?;
            let is_two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            let (hours, minutes) = Some((hours, minutes)).filter(|(h, m)| is_two_digits(h) && is_two_digits(m))?;
            let minutes = minutes.parse::<u16>().ok().filter(|minutes| *minutes < 60)?;
            Self::from_minutes(hours.parse::<u16>().ok()? * 60 + minutes)
        };
        read().ok_or_else(|| UnknownValue {
            kind: "time of day",
            value: text.to_owned(),
            expected: "HH:MM from 00:00 to 24:00".to_owned(),
        })
    }
}

impl Serialize for DayTime {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DayTime {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(|_| serde::de::Error::custom("must be a time of day, HH:MM"))
    }
}

/// A half-open range of times within one day: it does not include `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayRange {
    /// The first minute of the range.
    pub from: DayTime,
    /// The first minute after the range.
    pub to: DayTime,
}

impl DayRange {
    /// The whole day, from `00:00` to `24:00`.
    pub const WHOLE: Self = Self { from: DayTime::START, to: DayTime::END };

    /// Returns true if the range contains no time.
    pub fn is_empty(self) -> bool {
        self.from >= self.to
    }
}

/// One range of opening hours on a weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningHours {
    /// The weekday on which the hours apply.
    pub weekday: Weekday,
    /// The range in which the business or the resource is open.
    pub range: DayRange,
}

text_enum! {
    /// Whether the business opens on holidays.
    HolidayRule {
        Closed = "closed",
        /// Open as on any day.
        Open = "open",
    }
}

/// Whether the business opens on the eves of holidays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EveRule {
    /// Closed on the whole eve.
    Closed,
    /// Open as on any day.
    Open,
    /// Open, but only until this time.
    Until(DayTime),
}

impl fmt::Display for EveRule {
    /// Writes the stored value: the word of a [`HolidayRule`], or a time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => HolidayRule::Closed.fmt(f),
            Self::Open => HolidayRule::Open.fmt(f),
            Self::Until(time) => time.fmt(f),
        }
    }
}

impl FromStr for EveRule {
    type Err = <DayTime as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(HolidayRule::Closed) => Ok(Self::Closed),
            Ok(HolidayRule::Open) => Ok(Self::Open),
            Err(_) => text.parse().map(Self::Until),
        }
    }
}

/// The booking rules for holidays, eves of holidays and advance notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningRules {
    /// Whether the business opens on holidays.
    pub holidays: HolidayRule,
    /// Whether, and until when, the business opens on the eves of holidays.
    pub eves: EveRule,
    /// The minimum time in minutes between a contact's booking and the start of the appointment. Users may book at any
    /// time.
    pub notice_min: u32,
}

/// A time in which the business or a resource is closed, such as a vacation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// The id: the number of the database row.
    pub id: ClosureId,
    /// The resource; none for the whole business.
    pub resource_id: Option<ResourceId>,
    /// The first day of the closure, in the time zone of the business.
    pub from_date: Date,
    /// The last day of the closure, which is included.
    pub to_date: Date,
    /// When the closure begins on the first day; none if it begins with the day.
    pub from_time: Option<DayTime>,
    /// When the closure ends on the last day; none if it ends with the day.
    pub to_time: Option<DayTime>,
    /// The reason, for users.
    pub reason: String,
    /// When the closure was created, by the daemon's clock.
    pub created_at: Timestamp,
    /// When the closure was last changed; at first the time of its creation.
    pub updated_at: Timestamp,
}

impl Closure {
    /// Returns the closed part of a day; none if the closure does not affect the day.
    pub fn on(&self, date: Date) -> Option<DayRange> {
        if date < self.from_date || date > self.to_date {
            return None;
        }
        let from = self.from_time.filter(|_| date == self.from_date).unwrap_or(DayTime::START);
        let to = self.to_time.filter(|_| date == self.to_date).unwrap_or(DayTime::END);
        Some(DayRange { from, to }).filter(|range| !range.is_empty())
    }
}

text_enum! {
    /// The reason why a day has no opening hours, or fewer hours than usual for its weekday.
    ClosedReason {
        /// The weekday has no opening hours.
        Weekday = "weekday",
        /// The business is closed on this holiday.
        Holiday = "holiday",
        /// The business is closed, or closes early, on this eve of a holiday.
        Eve = "eve",
        /// A closure, such as a vacation, covers the day or a part of it.
        Closure = "closure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_reads_itself_back() {
        for (text, minutes) in [("00:00", 0), ("09:05", 545), ("23:59", 1439), ("24:00", 1440)] {
            let time: DayTime = text.parse().unwrap();
            assert_eq!((time.minutes(), time.to_string().as_str()), (minutes, text));
        }
        for text in ["", "9:00", "09:60", "24:01", "25:00", "0900", "09:00:00", "+9:00", "09:0x"] {
            assert!(text.parse::<DayTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_closure_lasts_from_its_first_time_to_its_last() {
        let at = |text: &str| Some(text.parse().unwrap());
        let date = |day| jiff::civil::date(2026, 12, day);
        let now = Timestamp::from_millis(0);
        let closure = |from_time, to_time, last| Closure {
            id: ClosureId(1),
            resource_id: None,
            from_date: date(3),
            to_date: date(last),
            from_time,
            to_time,
            reason: String::new(),
            created_at: now,
            updated_at: now,
        };
        let shown = |closure: &Closure, day| closure.on(date(day)).map(|range| format!("{}-{}", range.from, range.to));
        let trip = closure(at("14:00"), at("10:00"), 5);
        let days = [2, 3, 4, 5, 6].map(|day| shown(&trip, day));
        let expected = [None, Some("14:00-24:00"), Some("00:00-24:00"), Some("00:00-10:00"), None];
        assert_eq!(days, expected.map(|range| range.map(str::to_owned)));
        assert_eq!(shown(&closure(at("12:00"), at("13:00"), 3), 3).unwrap(), "12:00-13:00");
        assert_eq!(shown(&closure(at("13:00"), at("12:00"), 3), 3), None);
    }
}

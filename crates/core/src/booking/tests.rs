//! Tests of booking: the calendar, free times, and random sequences of bookings.

mod calendar;
mod histories;
mod slots;

use super::{Bookable, Booking, Busy, Opening, Slot, SlotSearch};
use crate::domain::{DayRange, EveRule, HolidayRule, OpeningHours, OpeningRules, ResourceId, Timestamp};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

/// Israel's time zone, independent of the machine's time zone database.
fn israel() -> TimeZone {
    TimeZone::posix("IST-2IDT,M3.4.4/26,M10.5.0").unwrap()
}

/// Parses a range such as `09:00-13:00`.
fn range(text: &str) -> DayRange {
    let (from, to) = text.split_once('-').unwrap();
    DayRange { from: from.parse().unwrap(), to: to.parse().unwrap() }
}

fn hours(weekday: Weekday, text: &str) -> OpeningHours {
    OpeningHours { weekday, range: range(text) }
}

/// The opening hours of a new database.
fn usual_week() -> Vec<OpeningHours> {
    let days = [Weekday::Sunday, Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday];
    let mut week: Vec<_> = days.into_iter().map(|day| hours(day, "09:00-18:00")).collect();
    week.push(hours(Weekday::Friday, "09:00-13:00"));
    week
}

fn every_day(text: &str) -> Vec<OpeningHours> {
    let days = Weekday::Sunday.cycle_forward().take(7);
    days.map(|day| hours(day, text)).collect()
}

fn opening(hours: Vec<OpeningHours>) -> Opening {
    let rules =
        OpeningRules { holidays: HolidayRule::Closed, eves: EveRule::Until(range("00:00-13:00").to), notice_min: 0 };
    Opening { hours, rules, closures: Vec::new(), zone: israel() }
}

fn resource(id: i64) -> Bookable {
    Bookable { id: ResourceId(id), hours: None, busy: Busy::default() }
}

fn booking(duration_min: u32, buffer_before_min: u32, buffer_after_min: u32) -> Booking {
    Booking { duration_min, buffer_before_min, buffer_after_min }
}

fn search(from: Date, days: u16, booking: Booking, step_min: u32) -> SlotSearch {
    SlotSearch { booking, from, days, step_min, not_before: Timestamp::from_millis(0) }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Formats the start times as `25T02:30Z`: day and time in UTC.
fn starts(slots: &[Slot]) -> Vec<String> {
    slots.iter().map(|slot| format!("{}Z", &slot.starts_at.to_string()[8..16])).collect()
}

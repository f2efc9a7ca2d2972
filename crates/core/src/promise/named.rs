//! The days and times of day that a claim names, compared with the starts of appointments.

use super::said_time::SaidTime;
use super::terms::Start;
use crate::spoken::SaidDay;
use jiff::civil::Date;

/// The days and times of day that a sentence names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) days: Vec<SaidDay>,
    pub(super) times: Vec<SaidTime>,
}

impl Named {
    pub(super) fn is_empty(&self) -> bool {
        self.days.is_empty() && self.times.is_empty()
    }

    /// Returns true if the sentence can refer to this start time.
    pub(super) fn fits(&self, start: Start, today: Option<Date>) -> bool {
        self.has_time(start) && self.has_day(start, today)
    }

    /// Returns true if each named time and each named day is that of one of these start times.
    pub(super) fn is_covered_by(&self, starts: &[Start], today: Option<Date>) -> bool {
        let is_time =
            |time: &SaidTime| starts.iter().any(|start| time.may_mean(start.1) && self.has_day(*start, today));
        // "Monday, in a week" names one day twice, and the second name is not exact.
        let is_inexact = |day: &SaidDay| matches!(day, SaidDay::After(3..) | SaidDay::WeekdayAfter(..));
        let is_vague = |day: &SaidDay| is_inexact(day) && self.days.len() > 1;
        let is_day = |day: &SaidDay| {
            is_vague(day) || starts.iter().any(|start| may_mean(*day, start.0, today) && self.has_time(*start))
        };
        !starts.is_empty() && self.times.iter().all(is_time) && self.days.iter().all(is_day)
    }

    fn has_time(&self, start: Start) -> bool {
        self.times.is_empty() || self.times.iter().any(|time| time.may_mean(start.1))
    }

    fn has_day(&self, start: Start, today: Option<Date>) -> bool {
        self.days.is_empty() || self.days.iter().any(|day| may_mean(*day, start.0, today))
    }
}

fn may_mean(day: SaidDay, date: Date, today: Option<Date>) -> bool {
    match (day, today) {
        (SaidDay::Weekday(weekday), _) | (SaidDay::WeekdayAfter(weekday, _), None) => date.weekday() == weekday,
        (day, Some(today)) => day.may_mean(date, today),
        (_, None) => true,
    }
}

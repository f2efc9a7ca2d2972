//! The opening times of the business and of its resources.

use super::holidays::holiday;
use super::span::{Span, intersect, join, join_ranges, subtract};
use crate::domain::{
    ClosedReason, Closure, DayRange, DayTime, EveRule, HolidayKind, HolidayRule, OpeningHours, OpeningRules,
    ResourceId, Timestamp,
};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// The settings that determine when the business is open.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The weekly opening hours of the business.
    pub hours: Vec<OpeningHours>,
    /// The rules for holidays and their eves.
    pub rules: OpeningRules,
    /// The closures of the business and of its resources.
    pub closures: Vec<Closure>,
    /// The time zone of the hours and closures.
    pub zone: TimeZone,
}

/// The opening times of the business, or of a resource, on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayOpening {
    /// The ranges of time that are open, in order. Ranges do not touch each other.
    pub ranges: Vec<DayRange>,
    /// The reason why the day has no open time, or less than other days of the same weekday; none on other days. A
    /// holiday or an eve that limits the day takes precedence over a closure.
    pub reason: Option<ClosedReason>,
}

/// A resource's own weekly hours; none if the resource follows the hours of the business.
pub type OwnHours<'a> = Option<&'a [OpeningHours]>;

impl Opening {
    /// Returns the opening times of the business on a day.
    pub fn on(&self, date: Date) -> DayOpening {
        self.of(date, None, None)
    }

    /// Returns when a resource is available on a day: within the hours of the business and within its own hours, except
    /// for holidays and closures. Without a resource and own hours, returns when the business is open.
    pub fn of(&self, date: Date, resource: Option<ResourceId>, own: OwnHours<'_>) -> DayOpening {
        let mut ranges = of_weekday(&self.hours, date.weekday());
        if let Some(own) = own {
            ranges = intersect(&ranges, &of_weekday(own, date.weekday()));
        }
        if ranges.is_empty() {
            return DayOpening { ranges, reason: Some(ClosedReason::Weekday) };
        }
        let mut reason = None;
        if let Some((limit, because)) = self.holiday_limit(date) {
            let limited = intersect(&ranges, &limit);
            reason = (limited != ranges).then_some(because);
            ranges = limited;
        }
        for closure in &self.closures {
            let applies = closure.resource_id.is_none() || closure.resource_id == resource;
            if let Some(closed) = closure.on(date).filter(|_| applies) {
                let left = subtract(&ranges, closed);
                if left != ranges {
                    reason = reason.or(Some(ClosedReason::Closure));
                }
                ranges = left;
            }
        }
        DayOpening { ranges, reason }
    }

    /// Returns the ranges of the day that a holiday or an eve leaves open, and the reason; none if the day is not
    /// limited.
    fn holiday_limit(&self, date: Date) -> Option<(Vec<DayRange>, ClosedReason)> {
        match (holiday(date)?.kind(), self.rules.holidays, self.rules.eves) {
            (HolidayKind::Holiday, HolidayRule::Closed, _) => Some((Vec::new(), ClosedReason::Holiday)),
            (HolidayKind::Eve, _, EveRule::Closed) => Some((Vec::new(), ClosedReason::Eve)),
            (HolidayKind::Eve, _, EveRule::Until(to)) => {
                Some((vec![DayRange { from: DayTime::START, to }], ClosedReason::Eve))
            }
            _ => None,
        }
    }

    /// Returns the spans in which a resource is available on these days, in order, each with its day. Spans do not
    /// overlap, but may touch: at midnight, or where a clock change skips the time between them.
    pub(super) fn spans(
        &self,
        from: Date,
        days: u16,
        resource: Option<ResourceId>,
        own: OwnHours<'_>,
    ) -> Vec<(Date, Span)> {
        let dates = (0..i64::from(days)).map(|day| from.saturating_add(day.days()));
        let spans = dates.flat_map(|date| {
            let ranges = self.of(date, resource, own).ranges;
            ranges.into_iter().map(move |range| (date, range))
        });
        let spans = spans.map(|(date, range)| {
            let moment = |time| instant(date, time, &self.zone);
            (date, Span { from: moment(range.from), to: moment(range.to) })
        });
        // A range may be entirely within the hour that a clock change skips.
        spans.filter(|(_, span)| span.from < span.to).collect()
    }

    pub(super) fn is_open(&self, span: Span, resource: Option<ResourceId>, own: OwnHours<'_>) -> bool {
        let first = self.date(span.from);
        let days = (self.date(span.to) - first).get_days().clamp(0, MAX_DAYS_OF_SPAN);
        let spans = self.spans(first, u16::try_from(days + 1).unwrap_or(1), resource, own);
        join(spans.into_iter().map(|(_, open)| open)).into_iter().any(|open| open.contains(span))
    }

    /// Returns true if the business is open at this time.
    pub fn is_open_at(&self, at: Timestamp) -> bool {
        self.spans(self.date(at), 1, None, None).iter().any(|(_, open)| open.from <= at && at < open.to)
    }

    /// Returns the date at this time in the time zone of the business.
    pub fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(&self.zone).date()
    }
}

fn of_weekday(hours: &[OpeningHours], weekday: Weekday) -> Vec<DayRange> {
    join_ranges(hours.iter().filter(|hours| hours.weekday == weekday).map(|hours| hours.range).collect())
}

/// Converts a local time to a timestamp. A time that a clock change skips is converted to the time of the change. A
/// time that occurs twice is converted to its first occurrence. The order of local times is therefore the order of
/// timestamps.
pub fn instant(date: Date, time: DayTime, zone: &TimeZone) -> Timestamp {
    let local = local(date, time);
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let moment = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(local)
        }
        AmbiguousOffset::Gap { after, .. } => {
            // With the offset after the change, the result is a time before the change.
            after.to_timestamp(local).map(|before| {
                let change = zone.following(before).next();
                change.map_or(before, |change| change.timestamp())
            })
        }
    };
    moment.map_or(Timestamp::from_millis(i64::MAX), |moment| Timestamp::from_millis(moment.as_millisecond()))
}

fn local(date: Date, time: DayTime) -> DateTime {
    if time == DayTime::END {
        return date.saturating_add(1.days()).at(0, 0, 0, 0);
    }
    let part = |minutes: u16| i8::try_from(minutes).unwrap_or(0);
    date.at(part(time.minutes() / 60), part(time.minutes() % 60), 0, 0)
}

/// The longest span that `Opening::is_open` checks, in days.
const MAX_DAYS_OF_SPAN: i32 = 7;

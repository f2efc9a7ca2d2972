//! When the business, or one resource, is open.

use super::holidays::holiday;
use super::span::{Span, intersect, join, join_ranges, subtract};
use crate::domain::{
    ClosedReason, Closure, DayRange, DayTime, EveRule, HolidayKind, HolidayRule, OpeningHours, OpeningRules,
    ResourceId, Timestamp,
};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// What decides when the business is open.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The hours of the week.
    pub hours: Vec<OpeningHours>,
    /// What holds on holidays.
    pub rules: OpeningRules,
    /// The closures of the business and of its resources.
    pub closures: Vec<Closure>,
    /// The time zone of the hours and closures.
    pub zone: TimeZone,
}

/// When the business is open on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayOpening {
    /// When it is open, in order; ranges do not touch each other.
    pub ranges: Vec<DayRange>,
    /// Why it is closed, or open for less time than on other such weekdays.
    pub reason: Option<ClosedReason>,
}

/// A resource's own hours of the week; none if it follows those of the business.
pub type OwnHours<'a> = Option<&'a [OpeningHours]>;

impl Opening {
    /// When the business is open on a day.
    pub fn on(&self, date: Date) -> DayOpening {
        self.of(date, None, None)
    }

    /// When a resource is available on a day: within the hours of the business and its own.
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

    /// What a holiday or an eve leaves of the day; none if it leaves all.
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

    /// The spans in which a resource is available on these days, in order, each with its day. Spans of one day do not
    /// touch; those of two days may touch at midnight.
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
        // A range may lie entirely in the hour that a clock change skips.
        spans.filter(|(_, span)| span.from < span.to).collect()
    }

    /// Whether a resource is available for all of a span.
    pub(super) fn is_open(&self, span: Span, resource: Option<ResourceId>, own: OwnHours<'_>) -> bool {
        let first = self.date(span.from);
        let days = (self.date(span.to) - first).get_days().clamp(0, MAX_DAYS_OF_SPAN);
        let spans = self.spans(first, u16::try_from(days + 1).unwrap_or(1), resource, own);
        join(spans.into_iter().map(|(_, open)| open)).into_iter().any(|open| open.contains(span))
    }

    /// Whether the business is open at a moment.
    pub fn is_open_at(&self, at: Timestamp) -> bool {
        self.spans(self.date(at), 1, None, None).iter().any(|(_, open)| open.from <= at && at < open.to)
    }

    /// The local date of a moment.
    pub fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(&self.zone).date()
    }
}

fn of_weekday(hours: &[OpeningHours], weekday: Weekday) -> Vec<DayRange> {
    join_ranges(hours.iter().filter(|hours| hours.weekday == weekday).map(|hours| hours.range).collect())
}

/// The moment of a local time. A time that a clock change skips is the moment of the change, and of a time that comes
/// twice it is the first: so the order of times is the order of moments.
pub fn instant(date: Date, time: DayTime, zone: &TimeZone) -> Timestamp {
    let local = local(date, time);
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let moment = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(local)
        }
        AmbiguousOffset::Gap { after, .. } => {
            // The offset after the change gives a moment before it.
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

/// Longer spans are no appointments.
const MAX_DAYS_OF_SPAN: i32 = 7;

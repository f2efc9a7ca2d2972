//! Spans of time, and operations on the ranges of a day.

use crate::domain::{DayRange, Timestamp};
use std::sync::Arc;

/// A span of time. It includes its beginning and excludes its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first instant of the span.
    pub from: Timestamp,
    /// The first instant after the span.
    pub to: Timestamp,
}

impl Span {
    /// Returns true if the two spans overlap. Spans that only touch do not overlap.
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// Returns true if the other span is completely within this span.
    pub fn contains(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

/// The times at which a resource is occupied, including buffers. The spans are sorted and joined once, so both their
/// starts and their ends are in ascending order. Clones share the spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy(Arc<[Span]>);

impl Default for Busy {
    fn default() -> Self {
        Self(Arc::from([]))
    }
}

impl FromIterator<Span> for Busy {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Self {
        let mut spans: Vec<Span> = spans.into_iter().collect();
        spans.sort_unstable();
        Self(join(spans).into())
    }
}

impl Busy {
    pub(super) fn is_free(&self, blocked: Span) -> bool {
        let later = self.0.partition_point(|span| span.to <= blocked.from);
        self.0.get(later).is_none_or(|next| !next.overlaps(blocked))
    }
}

/// Joins spans that touch or overlap. The spans must be sorted by their start.
pub(super) fn join(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => joined.push(span),
        }
    }
    joined
}

/// Sorts ranges of a day, removes empty ranges, and joins ranges that touch or overlap.
pub(super) fn join_ranges(mut ranges: Vec<DayRange>) -> Vec<DayRange> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable();
    let mut joined: Vec<DayRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.from <= last.to => last.to = last.to.max(range.to),
            _ => joined.push(range),
        }
    }
    joined
}

/// Returns the parts of `ranges` that are also in `others`. Both lists must be sorted and free of overlaps.
pub(super) fn intersect(ranges: &[DayRange], others: &[DayRange]) -> Vec<DayRange> {
    let parts = ranges.iter().flat_map(|range| {
        others.iter().map(|other| DayRange { from: range.from.max(other.from), to: range.to.min(other.to) })
    });
    parts.filter(|part| !part.is_empty()).collect()
}

pub(super) fn subtract(ranges: &[DayRange], removed: DayRange) -> Vec<DayRange> {
    let parts = ranges.iter().flat_map(|range| {
        let before = DayRange { from: range.from, to: range.to.min(removed.from) };
        let after = DayRange { from: range.from.max(removed.to), to: range.to };
        [before, after]
    });
    parts.filter(|part| !part.is_empty()).collect()
}

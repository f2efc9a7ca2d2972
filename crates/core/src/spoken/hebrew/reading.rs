//! The words for a number.

use super::clock::Clock;

/// The words that replace a number.
pub(super) struct Reading {
    pub(super) words: String,
    /// The number of bytes after the number that the words also replace.
    pub(super) length: usize,
    /// The kind of the number. A number after "until" or "or" has the same kind.
    pub(super) kind: Kind,
    /// The time, if the number begins a range that the next number ends.
    pub(super) range_start: Option<Clock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Hour,
    /// A number in a list after a time, as in "9.30, 10.15". Only a number with a full stop is then a time: in "at 9:00,
    /// 3 people", the second number is none.
    ListedHour,
    Date,
    Other,
}

impl Reading {
    pub(super) fn new(words: String) -> Self {
        Self { words, length: 0, kind: Kind::Other, range_start: None }
    }
}

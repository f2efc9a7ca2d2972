//! Runs of digits with the marks between them, and the parsers for their possible meanings.

use super::clock::Clock;
use super::plain::is_dash;

/// Numbers and the marks between them, such as 1,250.50 or 9:00-17:00.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) numbers: Vec<Number>,
    /// The mark after each number except the last. All kinds of dashes are stored as `-`.
    pub(super) marks: Vec<char>,
    /// The length in the text, in bytes.
    pub(super) length: usize,
}

/// Digits without marks between them, except for thousands separators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) digits: String,
    /// Whether the number was written with commas as thousands separators.
    pub(super) is_grouped: bool,
}

impl Number {
    /// Returns the value; none if it is too great to be converted to words.
    pub(super) fn value(&self) -> Option<u64> {
        self.digits.parse().ok().filter(|value| *value <= super::numeral::GREATEST)
    }

    fn at_most(&self, length: usize) -> Option<u64> {
        (self.digits.len() <= length && !self.is_grouped).then(|| self.value()).flatten()
    }

    /// Returns true if the number has zeros that a date or an amount would not have: 001, 0045.
    pub(super) fn has_written_zeros(&self) -> bool {
        self.digits.len() > 2 && self.has_leading_zero()
    }

    pub(super) fn has_leading_zero(&self) -> bool {
        self.digits.len() > 1 && self.digits.starts_with('0')
    }
}

/// A date. Without a year, it is the next such date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) day: u64,
    pub(super) month: u64,
    pub(super) year: Option<u64>,
}

impl Date {
    /// Returns none for a day that no year has, such as 30 February.
    fn new(day: u64, month: u64, year: Option<u64>) -> Option<Self> {
        let last = match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=last).contains(&day).then_some(Self { day, month, year })
    }
}

impl Run {
    /// Reads the run at the beginning of a text; none if the text does not begin with a digit. A dash may have spaces
    /// around it only between two times, two dates, or two rising numbers of the same length.
    pub(super) fn read(text: &str) -> Option<Self> {
        let run = Self::read_close(text)?;
        let rest = &text[run.length..];
        let gap: usize = rest.chars().take(3).map(char::len_utf8).sum();
        let is_gap = rest.starts_with(' ') && rest[1..].starts_with(is_dash) && rest[..gap].ends_with(' ');
        let is_next = is_gap && rest[gap..].starts_with(|c: char| c.is_ascii_digit());
        let Some(next) = is_next.then(|| Self::read_close(&rest[gap..])).flatten() else { return Some(run) };
        let is_rising = |first: &Number, last: &Number| {
            first.digits.len() >= 2 && first.digits.len() == last.digits.len() && first.digits < last.digits
        };
        let are_alike = run.time().is_some() && next.time().is_some()
            || run.day_and_month().is_some() && next.day_and_month().is_some()
            || run.pointed_date().is_some() && next.pointed_date().is_some()
            || run.integer().zip(next.integer()).is_some_and(|(first, last)| is_rising(first, last));
        if !are_alike {
            return Some(run);
        }
        let length = run.length + gap + next.length;
        Some(Self {
            numbers: [run.numbers, next.numbers].concat(),
            marks: [run.marks, vec!['-'], next.marks].concat(),
            length,
        })
    }

    fn read_close(text: &str) -> Option<Self> {
        let mut run = Self { numbers: Vec::new(), marks: Vec::new(), length: 0 };
        loop {
            let number = number(&text[run.length..])?;
            run.length +=
                number.digits.len() + number.digits.len().saturating_sub(1) / 3 * usize::from(number.is_grouped);
            run.numbers.push(number);
            let mut rest = text[run.length..].chars();
            let (Some(mark), Some(next)) = (rest.next(), rest.next()) else { return Some(run) };
            let is_iso = mark == 'T' && run.numbers.len() == 3 && run.numbers[0].digits.len() == 4;
            let is_mark = matches!(mark, '.' | ':' | '/' | '\u{2044}' | '\u{d7}') || is_dash(mark) || is_iso;
            if !is_mark || !next.is_ascii_digit() {
                return Some(run);
            }
            run.marks.push(if is_dash(mark) { '-' } else { mark });
            run.length += mark.len_utf8();
        }
    }

    /// Returns the parts of a range.
    pub(super) fn split(&self) -> Vec<Self> {
        self.split_at('-')
    }

    pub(super) fn split_at(&self, separator: char) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut part = Self { numbers: Vec::new(), marks: Vec::new(), length: 0 };
        for (number, mark) in self.numbers.iter().zip(self.marks.iter().copied().chain([separator])) {
            part.numbers.push(number.clone());
            if mark == separator {
                parts.push(std::mem::replace(&mut part, Self { numbers: Vec::new(), marks: Vec::new(), length: 0 }));
            } else {
                part.marks.push(mark);
            }
        }
        parts
    }

    pub(super) fn integer(&self) -> Option<&Number> {
        self.numbers.first().filter(|_| self.marks.is_empty())
    }

    /// Returns both numbers if the run consists of two numbers with this mark between them.
    pub(super) fn pair(&self, mark: char) -> Option<(&Number, &Number)> {
        match (self.numbers.as_slice(), self.marks.as_slice()) {
            ([first, second], [found]) if *found == mark => Some((first, second)),
            _ => None,
        }
    }

    /// Parses a time: 14:30 or 14:30:15.
    pub(super) fn clock(&self) -> Option<Clock> {
        if self.marks.iter().any(|mark| *mark != ':') || !(2..=3).contains(&self.numbers.len()) {
            return None;
        }
        let parts: Option<Vec<u64>> = self.numbers.iter().map(|number| number.at_most(2)).collect();
        let parts = parts.filter(|_| self.numbers[1..].iter().all(|number| number.digits.len() == 2))?;
        let clock = Clock::new(parts[0], parts[1])?;
        let second = parts.get(2).copied();
        second.is_none_or(|second| second < 60).then_some(Clock { second, ..clock })
    }

    /// Parses a time with a full stop: 14.30.
    pub(super) fn pointed_clock(&self) -> Option<Clock> {
        let (hour, minute) = self.pair('.')?;
        let minute = minute.at_most(2).filter(|_| minute.digits.len() == 2)?;
        Clock::new(hour.at_most(2)?, minute)
    }

    /// Parses a time with a colon or a full stop. With a full stop, it may be a date or a decimal.
    pub(super) fn time(&self) -> Option<Clock> {
        self.clock().or_else(|| self.pointed_clock())
    }

    /// Parses a date with a year: 15.8.2026, 15/8/26, 15-8-2026 or 2026-08-15.
    pub(super) fn full_date(&self) -> Option<Date> {
        let ([first, second, third], [mark, same]) = (self.numbers.as_slice(), self.marks.as_slice()) else {
            return None;
        };
        if mark != same || !matches!(mark, '.' | '/' | '-') {
            return None;
        }
        if first.digits.len() == 4 {
            return Date::new(third.at_most(2)?, second.at_most(2)?, Some(first.at_most(4)?));
        }
        let year = match third.digits.len() {
            2 => third.at_most(2).map(|year| if year < 70 { 2000 + year } else { 1900 + year }),
            4 => third.at_most(4).filter(|year| (1000..3000).contains(year)),
            _ => None,
        };
        Date::new(first.at_most(2)?, second.at_most(2)?, Some(year?))
    }

    /// Parses a date with a year and without dashes, so that a dash can separate the date from another date.
    fn pointed_date(&self) -> Option<Date> {
        self.full_date().filter(|_| !self.marks.contains(&'-'))
    }

    /// Parses a date and a time in ISO 8601 form: 2026-08-15T10:00.
    pub(super) fn moment(&self) -> Option<(Date, Clock)> {
        let at = self.marks.iter().position(|mark| *mark == 'T')?;
        let (before, after) = (self.part(0..at + 1), self.part(at + 1..self.numbers.len()));
        Some((before.full_date()?, after.clock()?))
    }

    /// Parses a day and a month: 15.8 or 15/8.
    pub(super) fn day_and_month(&self) -> Option<Date> {
        let (day, month) = self.pair('.').or_else(|| self.pair('/'))?;
        Date::new(day.at_most(2)?, month.at_most(2)?, None)
    }

    fn part(&self, numbers: std::ops::Range<usize>) -> Self {
        let marks = self.marks[numbers.start..numbers.end.saturating_sub(1)].to_vec();
        Self { numbers: self.numbers[numbers].to_vec(), marks, length: 0 }
    }
}

fn number(text: &str) -> Option<Number> {
    let count = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let first = count(text);
    let mut end = first;
    while (1..=3).contains(&first) && text[end..].starts_with(',') && count(&text[end + 1..]) == 3 {
        end += 4;
    }
    let digits: String = text[..end].chars().filter(char::is_ascii_digit).collect();
    (first > 0).then_some(Number { digits, is_grouped: end > first })
}

/// Returns true if two numbers with a slash are a fraction wherever a date is not expected.
pub(super) fn is_usual_fraction(above: u64, below: u64) -> bool {
    matches!((above, below), (1 | 2, 3) | (1, 2) | (1 | 3, 4))
}

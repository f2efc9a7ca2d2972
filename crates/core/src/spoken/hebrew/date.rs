//! Dates in words.

use super::lists::{Gender, List};
use super::numeral::cardinal;
use super::reading::{Kind, Reading};
use super::run::Date;

pub(super) fn date_reading(date: Date) -> Reading {
    Reading { kind: Kind::Date, ..Reading::new(said_date(date)) }
}

pub(super) fn said_date(date: Date) -> String {
    let day = format!("{} {}{}", cardinal(date.day, Gender::Masculine), List::In.word(), month(date.month));
    date.year.map_or_else(|| day.clone(), |year| format!("{day} {}", feminine(year)))
}

pub(super) fn month(number: u64) -> &'static str {
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    index.map_or("", |index| List::Months.at(index))
}

pub(super) fn feminine(number: u64) -> String {
    cardinal(number, Gender::Feminine)
}

//! Hebrew: numbers, symbols and abbreviations in words.
//!
//! The rules look at the form of a number and at the words around it; the words are data (`words.txt`, `nouns.txt`,
//! `abbreviations.txt`).

mod abbreviations;
mod clock;
mod context;
mod counted;
mod fraction;
mod lists;
mod numbers;
mod numeral;
mod phone;
mod plain;
mod quantity;
mod reading;
mod run;
mod said_time;
mod symbols;

pub(super) use lists::{Gender, lines};
#[cfg(test)]
pub(super) use lists::{List, Noun};
pub(super) use numeral::{cardinal, ordinal};

/// The text with words for numbers, symbols and abbreviations.
pub(super) fn hebrew(text: &str) -> String {
    digits(&abbreviations::abbreviations(text))
}

/// The text with words for numbers and symbols; abbreviations stay.
pub(super) fn digits(text: &str) -> String {
    numbers::numbers(&symbols::symbols(text))
}

/// The times of day that a text says, in words or in digits, in minutes of a clock of twelve hours.
pub(super) fn times(text: &str) -> Vec<u16> {
    said_time::times(&digits(text))
}

/// Returns true if the text has a Hebrew letter.
pub(super) fn is_hebrew(text: &str) -> bool {
    text.chars().any(plain::is_hebrew)
}

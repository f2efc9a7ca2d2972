//! Hebrew text normalisation: converts numbers, symbols and abbreviations to words.
//!
//! The rules use the form of a number and the words around it. The words are in the data files `words.txt`, `nouns.txt`
//! and `abbreviations.txt`.

mod abbreviations;
mod clock;
mod context;
mod counted;
mod fraction;
mod letters;
mod lists;
mod marks;
mod numbers;
mod numeral;
mod phone;
mod plain;
mod pointed;
mod quantity;
mod reading;
mod run;
mod said_time;
mod sequence;
mod slash;
mod symbols;
mod word_choice;

pub(super) use lists::{Gender, lines};
#[cfg(test)]
pub(super) use lists::{List, Noun};
#[cfg(test)]
pub(super) use numeral::before_noun;
pub(super) use numeral::{cardinal, ordinal};

/// Replaces numbers, symbols and abbreviations in a text by words.
pub(super) fn hebrew(text: &str) -> String {
    digits(&abbreviations::abbreviations(text))
}

/// Replaces numbers and symbols in a text by words; abbreviations stay.
pub(super) fn digits(text: &str) -> String {
    numbers::numbers(&symbols::symbols(text))
}

/// Returns the times of day in a text, in words or in digits, as minutes on a 12-hour clock.
pub(super) fn times(text: &str) -> Vec<u16> {
    said_time::times(&digits(text))
}

/// Returns true if the text contains a Hebrew letter.
pub(super) fn is_hebrew(text: &str) -> bool {
    text.chars().any(plain::is_hebrew)
}

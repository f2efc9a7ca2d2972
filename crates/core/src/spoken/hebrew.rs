//! Hebrew text normalisation: converts numbers, symbols and abbreviations to words.
//!
//! The rules use the form of a number and the words around it. The words are in the data files `words.txt`, `nouns.txt`
//! and `abbreviations.txt`.

mod abbreviations;
mod addresses;
mod clock;
mod context;
mod counted;
mod date;
mod daypart;
mod elided;
mod fraction;
pub(super) mod keys;
mod letters;
mod lists;
mod marks;
mod numbers;
mod numeral;
mod part;
mod phone;
mod plain;
mod pointed;
mod quantity;
mod reading;
mod run;
mod said_time;
mod separators;
mod sequence;
mod slash;
mod symbols;
mod weekday;
mod word_choice;

pub(super) use lists::{Gender, lines};
#[cfg(test)]
pub(super) use lists::{List, Noun};
#[cfg(test)]
pub(super) use numeral::before_noun;
pub(super) use numeral::{cardinal, ordinal};

/// Replaces numbers, symbols and abbreviations in a text by words.
pub(super) fn hebrew(text: &str) -> String {
    // The words of symbols and numbers may stand next to two apostrophes as well.
    with_gershayim(&digits(&abbreviations::abbreviations(&addresses::addresses(text))))
}

/// Replaces numbers and symbols in a text by words; abbreviations stay.
pub(super) fn digits(text: &str) -> String {
    numbers::numbers(&symbols::symbols(text))
}

/// Returns the times of day in a text, in words or in digits, as minutes on a 12-hour clock.
pub(super) fn times(text: &str) -> Vec<u16> {
    said_time::times(&digits(text))
}

/// Replaces two apostrophes between Hebrew letters by a quotation mark, because some people type the mark of
/// abbreviations as two apostrophes.
pub(super) fn with_gershayim(text: &str) -> String {
    let is_letter = |c: char| plain::is_hebrew(c) || plain::is_letter(c) && !c.is_alphabetic();
    let (mut said, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at + c.len_utf8()..];
        let second = rest.chars().next().filter(|second| plain::is_geresh(c) && plain::is_geresh(*second));
        let after = second.map(|second| &rest[second.len_utf8()..]);
        match after {
            Some(after) if said.ends_with(is_letter) && after.starts_with(plain::is_hebrew) => {
                said.push('"');
                at = text.len() - after.len();
            }
            _ => {
                said.push(c);
                at += c.len_utf8();
            }
        }
    }
    said
}

/// Returns true if the text contains a Hebrew letter.
pub(super) fn is_hebrew(text: &str) -> bool {
    text.chars().any(plain::is_hebrew)
}

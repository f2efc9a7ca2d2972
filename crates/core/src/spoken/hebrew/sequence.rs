//! The numbers of a list or range.

use super::lists::List;
use super::plain::{is_dash, plain};
use super::run::Run;

/// The next number of a list or range.
pub(super) struct Next<'a> {
    /// The comma and the letters before the number.
    pub(super) connection: String,
    pub(super) run: Run,
    /// The text after the number.
    pub(super) after: &'a str,
}

impl<'a> Next<'a> {
    /// Reads the next number; none if the text before it does not connect it.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let connection = connection(&text[..start]);
        let run = Run::read(&text[start..]).filter(|_| is_connection(&connection))?;
        Some(Self { after: &text[start + run.length..], connection, run })
    }
}

/// Returns the text between two numbers without its spaces and dashes.
pub(super) fn connection(between: &str) -> String {
    plain(between).chars().filter(|c| !is_dash(*c) && *c != ' ').collect()
}

/// Returns true for a comma, and for words such as "and" and "until" with or without a comma.
pub(super) fn is_connection(between: &str) -> bool {
    let word = between.strip_prefix(COMMA).unwrap_or(between);
    between == COMMA || word == List::And.word() || List::BetweenHours.words().contains(&word)
}

pub(super) const COMMA: &str = ",";

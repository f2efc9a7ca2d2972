//! Search without I/O: folding, which maps different spellings to one form; parsing of queries; and the position of
//! hits in a text.

mod fold;
mod query;
mod similar;

pub use fold::{FOLD_VERSION, HEBREW_PREFIXES, fold, is_number_separator, numbers, stems};
pub use query::{Excerpt, Query};
pub use similar::Misspelled;

#[cfg(test)]
mod tests;

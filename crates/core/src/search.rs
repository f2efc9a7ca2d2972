//! Search without I/O: folding, which maps different spellings to one form; parsing of queries; and the position of
//! hits in a text.

mod fold;
mod query;
mod stems;

pub use fold::{fold, numbers};
pub use query::{Excerpt, Query};
pub use stems::{HEBREW_PREFIXES, stems};

#[cfg(test)]
mod tests;

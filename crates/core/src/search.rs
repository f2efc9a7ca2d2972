//! Search without I/O: how texts are folded so that different spellings are equal, how a query is read, and which parts of a text
//! it hits.

mod fold;
mod query;
mod stems;

pub use fold::{fold, numbers};
pub use query::{Excerpt, Query};
pub use stems::{HEBREW_PREFIXES, stems};

#[cfg(test)]
mod tests;

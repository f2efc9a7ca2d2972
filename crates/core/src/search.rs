//! Search without I/O: how texts are folded so that different spellings are equal, how a query is read, and which parts of a text
//! it hits.

mod fold;
mod query;

pub use fold::{fold, numbers};
pub use query::{Excerpt, Query};

#[cfg(test)]
mod tests;

//! Pages of lists: how many, and where the next one begins.

use serde::{Deserialize, Deserializer};

/// How many items a page has: 1 to 200, 50 unless said otherwise; more than that is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(u32);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl Limit {
    /// One more than asked for, to learn whether there is another page.
    pub(crate) fn one_more(self) -> u32 {
        self.0 + 1
    }

    /// Cuts what [`Self::one_more`] found to a page, newest first, and names where the next one begins.
    pub(crate) fn cut<T>(self, mut found: Vec<T>, cursor: impl FnOnce(&T) -> String) -> (Vec<T>, Option<String>) {
        let is_last = found.len() <= self.0 as usize;
        found.truncate(self.0 as usize);
        let next = if is_last { None } else { found.last().map(cursor) };
        (found, next)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match u32::deserialize(d)? {
            0 => Err(serde::de::Error::custom("limit must be 1 or more")),
            limit => Ok(Self(limit.min(MOST))),
        }
    }
}

const MOST: u32 = 200;

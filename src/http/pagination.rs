//! Pagination of lists: the limit and the cursor.

use crate::domain::Cursor;
use serde::{Deserialize, Deserializer};

/// Items per page: 1 to 200, 50 by default.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(pub(crate) usize);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let limit = String::deserialize(d)?.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        limit.map(Self).ok_or_else(|| serde::de::Error::custom(format!("must be 1 to {MAX_LIMIT}")))
    }
}

/// `next_cursor` of the previous page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CursorParam(pub(crate) Cursor);

impl<'de> Deserialize<'de> for CursorParam {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let cursor = String::deserialize(d)?.parse();
        cursor.map(Self).map_err(|_| serde::de::Error::custom("must be the next_cursor of another page"))
    }
}

const MAX_LIMIT: usize = 200;

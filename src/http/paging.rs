//! Pages of lists: how many, and where the next one begins.

use crate::domain::Cursor;
use serde::{Deserialize, Deserializer};

/// How many items a page has: 1 to 200, 50 unless said otherwise; more than that is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(pub(crate) usize);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match u32::deserialize(d)? {
            0 => Err(serde::de::Error::custom("limit must be 1 or more")),
            limit => Ok(Self(usize::try_from(limit).unwrap_or(MOST).min(MOST))),
        }
    }
}

/// `next_cursor` of the page before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct After(pub(crate) Cursor);

impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

const MOST: usize = 200;

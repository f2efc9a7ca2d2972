//! The cursor of a list.

use super::{Timestamp, UnknownValue};
use std::fmt;
use std::str::FromStr;

/// The position after a page of a list; lists are ordered by time, then by id. In the API it is an opaque text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The time of the last item.
    pub at: Timestamp,
    /// Its id.
    pub id: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_millis(), self.id)
    }
}

impl FromStr for Cursor {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (at, id) = text.split_once('.')?;
            Some(Self { at: Timestamp::from_millis(at.parse().ok()?), id: id.parse().ok()? })
        };
        read().ok_or_else(|| UnknownValue {
            kind: "cursor",
            value: text.to_owned(),
            expected: "the next_cursor of an earlier page".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_itself_back() {
        let cursor = Cursor { at: Timestamp::from_millis(1_700_000_000_120), id: 42 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "1", "1.", ".1", "a.b", "1.2.3"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}

//! The cursors by which clients request the next page of a list.

use super::{Timestamp, UnknownValue};
use std::fmt;
use std::str::FromStr;

/// The position after a page of a list that is ordered by time, then by id. In the API it is an opaque string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The time of the last item.
    pub at: Timestamp,
    /// The id of the last item.
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
        read().ok_or_else(|| unknown(text))
    }
}

/// The position after a page of a list that is ordered by a text, then by id. In the API it is an opaque string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextCursor {
    /// The sort key of the last item.
    pub key: String,
    /// The id of the last item.
    pub id: i64,
}

impl fmt::Display for TextCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id, super::hex(self.key.as_bytes()))
    }
}

impl FromStr for TextCursor {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (id, key) = text.split_once('.')?;
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            let key = key.as_bytes().chunks(2).map(byte).collect::<Option<Vec<u8>>>()?;
            Some(Self { key: String::from_utf8(key).ok()?, id: id.parse().ok()? })
        };
        read().filter(|cursor| cursor.to_string() == text).ok_or_else(|| unknown(text))
    }
}

pub(super) fn unknown(text: &str) -> UnknownValue {
    UnknownValue { kind: "cursor", value: text.to_owned(), expected: "the next_cursor of an earlier page".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_itself_back() {
        let cursor = Cursor { at: Timestamp::from_millis(1_700_000_000_120), id: 42 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "1", "1.", ".1", "a.b", "1.2.3"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_cursor_with_a_text_reads_itself_back() {
        for key in ["", "דנה לוי", "2026-11-22T10:00:00.000Z", "a.b"] {
            let cursor = TextCursor { key: key.to_owned(), id: -7 };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for text in ["", "1", ".61", "x.61", "1.6", "1.zz", "1.ff", "1.6A", "+1.61"] {
            assert!(text.parse::<TextCursor>().is_err(), "{text}");
        }
    }
}

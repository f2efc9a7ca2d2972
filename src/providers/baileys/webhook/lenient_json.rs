//! Repairs nearly valid JSON, so that no message is lost because of an encoding error: unpaired surrogates (half an
//! emoji, as JavaScript can write it), invalid UTF-8, a byte order mark, or duplicate fields.

use serde_json::Value;
use std::fmt::Write;

/// Removes a byte order mark, replaces invalid characters by `U+FFFD`, and keeps the last value of a duplicate field.
/// Returns `None` if the body is still not valid JSON.
pub(super) fn repair(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let repaired = replace_unpaired_surrogates(text.trim_start_matches('\u{feff}'));
    serde_json::from_str::<Value>(&repaired).ok().map(|body| body.to_string())
}

fn replace_unpaired_surrogates(text: &str) -> String {
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        repaired.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                let _ = write!(repaired, "\\ufffd");
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            // An escaped character. A backslash at the end of the text is kept.
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        repaired.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    repaired.push_str(rest);
    repaired
}

/// Parses a `\uXXXX` escape at the start of the text. Returns its UTF-16 code unit.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_of_emojis_and_broken_bytes_are_replaced() {
        assert_eq!(repair(br#"{"a":"x\ud83dy"}"#).as_deref(), Some("{\"a\":\"x\u{fffd}y\"}"));
        assert_eq!(repair(br#"{"a":"\ude00\ud83d\ude00"}"#).as_deref(), Some("{\"a\":\"\u{fffd}😀\"}"));
        assert_eq!(repair(b"{\"a\":\"\xff\"}").as_deref(), Some("{\"a\":\"\u{fffd}\"}"));
        assert_eq!(repair(br#"{"a":"\\ud83d \n"}"#).as_deref(), Some(r#"{"a":"\\ud83d \n"}"#));
        assert_eq!(repair(b"hello\\"), None);
    }

    #[test]
    fn a_byte_order_mark_is_removed_and_of_two_equal_fields_the_last_one_stays() {
        assert_eq!(repair(b"\xef\xbb\xbf{\"a\":1,\"a\":2}").as_deref(), Some(r#"{"a":2}"#));
    }

    proptest! {
        #[test]
        fn any_body_can_be_repaired_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..64), text in "(\\\\|u|d8|\\PC){0,12}") {
            let _ = repair(&body);
            let _ = repair(text.as_bytes());
        }
    }
}

//! JSON that is nearly right: half an emoji, as JavaScript writes it, or broken UTF-8. The message must not be lost for it.

use std::fmt::Write;

/// The body with everything that is no character replaced by `U+FFFD`; none if there is nothing to repair.
pub(super) fn repaired(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let mut whole = String::with_capacity(text.len());
    let mut changed = matches!(text, std::borrow::Cow::Owned(_));
    let mut rest = &*text;
    while let Some(at) = rest.find('\\') {
        whole.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                let _ = write!(whole, "\\ufffd");
                changed = true;
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            // An escaped character; a backslash at the very end stays what it is.
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        whole.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    whole.push_str(rest);
    changed.then_some(whole)
}

/// The UTF-16 unit that a text begins with as `\uXXXX`.
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
        assert_eq!(repaired(br#"{"a":"x\ud83dy"}"#).as_deref(), Some(r#"{"a":"x\ufffdy"}"#));
        assert_eq!(repaired(br#"{"a":"\ude00\ud83d\ude00"}"#).as_deref(), Some(r#"{"a":"\ufffd\ud83d\ude00"}"#));
        assert_eq!(repaired(b"{\"a\":\"\xff\"}").as_deref(), Some("{\"a\":\"\u{fffd}\"}"));
        assert_eq!(repaired(br#"{"a":"\\ud83d \n"}"#), None);
        assert_eq!(repaired(b"hello\\"), None);
    }

    proptest! {
        #[test]
        fn takes_anything(body in proptest::collection::vec(any::<u8>(), 0..64), text in "(\\\\|u|d8|\\PC){0,12}") {
            let _ = repaired(&body);
            let _ = repaired(text.as_bytes());
        }
    }
}

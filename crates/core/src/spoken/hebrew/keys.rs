//! Sequences of keys of a phone, such as `*99`, `*43#` and `*21*0501234567#`.

use super::lists::List;
use super::plain::{is_dash, words_before};
use crate::spoken::emphasis::closings;

/// Returns the length in bytes of the sequence of keys at the beginning of `text`: digits with `*` or `#` that the caller
/// must dial. `before` is the text before it. Returns none for other numbers, and for digits within Markdown stars.
pub(in crate::spoken) fn length(before: &str, text: &str) -> Option<usize> {
    let keys = sequence(text);
    let has_digit = keys.contains(is_digit);
    let follows_key = before.ends_with(|c: char| is_digit(c) || is_sign(c));
    if !has_digit || !keys.contains(is_sign) || follows_key {
        return None;
    }
    let (first, last) = (keys.starts_with(is_sign), keys.ends_with('#'));
    // A code of the network ends with a hash: "*43#", "#31#0501234567".
    let is_network_code = keys.starts_with('*') && last || keys.starts_with('#') && keys.matches('#').count() > 1;
    let is_keyed = || {
        let is_emphasis = if keys.ends_with('*') {
            keys.starts_with('*') || has_opening(before)
        } else {
            keys.starts_with('*') && closes_words(&text[keys.len()..])
        };
        let has_inner = keys.trim_matches(is_sign).contains(is_sign);
        // "9*": three to six digits may be a short number, whose star is often written after it.
        let is_key = keys
            .strip_suffix('*')
            .is_some_and(|key| (1..=2).contains(&key.len()) && key.bytes().all(|c| c.is_ascii_digit()));
        !is_emphasis && (first || last || has_inner || is_key) && is_after_dial(before)
    };
    (is_network_code || is_keyed()).then_some(keys.len())
}

/// Returns true if a star ends emphasised text after the first key, as in "*1 for appointments*". The star after a number,
/// as in "*9 or 9*", is a key.
fn closes_words(text: &str) -> bool {
    let is_number = |before: &str| {
        let word = before.trim_end_matches(is_digit);
        word.len() < before.len() && word.ends_with(|c: char| c.is_whitespace() || is_dash(c))
    };
    closings(text, 1).any(|at| !is_number(&text[..at]))
}

/// Returns true if a star that is not before a digit begins emphasised text.
fn has_opening(before: &str) -> bool {
    before.match_indices('*').any(|(at, _)| {
        let is_start = before[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        is_start && before[at + 1..].starts_with(|c: char| !c.is_whitespace() && !is_digit(c))
    })
}

/// Returns the digits, stars and hashes at the beginning of a text, up to a star or hash that is repeated.
fn sequence(text: &str) -> &str {
    let mut last = None;
    for (at, c) in text.char_indices() {
        if last == Some(c) && is_sign(c) {
            return &text[..at - 1];
        }
        if !is_digit(c) && !is_sign(c) {
            return &text[..at];
        }
        last = Some(c);
    }
    text
}

/// Returns true if one of the last words is about dialling: "press *1".
fn is_after_dial(before: &str) -> bool {
    let sentence = before.rsplit(['.', '!', '?', '\n']).next().unwrap_or_default();
    let words = sentence.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let is_dial = |word: &str| DIAL_WORDS.contains(&word.to_lowercase().as_str());
    is_keyed(before) || words.rev().take(4).any(is_dial)
}

/// Returns true if the keys of a phone are named in Hebrew before a number, as in "press 1" and "the code is 1234".
pub(super) fn is_keyed(before: &str) -> bool {
    words_before(before).take(4).any(|word| List::BeforeKeys.has(&word))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn is_sign(c: char) -> bool {
    matches!(c, '*' | '#')
}

/// English, Russian and Arabic words before keys. The Hebrew words are in `words.txt`.
const DIAL_WORDS: [&str; 19] = [
    "dial",
    "press",
    "enter",
    "push",
    "code",
    "pin",
    "password",
    "нажмите",
    "наберите",
    "введите",
    "код",
    "пароль",
    "اضغط",
    "اضغطوا",
    "اطلب",
    "اطلبوا",
    "أدخل",
    "رمز",
    "الرمز",
];

//! Sequences of keys of a phone, such as `*99`, `*43#` and `*21*0501234567#`.

use super::lists::List;
use super::plain::words_before;
use crate::spoken::emphasis::has_closing;

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
        let is_emphasis = keys.ends_with('*') || keys.starts_with('*') && has_closing(&text[keys.len()..], 1);
        let has_inner = keys.trim_matches(is_sign).contains(is_sign);
        !is_emphasis && (first || last || has_inner) && is_after_dial(before)
    };
    (is_network_code || is_keyed()).then_some(keys.len())
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

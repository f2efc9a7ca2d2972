//! The marks of prices that are written as in other countries: the comma before the decimals ("99,90 shekels"), and the
//! full stop or the space between thousands ("1.200 shekels").

use super::lists::{List, Noun};
use super::plain::{CURRENCIES, NEARBY, is_dash, plain, word_length, words_after, words_before};

/// Replaces the marks in prices by the usual ones: a full stop before the decimals, and a comma between thousands. Numbers
/// without a currency are not changed, because they may be dates, times and lists.
pub(super) fn separators(text: &str) -> String {
    let (mut said, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(start) = text[at..].find(is_digit).map(|start| at + start) {
        said.push_str(&text[at..start]);
        let rest = &text[start..];
        let length = number_length(rest);
        let (before, number, after) = (&text[..start], &rest[..length], &rest[length..]);
        let is_whole = !before.ends_with(['.', ',', ':', '/']) && !after.starts_with([':', '/']);
        let price = if is_whole && is_price(before, after) { usual(number, before, after) } else { None };
        said.push_str(price.as_deref().unwrap_or(number));
        at = start + length;
    }
    said.push_str(&text[at..]);
    said
}

/// Returns the price with the usual marks; none if it has them already, or may be something else.
fn usual(number: &str, before: &str, after: &str) -> Option<String> {
    let (whole, decimals) = match number.rsplit_once(',') {
        Some((whole, decimals)) if decimals.len() == 2 && decimals.bytes().all(|c| c.is_ascii_digit()) => {
            (whole, Some(decimals))
        }
        _ => (number, None),
    };
    let mark = whole.chars().find(|c| is_separator(*c));
    let groups: Vec<&str> = whole.split(is_separator).collect();
    let is_uniform = whole.chars().filter(|c| is_separator(*c)).all(|c| Some(c) == mark);
    let are_thousands = groups[1..].iter().all(|group| group.len() == 3)
        && (1..=3).contains(&groups[0].len())
        && !groups[0].starts_with('0');
    let is_usual = match mark {
        None => decimals.is_some(),
        Some('.') => are_thousands && (decimals.is_some() || groups.len() > 2 || !is_rate(before, after)),
        // "Room 1 200 shekels" is two numbers.
        Some(' ') => are_thousands && is_after_price(before),
        Some(',') => false,
        Some(_) => are_thousands,
    };
    let price =
        || format!("{}{}", groups.join(","), decimals.map(|decimals| format!(".{decimals}")).unwrap_or_default());
    (is_usual && is_uniform).then(price)
}

/// Returns true if a word of a price is before the number. "Payment 2 150 shekels" is two numbers.
fn is_after_price(before: &str) -> bool {
    let is_numbered = |word: &String| Noun::find(word).is_some_and(|(noun, _)| noun.is_numbered);
    let mut words = words_before(before).take(2).peekable();
    !words.peek().is_some_and(is_numbered) && words.any(|word| List::BeforePrice.has(&word))
}

fn is_price(before: &str, after: &str) -> bool {
    let is_before = before.trim_end_matches(' ').ends_with(CURRENCIES);
    // The currency may be after the last number of a range.
    let last = after.strip_prefix(is_dash).map(|last| &last[number_length(last)..]);
    let word = last.unwrap_or(after).trim_start_matches([' ', NO_BREAK]);
    let is_currency = || Noun::find(&plain(&word[..word_length(word)])).is_some_and(|(noun, _)| noun.is_currency());
    is_before || word.starts_with(CURRENCIES) || is_currency()
}

/// Returns true if the price of a currency, a fuel or another unit is near, which may have three decimal places.
fn is_rate(before: &str, after: &str) -> bool {
    let is_named = |word: &String| List::Decimals.has(word);
    let after = &after[..after.ceil_char_boundary(NEARBY)];
    let mut near = words_before(before).take(6).chain(words_after(after).skip(1).take(3));
    near.any(|word| is_named(&word))
}

/// Returns the length in bytes of the digits at the beginning of a text, with single separators between them.
fn number_length(text: &str) -> usize {
    let mut length = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_inner = is_separator(c) && chars.peek().is_some_and(|(_, next)| is_digit(*next));
        if !is_digit(c) && !is_inner {
            break;
        }
        length = at + c.len_utf8();
    }
    length
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | ',' | ' ' | NO_BREAK | NARROW)
}

/// The spaces between thousands that do not end a line.
const NO_BREAK: char = '\u{a0}';
const NARROW: char = '\u{202f}';

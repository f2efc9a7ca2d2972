//! The letters that denote weekdays: "\u{5d0}'" for Sunday.

use super::counted::next_word;
use super::lists::{List, is_prefix};
use super::plain::{CURRENCIES, NEARBY, is_dash, is_geresh, plain, word_length, words_before};
use super::run::Run;
use super::sequence::Next;

/// Returns the name of the weekday that a letter denotes, with a leading "and", "from", "in" or "to" if the letter has it.
pub(super) fn name(word: &str) -> Option<String> {
    let letter = |word: &str| {
        let short = word.strip_suffix(GERESH).unwrap_or(word);
        let is_letter = |entry: &&&str| entry.strip_suffix(GERESH) == Some(short);
        List::WeekdayLetters.words().iter().position(|entry| is_letter(&entry)).map(|day| List::Weekdays.at(day))
    };
    if let Some(day) = letter(word) {
        return Some(day.to_owned());
    }
    let first = word.chars().next().filter(|c| word.ends_with(GERESH) && DAY_PREFIXES.contains(c))?;
    letter(&word[first.len_utf8()..]).map(|day| format!("{first}{day}"))
}

/// Returns true if the letter denotes a weekday: the word "day" precedes the letter, the letter is in a list or range
/// of days, or a geresh and then a time or words such as "and holidays" follow the letter.
pub(super) fn is_day(word: &str, follows_day: bool, before: &str, after: &str) -> bool {
    let after = &after[..after.ceil_char_boundary(NEARBY)];
    let is_number = after.trim_start_matches(is_dash).starts_with(|c: char| c.is_ascii_digit());
    let is_named = is_named(before);
    // A symbol counts as a space, because it is later replaced by a word and a space. So does a price whose currency
    // precedes the number.
    let is_start = || {
        let is_start =
            |c: char| matches!(c, ' ' | '(' | '\n' | '%' | '\u{b0}' | '+' | '#' | '*') || CURRENCIES.contains(&c);
        let number = before.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
        let follows_price = before.ends_with(|c: char| c.is_ascii_digit()) && number.ends_with(CURRENCIES);
        (before.is_empty() || before.ends_with(is_start) || follows_price) && !ends_with_number(before)
    };
    // "Friday and holidays".
    let has_day_after = || next_word(after, 0).is_some_and(|next| List::AfterWeekday.has(&plain(&after[next])));
    let has_mark = word.ends_with(GERESH);
    let is_alone = letters(word) == 1;
    let is_lettered = words_before(before).next().is_some_and(|word| List::BeforeLetter.has(&word));
    let continues_range = || follows_day && (before.ends_with(is_dash) || ends_with_until(before)) && !is_number;
    // "Sunday, Monday, Wednesday 9-17": "in" and other prefixes are also letters of weekdays, and may be before an hour.
    let may_be_prefix =
        || word.starts_with(PREFIXES) && after.trim_start_matches(' ').starts_with(|c: char| c.is_ascii_digit());
    let continues_list = || {
        let is_next = before.ends_with(COMMA) || before.ends_with(", ") && !may_be_prefix();
        follows_day && is_next && !is_number && is_alone
    };
    // "Sunday to Thursday 9-18, Friday 9-13", without a geresh.
    let is_next_day =
        || !follows_day && before.trim_end().ends_with(COMMA) && has_day_before(before) && is_before_hours(after);
    is_named && !is_number
        || !is_lettered
            && (is_start() && begins_days(word, before, after)
                || continues_range()
                || continues_list()
                || is_alone && !has_mark && is_next_day()
                || has_mark && (follows_day || is_alone && (is_before_hours(after) || has_day_after())))
}

/// Returns true if the word "day" precedes the letter.
pub(super) fn is_named(before: &str) -> bool {
    let is_near = before.ends_with([' ', '\u{a0}']) && !before.trim_end().ends_with([',', ':', ';']);
    is_near && words_before(before).next().is_some_and(|word| List::BeforeWeekday.has(&word))
}

/// Returns true if the letter ends a range of letters that are no weekdays: "classes a-c".
pub(super) fn ends_letters(before: &str, word: &str) -> bool {
    let is_letter = |word: &str| letters(word) == 1 && word.ends_with(GERESH);
    let mut words = words_before(before);
    is_letter(word)
        && before.strip_suffix(is_dash).is_some_and(|before| before.ends_with(is_geresh))
        && words.next().is_some_and(|first| is_letter(&first))
        && words.next().is_some_and(|noun| List::BeforeLetter.has(&noun))
}

/// Returns true for a word between two weekdays: "and", "or", "until".
pub(super) fn is_connection(word: &str) -> bool {
    word == List::And.word() || is_until(word) || List::Or.words().contains(&word)
}

/// Returns true if the letter begins a range of days, or a list of days about which hours or opening are said.
fn begins_days(word: &str, before: &str, after: &str) -> bool {
    let mut rest = after;
    let (mut is_range, mut days) = (false, 1);
    while let Some((next, connects_range)) = next_day(rest, word.ends_with(GERESH)) {
        is_range |= connects_range;
        days += 1;
        rest = next;
    }
    let is_about_opening = || {
        words_before(before).take(5).any(|word| List::Open.has(&word))
            || next_word(rest, 0).is_some_and(|next| List::Open.has(&plain(&rest[next])))
    };
    is_range || days > 1 && word.ends_with(GERESH) && (is_before_hours(rest) || is_about_opening())
}

/// Reads the next weekday of a list or range: the text after it, and whether it ends a range. `has_mark`: whether a geresh
/// must follow the letter; otherwise none may.
fn next_day(text: &str, has_mark: bool) -> Option<(&str, bool)> {
    let rest = text.trim_start_matches([' ', COMMA]);
    let (rest, is_range) = match rest.chars().next()? {
        // "From 9 - 18": a dash with spaces is in a range of days only between two letters.
        c if is_dash(c) => (rest[c.len_utf8()..].trim_start_matches(' '), true),
        PLUS => (rest[1..].trim_start_matches(' '), false),
        _ => {
            let word = &rest[..word_length(rest)];
            if is_until(&plain(word)) {
                (rest[word.len()..].strip_prefix(' ')?, true)
            } else if plain(word) == List::And.word() {
                (rest[word.len()..].trim_start_matches(|c| is_dash(c) || c == ' '), false)
            } else if rest.len() < text.len() {
                (rest, false)
            } else {
                return None;
            }
        }
    };
    let length = word_length(rest);
    let day = plain(&rest[..length]);
    let is_alone = letters(&day) == 1 || !is_range && day.starts_with(List::And.word());
    let is_day = name(&day).is_some() && is_alone && day.ends_with(GERESH) == has_mark;
    is_day.then(|| (&rest[length..], is_range))
}

/// Returns true if a time or a range of hours follows: "8:00-13:00", "9-13", "at 10:00", "from 9 until 13".
fn is_before_hours(after: &str) -> bool {
    let rest = after.trim_start_matches([' ', ':']);
    let first = plain(&rest[..word_length(rest)]);
    let is_from = is_prefix(&first) || first == List::Between.word();
    let number = if is_from { rest[word_length(rest)..].trim_start_matches(|c| is_dash(c) || c == ' ') } else { rest };
    let Some(run) = Run::read(number) else {
        let hour = first.strip_prefix(FROM).unwrap_or_default();
        return List::Feminine.words().contains(&hour);
    };
    let is_hour = |run: &Run| {
        let hour = run.integer().filter(|hour| hour.digits.len() <= 2).and_then(|hour| hour.value());
        run.time().is_some() || hour.is_some_and(|hour| hour <= 24)
    };
    let parts = run.split();
    let after = &number[run.length..];
    let is_range = match parts.as_slice() {
        [first, last] => {
            let counts = || super::counted::Counted::after(after, false, false).is_some();
            is_hour(first) && is_hour(last) && !counts() && !after.starts_with(CURRENCIES)
        }
        [first] => is_from && is_hour(first) && Next::read(after).is_some_and(|next| is_hour(&next.run)),
        _ => false,
    };
    is_range || parts.first().is_some_and(|first| first.time().is_some())
}

/// Returns true if the sentence names a weekday before this place.
fn has_day_before(before: &str) -> bool {
    words_before(before).any(|word| List::Weekdays.words().contains(&word.as_str()))
}

/// Returns true if the text before a letter ends with a number in words. The letter then belongs to the number, as in
/// "entrance three a-b".
fn ends_with_number(before: &str) -> bool {
    let lists = [List::Feminine, List::Masculine, List::Tens, List::Hundreds, List::Thousands, List::Large];
    let mut names = lists.into_iter().flat_map(|list| list.words());
    let last = words_before(before).next();
    last.is_some_and(|last| names.any(|name| name.rsplit(' ').next() == Some(last.as_str())))
}

fn ends_with_until(before: &str) -> bool {
    before.strip_suffix(' ').is_some_and(|before| words_before(before).next().is_some_and(|word| is_until(&word)))
}

fn is_until(word: &str) -> bool {
    word.strip_prefix(List::And.word()).unwrap_or(word) == List::Until.word()
}

/// The number of letters of a word, without its geresh.
fn letters(word: &str) -> usize {
    word.trim_end_matches(GERESH).chars().count()
}

const GERESH: char = '\'';
const COMMA: char = ',';
const PLUS: char = '+';

/// The letters of weekdays that are also prefixes: "in", "the" and "and".
const PREFIXES: [char; 3] = ['\u{5d1}', '\u{5d4}', '\u{5d5}'];

/// The prefixes of a weekday: "and", "from", "in" and "to".
const DAY_PREFIXES: [char; 4] = ['\u{5d5}', FROM, '\u{5d1}', '\u{5dc}'];

/// The prefix "from".
const FROM: char = '\u{5de}';

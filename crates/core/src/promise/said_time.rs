//! Times of day in what the agent says: "at five", "17:00", "half past ten in the evening".

use super::phrase::{LISTS, words};
use crate::spoken;
use serde::{Deserialize, Serialize};

/// A time of day that a sentence names. A spoken time such as "at three" may mean 3:00 or 15:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SaidTime {
    /// Minutes on a 12-hour clock.
    minutes: u16,
    /// Whether it is after noon, if the sentence says so.
    is_afternoon: Option<bool>,
}

impl SaidTime {
    /// Returns true if the time can mean this minute of the day.
    pub(super) fn may_mean(self, minute: u16) -> bool {
        minute % HALF_A_DAY == self.minutes
            && self.is_afternoon.is_none_or(|is_afternoon| is_afternoon == (minute >= HALF_A_DAY))
    }

    /// Returns true if both can mean the same time.
    pub(super) fn may_be(self, other: Self) -> bool {
        let parts = self.is_afternoon.zip(other.is_afternoon);
        self.minutes == other.minutes && parts.is_none_or(|(one, other)| one == other)
    }
}

/// Returns the times that a clause names. Limits such as "until six", "after five" and "from ten" are left out.
pub(super) fn said_times(text: &str) -> Vec<SaidTime> {
    let text = &text.replace("a.m.", "am").replace("p.m.", "pm");
    let (rest, mut times) = in_digits(&without_limits(text));
    // An English sentence may contain an apostrophe or a name that is not ASCII.
    let is_latin = rest.chars().all(|c| !c.is_alphabetic() || c < LATIN_END);
    let minutes = if is_latin { in_english(&rest) } else { spoken::said_times(&rest) };
    let minutes = minutes.into_iter().chain(in_russian(&rest));
    times.extend(minutes.map(|minutes| SaidTime { minutes, is_afternoon: None }));
    if times.is_empty() {
        return times;
    }
    let folded = words(text);
    let (am, pm) = (LISTS.mornings.is_in(&folded), LISTS.afternoons.is_in(&folded));
    let is_afternoon = match (am || has_mark(&folded, "am"), pm || has_mark(&folded, "pm")) {
        (true, false) => Some(false),
        (false, true) => Some(true),
        _ => return times,
    };
    for time in &mut times {
        time.is_afternoon = time.is_afternoon.or(is_afternoon);
    }
    times
}

/// Returns true if "am" or "pm" follows an hour.
fn has_mark(words: &[String], mark: &str) -> bool {
    let is_number = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_digit()) || english_hour(word).is_some() || word == "thirty"
    };
    words.iter().enumerate().any(|(at, word)| match word.strip_suffix(mark) {
        Some("") => at > 0 && is_number(&words[at - 1]),
        Some(hour) => is_number(hour),
        None => false,
    })
}

/// Returns the hours in Russian words, such as "пять часов". After a word such as "через", it is a duration.
fn in_russian(text: &str) -> Vec<u16> {
    let words = words(text);
    let hour = |at: usize| {
        let hour = RUSSIAN_HOURS.iter().position(|word| *word == words[at])?;
        let is_hour = words.get(at + 1).is_some_and(|word| RUSSIAN_UNITS.contains(&word.as_str()));
        let is_duration = at > 0 && RUSSIAN_DURATIONS.contains(&words[at - 1].as_str());
        u16::try_from((hour + 1) % 12 * 60).ok().filter(|_| is_hour && !is_duration)
    };
    (0..words.len()).filter_map(hour).collect()
}

/// Returns the minute of the day of a time such as `17:30`.
pub(super) fn clock_time(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// Returns the times in digits, such as 15:30, and the text without them.
fn in_digits(text: &str) -> (String, Vec<SaidTime>) {
    let (mut rest, mut times, mut from) = (String::new(), Vec::new(), 0);
    for (at, _) in text.match_indices(':') {
        let is_digit = |c: char| c.is_ascii_digit();
        let Some(before) = text.get(from..at) else { continue };
        let start = from + before.trim_end_matches(is_digit).len();
        let end = text.len() - text[at + 1..].trim_start_matches(is_digit).len();
        let Some(minute) = (end - at == 3).then(|| clock_time(&text[start..end])).flatten() else { continue };
        // "10:00" may be said of the evening as well, "22:00" only of the evening.
        let is_afternoon = if minute < 60 { Some(false) } else { (minute >= HALF_A_DAY + 60).then_some(true) };
        times.push(SaidTime { minutes: minute % HALF_A_DAY, is_afternoon });
        rest.push_str(&text[from..start]);
        from = end;
    }
    rest.push_str(&text[from..]);
    (rest, times)
}

/// Removes each time after a word such as "until", or after the Hebrew prefix "from".
fn without_limits(text: &str) -> String {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if let Some(end) = limit_end(&tokens, at) {
            at = end;
        } else {
            kept.push(tokens[at]);
            at += 1;
        }
    }
    kept.join(" ")
}

/// Returns the index of the next word after a limit that begins at this word.
fn limit_end(tokens: &[&str], at: usize) -> Option<usize> {
    let from = tokens[at].strip_prefix(FROM).map(|hour| format!("{AT}{hour}"));
    if from.is_some_and(|hour| !spoken::said_times(&hour).is_empty() || hour.contains(':')) {
        return Some(at + 1);
    }
    let word = words(tokens[at]);
    let is_limit = word.first().is_some_and(|word| LISTS.bounds.contains(word));
    let next = tokens.get(at + 1).copied().unwrap_or_default();
    let pair: Vec<String> = word.iter().cloned().chain(words(next)).collect();
    // "After noon" is a part of the day.
    if !is_limit || LISTS.mornings.is_in(&pair) || LISTS.afternoons.is_in(&pair) {
        return None;
    }
    // "Until a quarter to six" and "between ten and two" have a second word with the prefix "to", or after "and".
    let is_range = LISTS.ranges.is_in(&word);
    let is_end = |token: &str| token.starts_with(TO) || is_range && matches!(token, "and" | "to");
    let ahead = if is_range { MAX_RANGE } else { 1 };
    let has_digit = |token: &str| token.contains(|c: char| c.is_ascii_digit());
    let rest = tokens.get(at + 2..).unwrap_or_default().iter().take(ahead);
    let end = if has_digit(next) && !is_range { None } else { rest.clone().position(|token| is_end(token)) };
    let end = end.map(|end| at + 3 + end + usize::from(!tokens[at + 2 + end].starts_with(TO)));
    Some(end.unwrap_or(at + if word.len() == 1 { 2 } else { 1 }))
}

/// Returns the times in English words, in minutes on a 12-hour clock. The hour must follow "at", or stand with
/// "o'clock", "half past" or a part of the day, because other numbers count something.
fn in_english(text: &str) -> Vec<u16> {
    let words = words(text);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let mut times = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (time, next) = match (word(at), word(at + 1)) {
            ("noon" | "midnight", _) => (Some(0), at + 1),
            ("half", "past") => (english_hour(word(at + 2)).map(|hour| hour * 60 + 30), at + 3),
            ("quarter", "past") => (english_hour(word(at + 2)).map(|hour| hour * 60 + 15), at + 3),
            ("quarter", "to") => (english_hour(word(at + 2)).map(|hour| hour * 60 + HALF_A_DAY - 15), at + 3),
            ("at", _) => english_time(&words, at + 1, true),
            _ => english_time(&words, at, false),
        };
        match time {
            Some(time) => {
                times.push(time % HALF_A_DAY);
                at = next;
            }
            None => at += 1,
        }
    }
    times
}

/// Returns the time whose hour is this word, and the index of the next word.
fn english_time(words: &[String], at: usize, is_pointed: bool) -> (Option<u16>, usize) {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let bare = word(at).trim_end_matches("pm").trim_end_matches("am");
    let Some(hour) = english_hour(bare) else { return (None, at) };
    let (minutes, next) = match (word(at + 1), word(at + 2)) {
        ("thirty" | "30", _) => (30, at + 2),
        ("fifteen" | "15", _) => (15, at + 2),
        ("forty", "five") => (45, at + 3),
        ("45", _) => (45, at + 2),
        _ => (0, at + 1),
    };
    let is_marked = bare.len() < word(at).len()
        || minutes > 0
        || matches!(word(next), "oclock" | "am" | "pm")
        || matches!((word(next), word(next + 1)), ("o", "clock") | ("a" | "p", "m") | ("in", "the"));
    ((is_pointed || is_marked).then_some(hour * 60 + minutes), next)
}

fn english_hour(word: &str) -> Option<u16> {
    let named = HOURS.iter().zip(1..).find(|(name, _)| **name == word).map(|(_, hour)| hour);
    named.or_else(|| word.parse().ok().filter(|hour| (1..=12).contains(hour)))
}

const HOURS: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
/// The first character after the Latin letters of European languages.
const LATIN_END: char = '\u{250}';
const HALF_A_DAY: u16 = 12 * 60;
/// The maximum number of words between "between ten" and the end of the range.
const MAX_RANGE: usize = 3;
/// The Hebrew prefixes "from", "at" and "to".
const FROM: char = '\u{5DE}';
const AT: char = '\u{5D1}';
const TO: char = '\u{5DC}';

/// The hours in Russian, folded.
const RUSSIAN_HOURS: [&str; 12] = [
    "один",
    "два",
    "три",
    "четыре",
    "пять",
    "шесть",
    "семь",
    "восемь",
    "девять",
    "десять",
    "одиннадцать",
    "двенадцать",
];
const RUSSIAN_UNITS: [&str; 3] = ["час", "часа", "часов"];
const RUSSIAN_DURATIONS: [&str; 5] = ["через", "за", "около", "длится", "занимает"];

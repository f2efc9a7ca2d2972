//! Times of day in the owner's commands, in digits or in words.

use crate::domain::DayTime;
use std::time::Duration;

/// How long a command holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until the next command.
    Changed,
    /// Until it is this time of day.
    Time(DayTime),
    /// For this long.
    For(Duration),
    /// Until the business opens on a later day.
    Opening,
}

/// Parses the words of a duration: "לשעתיים", "ל-3 שעות", "לשעה וחצי", "for 90 minutes", "for 1.5 hours".
pub(super) fn duration(words: &[&str]) -> Option<Duration> {
    let (first, rest) = words.split_first()?;
    let first = match *first {
        "for" => None,
        word => Some(word.strip_prefix('ל')?.trim_start_matches('-')),
    };
    // "2h", "45min".
    let parts = |word: &str| {
        let unit = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (number, unit) = word.split_at(word.len() - unit);
        [number.to_owned(), unit.to_owned()]
    };
    let words = first.into_iter().chain(rest.iter().copied()).flat_map(parts);
    let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (words, more) = match words.as_slice() {
        [words @ .., "וחצי"] | [words @ .., "and", "a", "half"] => (words, 30),
        [words @ .., "ורבע"] => (words, 15),
        words => (words, 0),
    };
    let minutes = match words {
        ["שעתיים" | "שעתים"] => 2 * HOUR,
        ["חצי" | "half", unit] | ["half", "an" | "a", unit] if more == 0 => unit_minutes(unit).filter(is_hour)? / 2,
        ["רבע" | "quarter", unit] | ["a", "quarter", "of", "an", unit] if more == 0 => {
            unit_minutes(unit).filter(is_hour)? / 4
        }
        ["שלושת", "רבעי", unit] if more == 0 => unit_minutes(unit).filter(is_hour)? / 4 * 3,
        [unit @ ("שעה" | "דקה")] | [unit, "אחת"] | ["an" | "a", unit] => unit_minutes(unit)?,
        [count @ .., unit] => amount(count, unit_minutes(unit)?)?,
        [] => return None,
    };
    // "And a half" is a half of an hour.
    let is_whole = more == 0 || minutes >= HOUR && minutes.is_multiple_of(HOUR);
    Some(Duration::from_mins(minutes + more)).filter(|duration| is_whole && !duration.is_zero())
}

/// The end of the day on which the owner writes.
pub(super) fn end_of_day() -> Option<Until> {
    DayTime::from_minutes(DAY).map(Until::Time)
}

fn unit_minutes(unit: &str) -> Option<u64> {
    match unit {
        "שעה" | "שעות" | "hour" | "hours" | "hr" | "hrs" | "h" => Some(HOUR),
        "דקה" | "דקות" | "דק" | "minute" | "minutes" | "min" | "mins" => Some(1),
        _ => None,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "for `Option::filter`")]
fn is_hour(unit: &u64) -> bool {
    *unit == HOUR
}

/// Returns the minutes of a number of units: digits with up to two decimal places, or words. None for a part of a minute.
fn amount(count: &[&str], unit: u64) -> Option<u64> {
    let digits = |text: &str, length: usize| {
        let is_number = !text.is_empty() && text.len() <= length && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { text.parse::<u64>().ok() } else { None }
    };
    let [word] = count else { return number(count).map(|number| number * unit) };
    match word.split_once('.') {
        Some((whole, decimals)) => {
            let hundredths = digits(whole, 3)? * 100 + digits(decimals, 2)? * if decimals.len() == 1 { 10 } else { 1 };
            Some(hundredths * unit).filter(|minutes| minutes.is_multiple_of(100)).map(|minutes| minutes / 100)
        }
        None => digits(word, 3).or_else(|| number(count)).map(|number| number * unit),
    }
}

/// Returns a number in words below 100: "שמונה", "חמש עשרה", "עשרים וחמש", "forty-five".
fn number(words: &[&str]) -> Option<u64> {
    let below_13 = |word: &str| hour(word).map(|minutes| u64::from(minutes / 60));
    let tens = |word: &str| TENS.iter().find(|(_, names)| names.contains(&word)).map(|(tens, _)| *tens);
    match words {
        [word] => below_13(word).or_else(|| tens(word)).or_else(|| {
            let (first, last) = word.split_once('-')?;
            number(&[first, last])
        }),
        [unit, "עשרה"] => below_13(unit).filter(|unit| *unit < 10).map(|unit| unit + 10),
        [first, last] => {
            let last = last.strip_prefix('ו').unwrap_or(last);
            let is_ten = |tens: &u64| tens.is_multiple_of(10) && *tens > 10;
            Some(tens(first).filter(is_ten)? + below_13(last).filter(|last| *last < 10)?)
        }
        _ => None,
    }
}

/// Parses the words of a time: `17`, `17:00`, `17.30`, `ה-17:00`, `5pm`, `8 בערב`, "שמונה וחצי", "noon". Without a part of
/// the day, an hour up to 12 is one of the morning.
pub(super) fn day_time(words: &[&str]) -> Option<DayTime> {
    let words = match words {
        ["שעה" | "השעה" | "לשעה" | "at", rest @ ..] => rest,
        _ => words,
    };
    let minutes = match words {
        ["חצות" | "לחצות" | "midnight"] => DAY,
        ["הצהריים" | "הצהרים" | "לצהריים" | "noon"] => NOON,
        [time] if time.ends_with("am") || time.ends_with("pm") => {
            let (time, part) = time.split_at(time.len() - 2);
            in_part(minutes(&[time])?, if part == "am" { Part::Am } else { Part::Pm })?
        }
        _ => {
            let part = PARTS.iter().find_map(|(part, names)| {
                names.iter().find_map(|name| words.strip_suffix(*name)).map(|rest| (*part, rest))
            });
            match part {
                Some((part, rest)) => in_part(minutes(rest)?, part)?,
                None => minutes(words)?,
            }
        }
    };
    DayTime::from_minutes(minutes)
}

/// A part of the day, which says to which half of the day an hour up to 12 belongs.
#[derive(Clone, Copy)]
enum Part {
    Am,
    Pm,
    Afternoon,
    Evening,
    Night,
}

const PARTS: &[(Part, &[&[&str]])] = &[
    (Part::Am, &[&["בבוקר"], &["לפנות", "בוקר"], &["am"], &["a.m"], &["in", "the", "morning"]]),
    (Part::Pm, &[&["pm"], &["p.m"]]),
    (
        Part::Afternoon,
        &[
            &["בצהריים"],
            &["בצהרים"],
            &["אחר", "הצהריים"],
            &["אחר", "הצהרים"],
            &["אחרי", "הצהריים"],
            &["אחהצ"],
            &["in", "the", "afternoon"],
        ],
    ),
    (Part::Evening, &[&["בערב"], &["הערב"], &["in", "the", "evening"], &["this", "evening"]]),
    (Part::Night, &[&["בלילה"], &["הלילה"], &["at", "night"], &["tonight"]]),
];

/// Returns the minutes since midnight of a time in a part of the day; none if the time does not fit the part.
fn in_part(minutes: u16, part: Part) -> Option<u16> {
    let later = minutes + NOON;
    let midnight = if minutes == NOON { DAY } else { minutes.saturating_sub(NOON) };
    match (part, minutes / 60) {
        (Part::Am, 12) => Some(minutes - NOON),
        (Part::Am, 1..12)
        | (Part::Pm, 12)
        | (Part::Afternoon, 11..19)
        | (Part::Evening, 16..24)
        | (Part::Night, 0..=5 | 19..=24) => Some(minutes),
        (Part::Pm, 1..12) | (Part::Afternoon, 1..7) | (Part::Evening, 4..12) | (Part::Night, 7..=11) => Some(later),
        (Part::Evening | Part::Night, 12) => Some(midnight),
        _ => None,
    }
}

/// Returns the minutes since midnight of an hour with or without minutes.
fn minutes(words: &[&str]) -> Option<u16> {
    let (words, more) = match words {
        [hour @ .., "וחצי"] => (hour, 30),
        [hour @ .., "ורבע"] => (hour, 15),
        _ => (words, 0),
    };
    let time = match words {
        [time] => digits(time).or_else(|| hour(time)),
        // "One ten" and "two ten" are eleven and twelve.
        [unit, "עשרה"] => hour(unit).filter(|hour| *hour <= 2 * 60).map(|hour| hour + 10 * 60),
        _ => None,
    }?;
    (more == 0 || time.is_multiple_of(60)).then_some(time + more)
}

/// Parses `17`, `17:00` and `17.30`, with or without the Hebrew "the" or "to".
fn digits(text: &str) -> Option<u16> {
    let text = text.strip_prefix(['ה', 'ל']).unwrap_or(text);
    let text = text.strip_prefix('-').unwrap_or(text);
    let (hours, minutes) = text.split_once([':', '.']).unwrap_or((text, "00"));
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok())?;
    let hours = number(hours).filter(|number| hours.len() <= 2 && *number <= 24)?;
    let minutes = number(minutes).filter(|number| minutes.len() == 2 && *number < 60)?;
    Some(hours * 60 + minutes)
}

fn hour(word: &str) -> Option<u16> {
    let position = |word: &str| HOURS.iter().position(|names| names.contains(&word));
    let hour = position(word).or_else(|| position(word.strip_prefix('ל')?))?;
    u16::try_from(hour + 1).ok().map(|hour| hour * 60)
}

/// The hours from one on. In Hebrew, eleven and twelve have two words.
const HOURS: [&[&str]; 12] = [
    &["אחת", "one"],
    &["שתיים", "שתים", "two"],
    &["שלוש", "three"],
    &["ארבע", "four"],
    &["חמש", "five"],
    &["שש", "six"],
    &["שבע", "seven"],
    &["שמונה", "eight"],
    &["תשע", "nine"],
    &["עשר", "ten"],
    &["eleven"],
    &["twelve"],
];

/// The numbers above twelve that are one word.
const TENS: [(u64, &[&str]); 15] = [
    (13, &["thirteen"]),
    (14, &["fourteen"]),
    (15, &["fifteen"]),
    (16, &["sixteen"]),
    (17, &["seventeen"]),
    (18, &["eighteen"]),
    (19, &["nineteen"]),
    (20, &["עשרים", "twenty"]),
    (30, &["שלושים", "thirty"]),
    (40, &["ארבעים", "forty"]),
    (50, &["חמישים", "fifty"]),
    (60, &["שישים", "sixty"]),
    (70, &["שבעים", "seventy"]),
    (80, &["שמונים", "eighty"]),
    (90, &["תשעים", "ninety"]),
];

/// Minutes.
const HOUR: u64 = 60;
const DAY: u16 = 24 * 60;
const NOON: u16 = 12 * 60;

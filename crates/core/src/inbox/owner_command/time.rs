//! Times of day in the owner's commands, in digits or in words.

use crate::domain::DayTime;
use std::time::Duration;

/// Parses the words of a duration: "לשעתיים", "ל-3 שעות", "לשעה וחצי", "for 90 minutes".
pub(super) fn duration(words: &[&str]) -> Option<Duration> {
    let (first, rest) = words.split_first()?;
    let first = match *first {
        "for" => None,
        word => Some(word.strip_prefix('ל')?.trim_start_matches('-')),
    };
    let words: Vec<&str> = first.into_iter().filter(|word| !word.is_empty()).chain(rest.iter().copied()).collect();
    let (words, more) = match words.as_slice() {
        [words @ .., "וחצי"] => (words, 30),
        [words @ .., "ורבע"] => (words, 15),
        words => (words, 0),
    };
    let minutes = match words {
        ["שעה"] | ["an" | "one", "hour"] => 60,
        ["שעתיים"] => 2 * 60,
        ["חצי", "שעה"] | ["half", "an", "hour"] if more == 0 => 30,
        ["רבע", "שעה"] if more == 0 => 15,
        [count, "שעות" | "hours"] => number(count)? * 60,
        [count, "דקות" | "minutes"] if more == 0 => number(count)?,
        _ => return None,
    };
    Some(Duration::from_mins(minutes + more)).filter(|duration| !duration.is_zero())
}

fn number(word: &str) -> Option<u64> {
    let digits = word.parse().ok().filter(|_| word.len() <= 3);
    digits.or_else(|| hour(word).map(|minutes| u64::from(minutes / 60)))
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

/// Minutes.
const DAY: u16 = 24 * 60;
const NOON: u16 = 12 * 60;

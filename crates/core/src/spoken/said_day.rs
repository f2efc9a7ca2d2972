//! Detection of days in a text: "tomorrow", "on Monday", "24.11.", "on the twenty-fourth of November".

mod vocabulary;

use crate::search::{fold, stems};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use vocabulary::{COUNTS, ENTRIES, Entry, List, MONTH_NUMBERS, NUMBERS, is_masculine};

/// A day that a text mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidDay {
    /// A number of days after the day on which the text is spoken.
    After(i8),
    /// A weekday within the next two weeks.
    Weekday(Weekday),
    /// A weekday about that many days after the day on which the text is spoken: "Monday in three weeks".
    WeekdayAfter(Weekday, i8),
    /// A day of a month, and the month; none if the text does not say the month.
    OfMonth(i8, Option<i8>),
}

impl SaidDay {
    /// Returns true if the day can mean `date` when the text is spoken on `today`.
    pub fn may_mean(self, date: Date, today: Date) -> bool {
        match self {
            Self::After(days) => today.saturating_add(i64::from(days).days()) == date,
            Self::Weekday(weekday) => {
                date.weekday() == weekday && (0..=WEEKDAY_HORIZON).contains(&(date - today).get_days())
            }
            Self::WeekdayAfter(weekday, days) => {
                let distance = (date - today).get_days() - i32::from(days);
                date.weekday() == weekday && distance.abs() < DAYS_OF_WEEK
            }
            Self::OfMonth(day, month) => date.day() == day && month.is_none_or(|month| date.month() == month),
        }
    }
}

/// Returns the days that a text in Hebrew, English, Arabic or Russian mentions.
pub fn said_days(text: &str) -> Vec<SaidDay> {
    let folded = fold(text).text;
    let words: Vec<&str> = folded.split_whitespace().collect();
    let (mut days, mut at, mut last) = (in_digits(text), 0, None);
    while at < words.len() {
        match day_at(&words, at) {
            Some((day, next)) => {
                let both =
                    last.filter(|(_, end)| at - end <= MAX_BETWEEN).and_then(|(last, _)| weekday_after(last, day));
                days.push(day);
                days.extend(both);
                last = Some((day, next));
                at = next;
            }
            None => at += 1,
        }
    }
    days
}

/// Returns the day that a weekday and a number of weeks name together, in any order.
fn weekday_after(one: SaidDay, other: SaidDay) -> Option<SaidDay> {
    match (one, other) {
        (SaidDay::Weekday(weekday), SaidDay::After(days)) | (SaidDay::After(days), SaidDay::Weekday(weekday)) => {
            (days > 0 && i32::from(days) % DAYS_OF_WEEK == 0).then_some(SaidDay::WeekdayAfter(weekday, days))
        }
        _ => None,
    }
}

/// Returns the day whose name begins at a word, and the index of the next word after it.
fn day_at(words: &[&str], at: usize) -> Option<(SaidDay, usize)> {
    let number = number_at(words, at);
    let before_month = number.and_then(|(day, next)| {
        // "The 24th of November".
        let nouns = [next, next + usize::from(words.get(next) == Some(&"of"))];
        nouns
            .into_iter()
            .find_map(|noun| month_at(words, noun))
            .map(|(month, next)| (SaidDay::OfMonth(day, month), next))
    });
    let named = before_month.or_else(|| after_month(words, at)).or_else(|| before_month_number(words, at));
    named.or_else(|| from_now(words, at)).or_else(|| match entry_at(words, at) {
        Some((Entry::After(days), next)) => Some((SaidDay::After(days), next)),
        Some((Entry::Weekday(weekday), next)) => Some((SaidDay::Weekday(weekday), next)),
        Some((Entry::Bare(weekday), next)) if is_weekday(words, at) => Some((SaidDay::Weekday(weekday), next)),
        _ => number.filter(|_| is_ordinal(words[at])).map(|(day, next)| (SaidDay::OfMonth(day, None), next)),
    })
}

/// Reads a day after its month, such as "November 24".
fn after_month(words: &[&str], at: usize) -> Option<(SaidDay, usize)> {
    let (month, next) = month_at(words, at).filter(|_| words[at].is_ascii())?;
    let (day, next) = number_at(words, next + usize::from(words.get(next) == Some(&"the")))?;
    month.map(|month| (SaidDay::OfMonth(day, Some(month)), next))
}

fn month_at(words: &[&str], at: usize) -> Option<(Option<i8>, usize)> {
    match entry_at(words, at)? {
        (Entry::Month(month), next) => Some((month, next)),
        _ => None,
    }
}

/// Reads a day before the number of its month, such as "on the fifteenth of the twelfth", which Hebrew says without the
/// article: "in fifteen to twelve". Minutes before an hour and an hour on a weekday have the same form.
fn before_month_number(words: &[&str], at: usize) -> Option<(SaidDay, usize)> {
    let (day, to) = number_at(words, at)?;
    let first = words.get(to)?;
    let (month, next) = match first.strip_prefix(TO)? {
        "" => (words.get(to + 1)?.parse::<i8>().ok().filter(|month| (1..=12).contains(month))?, to + 2),
        rest => {
            let both = words.get(to + 1).and_then(|second| MONTH_NUMBERS.get(&format!("{rest} {second}")));
            both.map(|month| (*month, to + 2)).or_else(|| MONTH_NUMBERS.get(rest).map(|month| (*month, to + 1)))?
        }
    };
    let is_ordinal = words[to].len() > TO.len_utf8() && month <= 10;
    let is_minutes = !is_ordinal && matches!(day, 5 | 10 | 20 | 25);
    let said = words[at..to].join(" ");
    let is_day = day > 12 || is_ordinal && month > 6 || stems(&said, MIN_STEM).any(|said| is_masculine(said, day));
    let is_range = words[at].starts_with(FROM) || at > 0 && words[at - 1] == "\u{5de}";
    (is_day && !is_minutes && !is_range).then_some((SaidDay::OfMonth(day, Some(month)), next))
}

/// Reads a number of days or weeks from now, such as "in three weeks".
fn from_now(words: &[&str], at: usize) -> Option<(SaidDay, usize)> {
    stems(words[at], MIN_STEM).find(|stem| List::FromNow.has(stem))?;
    let count = || words.get(at + 1).and_then(|word| COUNTS.get(*word)).map(|count| (*count, at + 2));
    let (count, unit) = count().or_else(|| number_at(words, at + 1))?;
    match entry_at(words, unit)? {
        (Entry::Unit(days), next) => Some((SaidDay::After(count.checked_mul(days)?), next)),
        _ => None,
    }
}

/// Returns true if "for first" or "from second" at a word is a weekday, because it belongs to an appointment.
fn is_weekday(words: &[&str], at: usize) -> bool {
    let is_appointment = |end: usize| end.checked_sub(1).is_some_and(|at| List::Appointment.has(words[at]));
    let is_own = at > 0 && List::Own.has(words[at - 1]);
    let is_bare = |at: usize| matches!(entry_at(words, at), Some((Entry::Bare(_), _)));
    // "From first to second".
    let is_end = || at > 0 && words[at].starts_with(TO) && words[at - 1].starts_with(FROM) && is_bare(at - 1);
    if is_end() && is_weekday(words, at - 1) {
        return true;
    }
    let is_before_weekday = || is_bare(at + 1) || matches!(entry_at(words, at + 1), Some((Entry::Weekday(_), _)));
    let is_followed = || {
        words.get(at + 1).is_none_or(|next| {
            let is_time = *next == "\u{5d1}" || next.starts_with(IN) && number_at(words, at + 1).is_some();
            is_time || List::AfterBare.has(next)
        })
    };
    (is_appointment(at) || is_own && is_appointment(at - 1)) && (is_followed() || is_before_weekday())
}

/// Returns true for an ordinal in digits, such as "24th".
fn is_ordinal(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(char::is_alphabetic)
}

/// Returns the longest entry that begins at a word, and the index of the next word after it.
fn entry_at(words: &[&str], at: usize) -> Option<(Entry, usize)> {
    let first = words.get(at)?;
    // The genitive, such as "tomorrow's".
    let owner = first.strip_suffix('s').filter(|owner| owner.is_ascii());
    let entries = stems(first, MIN_STEM).chain(owner).find_map(|stem| ENTRIES.get(stem))?;
    let fits = |(rest, _): &&(Vec<String>, Entry)| {
        rest.len() < words.len() - at && rest.iter().zip(&words[at + 1..]).all(|(rest, word)| rest == word)
    };
    let found = entries.iter().filter(fits).max_by_key(|(rest, _)| rest.len())?;
    Some((found.1, at + 1 + found.0.len()))
}

/// Returns the day of a month that begins at a word, in digits or in words, and the index of the next word after it.
fn number_at(words: &[&str], at: usize) -> Option<(i8, usize)> {
    let first = words.get(at)?;
    let digits = first.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_number = ["", "st", "nd", "rd", "th"].contains(&&first[digits.len()..]);
    if let Some(day) = digits.parse::<i8>().ok().filter(|day| is_number && (1..=31).contains(day)) {
        return Some((day, at + 1));
    }
    let two = words.get(at + 1);
    stems(first, MIN_STEM).find_map(|stem| {
        let both = two.and_then(|two| NUMBERS.get(&format!("{stem} {two}"))).map(|day| (*day, at + 2));
        both.or_else(|| NUMBERS.get(stem).map(|day| (*day, at + 1)))
    })
}

/// Returns the dates in digits: 24.11., 24/11/2026.
fn in_digits(text: &str) -> Vec<SaidDay> {
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '/'));
    let dates = parts.filter_map(|part| {
        let numbers: Vec<&str> = part.trim_matches(['.', '/']).split(['.', '/']).collect();
        let ([day, month] | [day, month, _]) = numbers[..] else { return None };
        let (day, month) = (day.parse().ok()?, month.parse().ok()?);
        ((1..=31).contains(&day) && (1..=12).contains(&month)).then_some(SaidDay::OfMonth(day, Some(month)))
    });
    dates.collect()
}

/// The prefixes "to", "from" and "in".
const TO: char = '\u{5dc}';
const FROM: char = '\u{5de}';
const IN: char = '\u{5d1}';
const DAYS_OF_WEEK: i32 = 7;
/// The maximum number of words between a weekday and the number of weeks after which it is.
const MAX_BETWEEN: usize = 1;
/// The maximum distance in days of a day that is mentioned only by its weekday.
const WEEKDAY_HORIZON: i32 = 14;
/// The minimum length of a word after a Hebrew prefix, in characters.
const MIN_STEM: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn named_days_are_found() {
        // A Tuesday.
        let today = date(2026, 11, 24);
        for (text, day) in [
            ("אני רוצה לבטל את התור שלי מחר", date(2026, 11, 25)),
            ("ולמחרתיים?", date(2026, 11, 26)),
            ("התור של היום", today),
            ("יש לי תור ביום ראשון", date(2026, 11, 29)),
            ("יש לי תור בשני בעשר", date(2026, 11, 30)),
            ("ביום ב' הבא", date(2026, 12, 7)),
            ("בשבת", date(2026, 11, 28)),
            ("התור שלי בעוד יומיים בעשר", date(2026, 11, 26)),
            ("בעוד שבועיים", date(2026, 12, 8)),
            ("התור בעוד שלושה ימים", date(2026, 11, 27)),
            ("עוד 3 שבועות", date(2026, 12, 15)),
            ("שבועיים מהיום", date(2026, 12, 8)),
            ("in three weeks", date(2026, 12, 15)),
            ("in 5 days", date(2026, 11, 29)),
            ("יש לי תור לראשון בעשר", date(2026, 11, 29)),
            ("התור שלי לשני, אני לא אגיע", date(2026, 11, 30)),
            ("לבטל את התור לשני", date(2026, 11, 30)),
            ("התור מחמישי הקרוב", date(2026, 11, 26)),
            ("התור של ראשון הבא", date(2026, 11, 29)),
            ("בחמש עשרה לשתים עשרה", date(2026, 12, 15)),
            ("בחמישה עשר לשתיים עשרה", date(2026, 12, 15)),
            ("התור שלי בעשרים וארבע לשניים עשר", date(2026, 12, 24)),
            ("ב-15 ל-12", date(2026, 12, 15)),
            ("בשלושה לשנים עשר", date(2026, 12, 3)),
            ("בעשרים לשני", date(2027, 2, 20)),
            ("בעשרים וארבעה בדצמבר", date(2026, 12, 24)),
            ("ב-3 לדצמבר", date(2026, 12, 3)),
            ("בשלישי לדצמבר", date(2026, 12, 3)),
            ("בשלושים לחודש", date(2026, 11, 30)),
            ("ב-30.11 בעשר", date(2026, 11, 30)),
            ("30/11/2026", date(2026, 11, 30)),
            ("I'd like to cancel tomorrow's appointment", date(2026, 11, 25)),
            ("it is on Friday", date(2026, 11, 27)),
            ("the 30th", date(2026, 11, 30)),
            ("on the 3rd of December", date(2026, 12, 3)),
            ("December the twenty-fourth", date(2026, 12, 24)),
            ("في يوم الاثنين", date(2026, 11, 30)),
            ("غدًا", date(2026, 11, 25)),
            ("в пятницу", date(2026, 11, 27)),
            ("3 декабря", date(2026, 12, 3)),
        ] {
            let days = said_days(text);
            assert!(days.iter().any(|said| said.may_mean(day, today)), "{text}: {days:?}");
            let other = day.saturating_add(1.day());
            assert!(!days.iter().any(|said| said.may_mean(other, today)), "{text}: {days:?}");
        }
    }

    #[test]
    fn a_weekday_in_some_weeks_is_found() {
        // A Sunday.
        let today = date(2026, 11, 29);
        for text in ["ביום שני בעוד שלושה שבועות", "בעוד שלושה שבועות ביום שני", "Monday in three weeks"]
        {
            let days = said_days(text);
            assert!(days.iter().any(|said| said.may_mean(date(2026, 12, 21), today)), "{text}: {days:?}");
            assert!(!days.iter().any(|said| said.may_mean(date(2026, 12, 28), today)), "{text}: {days:?}");
        }
        let both = [Weekday::Monday, Weekday::Tuesday].map(SaidDay::Weekday);
        assert_eq!(said_days("לדחות את התור משני לשלישי"), both);
        assert_eq!(said_days("להעביר את התור מראשון לשני"), [Weekday::Sunday, Weekday::Monday].map(SaidDay::Weekday));
        let days = said_days("ביום שני וביום שלישי");
        assert!(days.iter().all(|said| matches!(said, SaidDay::Weekday(_))), "{days:?}");
    }

    #[test]
    fn no_day_is_found_where_none_is_named() {
        for text in [
            "",
            "שני תורים לשני ילדים",
            "תור לשני ילדים",
            "תור לשני בנים",
            "יש לי שאלה לשני התורים",
            "בין התור הראשון לשני",
            "מה ההבדל בין הראשון לשני",
            "ללכת לראשון שפנוי",
            "בשעה 10:30",
            "התור הראשון",
            "second",
            "24",
            "may I come at ten",
            "in three minutes",
            "3 שקלים",
            "לפני שלושה ימים",
            "תוך שלושה ימים",
            "עוד שלוש שעות",
            "עוד שלושה ימי עבודה",
            "בעשר לשתים עשרה",
            "בעשרים לשתים עשרה",
            "בחמישה לאחת עשרה",
            "ב-10 ל-12",
            "מחמש עשרה לשתים עשרה",
        ] {
            assert_eq!(said_days(text), [], "{text}");
        }
        let today = date(2026, 11, 24);
        assert!(!SaidDay::Weekday(Weekday::Monday).may_mean(date(2026, 12, 14), today), "it is too far away");
        assert!(!SaidDay::Weekday(Weekday::Monday).may_mean(date(2026, 11, 23), today), "it is past");
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in "\\PC{0,80}", more in "[0-9./ a-z]{0,30}") {
            let _ = said_days(&text);
            let _ = said_days(&more);
        }
    }
}

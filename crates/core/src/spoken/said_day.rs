//! Detection of days in a text: "tomorrow", "on Monday", "24.11.", "on the twenty-fourth of November".

use super::hebrew::{Gender, cardinal, lines, ordinal};
use crate::search::{fold, stems};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A day that a text mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidDay {
    /// A number of days after the day on which the text is spoken.
    After(i8),
    /// A weekday within the next two weeks.
    Weekday(Weekday),
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
            Self::OfMonth(day, month) => date.day() == day && month.is_none_or(|month| date.month() == month),
        }
    }
}

/// Returns the days that a text in Hebrew, English, Arabic or Russian mentions.
pub fn said_days(text: &str) -> Vec<SaidDay> {
    let folded = fold(text).text;
    let words: Vec<&str> = folded.split_whitespace().collect();
    let (mut days, mut at) = (in_digits(text), 0);
    while at < words.len() {
        match day_at(&words, at) {
            Some((day, next)) => {
                days.push(day);
                at = next;
            }
            None => at += 1,
        }
    }
    days
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
    before_month.or_else(|| after_month(words, at)).or_else(|| match entry_at(words, at) {
        Some((Entry::Day(day), next)) => Some((day, next)),
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
        (Entry::Day(_), _) => None,
    }
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

#[derive(Clone, Copy, Debug)]
enum Entry {
    Day(SaidDay),
    Month(Option<i8>),
}

/// The entries by their first word: the other words and the meaning.
type Entries = HashMap<String, Vec<(Vec<String>, Entry)>>;

static ENTRIES: LazyLock<Entries> = LazyLock::new(|| {
    let (mut entries, mut heading): (HashMap<_, Vec<_>>, _) = (HashMap::new(), None);
    for line in lines(include_str!("days.txt")) {
        if let Some(found) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            heading = meaning(found);
            continue;
        }
        let Some(heading) = heading else { continue };
        for phrase in line.split(',') {
            let folded = fold(phrase).text;
            let mut words = folded.split_whitespace().map(str::to_owned);
            if let Some(first) = words.next() {
                entries.entry(first).or_default().push((words.collect(), heading));
            }
        }
    }
    entries
});

fn meaning(heading: &str) -> Option<Entry> {
    let (kind, number) = heading.split_once(' ')?;
    let number: i8 = number.parse().ok()?;
    match kind {
        "after" => Some(Entry::Day(SaidDay::After(number))),
        "weekday" => Some(Entry::Day(SaidDay::Weekday(Weekday::from_sunday_zero_offset(number).ok()?))),
        "month" => Some(Entry::Month((number > 0).then_some(number))),
        _ => None,
    }
}

/// The days of a month by their words.
static NUMBERS: LazyLock<HashMap<String, i8>> = LazyLock::new(|| {
    let english = lines(include_str!("days.txt")).skip_while(|line| *line != "[days]").skip(1);
    let english = english.flat_map(|line| line.split(',')).map(str::to_owned).zip(1..);
    let hebrew = (1..=31_i8).flat_map(|day| {
        let number = u64::from(day.unsigned_abs());
        let words = [Gender::Masculine, Gender::Feminine].map(|gender| cardinal(number, gender));
        words.into_iter().chain([ordinal(number, Gender::Masculine)]).map(move |words| (words, day))
    });
    english.chain(hebrew).map(|(words, day)| (fold(&words).text.trim().to_owned(), day)).collect()
});

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
    fn no_day_is_found_where_none_is_named() {
        for text in
            ["", "שני תורים לשני ילדים", "בשעה 10:30", "התור הראשון", "second", "24", "may I come at ten", "3 שקלים"]
        {
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

//! Detection of times of day in words: "at half past ten", "a quarter to five".

use super::counted::{Counted, next_word};
use super::lists::{Gender, List, bases};
use super::numeral::cardinal;
use super::plain::{is_dash, plain};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

/// Returns the times in a text whose numbers are words, as minutes on a 12-hour clock. Only unambiguous times are
/// returned. The hour must follow "at", "to" or a similar word, or must precede minutes, "half" or a part of the day.
/// The hour must not count a noun.
pub(super) fn times(text: &str) -> Vec<u16> {
    let words = words(text);
    let (mut times, mut at) = (Vec::new(), 0);
    while at < words.len() {
        let reader = Reader { text, words: &words };
        match reader.time(at) {
            Some((time, next)) => {
                times.push(time % HALF_A_DAY);
                at = next;
            }
            None => at += 1,
        }
    }
    times
}

const HALF_A_DAY: u16 = 12 * 60;

struct Word {
    plain: String,
    range: Range<usize>,
    /// Whether only spaces and dashes are between this word and the previous word.
    is_joined: bool,
}

fn words(text: &str) -> Vec<Word> {
    let (mut words, mut at): (Vec<Word>, usize) = (Vec::new(), 0);
    while let Some(c) = text[at..].chars().next() {
        match next_word(text, at) {
            Some(range) => {
                at = range.end;
                let is_joined = words.last().is_some_and(|last| between(text, last, range.start));
                words.push(Word { plain: plain(&text[range.clone()]), range, is_joined });
            }
            None => at += c.len_utf8(),
        }
    }
    words
}

fn between(text: &str, last: &Word, start: usize) -> bool {
    text[last.range.end..start].chars().all(|c| c == ' ' || is_dash(c))
}

struct Reader<'a> {
    text: &'a str,
    words: &'a [Word],
}

impl Reader<'_> {
    /// Returns the time that begins at this word, and the index of the next word after it.
    fn time(&self, at: usize) -> Option<(u16, usize)> {
        self.before_hour(at).or_else(|| self.after_hour(at))
    }

    /// Reads a time before the hour, such as "a quarter to five".
    fn before_hour(&self, at: usize) -> Option<(u16, usize)> {
        let word = self.word(at)?;
        let quarter = bases(word).any(|base| base == List::Quarter.word()).then_some((15, at + 1));
        // In "from ten to eleven" and "between ten and eleven", ten is an hour and not a number of minutes.
        let is_range = at.checked_sub(1).and_then(|before| self.word(before)) == Some(List::Between.word());
        let minutes = || {
            bases(word).take(2).find_map(|base| {
                let is_from = word.strip_suffix(base).is_some_and(|prefix| prefix.ends_with(FROM));
                let (number, end) = self.number(base, at).filter(|_| !is_range && !is_from)?;
                let is_said = self.joined(end) == Some(List::Minutes.word());
                let is_known = is_said || MINUTES_BEFORE.contains(&base) && end == at + 1;
                is_known.then_some((number, end + usize::from(is_said)))
            })
        };
        let (minutes, next) = quarter.or_else(minutes)?;
        let hour = self.joined(next)?.strip_prefix(List::To.word())?;
        let (hour, end) = self.hour(hour, next)?;
        (!self.is_counting(end)).then_some((hour * 60 + 720 - minutes, end))
    }

    /// Reads a full hour or a time after the hour, such as "at ten" or "ten and a half".
    fn after_hour(&self, at: usize) -> Option<(u16, usize)> {
        let word = self.word(at)?;
        if bases(word).any(|base| base == List::Midnight.word()) {
            return Some((0, at + 1));
        }
        let (prefix, (hour, end)) = bases(word).find_map(|base| {
            let prefix = &word[..word.len() - base.len()];
            self.hour(base, at).map(|found| (prefix, found))
        })?;
        let before = at.checked_sub(1).filter(|_| self.words[at].is_joined).and_then(|before| self.word(before));
        let is_named = before.is_some_and(|word| List::BeforeHour.has(word));
        let (minutes, next) = self.minutes(end);
        let has_tail = next > end;
        let is_pointed = is_named || prefix.ends_with(AT);
        // In Hebrew, "one of the" can begin with the same word as "at one".
        let is_one_of =
            !has_tail && hour == 1 && self.joined(end).is_some_and(|word| word.starts_with([ARTICLE, FROM]));
        let is_time = (is_pointed || has_tail || self.has_daypart(next)) && !is_one_of && !self.is_counting(next);
        // "Four, seven and ten" is a list: the feminine form after "and" denotes minutes only after "at".
        let and_feminine = |number| format!("{}{}", List::And.word(), List::Feminine.at(number));
        let is_list =
            !is_pointed && [5, 10].into_iter().any(|number| self.word(next - 1) == Some(&and_feminine(number)));
        if is_list && !self.has_daypart(next) {
            return None;
        }
        // A number above twelve is an hour only after "hour" or "at".
        (is_time && (hour <= 12 || is_pointed)).then_some((hour * 60 + minutes, next))
    }

    /// Returns the minutes after an hour and the index of the next word; 0 and `at` if there are none.
    fn minutes(&self, at: usize) -> (u16, usize) {
        let none = (0, at);
        let Some(word) = self.joined(at) else { return none };
        let and = word.strip_prefix(List::And.word());
        match and {
            Some(half) if half == List::Half.word() => return (30, at + 1),
            Some(quarter) if quarter == List::Quarter.word() => return (15, at + 1),
            Some(minute) if minute == List::Minute.word() => return (1, at + 1),
            _ => {}
        }
        let first = and.unwrap_or(word);
        let Some((number, end)) = self.number(first, at) else { return none };
        let is_said = self.joined(end) == Some(List::Minutes.word());
        // "At ten and one" consists of two times, so minutes after "and" must be a multiple of five. "Ten thirty" needs
        // no "and".
        let is_round = number % 5 == 0 && number > 0;
        let is_plain = and.is_some() && is_round || and.is_none() && number >= 10;
        let is_minutes = number < 60 && (is_said || is_plain && !self.is_counting(end));
        if is_minutes { (number, end + usize::from(is_said)) } else { none }
    }

    /// Returns the hour that begins with `word`, which is the word at `at` without its prefix, and the index of the
    /// next word.
    fn hour(&self, word: &str, at: usize) -> Option<(u16, usize)> {
        if let Some(next) = self.joined(at + 1)
            && let Some(hour) = HOURS.get(format!("{} {next}", shortened(word)).as_str())
        {
            return Some((*hour, at + 2));
        }
        HOURS.get(word).map(|hour| (*hour, at + 1))
    }

    /// Returns the number below sixty, of either gender, that begins with this word, and the index of the next word.
    fn number(&self, word: &str, at: usize) -> Option<(u16, usize)> {
        if let Some(next) = self.joined(at + 1) {
            let both = format!("{} {next}", shortened(word));
            if let Some(number) = NUMBERS.get(both.as_str()) {
                return Some((*number, at + 2));
            }
        }
        NUMBERS.get(word).map(|number| (*number, at + 1))
    }

    /// Returns true if the word before `at` counts the noun at `at`, or if it is the day of a month.
    fn is_counting(&self, at: usize) -> bool {
        let Some(last) = at.checked_sub(1).and_then(|last| self.words.get(last)) else { return false };
        let after = &self.text[last.range.end..];
        self.joined(at).is_some_and(|word| List::AfterDay.has(word))
            || Counted::after(after, false, false)
                .is_some_and(|counted| !counted.is_singular || counted.noun.is_some_and(|noun| noun.counts_in_singular))
    }

    fn has_daypart(&self, at: usize) -> bool {
        let Some(word) = self.words.get(at).filter(|word| word.is_joined) else { return false };
        let end = self.text.ceil_char_boundary(word.range.start + MAX_DAYPART);
        let rest = plain(&self.text[word.range.start..end]);
        List::Dayparts.words().iter().any(|part| rest.starts_with(part))
    }

    fn word(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(|word| word.plain.as_str())
    }

    /// Returns the word at this index, if only spaces and dashes are between it and the previous word.
    fn joined(&self, at: usize) -> Option<&str> {
        self.words.get(at).filter(|word| word.is_joined).map(|word| word.plain.as_str())
    }
}

/// Maps "two" to its shorter form in "twelve", because both spellings of "twelve" are common.
fn shortened(word: &str) -> &str {
    if word == List::Feminine.at(2) { List::Feminine.at(12).split(' ').next().unwrap_or(word) } else { word }
}

/// The hours from one to nineteen by their words.
static HOURS: LazyLock<BTreeMap<&'static str, u16>> =
    LazyLock::new(|| List::Feminine.words().iter().copied().zip(0..).skip(1).collect());

/// The numbers from one to fifty-nine by their words, in both genders.
static NUMBERS: LazyLock<BTreeMap<String, u16>> = LazyLock::new(|| {
    let words = |gender| (1..60_u16).map(move |number| (cardinal(u64::from(number), gender), number));
    let two = [(List::FeminineTwo.word().to_owned(), 2)];
    words(Gender::Feminine).chain(words(Gender::Masculine)).chain(two).collect()
});

/// The numbers of minutes before the hour that are spoken without the word "minutes".
static MINUTES_BEFORE: LazyLock<[&str; 3]> =
    LazyLock::new(|| [List::Masculine.at(5), List::Masculine.at(10), List::Tens.at(0)]);

/// The prefixes "in" (also "at"), "to" and "from".
const AT: [char; 3] = ['\u{5d1}', '\u{5dc}', '\u{5de}'];
const FROM: char = '\u{5de}';
const ARTICLE: char = '\u{5d4}';

/// The maximum length of a part of the day in bytes, with vowel points.
const MAX_DAYPART: usize = 80;

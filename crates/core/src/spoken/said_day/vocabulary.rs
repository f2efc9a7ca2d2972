//! The words of `days.txt`, and the numbers of days and months in words.

use crate::search::fold;
use crate::spoken::hebrew::{Gender, cardinal, lines, ordinal};
use jiff::civil::Weekday;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    /// A number of days from now.
    After(i8),
    Weekday(Weekday),
    /// The name of a weekday that counts only beside a word of an appointment, such as "for first".
    Bare(Weekday),
    /// A month; none for "of the month".
    Month(Option<i8>),
    /// A unit of time, in days.
    Unit(i8),
}

/// The entries by their first word: the other words and the meaning.
type Entries = HashMap<String, Vec<(Vec<String>, Entry)>>;

pub(super) static ENTRIES: LazyLock<Entries> = LazyLock::new(|| {
    let mut entries: Entries = HashMap::new();
    for (heading, phrase) in phrases() {
        let mut words = phrase.split_whitespace().map(str::to_owned);
        if let Some((meaning, first)) = meaning(heading).zip(words.next()) {
            entries.entry(first).or_default().push((words.collect(), meaning));
        }
    }
    entries
});

fn meaning(heading: &str) -> Option<Entry> {
    let (kind, number) = heading.split_once(' ')?;
    let number: i8 = number.parse().ok()?;
    let weekday = || Weekday::from_sunday_zero_offset(number).ok();
    match kind {
        "after" => Some(Entry::After(number)),
        "weekday" => Some(Entry::Weekday(weekday()?)),
        "bare" => Some(Entry::Bare(weekday()?)),
        "month" => Some(Entry::Month((number > 0).then_some(number))),
        "unit" => Some(Entry::Unit(number)),
        _ => None,
    }
}

/// A section of words without a meaning of their own.
#[derive(Clone, Copy, Debug)]
pub(super) enum List {
    FromNow,
    Appointment,
    Own,
    AfterBare,
}

impl List {
    pub(super) fn has(self, word: &str) -> bool {
        let heading = match self {
            Self::FromNow => "from_now",
            Self::Appointment => "appointment",
            Self::Own => "own",
            Self::AfterBare => "after_bare",
        };
        LISTS.get(heading).is_some_and(|words| words.contains(word))
    }
}

static LISTS: LazyLock<HashMap<&str, HashSet<String>>> = LazyLock::new(|| {
    let mut lists: HashMap<&str, HashSet<String>> = HashMap::new();
    for (heading, phrase) in phrases() {
        lists.entry(heading).or_default().insert(phrase);
    }
    lists
});

/// The days of a month by their words.
pub(super) static NUMBERS: LazyLock<HashMap<String, i8>> = LazyLock::new(|| {
    let english = phrases().filter(|(heading, _)| *heading == "days").map(|(_, words)| words).zip(1..);
    let hebrew = (1..=31_i8).flat_map(|day| {
        let number = u64::from(day.unsigned_abs());
        let words = [Gender::Masculine, Gender::Feminine].map(|gender| cardinal(number, gender));
        words.into_iter().chain([ordinal(number, Gender::Masculine)]).map(move |words| (folded(&words), day))
    });
    let numbers: Vec<(String, i8)> = english.chain(hebrew).collect();
    let spellings = numbers.iter().filter_map(|(words, day)| Some((spelled(words)?, *day)));
    spellings.chain(numbers.iter().cloned()).collect()
});

/// The English words for numbers of days and weeks. The Hebrew words are in [`NUMBERS`].
pub(super) static COUNTS: LazyLock<HashMap<String, i8>> =
    LazyLock::new(|| phrases().filter(|(heading, _)| *heading == "counts").map(|(_, words)| words).zip(2..).collect());

/// The months by their numbers in words: ordinals up to ten, then cardinals.
pub(super) static MONTH_NUMBERS: LazyLock<HashMap<String, i8>> = LazyLock::new(|| {
    let ordinals =
        (1..=10_i8).map(|month| (folded(&ordinal(u64::from(month.unsigned_abs()), Gender::Masculine)), month));
    let cardinals = (11..=12_i8).flat_map(|month| {
        let number = u64::from(month.unsigned_abs());
        [Gender::Masculine, Gender::Feminine].map(|gender| (folded(&cardinal(number, gender)), month))
    });
    let months: Vec<(String, i8)> = ordinals.chain(cardinals).collect();
    let spellings = months.iter().filter_map(|(words, month)| Some((spelled(words)?, *month)));
    spellings.chain(months.iter().cloned()).collect()
});

/// Returns true for a number that counts a masculine noun, such as a day.
pub(super) fn is_masculine(words: &str, number: i8) -> bool {
    let number = u64::from(number.unsigned_abs());
    let forms = [Gender::Masculine, Gender::Feminine].map(|gender| folded(&cardinal(number, gender)));
    forms[0] != forms[1] && forms[0] == words
}

/// Returns the other spelling of "twelve", whose first word is also written as the number two.
fn spelled(words: &str) -> Option<String> {
    [Gender::Masculine, Gender::Feminine].into_iter().find_map(|gender| {
        let short = folded(&cardinal(12, gender));
        let (_, ten) = short.split_once(' ').filter(|_| words == short)?;
        Some(format!("{} {ten}", folded(&cardinal(2, gender))))
    })
}

/// Returns the headings of `days.txt` with their folded phrases.
fn phrases() -> impl Iterator<Item = (&'static str, String)> {
    let mut heading = "";
    lines(include_str!("../days.txt")).flat_map(move |line| {
        let found = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        heading = found.unwrap_or(heading);
        let (heading, line) = (heading, if found.is_some() { "" } else { line });
        line.split(',').map(move |phrase| (heading, folded(phrase))).filter(|(_, phrase)| !phrase.is_empty())
    })
}

fn folded(text: &str) -> String {
    fold(text).text.trim().to_owned()
}

//! Estimates from the last words whether the caller's sentence is complete. The estimate determines how long the agent
//! waits before it replies.
//!
//! Only Hebrew is supported. The words are in `open_endings.txt`, `closed_endings.txt` and `word_classes.txt`. Prefixes
//! and times are handled by rules in this file, dictated numbers in `numbers`, and clauses in `structure`.

mod numbers;
mod structure;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use std::time::Duration;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// An estimate of whether a sentence has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completeness {
    /// The sentence has probably ended.
    Complete,
    /// The sentence may have ended.
    Unclear,
    /// The caller has described something, but has not asked for anything. The sentence may have ended; often a further
    /// sentence follows.
    Described,
    /// The last word requires another word.
    Open,
    /// The language is not supported.
    Unknown,
}

impl Completeness {
    /// Returns the silence after which the caller's turn is over; none if only the transcriber can decide it.
    pub(super) fn wait(self) -> Option<Duration> {
        match self {
            Self::Complete => Some(Duration::from_millis(150)),
            Self::Unclear => Some(Duration::from_millis(500)),
            Self::Described => Some(Duration::from_millis(650)),
            Self::Open => Some(Duration::from_secs(1)),
            Self::Unknown => None,
        }
    }
}

/// The Hebrew hyphen, and the Hebrew marks for abbreviations and foreign sounds.
const MAQAF: char = '\u{5be}';
const GERESH: char = '\u{5f3}';
const GERSHAYIM: char = '\u{5f4}';
/// The largest number of words in an entry of the lists.
const MAX_WORDS: usize = 3;
/// The minimum number of words in a complete question. A shorter question may still continue.
const LEAST_QUESTION: usize = 3;

static OPEN: LazyLock<HashSet<Vec<String>>> = LazyLock::new(|| entries(include_str!("completeness/open_endings.txt")));
static CLOSED: LazyLock<HashSet<Vec<String>>> =
    LazyLock::new(|| entries(include_str!("completeness/closed_endings.txt")));

fn entries(list: &str) -> HashSet<Vec<String>> {
    list.lines().filter(|line| !line.starts_with('#')).map(words).filter(|entry| !entry.is_empty()).collect()
}

/// The words of each class in `word_classes.txt`.
static CLASSES: LazyLock<HashMap<&str, HashSet<&str>>> = LazyLock::new(|| {
    let mut classes: HashMap<_, HashSet<_>> = HashMap::new();
    for line in include_str!("completeness/word_classes.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if let Some(class) = words.next() {
            classes.entry(class).or_default().extend(words);
        }
    }
    classes
});

/// Returns true if the word belongs to this class.
fn is(class: &str, word: &str) -> bool {
    CLASSES.get(class).is_some_and(|words| words.contains(word))
}

/// Returns the word without a prefix of this class, if it has such a prefix.
fn without_prefix<'w>(class: &str, word: &'w str) -> Option<&'w str> {
    let mut prefixes = CLASSES.get(class)?.iter();
    prefixes.find_map(|prefix| word.strip_prefix(prefix)).filter(|rest| !rest.is_empty())
}

/// Estimates whether the words so far are a complete sentence.
pub(super) fn judge(text: &str) -> Completeness {
    let is_hebrew = text.chars().any(|c| ('\u{5d0}'..='\u{5ea}').contains(&c));
    let found = words(text);
    let Some(last) = found.last().filter(|_| is_hebrew || is_number(text)) else { return Completeness::Unknown };
    if is_clock(text) {
        return Completeness::Complete;
    }
    if let Some(dictation) = numbers::dictation(&found) {
        return dictation;
    }
    let end = text.trim_end().chars().next_back().unwrap_or(' ');
    let is_question = matches!(end, '?' | '\u{61f}');
    if let Some(spelled) = spelled(&found, end) {
        return spelled;
    }
    if is("prefix", last) || matches!(end, ',' | '…' | '-' | MAQAF | '–' | ':') || text.ends_with("...") {
        return Completeness::Open;
    }
    if let Some(address) = address(&found) {
        return address;
    }
    let clauses = structure::clauses(text);
    if !is_question && structure::is_unfinished(&clauses) {
        return Completeness::Open;
    }
    let (open, closed) = (matching_words(&found, &OPEN, &["and", "that"]), matching_words(&found, &CLOSED, &["and"]));
    if is_time(&found) || (closed > 0 && closed >= open) || structure::is_approximate_amount(&found) {
        return Completeness::Complete;
    }
    if open > 0 || structure::lacks_object(&found) {
        return match () {
            () if may_be_whole(&found) => Completeness::Unclear,
            () if is_question => Completeness::Unclear,
            () => Completeness::Open,
        };
    }
    let asks = is("question", &found[0]) && found.len() >= LEAST_QUESTION;
    match () {
        () if is_question || asks || structure::has_full_name(&found) => Completeness::Complete,
        () if structure::ends_with_definite_object(&found) => Completeness::Complete,
        () if structure::only_describes(&clauses) => Completeness::Described,
        () => Completeness::Unclear,
    }
}

/// Estimates whether a word that is spelled letter by letter is complete; none if the words do not end with a letter. A
/// single letter, such as that of an entrance, is not spelling.
fn spelled(found: &[String], end: char) -> Option<Completeness> {
    let is_sign = |word: &String| word.chars().count() == 1 && !word.chars().all(|c| c.is_ascii_digit());
    let is_letter = |word: &String| is_sign(word) || is("letter_name", word);
    let spells = found.len() > 1 && found.iter().rev().take(2).all(is_letter);
    let ends_with_letter = found.last().is_some_and(is_sign) && matches!(end, '\'' | GERESH);
    match () {
        () if spells => Some(Completeness::Open),
        () if ends_with_letter => Some(Completeness::Unclear),
        () => None,
    }
}

/// Returns true if the words end with a verb or an object that can complete the sentence, such as "I cannot", "what do I
/// need" or "I took this".
fn may_be_whole(found: &[String]) -> bool {
    let Some((last, before)) = found.split_last() else { return false };
    let is_negated = before.last().is_some_and(|word| is("negation", word));
    let asks = before.len() >= 2 && is("asks_verb", &before[0]);
    let is_object = before.last().is_some_and(|word| is("object_sign", word)) && is("pronoun", last);
    is_object || (is("verb", last) && (is_negated || asks))
}

/// Returns true if the words end with a time of day, with a day of the week, or with a number after a word such as
/// "at".
fn is_time(found: &[String]) -> bool {
    let Some((last, before)) = found.split_last() else { return false };
    let before_last = before.last().map_or("", String::as_str);
    let is_hour = |word: &str| is("hour", word) || word.parse::<u8>().is_ok_and(|hour| hour <= 24);
    let is_at_time = without_prefix("time_prefix", last).is_some_and(|bare| is_hour(bare) || is("day", bare));
    is_at_time
        || (is("before_number", before_last) && is_hour(last))
        || (is("before_day", before_last) && is("day", last))
}

/// Returns true if the text ends with a time in digits, such as 16:30.
fn is_clock(text: &str) -> bool {
    let last = text.split(char::is_whitespace).next_back().unwrap_or("").trim_matches(|c: char| !c.is_ascii_digit());
    let Some((hours, minutes)) = last.split_once(':') else { return false };
    hours.parse::<u8>().is_ok_and(|hours| hours < 24) && minutes.len() == 2 && minutes.parse::<u8>().is_ok()
}

/// Estimates whether a dictated email address is complete; none if the words do not end with an address.
fn address(found: &[String]) -> Option<Completeness> {
    let has_sign = found.iter().any(|word| is("at_sign", word));
    let is_after_dot = found.iter().rev().take(2).any(|word| is("dot", word));
    let has_ended = found.last().is_some_and(|last| is("address_end", last));
    match () {
        () if has_sign && is_after_dot && has_ended => Some(Completeness::Complete),
        () if (has_sign || is_after_dot) && !has_ended => Some(Completeness::Open),
        () => None,
    }
}

/// Returns the number of last words that match an entry of the list. The first of them may have a prefix of these
/// classes, such as "and".
fn matching_words(found: &[String], list: &HashSet<Vec<String>>, prefixes: &[&str]) -> usize {
    let is_entry = |count: &usize| {
        let end = &found[found.len() - count..];
        list.contains(end)
            || prefixes.iter().filter_map(|class| without_word_prefix(class, &end[0])).any(|bare| {
                let mut end = end.to_vec();
                bare.clone_into(&mut end[0]);
                list.contains(&end)
            })
    };
    (1..=MAX_WORDS.min(found.len())).rev().find(is_entry).unwrap_or(0)
}

/// Returns the word without a prefix of this class, if a word remains that is longer than the prefixes themselves. The
/// remainder after "that" must be longer, because many short words begin with the same letter.
fn without_word_prefix<'w>(class: &str, word: &'w str) -> Option<&'w str> {
    let least = if class == "that" { 3 } else { 2 };
    without_prefix(class, word).filter(|bare| bare.chars().count() >= least)
}

fn is_number(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit()) && !text.chars().any(char::is_alphabetic)
}

/// Splits the text into words, without vowel points and punctuation.
fn words(text: &str) -> Vec<String> {
    let separated =
        |c: char| !c.is_alphanumeric() && !is_combining_mark(c) && !matches!(c, '"' | '\'' | GERSHAYIM | GERESH);
    let bare = |word: &str| -> String { word.nfkd().filter(|c| c.is_alphanumeric() || *c == '"').collect() };
    text.split(separated)
        .map(bare)
        .map(|word| word.trim_matches('"').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;

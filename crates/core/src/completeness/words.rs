//! The words of a text, and the lists and classes of words to which they belong.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The Hebrew marks for foreign sounds and for abbreviations.
pub(super) const GERESH: char = '\u{5f3}';
const GERSHAYIM: char = '\u{5f4}';
/// The largest number of words in an entry of the lists.
const MAX_WORDS: usize = 3;

pub(super) static OPEN: LazyLock<HashSet<Vec<String>>> = LazyLock::new(|| entries(include_str!("open_endings.txt")));
pub(super) static CLOSED: LazyLock<HashSet<Vec<String>>> =
    LazyLock::new(|| entries(include_str!("closed_endings.txt")));

fn entries(list: &str) -> HashSet<Vec<String>> {
    list.lines().filter(|line| !line.starts_with('#')).map(words).filter(|entry| !entry.is_empty()).collect()
}

/// The words of each class in `word_classes.txt`.
static CLASSES: LazyLock<HashMap<&str, HashSet<&str>>> = LazyLock::new(|| {
    let mut classes: HashMap<_, HashSet<_>> = HashMap::new();
    for line in include_str!("word_classes.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if let Some(class) = words.next() {
            classes.entry(class).or_default().extend(words);
        }
    }
    classes
});

pub(super) fn is(class: &str, word: &str) -> bool {
    CLASSES.get(class).is_some_and(|words| words.contains(word))
}

/// Returns the word without a prefix of this class, if it has such a prefix.
pub(super) fn without_prefix<'w>(class: &str, word: &'w str) -> Option<&'w str> {
    let mut prefixes = CLASSES.get(class)?.iter();
    prefixes.find_map(|prefix| word.strip_prefix(prefix)).filter(|rest| !rest.is_empty())
}

pub(super) fn has_ending(class: &str, word: &str) -> bool {
    CLASSES.get(class).is_some_and(|endings| endings.iter().any(|ending| word.ends_with(ending)))
}

/// Returns how many words at the end match an entry of the list. The first of these words may have a prefix of the
/// given classes, such as "and".
pub(super) fn matching_words(found: &[String], list: &HashSet<Vec<String>>, prefixes: &[&str]) -> usize {
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

/// Returns the word without a prefix of this class, if at least two letters remain. After "that", at least three
/// letters must remain, because many short words begin with the same letter.
pub(super) fn without_word_prefix<'w>(class: &str, word: &'w str) -> Option<&'w str> {
    let least = if class == "that" { 3 } else { 2 };
    without_prefix(class, word).filter(|bare| bare.chars().count() >= least)
}

/// Splits the text into words, without vowel points and punctuation, except the quotation mark within an abbreviation.
pub(super) fn words(text: &str) -> Vec<String> {
    let separated =
        |c: char| !c.is_alphanumeric() && !is_combining_mark(c) && !matches!(c, '"' | '\'' | GERSHAYIM | GERESH);
    let bare = |word: &str| -> String { word.nfkd().filter(|c| c.is_alphanumeric() || *c == '"').collect() };
    text.split(separated)
        .map(bare)
        .map(|word| word.trim_matches('"').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

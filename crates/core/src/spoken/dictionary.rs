//! The owner's dictionary: how names and words of the business are pronounced.

use crate::search::{HEBREW_PREFIXES, fold};
use std::collections::BTreeMap;

/// Words, and what is said for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    /// By the folded words.
    entries: BTreeMap<String, String>,
    /// How many words the longest entry has.
    longest: usize,
}

impl Dictionary {
    /// A dictionary of pairs: as it is written, as it is spoken. A pair with an empty side is ignored; of equal ones the last
    /// counts.
    pub fn new<W: AsRef<str>, S: Into<String>>(pairs: impl IntoIterator<Item = (W, S)>) -> Self {
        let mut dictionary = Self::default();
        for (written, said) in pairs {
            let (key, said) = (key(written.as_ref()), said.into());
            if !key.is_empty() && !said.trim().is_empty() {
                dictionary.longest = dictionary.longest.max(key.split(' ').count());
                dictionary.entries.insert(key, said.trim().to_owned());
            }
        }
        dictionary
    }

    /// A dictionary of lines with an equals sign between both sides. Empty lines, comments (`#`) and other lines are
    /// ignored.
    pub fn from_lines(lines: &str) -> Self {
        Self::new(
            lines.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(|line| line.split_once('=')),
        )
    }

    /// The text with what is said for its words. Spelling is compared as in a search: without case, accents, vowel points
    /// and quotation marks. One letter that Hebrew writes together with a word may stand before it.
    pub(super) fn apply(&self, text: &str) -> String {
        if self.entries.is_empty() {
            return text.to_owned();
        }
        let words = words(text);
        let (mut said, mut at, mut next) = (String::with_capacity(text.len()), 0, 0);
        while let Some(word) = words.get(next) {
            let found = (1..=self.longest.min(words.len() - next)).rev().find_map(|count| {
                let end = words[next + count - 1].end;
                self.find(&text[word.start..end]).map(|words| (words, end, count))
            });
            match found {
                Some((words, end, count)) => {
                    said.push_str(&text[at..word.start]);
                    said.push_str(&words);
                    at = end;
                    next += count;
                }
                None => next += 1,
            }
        }
        said.push_str(&text[at..]);
        said
    }

    fn find(&self, words: &str) -> Option<String> {
        let key = key(words);
        if let Some(said) = self.entries.get(&key) {
            return Some(said.clone());
        }
        let first = key.chars().next().filter(|c| HEBREW_PREFIXES.contains(c))?;
        self.entries.get(&key[first.len_utf8()..]).map(|said| format!("{first}{said}"))
    }
}

fn key(words: &str) -> String {
    fold(words).text.trim().to_owned()
}

/// The ranges of the words: letters, digits, marks and quotation marks without anything else between them.
fn words(text: &str) -> Vec<std::ops::Range<usize>> {
    let is_part = |c: char| {
        c.is_alphanumeric()
            || QUOTES.contains(&c)
            || matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'..='\u{5c7}')
    };
    let mut words: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| is_part(*c)) {
        match words.last_mut().filter(|word| word.end == at) {
            Some(word) => word.end += c.len_utf8(),
            None => words.push(at..at + c.len_utf8()),
        }
    }
    // A quotation mark around a word is no part of it.
    for word in &mut words {
        let inner = &text[word.clone()];
        let start = word.start + inner.len() - inner.trim_start_matches(QUOTES).len();
        let end = word.end - (inner.len() - inner.trim_end_matches(QUOTES).len());
        *word = start..end.max(start);
    }
    words.retain(|word| !word.is_empty());
    words
}

const QUOTES: [char; 6] = ['"', '\'', '\u{5f3}', '\u{5f4}', '\u{2019}', '\u{201d}'];

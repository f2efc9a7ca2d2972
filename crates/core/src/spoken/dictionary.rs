//! The owner's pronunciation dictionary for names and words of the business.

use crate::search::{HEBREW_PREFIXES, fold};
use std::collections::BTreeMap;

/// A map from written words to the text that is spoken for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    /// The spoken text by the folded words.
    entries: BTreeMap<String, String>,
    /// The number of words in the longest entry.
    longest: usize,
}

impl Dictionary {
    /// Creates a dictionary from pairs of written and spoken text. A pair with an empty side is ignored. If the same
    /// written text occurs several times, the last pair is used.
    pub fn new<W: AsRef<str>, S: Into<String>>(pairs: impl IntoIterator<Item = (W, S)>) -> Self {
        let mut dictionary = Self::default();
        for (written, said) in pairs {
            let (key, said) = (key(written.as_ref()), said.into());
            if !key.is_empty() && !said.trim().is_empty() {
                dictionary.longest = dictionary.longest.max(words(written.as_ref()).len());
                dictionary.entries.insert(key, said.trim().to_owned());
            }
        }
        dictionary
    }

    /// Parses a dictionary from lines of the form `written=spoken`. Comments (`#`) and lines of any other form are
    /// ignored.
    pub fn from_lines(lines: &str) -> Self {
        Self::new(
            lines.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(|line| line.split_once('=')),
        )
    }

    /// Replaces the words of a text by their spoken form. Spellings are compared as in a search, which ignores case,
    /// accents, vowel points and quotation marks. A word may have one Hebrew prefix.
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

/// Returns the ranges of the words: sequences of letters, digits, combining marks and quotation marks.
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
    // Quotation marks around a word are not part of the word.
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

//! What a user searches for.

use super::fold::{Folded, fold, is_number_separator};
use std::ops::Range;

/// A query: words of which each must be found, or a part of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The folded words of at least two letters.
    words: Vec<String>,
    /// The digits, if the query is a part of a phone number.
    digits: Option<String>,
}

/// A part of a text with the hits in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The text, shortened at its ends if it is long.
    pub text: String,
    /// The parts of `text` that were hit, in UTF-16 units, as browsers count.
    pub highlights: Vec<(usize, usize)>,
}

impl Query {
    /// Reads what a user has typed; none if there is nothing to search for.
    pub fn parse(typed: &str) -> Option<Self> {
        let is_number = typed.chars().all(|c| c.is_ascii_digit() || is_number_separator(c));
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.strip_prefix("00").unwrap_or(&digits);
        let digits = (is_number && digits.len() >= MIN_DIGITS).then(|| digits.to_owned());
        let words: Vec<String> =
            fold(typed).text.split(' ').filter(|word| is_searchable(word)).map(Into::into).collect();
        (digits.is_some() || !words.is_empty()).then_some(Self { words, digits })
    }

    /// The expression for an FTS5 table with the columns `text` and `numbers` and the tokenizer `trigram`.
    ///
    /// Two letters are too short for a trigram: with the space before the word they are three, which finds words that begin with
    /// them.
    pub fn match_expression(&self) -> String {
        let word = |word: &String| {
            let space = if word.chars().count() < TRIGRAM { " " } else { "" };
            format!("text : \"{space}{word}\"")
        };
        let words = self.words.iter().map(word).collect::<Vec<_>>().join(" AND ");
        match &self.digits {
            Some(digits) if words.is_empty() => format!("numbers : \"{digits}\""),
            Some(digits) => format!("({words}) OR numbers : \"{digits}\""),
            None => words,
        }
    }

    /// The text around the first hit, and all hits in it. A text of up to `longest` characters is not shortened.
    pub fn excerpt(&self, text: &str, longest: usize) -> Excerpt {
        let hits = self.hits(text);
        let shown = window(text, hits.first(), longest);
        let (before, after) = (shown.start > 0, shown.end < text.len());
        let mut excerpt = String::new();
        if before {
            excerpt.push('…');
        }
        let shift = excerpt.encode_utf16().count();
        excerpt.push_str(&text[shown.clone()]);
        if after {
            excerpt.push('…');
        }
        let units = |at: usize| shift + text[shown.start..at].encode_utf16().count();
        let inside = hits.iter().filter(|hit| hit.start >= shown.start && hit.end <= shown.end);
        let highlights = inside.map(|hit| (units(hit.start), units(hit.end))).collect();
        Excerpt { text: excerpt, highlights }
    }

    /// The parts of a text that the query hits, in order and without overlaps.
    fn hits(&self, text: &str) -> Vec<Range<usize>> {
        let folded = fold(text);
        let mut hits: Vec<Range<usize>> = self.words.iter().flat_map(|word| word_hits(&folded, word)).collect();
        hits.extend(self.digits.iter().flat_map(|digits| number_hits(text, digits)));
        hits.sort_by_key(|hit| (hit.start, hit.end));
        let mut apart: Vec<Range<usize>> = Vec::new();
        for hit in hits {
            match apart.last_mut() {
                Some(last) if hit.start < last.end => last.end = last.end.max(hit.end),
                _ => apart.push(hit),
            }
        }
        apart
    }
}

/// Marks are part of the hit that they stand in, so a hit ends where the next letter begins; the last mark stays outside.
fn word_hits(folded: &Folded, word: &str) -> Vec<Range<usize>> {
    let is_short = word.chars().count() < TRIGRAM;
    let starts_word = |at: usize| folded.text[..at].ends_with(' ');
    let found = folded.text.match_indices(word).filter(|(at, _)| !is_short || starts_word(*at));
    found.filter_map(|(at, word)| folded.source(at..at + word.len())).collect()
}

/// Where digits stand in a text, whatever separates them. A national number is found in its international form without its 0.
fn number_hits(text: &str, digits: &str) -> Vec<Range<usize>> {
    let found: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).collect();
    let all: String = found.iter().map(|(_, digit)| *digit).collect();
    let needle = [digits, digits.trim_start_matches('0')].into_iter().find(|digits| all.contains(digits));
    let needle = needle.filter(|needle| !needle.is_empty());
    let ranges = needle.into_iter().flat_map(|needle| all.match_indices(needle));
    ranges.filter_map(|(at, needle)| Some(found.get(at)?.0..found.get(at + needle.len() - 1)?.0 + 1)).collect()
}

/// The part of a text to show.
fn window(text: &str, hit: Option<&Range<usize>>, longest: usize) -> Range<usize> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    if starts.len() <= longest {
        return 0..text.len();
    }
    let hit_char = hit.map_or(0, |hit| starts.partition_point(|at| *at < hit.start));
    let first = hit_char.saturating_sub(longest / 3).min(starts.len() - longest);
    let end = starts.get(first + longest).copied().unwrap_or(text.len());
    starts[first]..end
}

fn is_searchable(word: &str) -> bool {
    word.chars().count() >= MIN_LETTERS
}

const TRIGRAM: usize = 3;
const MIN_LETTERS: usize = 2;
const MIN_DIGITS: usize = 3;

//! What a user searches for.

use super::fold::{Folded, Folder, fold, is_number_separator};
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

    /// The text around the first hit, and all hits in it. A text of up to `longest` characters is not shortened. Hits are looked for
    /// in the first `MAX_SEARCHED` bytes, so that the time for one text is bounded.
    pub fn excerpt(&self, text: &str, longest: usize) -> Excerpt {
        let hits = self.first_hits(&text[..text.floor_char_boundary(MAX_SEARCHED)], longest);
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

    /// The first part of a text that the query hits, and those that may be among the `longest` characters after it, in order and
    /// without overlaps. Nothing after them is folded.
    fn first_hits(&self, text: &str, longest: usize) -> Vec<Range<usize>> {
        let mut hits: Vec<Range<usize>> = self.digits.iter().flat_map(|digits| number_hits(text, digits)).collect();
        let reach = (longest + self.longest_word()) * MAX_CHAR_BYTES;
        let end = hits.first().map_or(text.len(), |hit| text.len().min(hit.start + reach));
        let mut folder = Folder::new(text);
        let (mut folded_to, mut search_from) = (0, 0);
        while folded_to < end {
            folded_to += PIECE;
            folder.advance(folded_to);
            if let Some(first) = self.word_hits(&folder.folded, search_from).map(|hit| hit.start).min() {
                folder.advance(first + reach);
                hits.extend(self.word_hits(&folder.folded, search_from));
                break;
            }
            // A word may begin at the end of this piece.
            let so_far = &folder.folded.text;
            search_from = so_far.floor_char_boundary(so_far.len().saturating_sub(self.longest_word()));
        }
        without_overlaps(hits)
    }

    fn word_hits<'a>(&'a self, folded: &'a Folded, from: usize) -> impl Iterator<Item = Range<usize>> + 'a {
        self.words.iter().flat_map(move |word| word_hits(folded, word, from))
    }

    /// In bytes.
    fn longest_word(&self) -> usize {
        self.words.iter().map(String::len).max().unwrap_or(0)
    }
}

fn without_overlaps(mut hits: Vec<Range<usize>>) -> Vec<Range<usize>> {
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

/// Marks are part of the hit that they are in, so a hit ends where the next letter begins; the last mark stays outside.
fn word_hits<'a>(folded: &'a Folded, word: &'a str, from: usize) -> impl Iterator<Item = Range<usize>> + 'a {
    let is_short = word.chars().count() < TRIGRAM;
    let starts_word = |at: usize| folded.text[..at].ends_with(' ');
    let found = folded.text[from..].match_indices(word).map(move |(at, _)| from + at);
    let found = found.filter(move |at| !is_short || starts_word(*at));
    found.filter_map(|at| folded.source(at..at + word.len()))
}

/// Where digits are in a text, whatever separates them. A national number is found in its international form without its 0.
fn number_hits(text: &str, digits: &str) -> Vec<Range<usize>> {
    let found: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).collect();
    let all: String = found.iter().map(|(_, digit)| *digit).collect();
    let needle = [digits, digits.trim_start_matches('0')].into_iter().find(|digits| all.contains(digits));
    let needle = needle.filter(|needle| !needle.is_empty());
    let ranges = needle.into_iter().flat_map(|needle| all.match_indices(needle));
    ranges.filter_map(|(at, needle)| Some(found.get(at)?.0..found.get(at + needle.len() - 1)?.0 + 1)).collect()
}

/// The part of a text to show: `longest` characters, a third of them before the hit unless the text ends earlier.
fn window(text: &str, hit: Option<&Range<usize>>, longest: usize) -> Range<usize> {
    let hit_at = hit.map_or(0, |hit| hit.start);
    let last = |part: &str, count: usize| part.char_indices().rev().take(count).last().map_or(part.len(), |(at, _)| at);
    let start = last(&text[..hit_at], longest / 3);
    match text[start..].char_indices().nth(longest) {
        Some((length, _)) => start..start + length,
        None => start.min(last(text, longest))..text.len(),
    }
}

fn is_searchable(word: &str) -> bool {
    word.chars().count() >= MIN_LETTERS
}

/// Bytes of a text in which an excerpt looks for hits: the longest message of WhatsApp, 65,536 characters, in Hebrew.
const MAX_SEARCHED: usize = 128 << 10;

/// Bytes that are folded before they are searched.
const PIECE: usize = 2048;

const MAX_CHAR_BYTES: usize = 4;
const TRIGRAM: usize = 3;
const MIN_LETTERS: usize = 2;
const MIN_DIGITS: usize = 3;

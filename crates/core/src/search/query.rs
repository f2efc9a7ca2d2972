//! Search queries and their hits.

use super::fold::{Folded, Folder, fold, is_number_separator};
use std::ops::Range;

/// A query: words that must all be found, or a part of a phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The folded words.
    words: Vec<String>,
    /// The digits, if the query is a part of a phone number: as typed, and without the prefix of international calls.
    digits: Vec<String>,
}

/// A part of a text, with the positions of the hits in this part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The text. An ellipsis marks each end at which it was shortened.
    pub text: String,
    /// The start and end of each hit in `text`, in UTF-16 code units, as in JavaScript.
    pub highlights: Vec<(usize, usize)>,
}

impl Query {
    /// Parses a user's input; none if it contains neither a word nor enough digits to search for.
    pub fn parse(typed: &str) -> Option<Self> {
        let is_number = typed.chars().all(|c| c.is_ascii_digit() || is_number_separator(c));
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let international = digits.strip_prefix("00").map(str::to_owned);
        let forms = std::iter::once(digits).chain(international).filter(|form| is_number && form.len() >= MIN_DIGITS);
        let digits: Vec<String> = forms.collect();
        let words: Vec<String> =
            fold(typed).text.split(' ').filter(|word| is_searchable(word)).map(Into::into).collect();
        (!digits.is_empty() || !words.is_empty()).then_some(Self { words, digits })
    }

    /// Returns the expression for an FTS5 table with the columns `text` and `numbers` and the tokenizer `trigram`.
    ///
    /// A word of two letters is too short for a trigram. The space before such a word is therefore included, which
    /// makes three characters; the expression then finds words that begin with the two letters.
    pub fn match_expression(&self) -> String {
        let word = |word: &String| {
            let space = if word.chars().count() < TRIGRAM { " " } else { "" };
            format!("text : \"{space}{word}\"")
        };
        let words = self.words.iter().map(word).collect::<Vec<_>>().join(" AND ");
        let words = if words.is_empty() || self.digits.is_empty() { words } else { format!("({words})") };
        let numbers = self.digits.iter().map(|digits| format!("numbers : \"{digits}\""));
        std::iter::once(words).chain(numbers).filter(|term| !term.is_empty()).collect::<Vec<_>>().join(" OR ")
    }

    /// Returns the text around the first hit, with all hits in it; without a hit, the beginning of the text. A text of
    /// up to `longest` characters is not shortened. Only the first `MAX_SEARCHED` bytes are searched for hits, so that
    /// the time for one text is bounded.
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

    /// Returns the first hit in a text, and the hits that may be within the `longest` characters after it, in order and
    /// without overlaps. The rest of the text is not folded, to save time.
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
            // A hit may begin at the end of this piece and continue in the next piece.
            let so_far = &folder.folded.text;
            search_from = so_far.floor_char_boundary(so_far.len().saturating_sub(self.longest_word()));
        }
        without_overlaps(hits)
    }

    fn word_hits<'a>(&'a self, folded: &'a Folded, from: usize) -> impl Iterator<Item = Range<usize>> + 'a {
        self.words.iter().flat_map(move |word| word_hits(folded, word, from))
    }

    /// Returns the length of the longest word in bytes.
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

/// Returns the ranges of a word in the original text. Ignored marks between the letters of a hit are part of the hit;
/// marks after its last letter are not.
fn word_hits<'a>(folded: &'a Folded, word: &'a str, from: usize) -> impl Iterator<Item = Range<usize>> + 'a {
    let is_short = word.chars().count() < TRIGRAM;
    let starts_word = |at: usize| folded.text[..at].ends_with(' ');
    let found = folded.text[from..].match_indices(word).map(move |(at, _)| from + at);
    let found = found.filter(move |at| !is_short || starts_word(*at));
    found.filter_map(|at| folded.source(at..at + word.len()))
}

/// Returns the ranges of a number in a text, whatever separates its digits. If the digits are not found, they are
/// searched again without leading zeros, because the international form of a number has no leading 0.
fn number_hits(text: &str, digits: &str) -> Vec<Range<usize>> {
    let found: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).collect();
    let all: String = found.iter().map(|(_, digit)| *digit).collect();
    let without_zeros = Some(digits.trim_start_matches('0')).filter(|digits| digits.len() >= MIN_DIGITS);
    let needle = std::iter::once(digits).chain(without_zeros).find(|digits| all.contains(digits));
    let ranges = needle.into_iter().flat_map(|needle| all.match_indices(needle));
    ranges.filter_map(|(at, needle)| Some(found.get(at)?.0..found.get(at + needle.len() - 1)?.0 + 1)).collect()
}

/// Returns the part of a text to show: at most `longest` characters. Up to a third of them are before the hit, or more
/// if the text ends soon after the hit.
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

/// The number of bytes in which an excerpt searches for hits. It covers the longest WhatsApp message, 65,536
/// characters, in Hebrew.
const MAX_SEARCHED: usize = 128 << 10;

/// The number of bytes that are folded at a time before they are searched.
const PIECE: usize = 2048;

const MAX_CHAR_BYTES: usize = 4;
const TRIGRAM: usize = 3;
const MIN_LETTERS: usize = 2;
const MIN_DIGITS: usize = 3;

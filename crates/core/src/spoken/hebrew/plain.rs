//! Normalisation of words to the spelling of the data files, which have no vowel points and use ASCII quotation marks;
//! and detection of word boundaries.

/// The length of the context before and after a number that the rules use, in bytes. It bounds the time per number in a
/// long text.
pub(super) const NEARBY: usize = 300;

/// Returns a word without vowel points and with ASCII quotation marks.
pub(super) fn plain(word: &str) -> String {
    word.chars()
        .filter(|c| !is_point(*c))
        .map(|c| match c {
            '\u{5f3}' | '\u{2018}' | '\u{2019}' | '\u{2032}' => '\'',
            '\u{5f4}' | '\u{201c}' | '\u{201d}' | '\u{2033}' => '"',
            c => c,
        })
        .collect()
}

/// Currency symbols, which may be written before the number.
pub(super) const CURRENCIES: [char; 4] = ['\u{20aa}', '$', '\u{20ac}', '\u{a3}'];

/// Returns true for a letter of any script, and for a vowel point.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphabetic() || is_point(c)
}

pub(super) fn is_hebrew(c: char) -> bool {
    matches!(c, '\u{5d0}'..='\u{5ea}')
}

fn is_point(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}')
}

pub(super) fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '\u{5f3}'
            | '\u{5f4}'
            | '\u{2018}'
            | '\u{2019}'
            | '\u{201c}'
            | '\u{201d}'
            | '\u{2032}'
            | '\u{2033}'
    )
}

pub(super) fn is_geresh(c: char) -> bool {
    matches!(c, '\'' | '\u{5f3}' | '\u{2018}' | '\u{2019}' | '\u{2032}')
}

pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2013}' | '\u{2014}' | '\u{2010}' | '\u{2011}' | '\u{2212}' | '\u{5be}')
}

/// Returns the length in bytes of the word at the beginning of a text: letters, with quotation marks between them and
/// at most one geresh after them.
pub(super) fn word_length(text: &str) -> usize {
    let mut length = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let is_inner = length > 0 && is_quote(c) && next.is_some_and(is_letter);
        let is_last = length > 0 && is_geresh(c) && !next.is_some_and(is_letter);
        if !(is_letter(c) || is_inner || is_last) {
            break;
        }
        length = at + c.len_utf8();
        if is_last {
            break;
        }
    }
    length
}

/// Returns the words of the last sentence of a text, normalised by `plain`, the last word first. Numbers are not words.
/// Only the last `NEARBY` bytes of the text are read.
pub(super) fn words_before(text: &str) -> impl Iterator<Item = String> {
    words(sentence_before(text)).rev()
}

/// Returns the last sentence of a text, at most its last `NEARBY` bytes.
pub(super) fn sentence_before(text: &str) -> &str {
    let text = &text[text.floor_char_boundary(text.len().saturating_sub(NEARBY))..];
    let start = text.char_indices().rev().find(|(at, c)| ends_sentence(*c, &text[at + c.len_utf8()..]));
    start.map_or(text, |(at, c)| &text[at + c.len_utf8()..])
}

/// Returns the words of the first sentence of a text, normalised by `plain`. Numbers are not words.
pub(super) fn words_after(text: &str) -> impl Iterator<Item = String> {
    words(sentence_after(text))
}

/// Returns the first sentence of a text.
pub(super) fn sentence_after(text: &str) -> &str {
    let end = text.char_indices().find(|(at, c)| ends_sentence(*c, &text[at + c.len_utf8()..]));
    end.map_or(text, |(at, _)| &text[..at])
}

fn words(sentence: &str) -> impl DoubleEndedIterator<Item = String> {
    sentence
        .split(|c: char| !is_letter(c) && !is_quote(c))
        .map(plain)
        .map(|word| word.trim_start_matches(['"', '\'']).to_owned())
        .filter(|word| !word.is_empty())
}

/// Returns true for a character that ends a sentence before the text `after`: not in "3.5" and "co.il".
fn ends_sentence(c: char, after: &str) -> bool {
    matches!(c, '.' | '!' | '?' | '\n' | ';') && !after.starts_with(|c: char| is_letter(c) || c.is_ascii_digit())
}

//! Folding: the normalisation of a text to one form for all its spellings.
//!
//! - Letters are converted to lower case.
//! - Compatibility characters are decomposed.
//! - Accents, Hebrew and Arabic vowel marks, the Arabic letter extender and direction marks are removed.
//! - Hebrew final letters are replaced by their base letters.
//! - Arabic letters that are often written for one another become one letter: alef with and without hamza, alef maqsura
//!   and yeh, teh marbuta and heh.
//! - Quotation marks inside a word are removed (צה״ל, בע"מ), and full stops between single letters (ת.ז., A.B.C).
//! - All other punctuation is replaced by a space.
//!
//! A folded word is also compared without its Hebrew prefixes: prepositions, the article and conjunctions that are
//! written together with the next word.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// A folded text, with the position of each of its characters in the original text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// The folded words, each with one space before it.
    pub text: String,
    /// For each byte of `text`, the byte range of the original text from which it was folded.
    sources: Vec<Range<usize>>,
}

impl Folded {
    /// Returns the byte range of the original text for a byte range of the folded text.
    pub(super) fn source(&self, part: Range<usize>) -> Option<Range<usize>> {
        let (first, last) = (self.sources.get(part.start)?, self.sources.get(part.end.checked_sub(1)?)?);
        Some(first.start..last.end)
    }

    fn push(&mut self, c: char, source: &Range<usize>) {
        self.text.push(c);
        self.sources.extend(std::iter::repeat_n(source.clone(), c.len_utf8()));
    }
}

/// Increases whenever a text gets another folded form, so that an index with earlier forms is built again.
pub const FOLD_VERSION: &str = "3";

/// Returns the folded form of a whole text.
pub fn fold(text: &str) -> Folded {
    let mut folder = Folder::new(text);
    folder.advance(text.len());
    folder.folded
}

/// An incremental folder, which folds a text from its beginning up to a requested position.
pub(super) struct Folder<'a> {
    text: &'a str,
    /// The byte offset of the part that is not folded yet.
    at: usize,
    in_word: bool,
    /// The number of letters since the beginning of the word or since the last full stop in it. A digit counts as two.
    letters: usize,
    /// The folded part.
    pub folded: Folded,
}

impl<'a> Folder<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, in_word: false, letters: 0, folded: Folded::default() }
    }

    /// Continues to fold until at least `to` bytes of the text are folded. Returns false at the end of the text.
    pub(super) fn advance(&mut self, to: usize) -> bool {
        while self.at < to {
            let Some(c) = self.text[self.at..].chars().next() else { return false };
            self.fold_char(c);
            self.at += c.len_utf8();
        }
        self.at < self.text.len()
    }

    fn fold_char(&mut self, c: char) {
        // A fast path for ASCII and Hebrew letters, which need no decomposition: long texts are folded while a user
        // waits.
        if c.is_ascii_alphanumeric() || is_hebrew_letter(c) {
            return self.push_letter(base_letter(c.to_ascii_lowercase()), c.len_utf8());
        }
        let end = self.at + c.len_utf8();
        if is_ignored(c) || is_quote(c) && self.in_word && continues_word(&self.text[end..]) {
            return;
        }
        if c == FULL_STOP && self.in_word && self.letters == 1 && is_single_letter(&self.text[end..]) {
            self.letters = 0;
            return;
        }
        for part in std::iter::once(c).nfkd().filter(|part| !is_ignored(*part)) {
            if part.is_alphanumeric() {
                part.to_lowercase().map(base_letter).for_each(|part| self.push_letter(part, c.len_utf8()));
            } else {
                self.in_word = false;
            }
        }
    }

    /// Appends a folded letter for the next `length` bytes of the original text.
    fn push_letter(&mut self, letter: char, length: usize) {
        if !self.in_word {
            self.folded.push(' ', &(self.at..self.at));
            self.in_word = true;
            self.letters = 0;
        }
        self.letters += if letter.is_alphabetic() { 1 } else { 2 };
        self.folded.push(letter, &(self.at..self.at + length));
    }
}

/// Returns the phone numbers in a text as digits, each with a space before it. At least `MIN_NUMBER` digits, with
/// nothing but separators between them, count as a phone number. A number of the business's country is returned in its
/// national and its international form. `calling_code` is the calling code of that country, without `+`.
pub fn numbers(text: &str, calling_code: &str) -> String {
    let mut found = String::new();
    for run in text.split(|c: char| !(c.is_ascii_digit() || is_number_separator(c))) {
        let digits: String = run.chars().filter(char::is_ascii_digit).collect();
        if digits.len() < MIN_NUMBER {
            continue;
        }
        for form in forms(&digits, calling_code) {
            found.push(' ');
            found.push_str(&form);
        }
    }
    found
}

/// Returns the digits of a number as they are written. For a number of the business's country, also returns its other
/// form: the national form of an international number (`972…`, `00972…`), and the international form of a national
/// number (`0…`).
fn forms(digits: &str, calling_code: &str) -> Vec<String> {
    let mut forms = vec![digits.to_owned()];
    let international = digits.trim_start_matches("00");
    if let Some(national) = international.strip_prefix(calling_code).filter(|rest| rest.len() >= MIN_NUMBER) {
        forms.push(format!("0{national}"));
    } else if let Some(national) = digits.strip_prefix('0').filter(|rest| !rest.starts_with('0')) {
        forms.push(format!("{calling_code}{national}"));
    }
    forms
}

/// Returns true for characters that may separate the digits of a phone number, and for direction marks.
pub fn is_number_separator(c: char) -> bool {
    matches!(c, '+' | '-' | ' ' | '(' | ')' | '.' | '/' | '\u{2010}'..='\u{2013}' | '\u{a0}') || is_direction_mark(c)
}

/// Returns true for characters that folding removes: accents, niqqud, cantillation marks, Arabic vowel marks, hamza and
/// madda above and below a letter, the Arabic letter extender, direction marks, and invisible characters such as the soft
/// hyphen.
fn is_ignored(c: char) -> bool {
    // Maqaf, paseq and sof pasuq separate words.
    let is_separator = matches!(c, '\u{5be}' | '\u{5c0}' | '\u{5c3}' | '\u{5c6}');
    let is_mark = matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}') && !is_separator;
    let is_arabic_mark = matches!(c, '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}');
    is_mark
        || is_arabic_mark
        || is_direction_mark(c)
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_hebrew_letter(c: char) -> bool {
    matches!(c, '\u{5d0}'..='\u{5ea}')
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '\u{5f3}' | '\u{5f4}' | '\u{2018}'..='\u{201f}' | '\u{2032}' | '\u{2033}')
}

fn continues_word(rest: &str) -> bool {
    rest.chars().find(|c| !is_ignored(*c)).is_some_and(char::is_alphabetic)
}

/// Returns true if a text begins with a letter that no other letter or digit follows.
fn is_single_letter(text: &str) -> bool {
    let mut chars = text.chars().filter(|c| !is_ignored(*c));
    chars.next().is_some_and(char::is_alphabetic)
        && !chars.next().is_some_and(|next| next.is_alphanumeric() || is_quote(next))
}

const FULL_STOP: char = '.';

fn base_letter(c: char) -> char {
    match c {
        // The final forms of kaf, mem, nun, pe and tsadi, which are used at the end of a word.
        '\u{5da}' => '\u{5db}',
        '\u{5dd}' => '\u{5de}',
        '\u{5df}' => '\u{5e0}',
        '\u{5e3}' => '\u{5e4}',
        '\u{5e5}' => '\u{5e6}',
        // Alef wasla, alef maqsura and teh marbuta. The other forms of alef are decomposed.
        '\u{671}' => '\u{627}',
        '\u{649}' => '\u{64a}',
        '\u{629}' => '\u{647}',
        c => c,
    }
}

/// The minimum number of digits of a phone number. Shorter sequences are amounts or times.
const MIN_NUMBER: usize = 7;

/// The Hebrew prefixes, which are written before a word without a space: that, in, the, as, to, from, and.
pub const HEBREW_PREFIXES: [char; 7] = ['\u{5e9}', '\u{5d1}', '\u{5d4}', '\u{5db}', '\u{5dc}', '\u{5de}', '\u{5d5}'];

/// Returns a folded word, the word without its first prefix, and the word without its first two prefixes, if at least
/// `least` characters remain.
pub fn stems<'w>(word: &'w str, least: usize) -> impl Iterator<Item = &'w str> {
    let without_prefix =
        move |word: &&'w str| word.strip_prefix(HEBREW_PREFIXES).filter(|rest| rest.chars().count() >= least);
    std::iter::successors(Some(word), without_prefix).take(3)
}

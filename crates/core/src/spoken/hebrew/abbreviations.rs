//! Expansion of Hebrew abbreviations.

use super::counted::next_word;
use super::letters;
use super::lists::{List, bases, lines};
use super::plain::{is_dash, is_hebrew, plain, word_length};
use super::weekday;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Abbreviations that may have a Hebrew prefix, and their full forms.
static FULL: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| entries().filter(|(short, _)| !short.starts_with(['~', '^', '@'])).collect());

/// Abbreviations that are expanded only without a Hebrew prefix, marked by `~` in the data file.
static ALONE: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| entries().filter_map(|(short, full)| Some((short.strip_prefix('~')?, full))).collect());

/// Abbreviations that have another full form after a number, marked by `^` in the data file.
static COUNTED: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| entries().filter_map(|(short, full)| Some((short.strip_prefix('^')?, full))).collect());

/// Abbreviations that have another full form before a number or a letter, marked by `@` in the data file.
static NUMBERED: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| entries().filter_map(|(short, full)| Some((short.strip_prefix('@')?, full))).collect());

fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    let pairs = lines(include_str!("abbreviations.txt")).filter_map(|line| line.split_once('='));
    pairs.map(|(short, full)| (short.trim(), full.trim()))
}

/// Replaces abbreviations by their full forms, letters that denote weekdays by the names of the days, and letters that
/// denote days and years of the Hebrew calendar by their spoken form.
pub(super) fn abbreviations(text: &str) -> String {
    let (mut said, mut at, mut follows_day) = (String::with_capacity(text.len()), 0, false);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = word_length(rest);
        if length == 0 {
            follows_day &= matches!(c, ' ' | COMMA | PLUS) || is_dash(c);
            said.push(c);
            at += c.len_utf8();
            continue;
        }
        let joined = || hyphened(&said, rest, length);
        if let Some((full, length)) = dotted(rest).or_else(|| stopped(rest, length)).or_else(joined) {
            said.push_str(&full);
            at += length;
            follows_day = false;
            continue;
        }
        let word = plain(&rest[..length]);
        if weekday::ends_letters(&said, &word) {
            said.truncate(said.trim_end_matches(is_dash).len());
            said.extend([" ", List::Until.word(), " ", &rest[..length]]);
            at += length;
            follows_day = false;
            continue;
        }
        if follows_day && weekday::is_connection(&word) {
            said.push_str(&word);
            at += length;
            continue;
        }
        let date =
            letters::day(&word, &rest[length..]).filter(|_| !weekday::is_named(&said)).or_else(|| letters::year(&word));
        if let Some(words) = date {
            said.push_str(&words);
            at += length;
            follows_day = false;
            continue;
        }
        let day = weekday::name(&word).filter(|_| weekday::is_day(&word, follows_day, &said, &rest[length..]));
        follows_day = day.is_some();
        let counted = || COUNTED.get(word.as_str()).filter(|_| follows_number(&said)).map(|full| (*full).to_owned());
        let numbered = || numbered(&word, &rest[length..]);
        match day.or_else(counted).or_else(numbered).or_else(|| full(&word)) {
            Some(words) => {
                if follows_day {
                    connect(&mut said);
                }
                said.push_str(&words);
            }
            None => said.push_str(&rest[..length]),
        }
        at += length;
    }
    said
}

/// Replaces the mark between the names of two weekdays, at the end of the text, by words.
fn connect(said: &mut String) {
    let before = said.trim_end_matches(' ');
    if said.ends_with(COMMA) {
        said.push(' ');
    } else if before.ends_with(PLUS) {
        let length = before.trim_end_matches(PLUS).trim_end_matches(' ').len();
        said.truncate(length);
        said.extend([" ", List::And.word()]);
    } else if before.ends_with(is_dash) {
        let length = before.trim_end_matches(is_dash).trim_end_matches(' ').len();
        said.truncate(length);
        if !said.ends_with(is_and) {
            said.extend([" ", List::Until.word(), " "]);
        }
    }
}

/// Returns the full form of an abbreviation, with its Hebrew prefix; none if the word is not an abbreviation.
fn full(word: &str) -> Option<String> {
    bases(word).find_map(|base| {
        let full = FULL.get(base).or_else(|| if base == word { ALONE.get(base) } else { None })?;
        Some(format!("{}{full}", &word[..word.len() - base.len()]))
    })
}

/// Returns the full form of an abbreviation before a number or a single letter, with its Hebrew prefix.
fn numbered(word: &str, after: &str) -> Option<String> {
    let next = next_word(after, 0).map(|word| plain(&after[word])).unwrap_or_default();
    let is_letter = next.trim_end_matches('\'').chars().count() == 1;
    let is_number = after.trim_start_matches([' ', '-']).starts_with(|c: char| c.is_ascii_digit());
    let full = |base: &str| NUMBERED.get(base).map(|full| format!("{}{full}", &word[..word.len() - base.len()]));
    bases(word).find_map(full).filter(|_| is_letter || is_number)
}

fn follows_number(before: &str) -> bool {
    before.trim_end_matches([' ', '\u{a0}']).ends_with(|c: char| c.is_ascii_digit())
}

/// Reads an abbreviation that ends with a full stop before a number, as in "tel. 077": its full form, and its length with
/// the full stop in bytes. `length` is the length of the word at the beginning of the text.
fn stopped(text: &str, length: usize) -> Option<(String, usize)> {
    let after = text[length..].strip_prefix('.')?.trim_start_matches(' ');
    let is_number = after.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '('));
    let full = full(&format!("{}.", plain(&text[..length]))).filter(|_| is_number)?;
    Some((full, length + 1))
}

/// Reads an abbreviation of two letters with a hyphen between them: its full form with the Hebrew prefix, and its length
/// in bytes. `length` is the length of the word at the beginning of the text.
fn hyphened(before: &str, text: &str, length: usize) -> Option<(String, usize)> {
    let rest = text[length..].strip_prefix(is_dash)?;
    let last = word_length(rest);
    let is_free = !before.ends_with(is_dash) && !rest[last..].starts_with(is_dash);
    let full = full(&format!("{}-{}", plain(&text[..length]), plain(&rest[..last]))).filter(|_| is_free && last > 0)?;
    Some((full, text.len() - rest.len() + last))
}

/// Parses an abbreviation with full stops between its letters at the beginning of a text. Returns its full form and its
/// length in bytes.
fn dotted(text: &str) -> Option<(String, usize)> {
    let (mut letters, mut length, mut parts) = (String::new(), 0, 0);
    loop {
        let part: String = text[length..].chars().take_while(|c| is_hebrew(*c)).collect();
        if part.is_empty() || !letters.is_empty() && part.chars().count() > 1 {
            return None;
        }
        letters.push_str(&part);
        parts += 1;
        length += part.len();
        let Some(rest) = text[length..].strip_prefix('.') else { break };
        if !rest.starts_with(is_hebrew) {
            // The last full stop may end the sentence, so it belongs to the abbreviation only if the sentence
            // continues.
            length += usize::from(
                rest.starts_with([' ', ':', ','])
                    && rest
                        .trim_start_matches([' ', ':', ','])
                        .starts_with(|c: char| c.is_ascii_digit() || is_hebrew(c)),
            );
            break;
        }
        length += 1;
    }
    let last = letters.chars().next_back()?;
    let before = letters.strip_suffix(last).filter(|before| !before.is_empty() && parts > 1)?;
    full(&format!("{before}\"{last}")).map(|full| (full, length))
}

fn is_and(c: char) -> bool {
    List::And.word().starts_with(c)
}

const COMMA: char = ',';
const PLUS: char = '+';

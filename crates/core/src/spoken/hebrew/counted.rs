//! The noun that a number counts. It decides the gender of the number.

use super::lists::{Gender, List, Noun, bases, is_prefix};
use super::plain::{is_dash, plain, word_length};
use super::sequence::is_connection;

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of a counted noun")]
pub(super) struct Counted {
    pub(super) gender: Gender,
    /// The noun; none if the data files do not contain it.
    pub(super) noun: Option<&'static Noun>,
    /// Whether the noun is in the singular.
    pub(super) is_singular: bool,
    /// Whether the noun has the article.
    pub(super) is_definite: bool,
    /// Whether another number is between this number and the noun, as in "2 or 3 days".
    pub(super) is_shared: bool,
    /// Whether the word is an adjective, so that the noun itself is not said: "2 are free".
    pub(super) is_adjective: bool,
    /// The length of the text up to the end of the noun, in bytes.
    pub(super) length: usize,
    /// The singular of the adjective after the noun ("square metres"), and the length of the text up to its end, in
    /// bytes.
    pub(super) adjective: Option<(&'static str, usize)>,
}

impl Counted {
    /// Returns the noun that the number before this text counts. `begins_range` is true if "to" after the number begins
    /// the end of a range. `is_count` is true if the number probably counts a noun, even one that is not in the data
    /// files and whose form has other meanings.
    pub(super) fn after(text: &str, begins_range: bool, is_count: bool) -> Option<Self> {
        let (mut at, mut is_shared) = (0, false);
        if let Some(after) = after_shared(text, begins_range) {
            (at, is_shared) = (after, true);
        }
        let word = next_word(text, at)?;
        let end = word.end;
        let adjective = || {
            let word = next_word(text, end)?;
            let (found, end) = (plain(&text[word.clone()]), word.end);
            let mut pairs = List::Adjectives.words().chunks_exact(2);
            pairs.find(|pair| pair[0] == found).map(|pair| (pair[1], end))
        };
        let found = plain(&text[word]);
        let unknown = || unknown_noun(&found, next_word(text, end).is_some()).filter(|_| is_count);
        let counted = free_adjective(&found).or_else(|| noun(&found)).or_else(unknown)?;
        let is_feminine = next_word(text, end).is_some_and(|word| is_feminine_adjective(&plain(&text[word])))
            && Noun::has_two_genders(found.strip_prefix(ARTICLE).unwrap_or(&found));
        let gender = if is_feminine { Gender::Feminine } else { counted.gender };
        Some(Self { gender, is_shared, length: end, adjective: adjective(), ..counted })
    }

    /// Returns the singular of the noun with its adjective, and the length of the text up to their end, in bytes.
    pub(super) fn one(&self) -> Option<(String, usize)> {
        let singular = self.noun?.singular;
        let with_adjective = self.adjective.map(|(adjective, end)| (format!("{singular} {adjective}"), end));
        Some(with_adjective.unwrap_or_else(|| (singular.to_owned(), self.length)))
    }

    /// Returns the length of the text up to the end of the noun and its adjective, in bytes.
    pub(super) fn end(&self) -> usize {
        self.adjective.map_or(self.length, |(_, end)| end)
    }
}

/// Returns the offset after a second number that shares the noun: after "or 3", "until 5", "to 5" or ", 3 or 4". Also
/// returns the offset after a plus between a number and its noun, as in "3+ children".
pub(super) fn after_shared(text: &str, begins_range: bool) -> Option<usize> {
    if text.starts_with(PLUS) {
        return Some(1);
    }
    if let Some(rest) = text.strip_prefix(", ") {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let shared = after_shared(&rest[digits..], begins_range).filter(|_| (1..=3).contains(&digits))?;
        return Some(text.len() - rest.len() + digits + shared);
    }
    let word = next_word(text, 0)?;
    let found = plain(&text[word.clone()]);
    if List::Or.words().contains(&found.as_str()) {
        skip_number(text, word.end)
    } else if begins_range && found.ends_with(CONNECTING) && is_connection(&found) {
        skip_number(text, word.start)
    } else {
        None
    }
}

/// Returns the range of the next word, after spaces or one dash.
pub(super) fn next_word(text: &str, at: usize) -> Option<std::ops::Range<usize>> {
    let rest = &text[at..];
    let dash = rest.chars().next().filter(|c| is_dash(*c)).map_or(0, char::len_utf8);
    let spaces = rest[dash..].chars().take_while(|c| matches!(c, ' ' | '\u{a0}')).map(char::len_utf8).sum::<usize>();
    let start = at + dash + spaces;
    let length = word_length(&text[start..]);
    (length > 0 && (dash == 0 || spaces == 0)).then(|| start..start + length)
}

/// Returns the offset after the number that begins at `at`, with or without a prefix; none if there is no number.
fn skip_number(text: &str, at: usize) -> Option<usize> {
    let mut start = at;
    // "until 5", "until to-5", "or 5".
    if let Some(word) = next_word(text, at)
        && is_prefix(&plain(&text[word.clone()]))
    {
        start = word.end;
    }
    let skipped = text[start..].chars().take_while(|c| is_dash(*c) || *c == ' ').map(char::len_utf8).sum::<usize>();
    let start = start + skipped;
    let length = text[start..].bytes().take_while(|c| c.is_ascii_digit() || matches!(c, b',' | b'.' | b'%')).count();
    // A full stop or a comma after the number ends its sentence or clause.
    let digits = text[start..start + length].trim_end_matches(['.', ',']).len();
    let is_number = text[start..].starts_with(|c: char| c.is_ascii_digit());
    is_number.then_some(start + digits)
}

/// Returns true if the word is the plural of a noun, with or without the article. Unknown words that end like feminine
/// plurals do not count, because abstract nouns ("identity", "warranty") have the same ending.
pub(super) fn is_plural(word: &str) -> bool {
    let base = word.strip_prefix(ARTICLE).unwrap_or(word);
    let is_sure = |counted: &Counted| counted.noun.is_some() || counted.gender == Gender::Masculine;
    noun(base).is_some_and(|counted| !counted.is_singular && is_sure(&counted))
}

fn noun(word: &str) -> Option<Counted> {
    if let Some((noun, is_singular)) = Noun::find(word) {
        return Some(Counted { noun: Some(noun), is_singular, ..counted(noun.gender) });
    }
    if !may_be_noun(word) {
        return None;
    }
    for base in bases(word).skip(1) {
        if let Some((noun, is_singular)) = Noun::find(base) {
            // The article is the only prefix that a counted noun may have.
            let is_definite = word.chars().count() == base.chars().count() + 1 && word.starts_with(ARTICLE);
            let is_counted = is_definite && !is_singular;
            return is_counted.then(|| Counted { noun: Some(noun), is_definite, ..counted(noun.gender) });
        }
    }
    if List::DefiniteAdjectives.words().contains(&word) {
        return Some(Counted { is_definite: true, ..counted(Gender::Masculine) });
    }
    // A first letter "in" or "to" is probably a prefix, so the word is not a counted noun.
    plural(word).filter(|_| !word.starts_with(PREPOSITIONS))
}

/// Returns the noun for a word that may also be a word with a prefix, as in "2 banks", or for a word that ends like a
/// construct plural before another word, as in "2 x-rays of teeth".
fn unknown_noun(word: &str, is_followed: bool) -> Option<Counted> {
    let has_prefix = || bases(word).skip(1).any(|base| Noun::find(base).is_some());
    if !may_be_noun(word) || has_prefix() {
        return None;
    }
    let is_construct = is_followed
        && word.ends_with(CONSTRUCT)
        // Nouns and adjectives with this ending are in the singular.
        && !word.ends_with(SINGULAR)
        && !word.starts_with(PREPOSITIONS)
        && !word.starts_with([ARTICLE, CONNECTING[1]])
        && !List::NotConstructs.words().contains(&word);
    // Few nouns begin with the letter of "to", and all of them have entries: "2 for groups" is more usual.
    let plural = plural(word).filter(|_| !word.starts_with(CONNECTING[0]));
    plural.or_else(|| (is_construct && is_long(word)).then(|| counted(Gender::Masculine)))
}

/// Returns an adjective in the plural that follows a number without a noun.
fn free_adjective(word: &str) -> Option<Counted> {
    let mut forms = List::FreeAdjectives.words().chunks_exact(4);
    let gender = forms.find_map(|forms| match word {
        word if word == forms[2] => Some(Gender::Masculine),
        word if word == forms[3] => Some(Gender::Feminine),
        _ => None,
    })?;
    Some(Counted { is_adjective: true, ..counted(gender) })
}

/// Returns true if the word ends like a feminine adjective in the plural and is no noun, with or without a prefix.
fn is_feminine_adjective(word: &str) -> bool {
    word.ends_with(PLURALS[1]) && is_long(word) && bases(word).all(|base| Noun::find(base).is_none())
}

/// Returns the gender of an adjective in the singular that follows the number 1 without a noun: "1 is free".
pub(super) fn gender_of_free_adjective(text: &str) -> Option<Gender> {
    let word = next_word(text, 0).map(|word| plain(&text[word]))?;
    let mut forms = List::FreeAdjectives.words().chunks_exact(4);
    forms.find_map(|forms| match word.as_str() {
        word if word == forms[0] => Some(Gender::Masculine),
        word if word == forms[1] => Some(Gender::Feminine),
        _ => None,
    })
}

/// Returns the noun for a word with the ending of a plural.
fn plural(word: &str) -> Option<Counted> {
    let genders = [Gender::Masculine, Gender::Feminine];
    let ending = PLURALS.iter().position(|ending| word.ends_with(ending)).filter(|_| is_long(word))?;
    Some(counted(genders[ending]))
}

fn counted(gender: Gender) -> Counted {
    Counted {
        gender,
        noun: None,
        is_singular: false,
        is_definite: false,
        is_shared: false,
        is_adjective: false,
        length: 0,
        adjective: None,
    }
}

fn may_be_noun(word: &str) -> bool {
    !List::NotCounted.words().contains(&word) && !List::AfterDay.has(word)
}

fn is_long(word: &str) -> bool {
    word.chars().count() >= 4
}

const PLUS: char = '+';

const ARTICLE: char = '\u{5d4}';

/// The prefixes "to" and "and".
const CONNECTING: [char; 2] = ['\u{5dc}', '\u{5d5}'];

/// The prefixes "in" and "to".
const PREPOSITIONS: [char; 2] = ['\u{5d1}', '\u{5dc}'];

/// The endings of plurals: -im, -ot.
const PLURALS: [&str; 2] = ["\u{5d9}\u{5dd}", "\u{5d5}\u{5ea}"];

/// The ending of masculine construct plurals, and of nouns and adjectives in the singular: -ei, -ui.
const CONSTRUCT: char = '\u{5d9}';
const SINGULAR: &str = "\u{5d5}\u{5d9}";

//! Replacement of symbols by words: currencies, percent and units. Also converts Arabic and full-width digits to ASCII.

use super::lists::List;
use super::marks::marks;
use super::plain::{CURRENCIES, is_dash, is_hebrew, is_letter, plain, word_length};
use super::separators::separators;
use unicode_normalization::UnicodeNormalization;

/// Replaces symbols of currencies and units by words, converts Arabic and full-width digits to ASCII, and removes
/// direction marks.
pub(super) fn symbols(text: &str) -> String {
    let text = marks(&separators(&digits(text)));
    let (mut said, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        if is_number(rest) && !said.ends_with(|c: char| c.is_ascii_digit()) {
            let length = number_length(rest);
            said.push_str(&rest[..length]);
            at += length;
            at += unit(&text[at..], &rest[..length], &mut said);
            continue;
        }
        let after = rest[c.len_utf8()..].trim_start_matches(' ');
        let currency = find(List::Symbols, rest).filter(|_| !is_letter(c) && CURRENCIES.contains(&c));
        if let Some([_, few, many]) = currency {
            let minus = after.chars().next().filter(|c| is_dash(*c)).map_or(0, char::len_utf8);
            let (minus, after) = after.split_at(minus);
            if is_number(after) {
                said.push_str(minus);
                // The currency is spoken after the number and a following "thousand" or "million".
                let number = &after[..number_length(after)];
                let scale = scale(&after[number.len()..]);
                let words = format!("{number}{scale} {}", form(number, few, many));
                said.push_str(&words);
                at = text.len() - after.len() + number.len() + scale.len();
                if text[at..].starts_with(is_letter) {
                    said.push(' ');
                }
            } else {
                said.push_str(many);
                at += c.len_utf8();
            }
            continue;
        }
        said.push(c);
        at += c.len_utf8();
        // "Total = 190": before a number.
        if c == EQUALS && rest[1..].trim_start_matches(' ').starts_with(|c: char| c.is_ascii_digit()) {
            said.pop();
            let space = |is_needed: bool| if is_needed { " " } else { "" };
            let (before, after) = (said.ends_with(is_letter), !rest[1..].starts_with(' '));
            said.extend([space(before), List::Equals.word(), space(after)]);
        }
        // "Class d/2": a letter with a number.
        let letter = said.strip_suffix('/').unwrap_or_default();
        let letter = letter.strip_suffix('\'').unwrap_or(letter);
        let is_letter_alone =
            letter.ends_with(is_hebrew) && letter.chars().rev().nth(1).is_none_or(|before| before == ' ');
        if is_letter_alone && is_number(&text[at..]) {
            said.pop();
            said.push(' ');
        }
    }
    said
}

/// Returns true if the mark after a number is an inch sign, and not the end of a quotation.
fn is_inch(before: &str, after: &str) -> bool {
    let is_outer = |(at, c): &(usize, char)| {
        is_inch_sign(*c)
            && !before[..*at].ends_with(is_letter)
            && !before[..*at].ends_with(|c: char| c.is_ascii_digit())
    };
    let has_open = || before.char_indices().any(|mark| is_outer(&mark));
    after.strip_prefix(is_inch_sign).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()) && !has_open())
}

fn is_inch_sign(c: char) -> bool {
    matches!(c, '"' | '\u{2033}' | '\u{201d}')
}

const EQUALS: char = '=';

/// Appends the word for the unit at the beginning of `rest`, which follows a number. Returns the length of the unit in
/// bytes; 0 if there is no unit.
fn unit(rest: &str, number: &str, said: &mut String) -> usize {
    if is_inch(said, rest) {
        said.extend([" ", List::Inch.word()]);
        return rest.chars().next().map_or(0, char::len_utf8);
    }
    let spaces = rest.len() - rest.trim_start_matches([' ', '\u{a0}']).len();
    let after = &rest[spaces..];
    let word = plain(&after[..word_length(after)]);
    let found = find(List::Symbols, after).or_else(|| {
        let list = List::LettersOfUnits.words().chunks_exact(3).find(|unit| unit[0] == word);
        list.and_then(|unit| <[&str; 3]>::try_from(unit).ok())
    });
    let Some([symbol, few, many]) = found.filter(|_| spaces <= 1) else { return 0 };
    let length = if symbol == word { word_length(after) } else { symbol.len() };
    // "5W-30" is the name of an oil.
    let next = after[length..].strip_prefix(is_dash).filter(|next| next.starts_with(|c: char| c.is_ascii_digit()));
    let is_name = |next: &str| !next[number_length(next)..].starts_with(symbol);
    if symbol.len() == 1 && symbol.starts_with(|c: char| c.is_ascii_uppercase()) && next.is_some_and(is_name) {
        return 0;
    }
    said.push(' ');
    said.push_str(form(number, few, many));
    if after[length..].starts_with(|c: char| is_letter(c) || c.is_ascii_digit()) {
        said.push(' ');
    }
    spaces + length
}

/// Returns the symbol at the beginning of a text with its words. A symbol that consists of letters must be a whole
/// word.
fn find(list: List, text: &str) -> Option<[&'static str; 3]> {
    let mut symbols = list.words().chunks_exact(3);
    symbols.find_map(|symbol| {
        let rest = text.strip_prefix(symbol[0])?;
        let is_word = symbol[0].ends_with(|c: char| c.is_ascii_alphanumeric());
        let is_cut = is_word && rest.starts_with(|c: char| is_letter(c) || c.is_ascii_digit());
        if is_cut { None } else { <[&str; 3]>::try_from(symbol).ok() }
    })
}

fn form(number: &str, few: &'static str, many: &'static str) -> &'static str {
    let is_few = number.parse::<u8>().is_ok_and(|number| (2..=10).contains(&number));
    if is_few { few } else { many }
}

/// Returns the length in bytes of the number or range at the beginning of a text.
fn number_length(text: &str) -> usize {
    let mut length = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next_is_digit = chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        let is_part =
            c.is_ascii_digit() || next_is_digit && (matches!(c, '.' | ',' | '/' | ':' | '\u{2044}') || is_dash(c));
        if !is_part {
            break;
        }
        length = at + c.len_utf8();
    }
    length
}

/// Returns the space and the word "thousand" or "million" at the beginning of a text; empty if there is none.
fn scale(text: &str) -> &str {
    let Some(rest) = text.strip_prefix(' ') else { return "" };
    let length = word_length(rest);
    let word = plain(&rest[..length]);
    let is_scale = List::Large.words().contains(&word.as_str()) || word == List::Thousands.at(0);
    if is_scale { &text[..=length] } else { "" }
}

/// Converts Arabic and Persian digits, and compatibility forms such as full-width digits and vulgar fractions, to ASCII
/// digits. Removes direction marks.
fn digits(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' => {
                plain.extend(char::from_digit(u32::from(c) & 0xf, 10));
            }
            '\u{b2}' | '\u{b3}' if plain.ends_with('m') => plain.extend(c.nfkd()),
            // Vulgar fractions, superscripts, full-width digits and circled digits.
            c if !c.is_ascii() && c.is_numeric() => {
                let parts: String = c.nfkd().collect();
                let is_raised = matches!(c, '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{2070}'..='\u{209c}');
                if plain.ends_with(|c: char| c.is_ascii_digit()) && (is_raised || parts.contains('\u{2044}')) {
                    plain.push(' ');
                }
                plain.push_str(&parts);
            }
            c => plain.push(c),
        }
    }
    plain
}

//! Marks between numbers and words that have a spoken form of their own: "4x4", "200 ₪ + VAT", "50 ₪/hour", "20%-30%".

use super::keys;
use super::lists::{List, Noun, is_prefix};
use super::plain::{CURRENCIES, is_dash, is_hebrew, plain, sentence_before, word_length, words_before};

/// Replaces marks between numbers and words by words or by a simpler form of the same meaning.
pub(super) fn marks(text: &str) -> String {
    let (mut said, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at + c.len_utf8()..];
        at += c.len_utf8();
        match c {
            'x' | 'X' | '*' | TIMES => match factors(&said, rest) {
                Some((before, after)) if is_amount(&said[..before], after) => {
                    said.truncate(before);
                    said.extend([" ", List::MultipliedBy.word(), " "]);
                    at = text.len() - after.len();
                }
                Some((before, after)) if c != '*' && !keys::is_keyed(&said[..before]) => {
                    said.truncate(before);
                    said.push(TIMES);
                    at = text.len() - after.len();
                }
                _ if c == '*' && is_key(&said, rest) => said.push_str(List::Star.word()),
                _ => match measures(&said, rest).filter(|_| c != '*') {
                    Some((before, word, after)) => {
                        said.truncate(before);
                        said.extend([" ", word, " "]);
                        at = text.len() - after.len();
                    }
                    None => said.push(c),
                },
            },
            '#' if is_key(&said, rest) => said.push_str(List::Hash.word()),
            '+' if is_between_words(&said, rest) => said.push_str(List::Plus.word()),
            '.' | ',' if has_no_cents(&said, rest) => at += rest.chars().next().map_or(0, char::len_utf8),
            '/' => match unit(&said, rest) {
                Some((unit, length)) => {
                    said.extend([" ", List::To.word(), &unit]);
                    at += length;
                }
                None if is_between_sizes(&said, rest) => {
                    said.pop();
                    said.push(',');
                }
                None => said.push(c),
            },
            // "For- 300 shekels": a space after the hyphen of a prefix.
            c if is_dash(c) && is_after_prefix(&said, rest) => {
                said.push(c);
                at += rest.len() - rest.trim_start_matches(' ').len();
            }
            _ if REPEATED.contains(&c) && (is_repeated_later(c, rest) || is_repeated(c, &said)) => {}
            _ => said.push(c),
        }
    }
    said
}

/// Returns the end of the text before a mark between two numbers, and the text after the mark, both without the spaces
/// around it. There must be both spaces or none: "10 x 15", "10x15".
fn factors<'t>(before: &str, after: &'t str) -> Option<(usize, &'t str)> {
    let (before, after) = match (before.strip_suffix(' '), after.strip_prefix(' ')) {
        (Some(before), Some(after)) => (before, after),
        _ => (before, after),
    };
    (before.ends_with(is_digit) && after.starts_with(is_digit)).then_some((before.len(), after))
}

/// As [`factors`], for a mark with spaces around it after a measure with its unit: "50 cm x 70 cm", "45 minutes x 2".
/// Also returns the word for the mark: "by" between the sides of an area, otherwise "times".
fn measures<'t>(before: &str, after: &'t str) -> Option<(usize, &'static str, &'t str)> {
    let (before, after) =
        (before.strip_suffix(' ')?, after.strip_prefix(' ').filter(|after| after.starts_with(is_digit))?);
    let last = before.rsplit(' ').next().unwrap_or_default().trim_start_matches(is_part);
    let number = before[..before.len() - last.len()].trim_end_matches(' ');
    let first = measure(last).filter(|_| number.ends_with(is_digit))?;
    let next = after.trim_start_matches(is_part).trim_start_matches(' ');
    let second = measure(&next[..word_length(next)]);
    let is_length = |unit: &str| unit.contains(List::Metre.word()) || unit == List::Inch.word();
    let is_area = is_length(first) && second.is_some_and(is_length);
    Some((before.len(), if is_area { List::Times } else { List::MultipliedBy }.word(), after))
}

/// Returns the noun of a unit or of another counted thing.
fn measure(word: &str) -> Option<&'static str> {
    let word = plain(word);
    let mut units = List::Symbols.words().chunks_exact(3).chain(List::LettersOfUnits.words().chunks_exact(3));
    let unit = units.find(|unit| unit[0] == word).map(|unit| unit[1]);
    unit.or_else(|| Noun::find(&word).map(|(noun, _)| noun.singular))
}

/// Returns true for a slash between two sizes with their prices: "small 20 / large 30".
fn is_between_sizes(before: &str, after: &str) -> bool {
    let Some(before) = before.strip_suffix(' ') else { return false };
    let word = before.trim_end_matches(|c: char| c.is_alphabetic());
    let is_price = Noun::find(&before[word.len()..]).is_some_and(|(noun, _)| noun.is_currency());
    let before = if is_price { word.trim_end_matches(' ') } else { before.trim_end_matches(CURRENCIES) };
    let next = after.strip_prefix(' ').unwrap_or_default();
    let length = word_length(next);
    let number = next[length..].strip_prefix(' ').unwrap_or_default().trim_start_matches(CURRENCIES);
    before.trim_end_matches(' ').ends_with(is_digit) && length > 0 && number.starts_with(is_digit)
}

/// Returns true for the hyphen between a Hebrew prefix and a number before which a space was written.
fn is_after_prefix(before: &str, after: &str) -> bool {
    let head = before.trim_end_matches(is_hebrew);
    let is_alone = head.is_empty() || head.ends_with([' ', '(', '\n']);
    // "Class b - 5 children".
    let is_lettered = || words_before(head).next().is_some_and(|word| List::BeforeLetter.has(&word));
    // "A- 5, b- 6": letters of a list.
    let is_listed = || sentence_before(head).contains(FIRST_ITEM);
    let digits = after.trim_start_matches(' ');
    after.len() > digits.len()
        && digits.starts_with(is_digit)
        && is_alone
        && is_prefix(&before[head.len()..])
        && !is_lettered()
        && !is_listed()
}

/// Returns true if the factors after a mark end with an amount of money, or with the right result of an equation, so that
/// the mark means a multiplication and not the sides of an area: "2x3 = 450 shekels" is the price of an area.
fn is_amount(before: &str, text: &str) -> bool {
    let value = |text: &str| text.trim_end_matches(['.', ',']).replace(',', "").parse::<f64>().unwrap_or(f64::NAN);
    let mut product = value(&before[before.trim_end_matches(is_part).len()..]);
    let mut rest = text;
    loop {
        let after = rest.trim_start_matches(is_part);
        product *= value(&rest[..rest.len() - after.len()]);
        rest = after.trim_start_matches(' ');
        let Some(factor) = rest.strip_prefix(['x', 'X', '*', TIMES]).map(|after| after.trim_start_matches(' ')) else {
            break;
        };
        if !factor.starts_with(is_digit) {
            break;
        }
        rest = factor;
    }
    if let Some(result) = rest.strip_prefix('=').map(|after| after.trim_start_matches(' ')) {
        let number = &result[..result.len() - result.trim_start_matches(is_part).len()];
        return (value(number) - product).abs() < 1e-6;
    }
    let is_currency = || Noun::find(&plain(&rest[..word_length(rest)])).is_some_and(|(noun, _)| noun.is_currency());
    // The mark of a currency before a number belongs to that number.
    let is_marked = |after: &str| !after.trim_start_matches(' ').starts_with(is_digit);
    rest.strip_prefix(CURRENCIES).is_some_and(is_marked) || is_currency()
}

/// Returns true for a mark with a space on both sides that does not begin a line.
fn is_between_words(before: &str, after: &str) -> bool {
    let starts = |text: &str| text.starts_with(|c: char| !c.is_whitespace());
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.ends_with(' ') && !line.trim().is_empty() && after.strip_prefix(' ').is_some_and(starts)
}

/// Returns true for the mark in a price without cents, which a dash follows: "120.-".
fn has_no_cents(before: &str, after: &str) -> bool {
    let Some(next) = after.strip_prefix(is_dash).filter(|_| before.ends_with(is_digit)) else { return false };
    let word = next.trim_start_matches(' ');
    let is_currency = || Noun::find(&plain(&word[..word_length(word)])).is_some_and(|(noun, _)| noun.is_currency());
    !next.starts_with(|c: char| c.is_alphanumeric() || is_dash(c)) || is_currency()
}

/// Returns true for a mark that stands alone after words such as "press": "press 1, or * to return".
fn is_key(before: &str, after: &str) -> bool {
    let is_alone = before.ends_with(' ') && !after.starts_with(|c: char| c.is_alphanumeric() || c == '*' || c == '#');
    // The words after a mark in the same sentence are near: "press 1 for Hebrew, 2 for English, or *".
    is_alone && words_before(before).take(8).any(|word| List::BeforeKeys.has(&word))
}

/// Returns the singular of the unit that follows a price and a slash, as in "50 shekels/hour", and the length of the
/// unit in bytes.
fn unit(price: &str, rest: &str) -> Option<(String, usize)> {
    let before_word = || {
        let (before, word) = price.split_at(price.trim_end_matches(|c: char| c.is_alphabetic()).len());
        Noun::find(word).filter(|(noun, _)| noun.is_currency()).map(|_| before)
    };
    let before_currency = price.strip_suffix(CURRENCIES).or_else(before_word);
    let is_currency_last = before_currency.is_some_and(|before| before.trim_end_matches(' ').ends_with(is_digit));
    let is_currency_first = || price.ends_with(is_digit) && price.trim_end_matches(is_part).ends_with(CURRENCIES);
    let is_price = is_currency_last || is_currency_first();
    let length = word_length(rest);
    let (noun, _) = Noun::find(&plain(&rest[..length]))?;
    if !is_price || noun.is_currency() {
        return None;
    }
    // "Square metres".
    let after = rest[length..].strip_prefix(' ').unwrap_or_default();
    let adjective = plain(&after[..word_length(after)]);
    let pair = List::Adjectives.words().chunks_exact(2).find(|pair| pair[0] == adjective);
    Some(match pair {
        Some(pair) => (format!("{} {}", noun.singular, pair[1]), length + 1 + word_length(after)),
        None => (noun.singular.to_owned(), length),
    })
}

/// Returns true if the symbol is after a number and also after the next number: "20%-30%".
fn is_repeated_later(symbol: char, rest: &str) -> bool {
    let Some(next) = rest.strip_prefix(is_dash) else { return false };
    let after = next.trim_start_matches(is_part);
    next.starts_with(is_digit) && after.trim_start_matches(' ').starts_with(symbol)
}

/// Returns true if the symbol is before a number and also before the previous number: "₪200-₪300".
fn is_repeated(symbol: char, before: &str) -> bool {
    let Some(number) = before.strip_suffix(is_dash) else { return false };
    number.ends_with(is_digit) && number.trim_end_matches(is_part).ends_with(symbol)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn is_part(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '.' | ',')
}

/// Symbols of which a range needs only one.
const REPEATED: [char; 6] = ['%', '\u{b0}', CURRENCIES[0], CURRENCIES[1], CURRENCIES[2], CURRENCIES[3]];

/// The letter of the first item of a list.
const FIRST_ITEM: &str = "\u{5d0}-";

/// The multiplication sign.
const TIMES: char = '\u{d7}';

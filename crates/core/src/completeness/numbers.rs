//! Estimates whether a number that the caller dictates is complete. A number is dictated digit by digit ("zero five"),
//! or in groups ("fifty, three hundred and twenty").

use super::wait::Completeness;
use super::words::{is, without_prefix};

/// The minimum number of digits in a row that count as a dictated number.
const DICTATED: usize = 3;
/// The minimum number of digits in a dictated phone number that the caller has announced.
const DICTATED_BY_NAME: usize = 2;
/// The lengths at which a number that begins with neither 0 nor 972 is complete: 9 for an identity number and for a
/// mobile number without its leading zero, and 10 for a number such as 1-800-123456.
const NUMBER_LENGTHS: [usize; 2] = [9, 10];
/// The country calling code of Israel, which replaces the leading zero.
const ISRAEL: &str = "972";
/// The length of an entrance code.
const CODE_LENGTH: usize = 4;
/// The lengths of the numbers of older and of newer licence plates.
const PLATE_LENGTHS: [usize; 2] = [7, 8];
/// The usual minimum length of the number of an order.
const ORDER_LENGTH: usize = 6;
/// The length of the shortest phone number.
const MIN_PHONE: usize = 9;

/// Estimates whether a dictated number is complete; none if the words do not end with such a number.
pub(super) fn dictation(found: &[String]) -> Option<Completeness> {
    let run = number_words(found);
    let (groups, before) = (groups(&run), &found[..found.len() - run.len()]);
    let number = groups.concat();
    let (count, begins_with_zero) = (number.len(), number.starts_with('0'));
    let is_named = |class| before.iter().any(|word| is(class, word));
    let has_name = is_named("number_name") && (groups.len() >= 2 || count >= DICTATED);
    let is_phone = is_named("phone_name") && count >= DICTATED_BY_NAME && groups.len() >= 2;
    let is_long = count >= DICTATED && (begins_with_zero || groups.len() >= DICTATED || count > 5);
    let has_begun = begins_with_zero && count < DICTATED;
    if let Some(corrected) = corrected_digits(before).filter(|_| count > 0) {
        let is_complete = corrected + count >= MIN_PHONE;
        return Some(if is_complete { Completeness::Unclear } else { Completeness::Open });
    }
    if !is_long && !has_begun && !has_name && !is_phone {
        return None;
    }
    // Including the zero, mobile and VoIP numbers (05…, 07…) have ten digits, and landline numbers have nine.
    let after_zero = number.strip_prefix('0').or_else(|| number.strip_prefix(ISRAEL));
    let named = |is_complete, may_end| match () {
        () if is_complete => Completeness::Complete,
        () if may_end => Completeness::Unclear,
        () => Completeness::Open,
    };
    Some(match after_zero {
        _ if is_named("code_name") => named(count == CODE_LENGTH, count > CODE_LENGTH),
        _ if is_named("plate_name") => named(count == PLATE_LENGTHS[1], count == PLATE_LENGTHS[0]),
        _ if is_named("order_name") => named(false, count >= ORDER_LENGTH),
        Some(rest) => named(rest.len() == if rest.starts_with(['5', '7']) { 9 } else { 8 }, false),
        None => named(NUMBER_LENGTHS.contains(&count), false),
    })
}

/// Returns the number of digits that the caller has just corrected ("nine zero, no, nine one"); none if the words do
/// not end with a correction of a dictated number.
fn corrected_digits(before: &[String]) -> Option<usize> {
    let (last, before) = before.split_last()?;
    let count = groups(&number_words(before)).concat().len();
    (is("correction", last) && count >= DICTATED).then_some(count)
}

/// A word of a number.
#[derive(Clone, Debug)]
enum Part {
    /// Digits, or the word for one digit.
    Digits(String),
    /// Ten, or the second word of a number between 11 and 19.
    Ten,
    /// Twenty, thirty and so on.
    Tens(u32),
    /// One hundred, or two hundred.
    Hundreds(u32),
    /// The word after the number of hundreds.
    TimesHundred,
}

/// A word of a number, and whether it is joined to the word before it by "and".
type NumberWord = (Part, bool);

/// Returns the words of the number at the end. The first word of the number may have a prefix, as in "to zero five".
fn number_words(found: &[String]) -> Vec<NumberWord> {
    let mut run: Vec<_> = found.iter().rev().map_while(|word| number_word(word)).collect();
    let before = found.len().checked_sub(run.len() + 1).and_then(|at| found.get(at));
    let bare = before.and_then(|word| without_prefix("number_prefix", word));
    if let Some(zero) = bare.filter(|bare| is("digit0", bare) || bare.starts_with('0')) {
        run.extend(number_word(zero));
    }
    run.reverse();
    run
}

fn number_word(word: &str) -> Option<NumberWord> {
    let joined = || without_prefix("and", word).and_then(part).map(|part| (part, true));
    part(word).map(|part| (part, false)).or_else(joined)
}

fn part(word: &str) -> Option<Part> {
    let digit = ('0'..='9').find(|digit| is(&format!("digit{digit}"), word)).map(String::from);
    let digits = digit.or_else(|| word.chars().all(|c| c.is_ascii_digit()).then(|| word.to_owned()));
    let tens = || (2..=9).find(|tens| is(&format!("tens{tens}"), word)).map(|tens| Part::Tens(tens * 10));
    let hundreds =
        || (1..=2).find(|count| is(&format!("hundred{count}"), word)).map(|count| Part::Hundreds(count * 100));
    let ten = || is("ten", word).then_some(Part::Ten);
    let times = || is("times_hundred", word).then_some(Part::TimesHundred);
    digits.map(Part::Digits).or_else(tens).or_else(hundreds).or_else(ten).or_else(times)
}

/// Returns the digits of each number in these words: "three hundred and twenty, seventeen" has the digits 320 and 17.
fn groups(run: &[NumberWord]) -> Vec<String> {
    let (mut groups, mut rest) = (Vec::new(), run);
    while let Some((first, after)) = rest.split_first() {
        let hundreds = match (&first.0, after.first()) {
            (Part::Hundreds(hundreds), _) => Some((*hundreds, after)),
            (Part::Digits(digit), Some((Part::TimesHundred, _))) => {
                digit.parse::<u32>().ok().map(|count| (count.saturating_mul(100), &after[1..]))
            }
            _ => None,
        };
        let below_hundred = below_hundred(hundreds.map_or(rest, |(_, after)| after));
        let (digits, after_number) = match (hundreds, below_hundred, &first.0) {
            (Some((hundreds, _)), Some((small, after)), _) => (Some(hundreds.saturating_add(small).to_string()), after),
            (Some((number, after)), None, _) | (None, Some((number, after)), _) => (Some(number.to_string()), after),
            (None, None, Part::Digits(digits)) => (Some(digits.clone()), after),
            (None, None, _) => (None, after),
        };
        groups.extend(digits);
        rest = after_number;
    }
    groups
}

/// Returns the number between 10 and 99 with which these words begin, and the words after it. After a word such as
/// "twenty", a digit belongs to the number only if it is joined by "and".
fn below_hundred(words: &[NumberWord]) -> Option<(u32, &[NumberWord])> {
    let digit = |part: &Part| match part {
        Part::Digits(digits) if digits.len() == 1 => digits.parse::<u32>().ok(),
        _ => None,
    };
    match words {
        [(Part::Tens(tens), _), (unit, true), after @ ..] => Some((tens + digit(unit)?, after)),
        [(Part::Tens(tens), _), after @ ..] => Some((*tens, after)),
        [(unit, _), (Part::Ten, _), after @ ..] => Some((10 + digit(unit)?, after)),
        [(Part::Ten, _), after @ ..] => Some((10, after)),
        _ => None,
    }
}

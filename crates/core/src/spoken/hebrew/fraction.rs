//! Conversion of fractions to words.

use super::context::Context;
use super::counted::next_word;
use super::lists::{Gender, List};
use super::numeral::{before_noun, cardinal};
use super::plain::{is_dash, plain};
use super::quantity::{self, Amount};
use super::reading::Reading;
use super::run::{Run, is_usual_fraction};

/// Returns true if the fraction has a name in words: 1/2 to 9/10.
pub(super) fn is_named(above: u64, below: u64) -> bool {
    (1..below).contains(&above) && (2..=10).contains(&below)
}

/// Returns true if a counted noun or "of" follows the fraction.
pub(super) fn is_counted(context: &Context<'_>) -> bool {
    // "On 1/5 we open": where a date is expected, it is a fraction only before a singular noun or "of the".
    let is_date = context.is_date();
    if context.counted().is_some_and(|counted| counted.is_singular || !is_date) {
        return true;
    }
    let word = next_word(context.after, 0).map(|word| plain(&context.after[word])).unwrap_or_default();
    let rest = word.strip_prefix(FROM).filter(|_| !List::BeforeDate.has(&word));
    rest.is_some_and(|rest| !is_date || rest.starts_with(ARTICLE))
}

/// Returns a fraction in words, such as "three quarters"; none if it has no name.
pub(super) fn words(above: u64, below: u64, context: &Context<'_>) -> Option<String> {
    if !is_named(above, below) {
        return None;
    }
    let index = usize::try_from(below).ok()?;
    if above == 1 {
        return Some(List::Fractions.at(index - 2).to_owned());
    }
    let gender = if below > 4 { Gender::Feminine } else { Gender::Masculine };
    // "2/3 recommend": an unknown plural may be a verb.
    let is_construct = context.counted().is_some_and(|counted| counted.noun.is_some());
    let plurals = if is_construct { List::FractionConstructs } else { List::FractionPlurals };
    let count = match above {
        2 => before_noun(2, gender, false),
        _ if is_construct => before_noun(above, gender, true),
        _ => cardinal(above, gender),
    };
    Some(format!("{count} {}", plurals.at(index.checked_sub(3)?)))
}

/// Reads a whole number with a fraction after it, such as "2 1/2", "2 and 1/2" or "2 and a half".
pub(super) fn mixed(whole: u64, context: &Context<'_>) -> Option<Reading> {
    half_in_words(whole, context).or_else(|| in_digits(whole, context))
}

/// Reads a whole number before "and a half" and a noun. A number after "at" is an hour and has no noun.
fn half_in_words(whole: u64, context: &Context<'_>) -> Option<Reading> {
    let word = next_word(context.after, 0)?;
    let half = plain(&context.after[word.clone()]);
    if half.strip_prefix(List::And.word()) != Some(List::Half.word()) || context.is_hour() {
        return None;
    }
    let inner = Context { after: &context.after[word.end..], ..context.clone() };
    let counted = inner.counted().filter(|counted| counted.noun.is_some() && !counted.is_shared)?;
    let is_measure = !counted.is_singular || counted.noun.is_some_and(|noun| noun.counts_in_singular);
    if !is_measure || context.prefix.ends_with(AT) {
        return None;
    }
    let reading = quantity::amount(&Amount { whole, fraction: Some("5") }, &inner);
    Some(Reading { length: word.end + reading.length, ..reading })
}

fn in_digits(whole: u64, context: &Context<'_>) -> Option<Reading> {
    let rest = context.after.strip_prefix(' ').unwrap_or(context.after);
    let rest = rest.strip_prefix(List::And.word()).map_or(rest, |rest| rest.trim_start_matches(is_dash));
    let run = Run::read(rest)?;
    let (above, below) = run.pair('\u{2044}').or_else(|| run.pair('/'))?;
    let (above, below) = (above.value()?, below.value()?);
    if !is_usual_fraction(above, below) && run.marks != ['\u{2044}'] {
        return None;
    }
    let skipped = context.after.len() - rest.len() + run.length;
    let inner = Context { after: &context.after[skipped..], ..context.clone() };
    if (above, below) == (1, 2) && inner.counted().is_some() {
        let reading = quantity::amount(&Amount { whole, fraction: Some("5") }, &inner);
        return Some(Reading { length: skipped + reading.length, ..reading });
    }
    let gender = inner.counted().map_or(Gender::Feminine, |counted| counted.gender);
    let words = format!("{} {}{}", cardinal(whole, gender), List::And.word(), words(above, below, &inner)?);
    Some(Reading { length: skipped, ..Reading::new(words) })
}

/// The prefix "at".
const AT: char = '\u{5d1}';

/// The letter that means "the".
const ARTICLE: char = '\u{5d4}';

/// The letter that means "of".
const FROM: char = '\u{5de}';

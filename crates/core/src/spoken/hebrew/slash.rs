//! The reading of two numbers with a slash between them.

use super::context::Context;
use super::counted::next_word;
use super::date::{date_reading, feminine, month};
use super::fraction;
use super::lists::{Gender, List, Noun, bases};
use super::numeral::{before_noun, cardinal};
use super::plain::{plain, words_before};
use super::quantity::{self, Amount};
use super::reading::Reading;
use super::run::{Number, Run, is_usual_fraction};

/// Reads two numbers with a slash, such as a fraction, a date, a rating, or the number of a building with its flat. None
/// for the number of a document, whose digits are read one by one.
pub(super) fn read(first: &Number, second: &Number, run: &Run, context: &Context<'_>) -> Option<Reading> {
    let (above, below) = (first.value()?, second.value()?);
    if first.has_written_zeros() || second.has_written_zeros() {
        return None;
    }
    let divided = || format!("{} {} {}", feminine(above), List::Divided.word(), feminine(below));
    if context.has_before(List::BeforePressure, 3) {
        return Some(Reading::new(format!("{} {} {}", feminine(above), List::Times.word(), feminine(below))));
    }
    if let Some(words) = out_of(above, below, run, context) {
        return Some(Reading::new(words));
    }
    if is_before_flat(context) {
        return Some(Reading::new(divided()));
    }
    let is_fraction = run.marks == ['\u{2044}'] || fraction::is_named(above, below) && fraction::is_counted(context);
    if is_fraction {
        return Some(Reading::new(fraction::words(above, below, context).unwrap_or_else(divided)));
    }
    let is_in_street = context.prefix.is_empty() && context.has_before(List::BeforeBuilding, 4);
    if is_in_street || is_address(context) || is_after_street(context) {
        return Some(Reading::new(divided()));
    }
    if context.has_before(List::BeforeRating, 3) {
        return Some(Reading::new(format!("{} {} {}", feminine(above), List::OutOf.word(), feminine(below))));
    }
    let are_years = (1900..2100).contains(&above) && ((above + 1) % 100 == below || above + 1 == below);
    // "50/50".
    let are_equal = above == below && above > 12;
    let is_size = || context.prefix.is_empty() && context.has_before(List::BeforeSize, 2);
    if are_years || are_equal || is_size() {
        return Some(Reading::new(format!("{} {}", feminine(above), feminine(below))));
    }
    let is_date = context.is_date();
    if !is_date && (above, below) == (24, 7) {
        return Some(Reading::new(format!("{} {}", feminine(24), feminine(7))));
    }
    if !is_date && is_usual_fraction(above, below) {
        return Some(Reading::new(fraction::words(above, below, context).unwrap_or_else(divided)));
    }
    let year = if is_expiry(first, second, context) { 2000 + below } else { below };
    let is_month = (1900..2100).contains(&year) && (1..=12).contains(&above);
    if is_document(context, is_month) {
        return Some(Reading::new(format!("{} {} {}", feminine(above), List::Slash.word(), feminine(below))));
    }
    if is_month {
        return Some(Reading::new(format!("{} {}", month(above), feminine(year))));
    }
    let date = run.day_and_month().map(date_reading);
    Some(date.unwrap_or_else(|| Reading::new(divided())))
}

/// Reads prices with a slash between them, of which each is another price: "80/150 shekels". `None` for a fraction, and
/// for the part of an amount that is left.
pub(super) fn prices(run: &Run, context: &Context<'_>) -> Option<Reading> {
    let counted = context.counted().filter(|counted| counted.noun.is_some_and(Noun::is_currency))?;
    let is_left = || context.last_word().is_some_and(|word| List::Left.has(&word));
    let is_fraction = || {
        let values = run.pair('/').and_then(|(above, below)| above.value().zip(below.value()));
        values.is_some_and(|(above, below)| is_usual_fraction(above, below))
    };
    if counted.is_shared || is_left() || is_fraction() || run.numbers.iter().any(Number::has_leading_zero) {
        return None;
    }
    let parts = run.split_at('/');
    let amounts: Option<Vec<(u64, Option<&str>)>> = parts.iter().map(amount).collect();
    let amounts: Vec<Amount<'_>> = amounts?.into_iter().map(|(whole, fraction)| Amount { whole, fraction }).collect();
    let (last, earlier) = amounts.split_last().filter(|(_, earlier)| !earlier.is_empty())?;
    let earlier: Vec<String> = earlier
        .iter()
        .map(|amount| match amount.fraction {
            Some(_) => quantity::price(amount),
            None => cardinal(amount.whole, counted.gender),
        })
        .collect();
    let last = quantity::amount(last, context);
    Some(Reading { words: format!("{} {} {}", earlier.join(", "), List::Or.word(), last.words), ..last })
}

/// Returns a whole number, or a decimal with its two decimal places.
fn amount(run: &Run) -> Option<(u64, Option<&str>)> {
    let decimal = || run.pair('.').filter(|(_, fraction)| fraction.digits.len() == 2);
    match run.integer() {
        Some(whole) => Some((whole.value()?, None)),
        None => decimal().and_then(|(whole, fraction)| Some((whole.value()?, Some(fraction.digits.as_str())))),
    }
}

/// Reads the number of items out of all: "page 3/12", "4/12 meetings are left", "treatments used: 3/10".
fn out_of(above: u64, below: u64, run: &Run, context: &Context<'_>) -> Option<String> {
    if above > below || run.marks != ['/'] || context.is_date() || context.has_before(List::BeforeBuilding, 4) {
        return None;
    }
    let words = |above: String, below: String| Some(format!("{above} {} {below}", List::OutOf.word()));
    let last = context.last_word().filter(|_| context.prefix.is_empty());
    if last.as_deref().is_some_and(|last| List::BeforeOutOf.has(last)) {
        return words(feminine(above), feminine(below));
    }
    let is_left = last.as_deref().is_some_and(|last| List::Left.has(last));
    let is_fraction = is_usual_fraction(above, below);
    let counted = context.counted().filter(|counted| !counted.is_singular && !counted.is_shared);
    if let Some(counted) = counted.filter(|_| !is_fraction && (is_left || !context.is_about_dates())) {
        let below = before_noun(below, counted.gender, counted.is_definite);
        return words(cardinal(above, counted.gender), below);
    }
    if !is_fraction && above < below && is_before_verb(context) {
        return words(cardinal(above, Gender::Masculine), cardinal(below, Gender::Masculine));
    }
    let is_named = is_left && !is_fraction && context.counted().is_none();
    let mut nouns = words_before(context.before).skip(1).take(3);
    let said = nouns.find_map(|word| bases(&word).find_map(Noun::find).filter(|(_, is_singular)| !is_singular));
    let gender = said.map_or(Gender::Feminine, |(noun, _)| noun.gender);
    if is_named { words(cardinal(above, gender), cardinal(below, gender)) } else { None }
}

/// Returns true for the month and the last two digits of the year in which a card expires: "valid until 01/27".
fn is_expiry(month: &Number, year: &Number, context: &Context<'_>) -> bool {
    let is_year = year.digits.len() == 2 && year.value().is_some_and(|year| (13..70).contains(&year));
    let is_named = || context.has_before(List::BeforeExpiry, 3);
    is_year && (month.has_leading_zero() || is_named())
}

/// Returns true if the numbers identify a document: "invoice number 12/26", "file 3/12". `is_month`: whether they may be
/// a month with its year, as in "the invoice 12/2026".
fn is_document(context: &Context<'_>, is_month: bool) -> bool {
    let Some(last) = context.last_word().filter(|_| context.prefix.is_empty()) else { return false };
    List::NumberSign.has(&last) || !is_month && List::BeforeDocument.has(&last)
}

/// Returns true if a word that may be the name of a street is before the numbers, and the name of a town without a prefix
/// after them: "Dizengoff 5/3 Tel Aviv".
fn is_street_before_town(context: &Context<'_>) -> bool {
    let Some(last) = context.last_word().filter(|_| context.prefix.is_empty() && context.is_at_town()) else {
        return false;
    };
    let is_other = [List::BeforeDate, List::AboutDates, List::BeforeDocument].iter().any(|list| list.has(&last));
    !is_other && !context.is_about_dates() && Noun::find(&last).is_none()
}

/// Returns true if a part of a building with its number follows: "Rabbi Kook 7/3 floor 1". "7/3 entrance 14:00" is a date.
fn is_before_flat(context: &Context<'_>) -> bool {
    let rest = context.after.trim_start_matches([',', ' ']);
    let Some(word) = next_word(rest, 0) else { return false };
    let (part, after) = (plain(&rest[word.clone()]), rest[word.end..].trim_start_matches(' '));
    let next = next_word(after, 0).map(|word| plain(&after[word])).unwrap_or_default();
    let is_ordinal = || [List::MasculineOrdinals, List::FeminineOrdinals].iter().any(|list| list.has(&next));
    let is_letter = || next.trim_end_matches('\'').chars().count() == 1;
    let is_number = || Run::read(after).is_some_and(|run| run.integer().is_some());
    context.prefix.is_empty()
        && List::PartsOfBuilding.words().contains(&part.as_str())
        && (is_number() || is_letter() || is_ordinal())
        && !context.is_date()
        && !context.is_about_dates()
}

/// Returns true if the numbers follow the word for a flat: "flat 7/12 in the building".
fn is_flat(context: &Context<'_>) -> bool {
    let last = context.last_word().filter(|_| context.prefix.is_empty());
    last.is_some_and(|last| !last.starts_with(ARTICLE) && List::Flat.has(&last))
        && !context.is_about_dates()
        && !context.has_daypart()
}

/// Returns true if a verb in the past follows, whose subject is a part of a group: "4/5 answered". Where a date is expected,
/// and before a verb of an event ("7/10 the lessons began"), the numbers are a date.
fn is_before_verb(context: &Context<'_>) -> bool {
    let Some(word) = next_word(context.after, 0) else { return false };
    let verb = plain(&context.after[word]);
    let is_verb =
        verb.ends_with(PAST) && verb.chars().count() >= 3 && !verb.starts_with(FUTURE) && !List::NoPastVerbs.has(&verb);
    let is_alone = context.prefix.is_empty() || context.prefix == List::And.word();
    is_alone && is_verb && !context.is_about_dates()
}

/// Returns true if the numbers are those of a building and its flat after the name of a street: "he lives in Bialik 7/10",
/// "we are in Bialik 3/4". A date would have the prefix "in".
fn is_address(context: &Context<'_>) -> bool {
    if is_street_before_town(context) || is_flat(context) {
        return true;
    }
    let phrase = context.before.rsplit([',', ':']).next().unwrap_or_default();
    let words: Vec<String> = words_before(phrase).take(4).collect();
    let Some(verb) = words.iter().position(|word| List::BeforePlace.words().contains(&word.as_str())) else {
        return false;
    };
    // The first word after the verb has the prefix "in": "in Bialik", "in Ibn Gabirol".
    let name = verb.checked_sub(1).and_then(|first| words[first].strip_prefix(List::In.word()));
    let is_other = |name: &str| [List::BeforeDate, List::AboutDates, List::Dated].iter().any(|list| list.has(name));
    // "In the office 7/10, Haifa" is a date. A name of several words may begin with a noun.
    let is_noun = |name: &str| verb == 1 && Noun::find(name).is_some();
    let is_home = List::BeforeHome.words().contains(&words[verb].as_str());
    let is_street = |name: &str| !is_other(name) && (is_home || !is_noun(name));
    context.prefix.is_empty() && context.last_word().is_some() && name.is_some_and(is_street)
}

/// Returns true after the name of a common street: "come to Allenby 5/3". Other names are followed by a date.
fn is_after_street(context: &Context<'_>) -> bool {
    let last = context.last_word().filter(|_| context.prefix.is_empty());
    last.is_some_and(|last| List::Streets.has(&last)) && !context.is_date() && !context.is_about_dates()
}

const ARTICLE: char = '\u{5d4}';

/// The ending of verbs in the past with a subject in the plural.
const PAST: char = '\u{5d5}';

/// The prefixes of verbs in the future.
const FUTURE: [char; 2] = ['\u{5d9}', '\u{5ea}'];

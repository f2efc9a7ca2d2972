//! Conversion of amounts to words: numbers with the counted noun, decimals, prices and durations.

use super::clock::Clock;
use super::context::Context;
use super::counted::{Counted, gender_of_free_adjective, next_word};
use super::elided;
use super::lists::{Gender, List, Noun, bases};
use super::numeral::{before_noun, cardinal, digits, ordinal};
use super::part;
use super::plain::{plain, words_after, words_before};
use super::reading::Reading;

/// A number with the digits after its decimal point.
pub(super) struct Amount<'a> {
    pub(super) whole: u64,
    pub(super) fraction: Option<&'a str>,
}

impl Amount<'_> {
    fn is_half(&self) -> bool {
        self.fraction.is_some_and(|fraction| fraction.trim_end_matches('0') == "5" && fraction.len() <= 2)
    }

    /// Returns true if "and a half" after the whole number would be heard as half of its last thousand or million:
    /// "a thousand and a half" is 1500.
    fn ends_with_scale(&self) -> bool {
        self.whole > 0 && self.whole.is_multiple_of(1000)
    }

    fn is_quarter(&self) -> bool {
        matches!(self.fraction, Some("25" | "75"))
    }

    /// Returns true for the amounts below two that can be said without a number: "half an hour", "an hour and a half", and
    /// for a unit of time also "an hour and a quarter".
    fn is_without_number(&self, noun: &Noun) -> bool {
        self.whole < 2 && (self.is_half() || self.is_quarter() && noun.dual.is_some())
    }
}

pub(super) fn integer(value: u64, context: &Context<'_>) -> Reading {
    if context.has_month() && (1..=31).contains(&value) {
        return Reading::new(cardinal(value, Gender::Masculine));
    }
    let counted = context.counted().filter(|counted| counts(counted, value, context));
    let Some(counted) = counted else {
        let one = if value == 1 { elided::one(context) } else { None };
        return one.unwrap_or_else(|| Reading::new(uncounted(value, context)));
    };
    if !counted.is_shared
        && let Some(noun) = counted.noun
    {
        if let Some(scale) = scale(noun)
            && let Some(number) =
                value.checked_mul(scale).filter(|number| *number <= super::numeral::GREATEST && value != 0)
        {
            return Reading { length: counted.length, ..Reading::new(cardinal(number, Gender::Feminine)) };
        }
        if value == 1
            && let Some((one, length)) = counted.one()
        {
            return Reading { length, ..Reading::new(format!("{one} {}", cardinal(1, noun.gender))) };
        }
    }
    Reading::new(said(value, &counted))
}

/// Reads a range of whole numbers and the noun that they count.
pub(super) fn range(from: u64, to: u64, context: &Context<'_>) -> Reading {
    let until = |from: String, to: String| Reading::new(format!("{from}{}{to}", context.between()));
    if context.has_month() && (1..=31).contains(&to) {
        return until(cardinal(from, Gender::Masculine), cardinal(to, Gender::Masculine));
    }
    match context.counted().filter(|counted| counts(counted, to, context)) {
        Some(counted) => until(cardinal(from, counted.gender), said(to, &counted)),
        None => until(cardinal(from, Gender::Feminine), cardinal(to, Gender::Feminine)),
    }
}

fn counts(counted: &Counted, value: u64, context: &Context<'_>) -> bool {
    // "Floor 2, 3 or 4 rooms": the first number identifies the floor.
    if counted.is_shared && follows_numbered(context) {
        return false;
    }
    let Some(noun) = counted.noun.filter(|_| counted.is_singular) else { return true };
    // "Building 3, flat 1": a singular noun after a number belongs to the next number, or begins a new phrase.
    let is_next = || noun.is_numbered && begins_address(&context.after[counted.length..], context);
    // "At the hour 9 night": the noun is a part of the day.
    let is_night = || List::AtNight.word().strip_prefix(List::In.word()) == Some(noun.singular);
    let is_hour = || {
        context.prefix.ends_with(List::In.word()) && is_night()
            || context.prefix.is_empty() && context.last_word().is_some_and(|word| List::BeforeHour.has(&word))
    };
    noun.counts_in_singular && !is_hour() || value == 1 && !follows_numbered(context) && !is_next()
}

/// Returns true if a noun such as "flat" after a number is a part of an address: "Herzl 1 flat 4". `after` is the text
/// after the noun.
fn begins_address(after: &str, context: &Context<'_>) -> bool {
    let after = after.trim_start_matches(' ');
    let next = next_word(after, 0).map(|word| plain(&after[word])).unwrap_or_default();
    let is_ordinal = [List::MasculineOrdinals, List::FeminineOrdinals].iter().any(|list| list.has(&next));
    let is_letter = next.trim_end_matches('\'').chars().count() == 1;
    is_ordinal
        || is_letter
        || after.starts_with(|c: char| c.is_ascii_digit())
        || context.has_before(List::BeforeBuilding, 4)
}

/// Returns true if the number identifies the noun before it, as in "room 3".
pub(super) fn follows_numbered(context: &Context<'_>) -> bool {
    let is_numbered = |word: &str| {
        bases(word).any(|base| Noun::find(base).is_some_and(|(noun, is_singular)| noun.is_numbered && is_singular))
    };
    context.prefix.is_empty() && context.last_word().is_some_and(|word| is_numbered(&word))
}

fn said(value: u64, counted: &Counted) -> String {
    if counted.is_shared || counted.is_adjective {
        cardinal(value, counted.gender)
    } else {
        before_noun(value, counted.gender, counted.is_definite)
    }
}

/// Returns the words of a number that counts no noun: an ordinal after the article and after some nouns, "a year" for
/// the age 1, otherwise a cardinal, which is usually feminine.
fn uncounted(value: u64, context: &Context<'_>) -> String {
    let last = context.last_word();
    let noun = last.as_deref().and_then(|word| bases(word).find_map(Noun::find)).map(|(noun, _)| noun.gender);
    if context.prefix.ends_with(ARTICLE) {
        let last = last.filter(|word| !List::BeforeArticle.has(word));
        return match last {
            Some(word) => ordinal(value, noun.unwrap_or_else(|| elided::gender_by_ending(&word))),
            None => cardinal(value, Gender::Masculine),
        };
    }
    if is_sum_with_one(value, context) {
        return cardinal(value, Gender::Masculine);
    }
    let is_one = value == 1;
    let one = || if is_one { gender_of_one_before(context).or_else(|| gender_of_free(context)) } else { None };
    let of_part = || part::gender(value, context);
    if let Some(gender) = elided::gender(value, context).or_else(one).or_else(of_part) {
        return cardinal(value, gender);
    }
    let is_ordinal = context.prefix.is_empty()
        && !context.is_signed
        && last.as_ref().is_some_and(|word| List::BeforeOrdinal.has(word));
    if is_ordinal && (1..=10).contains(&value) {
        return ordinal(value, noun.unwrap_or(Gender::Feminine));
    }
    if value == 1 && is_age(context) {
        return List::Year.word().to_owned();
    }
    cardinal(value, if counts_people(context) { Gender::Masculine } else { gender_alone(context) })
}

/// Returns the gender of the noun that a number 1 after it counts: "2 daughters and son 1", "there is appointment 1".
/// `None` if the number identifies the noun, as in "room 1".
fn gender_of_one_before(context: &Context<'_>) -> Option<Gender> {
    let last = context.last_word().filter(|_| context.prefix.is_empty() && !context.is_signed)?;
    let joined = || [List::And, List::To].iter().find_map(|prefix| last.strip_prefix(prefix.word()));
    let base = if Noun::find(&last).is_some() { None } else { joined() };
    let word = base.unwrap_or(&last);
    let (noun, _) = Noun::find(word).filter(|(noun, _)| noun.singular == word)?;
    let is_counted = words_before(context.before).nth(1).is_some_and(|word| List::BeforeCount.has(&word));
    let lists = [List::BeforeLetter, List::BeforeOrdinal, List::NumberSign];
    // "Branch 1 and branch 2", "route 1: 99 shekels".
    let is_repeated = || words_after(context.after).take(2).any(|next| bases(&next).any(|base| base == word));
    let is_label = || context.after.starts_with(':') || is_repeated();
    let is_identified = noun.is_numbered || lists.iter().any(|list| list.has(word)) || is_label();
    let is_age = base.is_none() && is_age(context);
    (!is_age && (is_counted || !is_identified)).then_some(noun.gender)
}

/// Returns true for a number of an offer such as "1+1" and "2+1", whose numbers are masculine.
fn is_sum_with_one(value: u64, context: &Context<'_>) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    // The mark with spaces around it has become a word.
    let next =
        context.after.strip_prefix(PLUS).or_else(|| context.after.strip_prefix(' ')?.strip_prefix(List::Plus.word()));
    let next = next.map(|next| next.trim_start_matches(' ')).filter(|next| next.starts_with(is_digit));
    let before = context.before.trim_end_matches(' ');
    let last = before.strip_suffix(PLUS).or_else(|| before.strip_suffix(List::Plus.word())?.strip_suffix(' '));
    let last = last.filter(|last| last.ends_with(is_digit));
    let is_next_one = || next.and_then(|next| next.strip_prefix('1')).is_some_and(|rest| !rest.starts_with(is_digit));
    let is_last_one = || {
        last.and_then(|last| last.strip_suffix('1'))
            .is_some_and(|rest| !rest.ends_with(|c: char| is_digit(c) || c == '.'))
    };
    (next.is_some() || last.is_some()) && value <= 10 && (value == 1 || is_next_one() || is_last_one())
}

/// Returns the gender of the number 1 before an adjective: "1 is free". `None` if the number identifies the noun before it,
/// as in "appointment 1 is free".
fn gender_of_free(context: &Context<'_>) -> Option<Gender> {
    let last = context.last_word();
    let is_count = context.before.ends_with([',', ':', ' ']) && context.before.trim_end().ends_with([',', ':'])
        || last.as_deref().is_none_or(|last| bases(last).all(|base| Noun::find(base).is_none()));
    let is_alone = context.prefix.is_empty() || context.prefix == List::And.word();
    gender_of_free_adjective(context.after).filter(|_| is_count && is_alone)
}

/// Returns true if the number counts people: "a table for 4", "a table for 4 or for 5", "we are 4".
fn counts_people(context: &Context<'_>) -> bool {
    let Some(last) = context.last_word().filter(|_| !context.is_signed) else { return false };
    let is_for = context.prefix == List::To.word();
    let is_after_or = List::Or.words().contains(&last.as_str()) && context.has_before(List::BeforePeople, 4);
    is_for && (List::BeforePeople.has(&last) || is_after_or)
        || context.prefix.is_empty() && List::BeforeGroup.words().contains(&last.as_str())
}

fn is_age(context: &Context<'_>) -> bool {
    // "A daughter and 1 son" has the same word with "and".
    let is_before = |word: &String| List::BeforeAge.has(word) && !word.starts_with(List::And.word());
    context.prefix.is_empty() && context.last_word().is_some_and(|word| is_before(&word))
}

/// Returns the gender of a number without a noun: masculine in "3 times as much", otherwise feminine.
fn gender_alone(context: &Context<'_>) -> Gender {
    let is_factor = context.last_word().is_some_and(|word| word == List::TimesAsMuch.word());
    if is_factor { Gender::Masculine } else { Gender::Feminine }
}

const ARTICLE: char = '\u{5d4}';

const PLUS: char = '+';

/// Reads a decimal and the noun that it counts.
pub(super) fn amount(amount: &Amount<'_>, context: &Context<'_>) -> Reading {
    if amount.fraction.is_none() {
        return integer(amount.whole, context);
    }
    let counted = context.counted().filter(|counted| {
        let may_count = |noun: &Noun| noun.counts_in_singular || amount.is_without_number(noun) && !noun.is_numbered;
        !counted.is_shared && (!counted.is_singular || counted.noun.is_none_or(may_count))
    });
    let Some(counted) = counted else { return Reading::new(alone(amount, context)) };
    if let Some((noun, fraction)) = counted.noun.zip(amount.fraction)
        && let Some(words) = money(amount.whole, fraction, noun)
    {
        return Reading { length: counted.length, ..Reading::new(words) };
    }
    if let Some(words) = metres(amount, &counted) {
        return Reading { length: counted.length, ..Reading::new(words) };
    }
    if let Some(words) = counted.noun.and_then(|noun| thousands(amount, noun)) {
        return Reading { length: counted.length, ..Reading::new(words) };
    }
    if let Some(words) = quarters(amount, &counted) {
        return Reading { length: counted.length, ..Reading::new(words) };
    }
    if !amount.is_half() {
        return Reading::new(alone(amount, context));
    }
    let (and, half) = (List::And.word(), List::Half.word());
    // "A thousand metres and a half".
    if amount.ends_with_scale() {
        if counted.noun.is_some_and(|noun| scale(noun).is_some()) {
            return Reading::new(alone(amount, context));
        }
        let length = counted.end();
        let number = before_noun(amount.whole, counted.gender, counted.is_definite);
        let noun = context.after[..length].trim_start();
        return Reading { length, ..Reading::new(format!("{number} {noun} {and}{half}")) };
    }
    let replaced = |words: String, length| Reading { length, ..Reading::new(words) };
    match (amount.whole, counted.noun.zip(counted.one())) {
        (0, Some((_, (one, length)))) => replaced(format!("{half} {one}"), length),
        (0, None) => Reading::new(half.to_owned()),
        // "1.5 litres" keeps its number ("one and a half litre"), but units of time do not: "an hour and a half".
        (1, Some((noun, (one, length))))
            if !counted.is_singular || !noun.counts_in_singular || noun.dual.is_some() || scale(noun).is_some() =>
        {
            replaced(format!("{one} {and}{half}"), length)
        }
        (2, Some((Noun { dual: Some(dual), .. }, _))) => replaced(format!("{dual} {and}{half}"), counted.length),
        (whole, _) => Reading::new(format!("{} {and}{half}", cardinal(whole, counted.gender))),
    }
}

/// Returns the words of a decimal that counts no noun, or whose noun is spoken with a later number.
pub(super) fn alone(amount: &Amount<'_>, context: &Context<'_>) -> String {
    let gender = context.counted().map_or_else(|| gender_alone(context), |counted| counted.gender);
    let Some(fraction) = amount.fraction else { return cardinal(amount.whole, gender) };
    if let Some(counted) = context.counted()
        && let Some(words) = quarters(amount, &counted)
    {
        // The noun follows the last number: "three and a quarter to four and a half hours".
        let plural = counted.noun.map_or("", |noun| noun.many(0));
        return words.strip_suffix(plural).unwrap_or(&words).trim_end().to_owned();
    }
    if let Some(words) = context.counted().and_then(|counted| metres(amount, &counted)) {
        return words;
    }
    let is_said_as_half = amount.is_half() && !amount.ends_with_scale();
    // "The size is 38 or 42.5".
    let is_size = || amount.fraction == Some("5") && context.has_before(List::BeforeSize, 3);
    if is_said_as_half && (context.counted().is_some() || is_size() || gender == Gender::Masculine || is_age(context)) {
        let (and, half) = (List::And.word(), List::Half.word());
        let whole = || match amount.whole {
            1 if is_age(context) => List::Year.word().to_owned(),
            whole => cardinal(whole, gender),
        };
        return if amount.whole == 0 { half.to_owned() } else { format!("{} {and}{half}", whole()) };
    }
    // "One point two million": the number before the point has the gender of "million".
    let is_scaled = context.counted().and_then(|counted| counted.noun).is_some_and(|noun| scale(noun).is_some());
    let whole = cardinal(amount.whole, if is_scaled { Gender::Masculine } else { Gender::Feminine });
    format!("{whole} {} {}", List::Point.word(), digits(fraction))
}

/// Returns the words of a price without its currency: "nineteen ninety".
pub(super) fn price(amount: &Amount<'_>) -> String {
    let whole = cardinal(amount.whole, Gender::Feminine);
    match amount.fraction.filter(|fraction| *fraction != "00") {
        Some(fraction) if fraction.starts_with('0') => format!("{whole} {}", digits(fraction)),
        Some(fraction) => format!("{whole} {}", cardinal(fraction.parse().unwrap_or_default(), Gender::Feminine)),
        None => whole,
    }
}

/// Returns the words of an amount of money with hundredths: "nineteen shekels and ninety agorot". `None` for other
/// nouns, and for one half.
fn money(whole: u64, fraction: &str, noun: &'static Noun) -> Option<String> {
    let minor = List::Minor.words().chunks_exact(5).find(|minor| minor[0] == noun.singular)?;
    let hundredths = match (fraction.parse::<u64>().ok()?, fraction.len()) {
        (tenths, 1) if tenths != 5 || whole >= 1000 => tenths * 10,
        (hundredths, 2) => hundredths,
        _ => return None,
    };
    let gender = if minor[4] == "f" { Gender::Feminine } else { Gender::Masculine };
    let small = match hundredths {
        0 => None,
        1 => Some(format!("{} {}", minor[1], cardinal(1, gender))),
        2..=10 => Some(format!("{} {}", before_noun(hundredths, gender, false), minor[2])),
        _ => Some(format!("{} {}", before_noun(hundredths, gender, false), minor[3])),
    };
    let large = match whole {
        0 => None,
        1 => Some(format!("{} {}", noun.singular, cardinal(1, noun.gender))),
        _ => Some(format!("{} {}", before_noun(whole, noun.gender, false), noun.many(whole))),
    };
    match (large, small) {
        (Some(large), Some(small)) => Some(format!("{large} {}{small}", List::And.word())),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => Some(format!("{} {}", cardinal(0, noun.gender), noun.many(0))),
    }
}

/// Reads a duration in hours and minutes, such as 1:30 before "hours".
pub(super) fn duration(clock: Clock, context: &Context<'_>) -> Option<Reading> {
    let counted = context.counted().filter(|counted| !counted.is_shared && context.prefix.is_empty())?;
    let noun = counted.noun.filter(|noun| List::Hours.word() == noun.many(0))?;
    let replaced = |words: String| Some(Reading { length: counted.length, ..Reading::new(words) });
    let (and, minutes) = (List::And.word(), cardinal(clock.minute, Gender::Feminine));
    match (clock.hour, clock.minute) {
        (_, 30) => Some(amount(&Amount { whole: clock.hour, fraction: Some("5") }, context)),
        (_, 0) => Some(integer(clock.hour, context)),
        (1, _) => replaced(format!("{} {and}{minutes} {}", noun.singular, List::Minutes.word())),
        (hour, _) => replaced(format!(
            "{} {} {and}{minutes} {}",
            before_noun(hour, noun.gender, false),
            noun.many(hour),
            List::Minutes.word()
        )),
    }
}

/// Returns the words of a number of quarters of a unit of time: "an hour and a quarter", "three quarters of an hour".
/// `None` for other nouns: "1.75 litres" is read with a point.
fn quarters(amount: &Amount<'_>, counted: &Counted) -> Option<String> {
    let noun = counted.noun.filter(|_| !counted.is_definite)?;
    let dual = noun.dual?;
    let part = match amount.fraction? {
        "25" => List::Quarter.word().to_owned(),
        "75" => format!("{} {}", before_noun(3, Gender::Masculine, true), List::FractionConstructs.at(1)),
        _ => return None,
    };
    let whole = match amount.whole {
        0 => return Some(format!("{part} {}", noun.singular)),
        1 => noun.singular.to_owned(),
        2 => dual.to_owned(),
        whole => {
            let (whole, and) = (cardinal(whole, noun.gender), List::And.word());
            return Some(format!("{whole} {and}{part} {}", noun.many(0)));
        }
    };
    Some(format!("{whole} {}{part}", List::And.word()))
}

/// Returns the words of metres with two decimals, whose hundredths are centimetres: "a metre and twenty". `None` for one
/// half, for other nouns and for square metres.
fn metres(amount: &Amount<'_>, counted: &Counted) -> Option<String> {
    let noun = counted.noun.filter(|noun| noun.singular == List::Metre.word() && counted.adjective.is_none())?;
    let centimetres = amount.fraction.filter(|fraction| fraction.len() == 2 && !amount.is_half())?.parse().ok()?;
    let large = match amount.whole {
        0 => return None,
        1 => noun.singular.to_owned(),
        whole => format!("{} {}", before_noun(whole, noun.gender, false), noun.singular),
    };
    match centimetres {
        0 if amount.whole == 1 => Some(format!("{large} {}", cardinal(1, noun.gender))),
        0 => Some(large),
        _ => Some(format!("{large} {}{}", List::And.word(), cardinal(centimetres, Gender::Masculine))),
    }
}

/// Returns the words of a decimal number of thousands or millions, which is said as a whole number: "1.2 thousand" is
/// 1200. "2.5 million" keeps its half.
fn thousands(amount: &Amount<'_>, noun: &Noun) -> Option<String> {
    let fraction = amount.fraction.filter(|fraction| fraction.len() <= 2)?;
    let scale = scale(noun)
        .filter(|scale| *scale == 1000 || *scale == 1_000_000 && !amount.is_half() && amount.whole < 1000)?;
    let hundredths = fraction.parse::<u64>().ok()? * if fraction.len() == 1 { 10 } else { 1 };
    let number = amount.whole.checked_mul(scale)?.checked_add(hundredths * (scale / 100))?;
    (number <= super::numeral::GREATEST).then(|| cardinal(number, Gender::Feminine))
}

/// Returns the factor of a word such as "million".
fn scale(noun: &Noun) -> Option<u64> {
    if noun.singular == List::Thousands.at(0) {
        return Some(1000);
    }
    let index = List::Large.words().iter().position(|name| *name == noun.singular)?;
    Some(1_000_000 * 1000_u64.pow(u32::try_from(index).ok()?))
}

//! Numbers whose noun is said before them or is unknown: "3 nights at the price of 2", "1 fondue".

use super::context::Context;
use super::counted::{Counted, next_word};
use super::lists::{Gender, List, Noun, bases};
use super::plain::{is_dash, is_geresh, is_hebrew, plain, words_before};
use super::reading::{Kind, Reading};
use super::run::Run;

/// Returns the gender of a number whose noun is said elsewhere: "3 nights at the price of 2", "1 in 50 people".
pub(super) fn gender(value: u64, context: &Context<'_>) -> Option<Gender> {
    of_price(context).or_else(|| if value == 1 { of_whole(context) } else { None })
}

fn of_price(context: &Context<'_>) -> Option<Gender> {
    context.last_word().filter(|word| List::AtPrice.words().contains(&word.as_str()) && context.prefix.is_empty())?;
    let noun = words_before(context.before).nth(1)?;
    Noun::find(&noun).filter(|(_, is_singular)| !is_singular).map(|(noun, _)| noun.gender)
}

fn of_whole(context: &Context<'_>) -> Option<Gender> {
    let after = context.after.trim_start().strip_prefix(List::In.word())?.trim_start_matches(is_dash);
    let run = Run::read(after).filter(|run| run.integer().is_some())?;
    Counted::after(&after[run.length..], false, true).map(|counted| counted.gender)
}

/// Returns the gender of a dose after the first one of the day: "half a pill in the morning and 1 in the evening".
pub(super) fn gender_of_dose(context: &Context<'_>) -> Option<Gender> {
    if context.prefix != List::And.word() || !context.has_daypart() {
        return None;
    }
    let dose = words_before(context.before).take(3).find(|word| List::Dose.words().contains(&word.as_str()))?;
    Noun::find(&dose).map(|(noun, _)| noun.gender)
}

/// Reads a number 1 that probably counts an unknown noun, as in "1 fondue and 1 sashimi". In Hebrew, the noun precedes it.
pub(super) fn one(context: &Context<'_>) -> Option<Reading> {
    let is_and = context.prefix == List::And.word();
    let before = context.before.trim_end();
    let begins = || context.prefix.is_empty() && (before.is_empty() || before.ends_with([',', ':', '.', '!', '\n']));
    if context.is_signed || context.follows != Kind::Other || !is_and && !begins() {
        return None;
    }
    let range = next_word(context.after, 0).filter(|_| context.after.starts_with(' '))?;
    let (word, end) = (&context.after[range.clone()], range.end);
    let found = plain(word);
    let is_followed = next_word(context.after, end).is_some_and(|next| {
        let next = plain(&context.after[next]);
        !next.starts_with(PREFIXES) && next.starts_with(is_hebrew)
    });
    // "1 portion of": a feminine noun in the construct state stays before its noun.
    let is_construct = is_followed && found.ends_with(CONSTRUCT);
    // "1 regular, 2 extended": the numbers are those of a list.
    let next = context.after[end..].trim_start_matches([',', ' ']).strip_prefix('2');
    let is_label = next.is_some_and(|after| after.starts_with(' ') && Counted::after(after, false, true).is_none());
    (is_singular(&found) && !is_construct && !is_label).then(|| {
        let one = super::numeral::cardinal(1, gender_by_ending(&found));
        Reading { length: end, ..Reading::new(format!("{word} {one}")) }
    })
}

fn is_singular(word: &str) -> bool {
    let lists = [List::NotOne, List::Or, List::NotCounted, List::AfterDay, List::Verbs, List::NotConstructs];
    let is_adjective = || List::FreeAdjectives.words().contains(&word);
    let is_known = || bases(word).any(|base| Noun::find(base).is_some() || List::BeforeHour.words().contains(&base));
    word.chars().count() >= 3
        && word.chars().all(|c| is_hebrew(c) || is_geresh(c))
        && !word.starts_with(PREFIXES)
        && !PLURALS.iter().any(|ending| word.ends_with(ending))
        && !lists.iter().any(|list| list.words().contains(&word))
        && !is_adjective()
        && !is_known()
}

/// Guesses the gender of an unknown noun: most nouns that end in he or tav are feminine.
pub(super) fn gender_by_ending(word: &str) -> Gender {
    if word.ends_with(['\u{5d4}', CONSTRUCT]) { Gender::Feminine } else { Gender::Masculine }
}

/// The ending of feminine nouns in the construct state.
const CONSTRUCT: char = '\u{5ea}';

/// The prefixes "the", "and", "in", "to" and "as".
const PREFIXES: [char; 5] = ['\u{5d4}', '\u{5d5}', '\u{5d1}', '\u{5dc}', '\u{5db}'];

/// The endings of plurals: -im, -ot.
const PLURALS: [&str; 2] = ["\u{5d9}\u{5dd}", "\u{5d5}\u{5ea}"];

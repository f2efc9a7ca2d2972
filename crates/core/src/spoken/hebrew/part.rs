//! The gender of the parts of a number: "3 branches, 2 in Haifa and 1 in Lod", "how many children, 2 or 3?".

use super::context::Context;
use super::counted::{Counted, next_word};
use super::lists::{Gender, List, Noun};
use super::plain::{is_hebrew, plain, sentence_after, sentence_before, words_before};
use super::run::{Number, Run};

/// Returns the gender of a number that counts no noun after it, but a noun that was counted, or asked for, before it in
/// the sentence.
pub(super) fn gender(value: u64, context: &Context<'_>) -> Option<Gender> {
    let is_free = context.prefix.is_empty() || context.prefix == List::And.word();
    if context.is_signed || !is_free {
        return None;
    }
    let is_item = context.prefix == List::And.word() || ends_item(context.before);
    of_whole(value, context)
        .filter(|_| is_item)
        .or_else(|| of_question(context).filter(|_| is_item || is_after_or(context)))
}

/// A number with the noun that it counts.
struct Whole {
    value: u64,
    gender: Gender,
    /// The byte offset of the end of the noun.
    end: usize,
}

/// The parts are less than the whole number, also together: in "3 routes: 1 regular, 2 extended, 3 full", the numbers
/// identify the routes.
fn of_whole(value: u64, context: &Context<'_>) -> Option<Gender> {
    let before = sentence_before(context.before);
    let whole = last_whole(before).filter(|whole| value < whole.value)?;
    let next = next_word(context.after, 0).map(|word| plain(&context.after[word]))?;
    let is_described =
        context.after.starts_with(' ') && next.starts_with(is_hebrew) && !List::Or.words().contains(&next.as_str());
    let others = items(&before[whole.end..]).chain(items(sentence_after(context.after)));
    let total = others.fold(value, u64::saturating_add);
    (is_described && total <= whole.value).then_some(whole.gender)
}

fn last_whole(sentence: &str) -> Option<Whole> {
    let counts = runs(sentence).filter_map(|(start, run)| {
        let end = start + run.length;
        let counted = Counted::after(&sentence[end..], false, false)?;
        let is_plural =
            counted.noun.is_some_and(|noun| !noun.is_currency()) && !counted.is_singular && !counted.is_shared;
        let value = run.integer().and_then(Number::value).filter(|_| is_plural)?;
        Some(Whole { value, gender: counted.gender, end: end + counted.length })
    });
    counts.last()
}

/// Returns the values of the whole numbers that are items of the sentence and count no noun.
fn items(text: &str) -> impl Iterator<Item = u64> {
    let is_free = |end: usize| Counted::after(&text[end..], false, false).is_none();
    runs(text).filter_map(move |(start, run)| {
        let value = run.integer().and_then(Number::value)?;
        (ends_item(&text[..start]) && is_free(start + run.length)).then_some(value)
    })
}

fn runs(text: &str) -> impl Iterator<Item = (usize, Run)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(|c: char| c.is_ascii_digit())?;
        let run = Run::read(&text[start..])?;
        at = start + run.length;
        Some((start, run))
    })
}

/// Returns true if a comma, a colon or "and" ends the text, so that a number after it begins an item.
fn ends_item(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '-']);
    let word = &text[text.trim_end_matches(is_hebrew).len()..];
    text.ends_with([',', ':']) || word == List::And.word()
}

fn is_after_or(context: &Context<'_>) -> bool {
    context.last_word().is_some_and(|word| word == List::Or.word())
}

/// Returns the gender of the noun whose number is asked for: "how many children".
fn of_question(context: &Context<'_>) -> Option<Gender> {
    let words: Vec<String> = words_before(context.before).take(10).collect();
    let asked = words.windows(2).find(|pair| List::HowMany.has(&pair[1]))?;
    Noun::find(&asked[0]).filter(|(_, is_singular)| !is_singular).map(|(noun, _)| noun.gender)
}

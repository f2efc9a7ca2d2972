//! Estimates from the last words whether the caller's sentence is complete. The estimate determines how long the agent
//! waits before it replies.
//!
//! Only Hebrew and numbers in digits are supported. The words are in `open_endings.txt`, `closed_endings.txt` and
//! `word_classes.txt`. Times are handled by rules in this file, dictated numbers in `numbers`, and clauses in
//! `structure`.

mod numbers;
mod structure;
mod wait;
mod words;

pub(crate) use wait::Completeness;
use words::{CLOSED, GERESH, OPEN, is, matching_words, without_prefix, words};

/// The Hebrew hyphen.
const MAQAF: char = '\u{5be}';
/// The minimum number of words in a complete question that begins with a question word and has no question mark. A
/// shorter question may still continue.
const MIN_QUESTION: usize = 3;

pub(crate) fn estimate(text: &str) -> Completeness {
    let is_hebrew = text.chars().any(|c| ('\u{5d0}'..='\u{5ea}').contains(&c));
    let found = words(text);
    let Some(last) = found.last().filter(|_| is_hebrew || is_number(text)) else { return Completeness::Unknown };
    if is_clock(text) {
        return Completeness::Complete;
    }
    if let Some(dictation) = numbers::dictation(&found) {
        return dictation;
    }
    let end = text.trim_end().chars().next_back().unwrap_or(' ');
    let is_question = matches!(end, '?' | '\u{61f}');
    if let Some(spelled) = spelled(&found, end) {
        return spelled;
    }
    if is("prefix", last) || matches!(end, ',' | '…' | '-' | MAQAF | '–' | ':') || text.ends_with("...") {
        return Completeness::Open;
    }
    if let Some(address) = address(&found) {
        return address;
    }
    let clauses = structure::clauses(text);
    if !is_question && structure::is_unfinished(&clauses) {
        return Completeness::Open;
    }
    let (open, closed) = (matching_words(&found, &OPEN, &["and", "that"]), matching_words(&found, &CLOSED, &["and"]));
    if is_time(&found) || (closed > 0 && closed >= open) || structure::is_approximate_amount(&found) {
        return Completeness::Complete;
    }
    if open > 0 || structure::lacks_object(&found) {
        let may_end = is_question || may_be_complete(&found);
        return if may_end { Completeness::Unclear } else { Completeness::Open };
    }
    let asks = is("question", &found[0]) && found.len() >= MIN_QUESTION;
    match () {
        () if is_question || asks || structure::has_full_name(&found) => Completeness::Complete,
        () if structure::ends_with_definite_object(&found) => Completeness::Complete,
        () if structure::only_describes(&clauses) => Completeness::Described,
        () => Completeness::Unclear,
    }
}

/// Returns `Open` if the caller spells a word letter by letter, because more letters may follow; `Unclear` after a
/// single letter with a geresh or an apostrophe, such as the letter of an entrance; otherwise none.
fn spelled(found: &[String], end: char) -> Option<Completeness> {
    let is_sign = |word: &String| word.chars().count() == 1 && !word.chars().all(|c| c.is_ascii_digit());
    let is_letter = |word: &String| is_sign(word) || is("letter_name", word);
    let spells = found.len() > 1 && found.iter().rev().take(2).all(is_letter);
    let ends_with_letter = found.last().is_some_and(is_sign) && matches!(end, '\'' | GERESH);
    match () {
        () if spells => Some(Completeness::Open),
        () if ends_with_letter => Some(Completeness::Unclear),
        () => None,
    }
}

/// Returns true if the words end with a verb or an object that can complete the sentence, such as "I cannot", "what do
/// I need" or "I took this".
fn may_be_complete(found: &[String]) -> bool {
    let Some((last, before)) = found.split_last() else { return false };
    let is_negated = before.last().is_some_and(|word| is("negation", word));
    let asks = before.len() >= 2 && is("asks_verb", &before[0]);
    let is_object = before.last().is_some_and(|word| is("object_sign", word)) && is("pronoun", last);
    is_object || (is("verb", last) && (is_negated || asks))
}

/// Returns true if the words end with a time of day, with a day of the week, or with a number after a word such as
/// "at".
fn is_time(found: &[String]) -> bool {
    let Some((last, before)) = found.split_last() else { return false };
    let before_last = before.last().map_or("", String::as_str);
    let is_hour = |word: &str| is("hour", word) || word.parse::<u8>().is_ok_and(|hour| hour <= 24);
    let is_at_time = without_prefix("time_prefix", last).is_some_and(|bare| is_hour(bare) || is("day", bare));
    is_at_time
        || (is("before_number", before_last) && is_hour(last))
        || (is("before_day", before_last) && is("day", last))
}

/// Returns true if the text ends with a time in digits, such as 16:30.
fn is_clock(text: &str) -> bool {
    let last = text.split(char::is_whitespace).next_back().unwrap_or("").trim_matches(|c: char| !c.is_ascii_digit());
    let Some((hours, minutes)) = last.split_once(':') else { return false };
    hours.parse::<u8>().is_ok_and(|hours| hours < 24) && minutes.len() == 2 && minutes.parse::<u8>().is_ok()
}

/// Estimates whether a dictated email address is complete; none if the words do not end with an address.
fn address(found: &[String]) -> Option<Completeness> {
    let has_sign = found.iter().any(|word| is("at_sign", word));
    let is_after_dot = found.iter().rev().take(2).any(|word| is("dot", word));
    let has_ended = found.last().is_some_and(|last| is("address_end", last));
    match () {
        () if has_sign && is_after_dot && has_ended => Some(Completeness::Complete),
        () if (has_sign || is_after_dot) && !has_ended => Some(Completeness::Open),
        () => None,
    }
}

fn is_number(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit()) && !text.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests;

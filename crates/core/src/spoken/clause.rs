//! Normalisation of a clause whose sentence has already begun. The words before a number decide how the number is read,
//! and they may be in an earlier clause: "on Tuesday, 1.12".

use super::{Dictionary, for_synthesis, language_of};

/// Converts a clause for a speech synthesiser, as [`for_synthesis`] converts it within its sentence. `before` is the
/// text of the sentence up to the clause, which has been spoken; may be empty. Returns the text to speak and its
/// language.
pub fn clause_for_synthesis<'a>(
    before: &str,
    clause: &str,
    language: &'a str,
    dictionary: &Dictionary,
) -> (String, &'a str) {
    let has_letters = |text: &str| text.chars().any(char::is_alphabetic);
    // "10:30." in an English sentence is English.
    let language = if has_letters(clause) { language } else { language_of(before, language) };
    let words = clause.split_whitespace().filter(|word| has_letters(word)).count();
    // A single word is a name or a code: "the code is, XK25P".
    let is_alike = words <= 1 || !has_letters(before) || language_of(before, language) == language_of(clause, language);
    let continued = if is_alike { continued(before, clause, language, dictionary) } else { None };
    let said = continued.unwrap_or_else(|| for_synthesis(clause, language, dictionary));
    let language = language_of(&said, language);
    (said, language)
}

/// Returns what the clause adds to the text before it. `None` if the text before it is read in another way with the
/// clause than without it, and the end of its words cannot be found.
fn continued(before: &str, clause: &str, language: &str, dictionary: &Dictionary) -> Option<String> {
    if before.trim().is_empty() {
        return None;
    }
    let said = for_synthesis(before.trim(), language, dictionary);
    let whole = for_synthesis(&format!("{} {clause}", before.trim()), language, dictionary);
    let is_end = |rest: &&str| rest.starts_with(char::is_whitespace);
    let rest = whole.strip_prefix(said.trim_end()).filter(is_end).or_else(|| after_words(&whole, &said))?;
    rest.contains(char::is_alphanumeric).then(|| rest.trim().to_owned())
}

/// Returns the text after as many words as `said` has, if the same punctuation mark ends them: a number before the mark
/// may have another gender, as in "for 2, 3 or 4 people".
fn after_words<'a>(whole: &'a str, said: &str) -> Option<&'a str> {
    let last = said.trim_end().chars().next_back().filter(char::is_ascii_punctuation)?;
    let mut rest = whole;
    for _ in said.split_whitespace() {
        let word = rest.trim_start();
        rest = &word[word.find(char::is_whitespace)?..];
    }
    whole[..whole.len() - rest.len()].ends_with(last).then_some(rest)
}

//! Rules about the structure of a Hebrew sentence. Some show that a sentence is unfinished: clauses that require another
//! clause, subjects that require a predicate, verbs that require an object, and the first of two announced items. Others
//! show that a sentence may be finished: a full name, an approximate amount, a definite object, and a description
//! without a request.

use super::words::{CLOSED, has_ending, is, matching_words, without_prefix, without_word_prefix, words};

/// The maximum number of words in a condition at the beginning of a sentence. With more words, the main clause has
/// probably begun.
const MAX_CONDITION: usize = 5;
/// The maximum number of words before a relative clause in a subject such as "the lawyer that".
const MAX_SUBJECT: usize = 3;
/// The number of words in a full name.
const FULL_NAME: usize = 2;
/// The minimum number of letters in a word with the article, or in a verb of the first person.
const MIN_LETTERS: usize = 4;

/// Returns the words of each part of the text between punctuation marks.
pub(super) fn clauses(text: &str) -> Vec<Vec<String>> {
    text.split([',', '.', '?', '!', ';']).map(words).filter(|clause| !clause.is_empty()).collect()
}

/// Returns true if the last clause requires more words: a condition without its main clause, a subject without its
/// predicate, a negation without its verb, or the first of two items.
pub(super) fn is_unfinished(clauses: &[Vec<String>]) -> bool {
    let Some((last, before)) = clauses.split_last() else { return false };
    let is_first = before.iter().all(|clause| opening(clause).is_empty());
    is_condition(last, is_first)
        || (is_first && is_subject_with_relative_clause(opening(last)))
        || is_subject_of_clause(last)
        || is_negation_of_subject(last)
        || is_first_of_two(clauses)
}

/// Returns the clause without the greetings and the hesitations at its beginning.
fn opening(clause: &[String]) -> &[String] {
    let begin = clause.iter().position(|word| !is("filler", word)).unwrap_or(clause.len());
    &clause[begin..]
}

/// Returns true if the clause is a condition or another subordinate clause at the beginning of a sentence ("if it
/// rains"). A later clause without a conjunction does not count, because its main clause came before it.
fn is_condition(clause: &[String], is_first: bool) -> bool {
    let opened = opening(clause);
    let Some(first) = opened.first() else { return false };
    let is_joined = is("conjunction", first);
    let bare = without_prefix("and", first).filter(|bare| subordinates(bare, opened.get(1)));
    let rest = if is_joined { &opened[1..] } else { opened };
    let Some(first) = rest.first() else { return false };
    let begins = bare.is_some() || subordinates(first, rest.get(1));
    let is_polite = rest.get(1).is_some_and(|word| is("polite_condition", word));
    let has_main_clause = rest.len() > MAX_CONDITION || rest.iter().skip(2).any(|word| is("main_clause", word));
    begins && (is_first || is_joined || bare.is_some()) && !is_polite && !has_main_clause
}

fn subordinates(first: &str, second: Option<&String>) -> bool {
    let is_when = || {
        let bare = without_word_prefix("when", first);
        bare.is_some() && !is("not_when", first)
    };
    let has_that = || is("subordinator_that", first) && second.is_some_and(|word| is_relative(word));
    is("subordinator", first) || is_when() || has_that()
}

/// Returns true if the word begins a clause with "that", such as "that I ordered".
fn is_relative(word: &str) -> bool {
    let Some(bare) = without_word_prefix("that", word) else { return false };
    is("pronoun", bare) || is("clause_begin", bare) || has_article(bare) || is_first_person_past(bare)
}

/// Returns true if the clause is a subject with a relative clause and nothing else, such as "the car that I brought
/// you".
fn is_subject_with_relative_clause(clause: &[String]) -> bool {
    let Some(first) = clause.first().filter(|first| has_article(first)) else { return false };
    let relative = clause.iter().take(MAX_SUBJECT + 1).skip(1).position(|word| is_relative(word));
    let Some(relative) = relative.map(|place| place + 1) else { return false };
    let belongs_to_relative = |word: &String| is("complement", word) || is_closed(word);
    !is_closed(first) && clause[relative + 1..].iter().all(belongs_to_relative)
}

/// Returns true if the clause ends with a conjunction and a definite subject, such as "if the results".
fn is_subject_of_clause(clause: &[String]) -> bool {
    let subject = match clause {
        [before @ .., owner] if is("possessive", owner) => before,
        whole => whole,
    };
    let [.., conjunction, noun] = subject else { return false };
    // After an event, as in "since the operation, my leg".
    let has_owner = subject.len() < clause.len();
    let is_after_event = matches!(subject, [first, event, _] if is("before_event", first) && has_article(event));
    let is_subject = is("before_subject", conjunction) || (has_owner && is_after_event);
    is_subject && has_article(noun) && !is_closed(noun)
}

/// Returns true if the clause ends with a subject and "not".
fn is_negation_of_subject(clause: &[String]) -> bool {
    let [.., subject, not] = clause else { return false };
    let is_subject = is("pronoun", subject) || is("possessive", subject) || has_article(subject);
    is("not", not) && is_subject && !is_closed(subject)
}

/// Returns true if the words announce two things, and only one follows ("two pizzas, one with olives").
fn is_first_of_two(clauses: &[Vec<String>]) -> bool {
    let found = clauses.concat();
    let after = |place: usize, class: &str| place > 0 && is(class, &found[place - 1]);
    let is_count = |place: usize| is("two", &found[place]) && !after(place, "before_day");
    let Some(two) = (0..found.len()).find(|place| is_count(*place)) else { return false };
    let is_one = |place: &usize| is("one", &found[*place]) && !after(*place, "before_number");
    let Some(one) = (two + 1..found.len()).find(is_one) else { return false };
    let is_other = |word: &String| without_prefix("and", word).is_some_and(|bare| is("one", bare) || is("other", bare));
    one + 1 < found.len() && !found[one..].iter().any(|word| is_other(word) || is("digit2", word))
}

/// Returns true if the last word is a verb that requires an object, no object comes before the verb, and the word
/// before the verb is neither a negation nor "already".
pub(super) fn lacks_object(found: &[String]) -> bool {
    let Some((last, before)) = found.split_last() else { return false };
    let Some(before_last) = before.last() else { return false };
    let bare = without_word_prefix("that", last).or_else(|| without_word_prefix("and", last)).unwrap_or(last);
    let is_transitive = is("transitive", last) || is("transitive", bare) || is_first_person_past(last);
    let has_object = before.iter().any(|word| is("object_before", word));
    is_transitive && !has_object && !is("negation", before_last) && !is("already", before_last)
}

/// Returns true if the word is a verb in the past of the first person, such as "I bought".
fn is_first_person_past(word: &str) -> bool {
    let is_past = has_ending("past_ending", word) && !has_ending("plural_ending", word);
    is_past && word.chars().count() >= MIN_LETTERS && !is("not_past", word) && !is("intransitive_past", word)
}

/// Returns true if the word probably has the article.
fn has_article(word: &str) -> bool {
    let is_noun = !is("not_article", word) && !is("pronoun", word);
    without_prefix("article", word).is_some() && word.chars().count() >= MIN_LETTERS && is_noun
}

fn is_closed(word: &str) -> bool {
    matching_words(&[word.to_owned()], &CLOSED, &[]) > 0
}

/// Returns true if the words end with an amount and "approximately", which can follow the amount.
pub(super) fn is_approximate_amount(found: &[String]) -> bool {
    let [.., unit, last] = found else { return false };
    is("approximately", last) && (is("unit", unit) || is("half", unit))
}

/// Returns true if the words end with a first and a last name after words such as "my name is".
pub(super) fn has_full_name(found: &[String]) -> bool {
    let Some((name, before)) = found.len().checked_sub(FULL_NAME).map(|at| (&found[at..], &found[..at])) else {
        return false;
    };
    let before = match before {
        [before @ .., copula] if is("copula", copula) => before,
        whole => whole,
    };
    let begins = match before {
        [.., last] if is("name_word", last) => true,
        [.., first, second] => is("name_phrase", &format!("{first}_{second}")),
        _ => false,
    };
    begins && !name.iter().any(|word| is("possessive", word))
}

/// Returns true if the words end with the sign of the object and a definite noun, such as "to vaccinate the cat".
pub(super) fn ends_with_definite_object(found: &[String]) -> bool {
    let [.., sign, noun] = found else { return false };
    is("object_sign", sign) && has_article(noun)
}

/// Returns true if the caller has described something, and has neither asked nor requested anything.
pub(super) fn only_describes(clauses: &[Vec<String>]) -> bool {
    let requests = |word: &String| is("request", word) || is("verb", word) || is("question", word);
    if clauses.iter().flatten().any(requests) {
        return false;
    }
    let Some(clause) = clauses.last().map(|clause| opening(clause)) else { return false };
    let [first, second, ..] = clause else { return false };
    let has_owner = clause.iter().skip(1).take(2).any(|word| is("possessive", word));
    let is_pronoun = is("pronoun", first) && !is("object_sign", first);
    let is_subject = is_pronoun || is("existence", first) || has_article(first) || has_owner;
    let says_number = clause.last().is_some_and(|last| last.chars().any(|c| c.is_ascii_digit()));
    (is_subject || is_first_person_past(first)) && !says_number && !is("pronoun", second)
}

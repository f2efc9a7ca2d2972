//! The clauses of a sentence.

use super::phrase::{AND, LISTS, Place, places, words};
use super::said_time::{SaidTime, said_times};
use super::terms::Promise;
use crate::search::stems;
use crate::spoken::{SaidDay, said_days};

/// A part of a sentence that ends at a comma, a semicolon, a dash or an exclamation mark, before a word such as "but", or
/// before another claim that follows "and".
pub(super) struct Clause<'a> {
    text: &'a str,
    /// The folded words, without idioms.
    pub(super) words: Vec<String>,
    pub(super) places: Vec<Place>,
    /// True if the clause begins with "and". Then the modal verb of the clause before it may be its own.
    pub(super) is_coordinated: bool,
}

impl<'a> Clause<'a> {
    fn new(text: &'a str, is_coordinated: bool) -> Self {
        let words = LISTS.idioms.removed_from(&words(text));
        let places = places(&words);
        Self { text, words, places, is_coordinated }
    }

    /// Returns true if the clause contains only a day, a time, or both: "tomorrow at ten".
    fn is_of_time(&self) -> bool {
        let is_of_time = |word: &String| {
            word.chars().all(|c| c.is_ascii_digit()) || stems(word, 2).any(|stem| LISTS.times.contains(stem))
        };
        self.words.iter().all(is_of_time)
    }

    pub(super) fn times(&self) -> Vec<SaidTime> {
        said_times(self.affirmed())
    }

    pub(super) fn days(&self) -> Vec<SaidDay> {
        said_days(self.affirmed())
    }

    /// Returns the part before the first negation: "I have booked you for five, and not for six". The clause of a
    /// condition has none.
    fn affirmed(&self) -> &'a str {
        if LISTS.conditions.is_in(&self.words) {
            return "";
        }
        // A phrase may contain a negation itself, as "we will not call you again".
        let is_negation = |(_, word): &(usize, &str)| LISTS.negations.is_in(&words(word));
        let end = tokens(self.text).find(is_negation).map_or(self.text.len(), |(at, _)| at);
        &self.text[..end]
    }
}

/// Splits a sentence into clauses.
pub(super) fn clauses(sentence: &str) -> Vec<Clause<'_>> {
    let mut clauses = Vec::new();
    for part in sentence.split([',', ';', '!', '\u{60C}', '\u{61B}', '\u{2013}', '\u{2014}']) {
        let (mut from, mut is_coordinated) = (0, false);
        for (at, token) in tokens(part).skip(1) {
            let is_and = begins_with_and(&part[at..], token);
            if at > from && (is_and || LISTS.buts.is_in(&words(token))) {
                clauses.push(Clause::new(&part[from..at], is_coordinated));
                (from, is_coordinated) = (at, is_and);
            }
        }
        clauses.push(Clause::new(&part[from..], is_coordinated));
    }
    // "And" after a comma coordinates as well.
    for clause in &mut clauses {
        clause.is_coordinated |= clause.words.first().is_some_and(|word| is_and(word) || word.starts_with(AND));
    }
    retain_timed(&mut clauses);
    clauses
}

/// Removes the phrases such as "see you" that count only with a time, if there is none. The time may follow in the next
/// clause; for a phrase that is a clause of its own, it may also precede: "tomorrow at ten, confirmed".
fn retain_timed(clauses: &mut [Clause<'_>]) {
    for index in 0..clauses.len() {
        if !clauses[index].places.iter().any(|place| place.phrase.is_timed) {
            continue;
        }
        let has_time = |clause: &Clause<'_>| !clause.times().is_empty();
        let is_after_time = clauses[..index].iter().any(has_time);
        // A day may precede the time: "done, Tuesday, five o'clock".
        let mut next = clauses[index + 1..].iter().take_while(|clause| clause.is_of_time());
        let is_before_time = next.any(has_time);
        let is_with_time = has_time(&clauses[index]) || is_before_time;
        clauses[index].places.retain_mut(|place| {
            let phrase = place.phrase;
            let is_complete = match () {
                () if !phrase.is_timed => true,
                () if phrase.is_before_time => is_before_time,
                () => is_with_time || phrase.is_whole_clause() && is_after_time,
            };
            is_complete || place.become_untimed()
        });
    }
}

/// Returns true if a claim follows the word "and", which Hebrew joins to the next word.
fn begins_with_and(text: &str, token: &str) -> bool {
    let rest = match token {
        token if is_and(token) => text.get(token.len()..),
        token => token.strip_prefix(AND).and_then(|_| text.get(AND.len_utf8()..)),
    };
    let Some(rest) = rest else { return false };
    // The next words suffice for the longest phrase, so that a long sentence is not read again for each of its words.
    let mut next = tokens(rest).skip(MAX_AHEAD).map(|(at, _)| at);
    let rest = &rest[..next.next().unwrap_or(rest.len())];
    // In "at four and a half is free", "and" begins no claim. In Hebrew, "we will set" and "it is set" are the same word,
    // so a claim of a single word does not count after "and".
    let places = places(&words(rest));
    places
        .iter()
        .find(|place| !place.phrase.is_whole_clause())
        .is_some_and(|place| place.start == 0 || place.start <= MAX_SUBJECT && place.phrase.promise != Promise::Offered)
}

fn is_and(word: &str) -> bool {
    matches!(word, "and" | "\u{648}" | "\u{438}")
}

/// Returns the words of a text with their positions.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(|token| (token.as_ptr().addr() - text.as_ptr().addr(), token))
}

/// The maximum number of words of a claim that are read after "and".
const MAX_AHEAD: usize = 8;
/// The maximum number of words between "and" and the phrase of the next claim, such as a name.
const MAX_SUBJECT: usize = 1;

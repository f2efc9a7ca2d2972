//! Finds the statements of the agent that something was done or will be done.

use super::clause::{Clause, clauses};
use super::named::Named;
use super::phrase::{LISTS, Place, places, words};
use super::said_time::SaidTime;
use super::terms::{Basis, Moment, Promise};
use crate::search::stems;
use crate::spoken::SaidDay;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of a claim")]
pub(super) struct Claim<'a> {
    pub(super) at: Moment,
    pub(super) promise: Promise,
    pub(super) sentence: &'a str,
    /// True if the sentence says that it is done, false if it says that it will be done.
    pub(super) is_past: bool,
    /// True if the sentence says that an appointment exists, but not that the agent booked it now.
    pub(super) is_state: bool,
    /// True if the sentence may only acknowledge what the caller has said, unless the answer ends with it.
    pub(super) is_acknowledgement: bool,
    pub(super) basis: Basis,
    /// The days and times that the claim names.
    pub(super) named: Named,
    /// The object of the claim: its words without the phrase and without common words.
    pub(super) objects: HashSet<String>,
    /// True if the sentence says that this is an additional item: "and I have also sent you…".
    pub(super) is_further: bool,
    /// True if the sentence contains or follows an apology, and therefore corrects an earlier sentence.
    pub(super) is_correction: bool,
    /// True if the agent asked a question after the sentence, in the same turn.
    pub(super) is_before_question: bool,
}

impl Claim<'_> {
    /// Returns true if both claims can be about the same item.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.promise == other.promise
            && if self.promise.is_about_appointment() {
                self.named == other.named || self.named.is_empty() || other.named.is_empty()
            } else {
                self.objects.is_empty() || other.objects.is_empty() || !self.objects.is_disjoint(&other.objects)
            }
    }
}

/// Returns the claims of an utterance, in order. `has_days`: whether the days that the claims name are detected.
pub(super) fn claims(at: Moment, text: &str, has_days: bool) -> Vec<Claim<'_>> {
    let (mut claims, mut was_apology) = (Vec::new(), false);
    for sentence in sentences(text) {
        let is_apology = LISTS.apologies.is_in(&words(sentence));
        let start = sentence.as_ptr().addr() - text.as_ptr().addr();
        let mut made = of_sentence(at, sentence, has_days);
        let is_alone = made.len() == 1 && can_end_with_acknowledgement(&text[start..]);
        made.retain(|claim| !claim.is_acknowledgement || is_alone);
        for mut claim in made {
            claim.is_correction = is_apology || was_apology;
            claim.is_before_question = text[start + sentence.len()..].contains(['?', '\u{61F}']);
            claims.push(claim);
        }
        was_apology = is_apology;
    }
    claims
}

/// Returns true if an answer that ends with these words, such as "noted, thank you", asks the caller for nothing more.
pub(super) fn can_end_with_acknowledgement(text: &str) -> bool {
    !text.contains(['?', '\u{61F}']) && text.split_whitespace().nth(MAX_ACKNOWLEDGEMENT).is_none()
}

fn of_sentence(at: Moment, sentence: &str, has_days: bool) -> Vec<Claim<'_>> {
    let text = without_quotes(sentence);
    // A sentence such as "You are booked for Monday, right?" is a question about what the caller has said.
    if LISTS.echoes.is_in(&words(&text)) || ends_with_tag(&text) {
        return Vec::new();
    }
    // The part of a question before its last comma may be a statement: "Ten is free, does that suit you?"
    let question = text.find(['?', '\u{61F}']);
    let (statement, asked) = match question {
        Some(end) => text[..end].rsplit_once([',', '!', '\u{60C}']).unwrap_or_default(),
        None => (&*text, ""),
    };
    // "You have an appointment, or shall I book one?"
    let is_alternative = words(asked).first().is_some_and(|word| is_or(word));
    let clauses = clauses(statement);
    let (mut claims, mut is_hard, mut is_soft, mut was_modal) = (Vec::new(), false, false, false);
    let is_open = question.is_some() || clauses.iter().any(|clause| LISTS.conditions.is_in(&clause.words));
    for (index, clause) in clauses.iter().enumerate() {
        for place in &clause.places {
            let before = &clause.words[..place.start];
            let is_hard = is_hard || LISTS.conditions.is_in(before);
            let is_soft = is_soft || LISTS.soft_conditions.is_in(before) || clause.is_coordinated && was_modal;
            // "We will call you back, if you like" is a condition. A completed action counts in spite of a later
            // condition.
            let is_void = is_hard
                || !place.phrase.is_past && (is_open || is_soft)
                || place.is_awaited(&clause.words)
                || LISTS.habits.is_in(&clause.words)
                || place.is_conditional(&clause.words);
            // "Ten or eleven" is a choice and not an appointment.
            let is_choice = place.phrase.is_state && (is_alternative || clause.words.iter().any(|word| is_or(word)));
            if !is_void && !is_choice && !place.is_denied(&clause.words) && !place.is_modal(&clause.words) {
                claims.push(of_place(at, sentence, clause, place, named(&clauses, index, has_days)));
            }
        }
        is_hard |= LISTS.conditions.is_in(&clause.words);
        is_soft |= LISTS.soft_conditions.is_in(&clause.words);
        was_modal = LISTS.modals.is_in(&clause.words) || clause.is_coordinated && was_modal;
    }
    // Several phrases of one clause about the same appointment are one claim.
    let mut known: Vec<(Promise, bool, Named)> = Vec::new();
    claims.retain(|claim: &Claim<'_>| {
        let one = (claim.promise, claim.is_past, claim.named.clone());
        let is_new = !claim.promise.is_about_appointment() || !known.contains(&one);
        known.push(one);
        is_new
    });
    claims
}

fn of_place<'s>(at: Moment, sentence: &'s str, clause: &Clause<'_>, place: &Place, named: Named) -> Claim<'s> {
    let index = clause.places.iter().position(|other| other.start == place.start).unwrap_or_default();
    let from = if index == 0 { 0 } else { place.start };
    let next = clause.places.get(index + 1).map_or(clause.words.len(), |next| next.start);
    let (all, before, after) =
        (&clause.words[from..next], &clause.words[from..place.start], &clause.words[place.end..next]);
    let is_further = all.iter().any(|word| stems(word, 2).any(|stem| LISTS.further.contains(stem)));
    // A phrase such as "I have sent the address" contains the object itself.
    let own = clause.words[place.start..place.end].iter().filter_map(|word| object(word)).filter(|word| is_kind(word));
    let objects = before.iter().chain(after).filter_map(|word| object(word)).chain(own).collect();
    Claim {
        at,
        promise: place.phrase.promise,
        sentence,
        is_past: place.phrase.is_past,
        is_state: place.phrase.is_state,
        is_acknowledgement: place.phrase.is_acknowledgement,
        basis: place.phrase.basis,
        named,
        objects,
        is_further,
        is_correction: false,
        is_before_question: false,
    }
}

/// Returns the days and times that a clause names. If it names none, those of the clauses around it count that contain
/// no claim of their own. A later correction ("at five, sorry, at six") replaces them.
fn named(clauses: &[Clause<'_>], index: usize, has_days: bool) -> Named {
    let is_free = |clause: &&Clause<'_>| clause.places.is_empty();
    let following: Vec<&Clause<'_>> = clauses[index + 1..].iter().take_while(is_free).collect();
    let preceding = clauses[..index].iter().rev().take_while(is_free);
    let near: Vec<&Clause<'_>> =
        std::iter::once(&clauses[index]).chain(following.iter().copied()).chain(preceding).collect();
    let corrected = following.iter().position(|clause| LISTS.apologies.is_in(&clause.words));
    let correction: &[&Clause<'_>] = corrected.map_or(&[], |at| &following[at..]);
    let first =
        |of: &dyn Fn(&Clause<'_>) -> usize| correction.iter().chain(&near).find(|clause| of(clause) > 0).copied();
    let times: Vec<SaidTime> = first(&|clause| clause.times().len()).map(Clause::times).unwrap_or_default();
    // "I have booked you an appointment today" gives the day of the booking, not of the appointment.
    let days = |clause: &Clause<'_>| -> Vec<SaidDay> {
        let mut days = if has_days { clause.days() } else { Vec::new() };
        days.retain(|day| *day != SaidDay::After(0));
        days
    };
    let days = first(&|clause| days(clause).len()).map(days).unwrap_or_default();
    Named { days, times }
}

/// Returns the object that a word names, if any. Words of the same meaning return the same object. Common words, short
/// words and numbers return none.
pub(super) fn object(word: &str) -> Option<String> {
    let is_common = |word: &str| LISTS.common.contains(word);
    let is_short = word.chars().count() < MIN_STEM || word.chars().all(|c| c.is_ascii_digit());
    if is_short || stems(word, 2).any(is_common) {
        return None;
    }
    let known = stems(word, MIN_STEM).find_map(|stem| LISTS.meanings.get(stem));
    // Only the article is removed, so that "the price" and "price" are the same object.
    let bare = word.strip_prefix('\u{5D4}').filter(|rest| rest.chars().count() >= MIN_STEM).unwrap_or(word);
    Some(known.cloned().unwrap_or_else(|| bare.to_owned()))
}

/// Returns true if the object is one of the usual subjects of a message, such as an address.
pub(super) fn is_kind(object: &str) -> bool {
    LISTS.meanings.get(object).is_some_and(|first| first == object)
}

pub(super) fn is_about_confirmation(sentence: &str) -> bool {
    words(sentence).iter().any(|word| CONFIRMATIONS.iter().any(|stem| word.contains(stem.as_str())))
}

/// What the caller's words mean for the agent's last announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The caller declines it: "no need".
    Declined,
    /// The caller wants something else: the words begin with a negation, or contain a second thought.
    Changed,
    Other,
}

pub(super) fn reply(text: &str) -> Reply {
    let words = words(text);
    if LISTS.declines.is_in(&words) {
        return Reply::Declined;
    }
    let is_negated = words.first().is_some_and(|_| LISTS.negations.length_at(&words, 0).is_some());
    if is_negated || LISTS.second_thoughts.is_in(&words) { Reply::Changed } else { Reply::Other }
}

/// Parts of words that mean a confirmation.
static CONFIRMATIONS: LazyLock<Vec<String>> = LazyLock::new(|| words(include_str!("confirmations.txt")));

/// Splits a text into sentences. A point within a number or an abbreviation does not end a sentence. A short exclamation
/// that is a claim belongs to the next sentence, which may name the time: "Booked! Tomorrow at ten."
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = rest.char_indices().find(|(at, c)| {
            let next = rest[at + c.len_utf8()..].chars().next();
            match c {
                '?' | '\n' | '\u{61F}' => true,
                '!' => !is_short_claim(&rest[..*at]),
                '.' => next.is_none_or(char::is_whitespace),
                _ => false,
            }
        });
        let end = ends.map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let (sentence, after) = rest.split_at(end);
        rest = after;
        Some(sentence)
    })
}

/// Returns true if the text is a claim of few words.
fn is_short_claim(text: &str) -> bool {
    text.split_whitespace().nth(MAX_EXCLAIMED).is_none() && !places(&words(text)).is_empty()
}

/// Removes quoted words: the agent repeats what someone else said or wrote. A quotation mark within a word, as in a
/// Hebrew abbreviation, begins no quotation.
fn without_quotes(sentence: &str) -> Cow<'_, str> {
    let is_mark = |c: char| matches!(c, '"' | '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{AB}' | '\u{BB}');
    let is_open = |at: usize| {
        let before = sentence[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric())
    };
    let Some((start, mark)) = sentence.char_indices().find(|(at, c)| is_mark(*c) && is_open(*at)) else {
        return Cow::Borrowed(sentence);
    };
    let inner = start + mark.len_utf8();
    let close = sentence[inner..].char_indices().find(|(at, c)| {
        let next = sentence[inner + at + c.len_utf8()..].chars().next();
        is_mark(*c) && next.is_none_or(|c| !c.is_alphanumeric())
    });
    let end = close.map_or(sentence.len(), |(at, c)| inner + at + c.len_utf8());
    Cow::Owned(format!("{} {}", &sentence[..start], without_quotes(&sentence[end..])))
}

/// Returns true if the text ends with a question tag after a comma.
fn ends_with_tag(text: &str) -> bool {
    text.rsplit_once([',', '\u{60C}']).is_some_and(|(_, tail)| LISTS.tags.is_all_of(&words(tail)))
}

fn is_or(word: &str) -> bool {
    matches!(word, "or" | "\u{5D0}\u{5D5}")
}

/// The minimum length of an object word, in characters. Most shorter words are prepositions.
const MIN_STEM: usize = 3;
/// The maximum number of words from the sentence of an acknowledgement to the end of the answer.
const MAX_ACKNOWLEDGEMENT: usize = 6;
/// The maximum number of words of an exclamation that belongs to the next sentence.
const MAX_EXCLAIMED: usize = 2;

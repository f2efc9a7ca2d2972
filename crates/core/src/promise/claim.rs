//! Finds the statements of the agent that something was done or will be done.

use super::agent_action::{named_times, words};
use super::terms::{Moment, Named, Promise};
use crate::search::{fold, stems};
use crate::spoken::{SaidDay, said_days};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

#[derive(Clone, Debug)]
pub(super) struct Claim<'a> {
    pub(super) at: Moment,
    pub(super) promise: Promise,
    pub(super) sentence: &'a str,
    /// True if the sentence says that it is done, false if it says that it will be done.
    pub(super) is_past: bool,
    /// The days and times that the sentence names.
    pub(super) named: Named,
    /// The object of the claim: its words without the phrase and without common words.
    pub(super) objects: HashSet<String>,
    /// True if the sentence says that this is an additional item: "and I have also sent you…".
    pub(super) is_further: bool,
    /// True if the sentence contains or follows an apology, and therefore corrects an earlier sentence.
    pub(super) is_correction: bool,
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
        let is_apology = has_word(&fold(sentence).text, &LISTS.apologies);
        for mut claim in of_sentence(at, sentence, has_days) {
            claim.is_correction = is_apology || was_apology;
            claims.push(claim);
        }
        was_apology = is_apology;
    }
    claims
}

fn of_sentence(at: Moment, sentence: &str, has_days: bool) -> Vec<Claim<'_>> {
    // A sentence such as "You are booked for Monday, right?" is a question about what the caller has said.
    if has_word(&fold(sentence).text, &LISTS.echoes) || ends_with(sentence, &LISTS.tags) {
        return Vec::new();
    }
    // The part of a question before its last comma may be a statement: "Ten is free, does that suit you?"
    let question = sentence.find(['?', '\u{61F}']);
    let statement = match question {
        Some(end) => sentence[..end].rsplit_once([',', '\u{60C}']).map(|(statement, _)| statement),
        None => Some(sentence),
    };
    let clauses: Vec<Clause> = clauses(statement.unwrap_or_default()).map(Clause::new).collect();
    let mut named = Named::default();
    for clause in clauses.iter().filter(|clause| !clause.is_condition && !clause.is_negation) {
        named.times.extend(named_times(clause.text));
        named.days.extend(if has_days { said_days(clause.text) } else { Vec::new() });
    }
    // "I have booked you an appointment today" gives the day of the booking, not of the appointment.
    named.days.retain(|day| *day != SaidDay::After(0));
    let condition = clauses.iter().position(|clause| clause.is_condition);
    let mut claims = Vec::new();
    for (index, clause) in clauses.iter().enumerate() {
        if clause.is_negation || condition.is_some_and(|condition| condition <= index) {
            continue;
        }
        // "We will call you back, if you like" is a condition. A completed action counts in spite of a later condition.
        let is_open = condition.is_some() || question.is_some();
        claims.extend(clause.claims(at, sentence, &named).into_iter().filter(|claim| claim.is_past || !is_open));
    }
    claims
}

/// A part of a sentence that ends at a comma, a semicolon or a dash, or before a word such as "but".
struct Clause<'a> {
    text: &'a str,
    /// The folded text, with a space before and after.
    words: String,
    /// True if the clause is a question, an offer or a condition for the clauses after it.
    is_condition: bool,
    is_negation: bool,
}

impl<'a> Clause<'a> {
    fn new(text: &'a str) -> Self {
        let mut words = fold(text).text + " ";
        for idiom in &LISTS.idioms {
            words = words.replace(&format!(" {idiom}"), " ");
        }
        let is_condition = has_word(&words, &LISTS.conditions);
        let is_negation = has_word(&words, &LISTS.negations);
        Self { text, words, is_condition, is_negation }
    }

    fn claims<'s>(&self, at: Moment, sentence: &'s str, named: &Named) -> Vec<Claim<'s>> {
        let mut found: Vec<(Range<usize>, &Phrase)> = Vec::new();
        for phrase in &LISTS.phrases {
            found.extend(places(&self.words, &phrase.words).map(|place| (place, phrase)));
        }
        found.sort_by_key(|(place, _)| (place.start, std::cmp::Reverse(place.end)));
        let mut end = 0;
        found.retain(|(place, _)| {
            let is_free = place.start >= end;
            end = if is_free { place.end - 1 } else { end };
            is_free
        });
        let mut claims: Vec<Claim<'s>> = Vec::new();
        for (index, (place, phrase)) in found.iter().enumerate() {
            let Phrase { promise, is_past, .. } = **phrase;
            if promise.is_about_appointment() && claims.iter().any(|claim| claim.promise == promise) {
                continue;
            }
            let before = if index == 0 { &self.words[..place.start] } else { "" };
            let next = found.get(index + 1).map_or(self.words.len(), |(next, _)| next.start);
            let after = self.words.get(place.end..next).unwrap_or_default();
            let others = || before.split_whitespace().chain(after.split_whitespace());
            let objects: HashSet<String> = others().filter_map(object).collect();
            let is_further = others().any(|word| stems(word, 2).any(|stem| LISTS.further.contains(stem)));
            let named = named.clone();
            claims.push(Claim { at, promise, sentence, is_past, named, objects, is_further, is_correction: false });
        }
        claims
    }
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

/// Parts of words that mean a confirmation.
static CONFIRMATIONS: LazyLock<Vec<String>> = LazyLock::new(|| words(include_str!("confirmations.txt")));

/// Splits a text into sentences. A point within a number or an abbreviation does not end a sentence.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = rest.char_indices().find(|(at, c)| {
            let next = rest[at + c.len_utf8()..].chars().next();
            matches!(c, '?' | '!' | '\n' | '\u{61F}') || (*c == '.' && next.is_none_or(char::is_whitespace))
        });
        let end = ends.map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let (sentence, after) = rest.split_at(end);
        rest = after;
        Some(sentence)
    })
}

/// Splits a sentence into clauses: at commas, semicolons and dashes, and before each word such as "but".
fn clauses(sentence: &str) -> impl Iterator<Item = &str> {
    sentence.split([',', ';', '\u{60C}', '\u{61B}', '\u{2013}', '\u{2014}']).flat_map(|part| {
        let mut cuts = vec![0];
        for but in LISTS.buts.iter().map(|but| format!(" {but} ")) {
            cuts.extend(part.match_indices(&but).map(|(at, _)| at));
        }
        cuts.sort_unstable();
        let ends = cuts.iter().skip(1).copied().chain([part.len()]).collect::<Vec<_>>();
        cuts.into_iter().zip(ends).map(|(from, to)| &part[from..to]).collect::<Vec<_>>()
    })
}

/// Returns the positions of a folded phrase in a folded text. The phrase may have the prefix "and" or "that", which
/// Hebrew joins to the next word.
fn places<'t>(text: &'t str, phrase: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    PREFIXES.iter().flat_map(move |prefix| {
        let whole = format!(" {prefix}{phrase}");
        let found: Vec<_> = text.match_indices(&whole).map(|(at, found)| at..at + found.len()).collect();
        found
    })
}

fn has_word(text: &str, list: &[String]) -> bool {
    let text = format!("{} ", text.trim_end());
    list.iter().any(|phrase| places(&text, phrase).next().is_some())
}

/// Returns true if the text ends with one of these phrases after a comma.
fn ends_with(text: &str, list: &[String]) -> bool {
    text.rsplit_once([',', '\u{60C}'])
        .is_some_and(|(_, tail)| list.contains(&(fold(tail).text.trim().to_owned() + " ")))
}

const PREFIXES: [&str; 3] = ["", "\u{5D5}", "\u{5E9}"];
/// The minimum length of an object word, in characters. Most shorter words are prepositions.
const MIN_STEM: usize = 3;

pub(super) struct Phrase {
    pub(super) promise: Promise,
    pub(super) is_past: bool,
    /// The folded phrase, with a space at the end.
    pub(super) words: String,
}

/// The contents of `phrases.txt`, folded. Each phrase has a space at the end.
#[derive(Default)]
pub(super) struct Lists {
    pub(super) phrases: Vec<Phrase>,
    conditions: Vec<String>,
    negations: Vec<String>,
    idioms: Vec<String>,
    apologies: Vec<String>,
    echoes: Vec<String>,
    tags: Vec<String>,
    /// The words such as "but", as they are written in the file: they are not folded.
    buts: Vec<String>,
    further: HashSet<String>,
    common: HashSet<String>,
    meanings: HashMap<String, String>,
}

pub(super) static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let mut lists = Lists::default();
    let mut heading = "";
    for line in include_str!("phrases.txt").lines().map(str::trim) {
        if let Some(new) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            heading = new;
        } else if !line.is_empty() && !line.starts_with('#') {
            lists.add(heading, line);
        }
    }
    lists
});

impl Lists {
    fn add(&mut self, heading: &str, line: &str) {
        let folded = fold(line).text.trim().to_owned() + " ";
        match heading {
            "condition" => self.conditions.push(folded),
            "negation" => self.negations.push(folded),
            "idiom" => self.idioms.push(folded),
            "apology" => self.apologies.push(folded),
            "echo" => self.echoes.push(folded),
            "tag" => self.tags.push(folded),
            "but" => self.buts.push(line.to_owned()),
            "further" => self.further.extend(words(line)),
            "common" => self.common.extend(words(line)),
            "meaning" => {
                let group = words(line);
                let first = group.first().cloned().unwrap_or_default();
                self.meanings.extend(group.into_iter().map(|word| (word, first.clone())));
            }
            promise => {
                let (name, is_past) = match promise.strip_suffix(" later") {
                    Some(name) => (name, false),
                    None => (promise, true),
                };
                if let Ok(promise) = name.parse() {
                    self.phrases.push(Phrase { promise, is_past, words: folded });
                }
            }
        }
    }
}

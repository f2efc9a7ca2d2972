//! The phrases and word lists of `phrases.txt`. A phrase is a pattern of words, so that one line contains all forms of
//! a verb.

use super::terms::{Basis, Promise};
use crate::search::fold;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

#[expect(clippy::struct_excessive_bools, reason = "independent properties of a phrase")]
pub(super) struct Phrase {
    pub(super) promise: Promise,
    /// True if it says that something is done, false if it says that it will be done.
    pub(super) is_past: bool,
    /// True if it says that an appointment exists, also if the agent did not book it in this call.
    pub(super) is_state: bool,
    /// True if it says something only together with a time of day.
    pub(super) is_timed: bool,
    /// True if it says something only before a clause that names a time of day.
    pub(super) is_before_time: bool,
    /// True if it may only acknowledge what the caller has said, as "noted" does before a question.
    pub(super) is_acknowledgement: bool,
    pub(super) basis: Basis,
    /// True if it stands at the beginning or the end of a clause only.
    begins_clause: bool,
    ends_clause: bool,
    tokens: Vec<Token>,
    /// True if the phrase itself contains a negation or a modal verb, as in "we will not call again".
    is_negative: bool,
    is_modal: bool,
}

enum Token {
    /// One of these words. A word that ends with `~` stands for each word that begins with the letters before it.
    Word { any: Vec<String>, is_optional: bool },
    /// A word that is none of these.
    Other { than: Vec<String> },
    /// Up to `MAX_GAP` words.
    Gap,
}

/// A place of a phrase in a clause, as a range of words.
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) phrase: &'static Phrase,
    /// The end of the next best phrase that says something without a time of day, and this phrase.
    untimed: Option<(usize, &'static Phrase)>,
}

impl Place {
    /// Replaces the phrase, which needs a time of day. Returns false if the place has no phrase that needs none.
    pub(super) fn become_untimed(&mut self) -> bool {
        let Some((end, phrase)) = self.untimed.take() else { return false };
        (self.end, self.phrase) = (end, phrase);
        true
    }

    /// Returns true if a negation stands before the phrase or within it, and is no part of the pattern.
    pub(super) fn is_denied(&self, words: &[String]) -> bool {
        let end = if self.phrase.is_negative { self.start } else { self.end };
        LISTS.negations.is_in(&words[..end])
    }

    /// Returns true for an event that is awaited, as in "once it is booked". In "until we call you back", Hebrew joins
    /// "that" to the first word.
    pub(super) fn is_awaited(&self, words: &[String]) -> bool {
        let before = &words[..self.start];
        let is_bound = before.last().is_some_and(|word| LISTS.bounds.contains(word));
        words[self.start].starts_with(THAT) && is_bound
            || LISTS.soft_conditions.ends(before)
            || LISTS.events.is_in(before)
    }

    /// Returns true if a condition follows the phrase at once: "it is cancelled if you come late", "it is booked after
    /// you have paid".
    pub(super) fn is_conditional(&self, words: &[String]) -> bool {
        let Some(next) = (self.end..words.len()).find(|at| !LISTS.light.contains(&words[*at])) else { return false };
        LISTS.conditions.length_at(words, next).is_some()
            || self.phrase.is_state && LISTS.soft_conditions.length_at(words, next).is_some()
    }

    /// Returns true if a word of a request, a possibility or a report stands before the phrase or within it, or if the
    /// clause is about another person.
    pub(super) fn is_modal(&self, words: &[String]) -> bool {
        let end = if self.phrase.is_modal { self.start } else { self.end };
        LISTS.modals.is_in(&words[..end]) || LISTS.others.is_in(words)
    }
}

impl Phrase {
    fn new(promise: Promise, kind: &str, line: &str, lists: &Lists) -> Self {
        let (begins_clause, line) = line.strip_prefix(BEGIN).map_or((false, line), |line| (true, line));
        let (ends_clause, line) = line.strip_suffix(END).map_or((false, line), |line| (true, line));
        let tokens: Vec<Token> = line.split_whitespace().map(Token::new).collect();
        let literals = tokens.iter().filter_map(|token| match token {
            Token::Word { any, .. } => any.first().cloned(),
            Token::Other { .. } | Token::Gap => None,
        });
        let literals: Vec<String> = literals.collect();
        let is_kind = |name: &str| kind.split(' ').any(|kind| kind == name);
        Self {
            promise,
            is_past: !is_kind("later"),
            is_state: is_kind("state"),
            is_timed: is_kind("timed") || is_kind("before"),
            is_before_time: is_kind("before"),
            is_acknowledgement: is_kind("acknowledgement"),
            basis: match () {
                () if is_kind("details") => Basis::Details,
                () if is_kind("any") => Basis::Any,
                () if is_kind("own") => Basis::OwnTool,
                () => Basis::Kind,
            },
            begins_clause,
            ends_clause,
            is_negative: lists.negations.is_in(&literals),
            is_modal: lists.modals.is_in(&literals),
            tokens,
        }
    }

    /// Returns the words with which the phrase may begin; none if it does not list them all.
    fn first_words(&self) -> Option<Vec<String>> {
        let mut words = Vec::new();
        for token in &self.tokens {
            let Token::Word { any, is_optional } = token else { return None };
            if any.iter().any(|word| word.ends_with('~')) {
                return None;
            }
            words.extend(any.iter().cloned());
            if !is_optional {
                return Some(words);
            }
        }
        None
    }

    /// Returns the end of the phrase if it begins at this word. Its first word may have the prefix "and" or "that",
    /// which Hebrew joins to the next word, unless the phrase must begin the clause.
    fn end_at(&self, words: &[String], start: usize) -> Option<usize> {
        let first = words.get(start)?;
        let is_filler = |word: &String| LISTS.fillers.contains(word);
        if self.begins_clause && !words[..start].iter().all(is_filler) {
            return None;
        }
        let forms = if self.begins_clause { 1 } else { usize::MAX };
        let end = stripped(first).take(forms).find_map(|first| self.rest(words, start, first, &self.tokens))?;
        let is_at_end = || words[end..].iter().all(|word| is_filler(word) || LISTS.light.contains(word));
        (!self.ends_clause || is_at_end()).then_some(end)
    }

    /// Returns true if the phrase is a clause of its own, such as "booked".
    pub(super) fn is_whole_clause(&self) -> bool {
        self.begins_clause && self.ends_clause
    }

    fn rest(&self, words: &[String], at: usize, first: &str, tokens: &[Token]) -> Option<usize> {
        let Some((token, tokens)) = tokens.split_first() else { return Some(at) };
        let is_first = tokens.len() + 1 == self.tokens.len();
        let word = |at: usize| if is_first { Some(first) } else { words.get(at).map(String::as_str) };
        match token {
            Token::Gap => (at..=words.len().min(at + MAX_GAP)).find_map(|at| self.rest(words, at, first, tokens)),
            Token::Word { any, is_optional } => {
                let fits = |word: &str| any.iter().any(|option| is_word(option, word));
                let mut from = at;
                loop {
                    if word(from).is_some_and(fits)
                        && let Some(end) = self.rest(words, from + 1, first, tokens)
                    {
                        return Some(end);
                    }
                    // A word such as "already" may stand between the words of a phrase.
                    if is_first || from - at >= MAX_LIGHT || !words.get(from).is_some_and(|w| LISTS.light.contains(w)) {
                        break;
                    }
                    from += 1;
                }
                if *is_optional { self.rest(words, at, first, tokens) } else { None }
            }
            Token::Other { than } => {
                let is_other = |word: &str| !than.iter().any(|option| is_word(option, word));
                if word(at).is_some_and(is_other) { self.rest(words, at + 1, first, tokens) } else { None }
            }
        }
    }

    /// Returns the shortest text of the phrase.
    #[cfg(test)]
    pub(super) fn example(&self) -> String {
        let words = self.tokens.iter().filter_map(|token| match token {
            Token::Word { any, is_optional: false } => any.first().map(|word| word.replace('~', "x")),
            Token::Other { .. } => Some("x".to_owned()),
            _ => None,
        });
        words.collect::<Vec<_>>().join(" ") + if self.is_timed { ", 10:00" } else { "" }
    }
}

fn is_word(option: &str, word: &str) -> bool {
    option.strip_suffix('~').map_or(option == word, |start| word.starts_with(start))
}

/// Returns a word, and the word without the prefixes "and" and "that".
fn stripped(word: &str) -> impl Iterator<Item = &str> {
    let and = word.strip_prefix(AND);
    let that = and.unwrap_or(word).strip_prefix(THAT);
    [Some(word), and, that].into_iter().flatten()
}

impl Token {
    fn new(text: &str) -> Self {
        if text == ".." {
            return Self::Gap;
        }
        let (text, is_optional) = text.strip_suffix('?').map_or((text, false), |text| (text, true));
        let option = |word: &str| {
            let folded = fold(word.trim_end_matches('~')).text.trim().to_owned();
            if word.ends_with('~') { folded + "~" } else { folded }
        };
        match text.strip_prefix('!') {
            Some(text) => Self::Other { than: text.split('|').map(option).collect() },
            None => Self::Word { any: text.split('|').map(option).collect(), is_optional },
        }
    }
}

/// Returns the places of all phrases in a clause, in order. Of places that overlap, the first and longest remains, and
/// of equal ones the one with the more exact pattern.
pub(super) fn places(words: &[String]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for start in 0..words.len() {
        if places.last().is_some_and(|last| start < last.end) {
            continue;
        }
        let found = LISTS.that_may_begin_with(&words[start]);
        let found: Vec<_> = found.filter_map(|phrase| Some((phrase.end_at(words, start)?, phrase))).collect();
        let rank = |(end, phrase): &(usize, &Phrase)| (*end, phrase.is_timed, phrase.tokens.len());
        if let Some((end, phrase)) = found.iter().copied().max_by_key(rank) {
            let untimed = found.into_iter().filter(|(_, phrase)| !phrase.is_timed).max_by_key(rank);
            places.push(Place { start, end, phrase, untimed });
        }
    }
    places
}

/// Phrases that are compared word by word, by their first words.
#[derive(Default)]
pub(super) struct WordList(HashMap<String, Vec<Vec<String>>>);

impl WordList {
    /// Returns true if one of the phrases is in these words. Its first word may have the prefix "and" or "that".
    pub(super) fn is_in(&self, words: &[String]) -> bool {
        (0..words.len()).any(|at| self.length_at(words, at).is_some())
    }

    pub(super) fn is_all_of(&self, words: &[String]) -> bool {
        words.first().and_then(|first| self.0.get(first)).is_some_and(|phrases| phrases.iter().any(|all| all == words))
    }

    /// Returns the length of the longest phrase that begins at this word.
    pub(super) fn length_at(&self, words: &[String], at: usize) -> Option<usize> {
        let fits =
            |phrase: &&Vec<String>| words.len() - at >= phrase.len() && phrase[1..] == words[at + 1..at + phrase.len()];
        let begin = stripped(&words[at]).filter_map(|first| self.0.get(first)).flatten();
        begin.filter(fits).map(Vec::len).max()
    }

    /// Returns true if the words end with one of the phrases.
    pub(super) fn ends(&self, words: &[String]) -> bool {
        (0..words.len()).any(|at| self.length_at(words, at) == Some(words.len() - at))
    }

    fn add(&mut self, phrase: Vec<String>) {
        if let Some(first) = phrase.first() {
            self.0.entry(first.clone()).or_default().push(phrase);
        }
    }

    /// Removes the phrases of the list from these words.
    pub(super) fn removed_from(&self, words: &[String]) -> Vec<String> {
        let (mut left, mut at) = (Vec::with_capacity(words.len()), 0);
        while at < words.len() {
            if let Some(length) = self.length_at(words, at) {
                at += length;
            } else {
                left.push(words[at].clone());
                at += 1;
            }
        }
        left
    }
}

/// The contents of `phrases.txt`, folded.
#[derive(Default)]
pub(super) struct Lists {
    pub(super) phrases: Vec<Phrase>,
    /// The indexes of the phrases that may begin with a word.
    by_first_word: HashMap<String, Vec<usize>>,
    /// The indexes of the phrases that may begin with any of many words.
    by_any_word: Vec<usize>,
    pub(super) conditions: WordList,
    pub(super) soft_conditions: WordList,
    events: WordList,
    pub(super) modals: WordList,
    pub(super) negations: WordList,
    pub(super) others: WordList,
    pub(super) habits: WordList,
    pub(super) idioms: WordList,
    pub(super) apologies: WordList,
    pub(super) echoes: WordList,
    pub(super) tags: WordList,
    pub(super) earlier: WordList,
    pub(super) declines: WordList,
    pub(super) second_thoughts: WordList,
    pub(super) buts: WordList,
    pub(super) further: HashSet<String>,
    pub(super) common: HashSet<String>,
    light: HashSet<String>,
    fillers: HashSet<String>,
    pub(super) times: HashSet<String>,
    pub(super) meanings: HashMap<String, String>,
    pub(super) bounds: HashSet<String>,
    pub(super) ranges: WordList,
    pub(super) mornings: WordList,
    pub(super) afternoons: WordList,
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
        let words = words(line);
        let list = match heading {
            "condition" => &mut self.conditions,
            "soft condition" => &mut self.soft_conditions,
            "event" => &mut self.events,
            "modal" => &mut self.modals,
            "negation" => &mut self.negations,
            "other" => &mut self.others,
            "habit" => &mut self.habits,
            "idiom" => &mut self.idioms,
            "apology" => &mut self.apologies,
            "echo" => &mut self.echoes,
            "tag" => &mut self.tags,
            "earlier" => &mut self.earlier,
            "decline" => &mut self.declines,
            "second thought" => &mut self.second_thoughts,
            "but" => &mut self.buts,
            "range" => &mut self.ranges,
            "morning" => &mut self.mornings,
            "afternoon" => &mut self.afternoons,
            "further" => return self.further.extend(words),
            "common" => return self.common.extend(words),
            "light" => return self.light.extend(words),
            "filler" => return self.fillers.extend(words),
            "time" => return self.times.extend(words),
            "bound" => return self.bounds.extend(words),
            "meaning" => {
                let first = words.first().cloned().unwrap_or_default();
                return self.meanings.extend(words.into_iter().map(|word| (word, first.clone())));
            }
            promise => {
                let (name, kind) = promise.split_once(' ').unwrap_or((promise, ""));
                if let Ok(promise) = name.parse() {
                    self.add_phrase(Phrase::new(promise, kind, line, self));
                }
                return;
            }
        };
        list.add(words);
    }

    fn add_phrase(&mut self, phrase: Phrase) {
        let index = self.phrases.len();
        match phrase.first_words() {
            Some(words) => {
                for word in words {
                    self.by_first_word.entry(word).or_default().push(index);
                }
            }
            None => self.by_any_word.push(index),
        }
        self.phrases.push(phrase);
    }

    /// Returns the phrases that may begin with this word, in the order of the file.
    fn that_may_begin_with(&self, word: &str) -> impl Iterator<Item = &Phrase> {
        let exact = stripped(word).filter_map(|word| self.by_first_word.get(word)).flatten();
        let mut indexes: Vec<usize> = exact.chain(&self.by_any_word).copied().collect();
        indexes.sort_unstable();
        indexes.dedup();
        indexes.into_iter().map(|index| &self.phrases[index])
    }
}

/// Returns the folded words of a text.
pub(super) fn words(text: &str) -> Vec<String> {
    fold(text).text.split_whitespace().map(str::to_owned).collect()
}

/// The Hebrew prefixes "and" and "that".
pub(super) const AND: char = '\u{5D5}';
const THAT: char = '\u{5E9}';
/// The signs of a phrase for the beginning and the end of a clause.
const BEGIN: &str = "^ ";
const END: &str = " $";
/// The maximum number of words in a gap of a phrase.
const MAX_GAP: usize = 6;
/// The maximum number of light words between two words of a phrase.
const MAX_LIGHT: usize = 3;

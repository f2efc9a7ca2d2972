//! What the agent says that it has done, compared with what it did.
//!
//! The rule "a promise is a row" is enforced before the words by the instructions and the tools; this is the check
//! after the call. It is made for few false alarms: a sentence counts only if it plainly states that something was done
//! or will be done, and a question, a condition or a negation does not.

use crate::domain::{Speaker, ToolUse, text_enum};
use crate::search::fold;
use crate::spoken::said_times;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

text_enum! {
    /// What an agent can promise.
    Promise {
        /// An appointment is booked.
        Booked = "booked",
        /// An appointment is moved.
        Moved = "moved",
        /// An appointment is cancelled.
        Cancelled = "cancelled",
        /// The caller is on the waiting list.
        Waiting = "waiting",
        /// A message is passed on, or the business calls back.
        PassedOn = "passed_on",
        /// Something is sent to the caller.
        Sent = "sent",
    }
}

/// The names of the tools by which promises are kept.
pub const TOOLS: [&str; 6] = [BOOK, MOVE, CANCEL, FIND, JOIN, TAKE_MESSAGE];

const BOOK: &str = "book_appointment";
const MOVE: &str = "move_appointment";
const CANCEL: &str = "cancel_appointment";
const FIND: &str = "find_appointments";
const JOIN: &str = "join_waiting_list";
const TAKE_MESSAGE: &str = "take_message";

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenPromise {
    /// What was promised.
    pub promise: Promise,
    /// The sentence by which it was promised.
    pub said: String,
    /// The sentence named another time than those that are stored.
    pub is_time_wrong: bool,
}

/// What was said and done in a call.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    /// What the caller heard of each utterance of the agent, in order.
    pub said: Vec<String>,
    /// The tools that the agent used.
    pub tools: Vec<ToolUse>,
    /// The caller has left a message.
    pub has_message: bool,
}

impl Conduct {
    /// Adds a turn of the transcript, with the part of it that was heard.
    pub fn add(&mut self, speaker: Speaker, heard: &str) {
        match speaker {
            Speaker::Agent => self.said.push(heard.to_owned()),
            Speaker::Tool => self.tools.extend(ToolUse::from_text(heard)),
            Speaker::Caller | Speaker::System => {}
        }
    }

    /// The promises that were not kept: the last one of each kind.
    pub fn broken_promises(&self) -> Vec<BrokenPromise> {
        let kept = self.kept();
        let mut broken: Vec<BrokenPromise> = Vec::new();
        for said in self.said.iter().flat_map(|text| sentences(text)) {
            for promise in promises(said) {
                let is_time_wrong = kept.contains(&promise) && self.is_time_wrong(promise, said);
                broken.retain(|other| other.promise != promise);
                if is_time_wrong || !kept.contains(&promise) {
                    broken.push(BrokenPromise { promise, said: said.trim().to_owned(), is_time_wrong });
                }
            }
        }
        broken
    }

    fn kept(&self) -> BTreeSet<Promise> {
        let mut kept = BTreeSet::new();
        for (name, output) in self.successes() {
            match name {
                BOOK => kept.extend([Promise::Booked]),
                // "You are booked for Monday" is true after a move as well.
                MOVE => kept.extend([Promise::Moved, Promise::Booked]),
                CANCEL => kept.extend([Promise::Cancelled]),
                JOIN => kept.extend([Promise::Waiting, Promise::PassedOn]),
                TAKE_MESSAGE => kept.extend([Promise::PassedOn]),
                // An appointment from before the call was read out.
                FIND if has_appointments(output) => kept.extend([Promise::Booked]),
                _ => {}
            }
        }
        if self.has_message {
            kept.insert(Promise::PassedOn);
        }
        kept
    }

    fn successes(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.tools.iter().filter_map(|tool| Some((tool.name.as_str(), tool.success()?)))
    }

    /// The sentence names a time of day, in digits or in Hebrew words, and no appointment that was booked, moved or found has that time. A time with
    /// more than one reading (3:00 of 15:00) is taken as the one that fits.
    fn is_time_wrong(&self, promise: Promise, said: &str) -> bool {
        if !matches!(promise, Promise::Booked | Promise::Moved) {
            return false;
        }
        let said = [times(said), said_times(said)].concat();
        let mut stored = BTreeSet::new();
        for (name, output) in self.successes() {
            if matches!(name, BOOK | MOVE | FIND) {
                collect_starts(output, &mut stored);
            }
        }
        !said.is_empty() && !stored.is_empty() && said.iter().all(|time| !stored.contains(time))
    }
}

fn has_appointments(output: &Value) -> bool {
    output.get("appointments").and_then(Value::as_array).is_some_and(|found| !found.is_empty())
}

/// The times of day of all members `start`, in minutes of a clock of twelve hours.
fn collect_starts(output: &Value, starts: &mut BTreeSet<u16>) {
    match output {
        Value::Object(members) => {
            if let Some((_, time)) = members.get("start").and_then(Value::as_str).and_then(|at| at.split_once('T')) {
                starts.extend(times(time));
            }
            members.values().for_each(|value| collect_starts(value, starts));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_starts(value, starts)),
        _ => {}
    }
}

/// The times of day that a text has in digits, such as 15:30, in minutes of a clock of twelve hours.
fn times(text: &str) -> Vec<u16> {
    let number = |digits: &str| digits.parse::<u16>().ok();
    let colons = text.match_indices(':').map(|(at, _)| at);
    let found = colons.filter_map(|at| {
        let is_digit = |c: char| c.is_ascii_digit();
        let (before, after) = (&text[..at], &text[at + 1..]);
        let hour = &before[before.trim_end_matches(is_digit).len()..];
        let minute = &after[..after.len() - after.trim_start_matches(is_digit).len()];
        let is_whole = minute.len() == 2;
        let (hour, minute) = (number(hour)?, number(minute)?);
        (hour < 24 && minute < 60 && is_whole).then_some(hour % 12 * 60 + minute)
    });
    found.collect()
}

/// The sentences of a text. A point within a number or an abbreviation ends none.
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

/// What a sentence promises.
fn promises(sentence: &str) -> BTreeSet<Promise> {
    let words = fold(sentence).text + " ";
    let has = |phrase: &Phrase| PREFIXES.iter().any(|prefix| words.contains(&format!(" {prefix}{}", phrase.words)));
    if sentence.contains(['?', '\u{61F}']) || PHRASES.iter().any(|phrase| phrase.promise.is_none() && has(phrase)) {
        return BTreeSet::new();
    }
    PHRASES.iter().filter(|phrase| has(phrase)).filter_map(|phrase| phrase.promise).collect()
}

/// The Hebrew "and" and "that" are written together with the word that follows them.
const PREFIXES: [&str; 3] = ["", "\u{5D5}", "\u{5E9}"];

struct Phrase {
    /// None: a sentence with these words promises nothing.
    promise: Option<Promise>,
    /// Folded, with a space at the end.
    words: String,
}

static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let mut promise = None;
    let mut phrases = Vec::new();
    for line in include_str!("promise/phrases.txt").lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            promise = heading.parse().ok();
        } else if !line.is_empty() && !line.starts_with('#') {
            phrases.push(Phrase { promise, words: fold(line).text.trim().to_owned() + " " });
        }
    }
    phrases
});

#[cfg(test)]
mod tests;

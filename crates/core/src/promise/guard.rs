//! Checks the agent's words before the caller hears them.
//!
//! Only what a sentence says is done counts, and a time that it offers: an announcement such as "I am booking it now"
//! can still be kept. A sentence that begins with a false claim may end as a question, so it is judged as a whole.

use super::claim::{Claim, can_end_with_acknowledgement, claims, sentences};
use super::evidence::{Evidence, Finding};
use super::phrase::{LISTS, words};
use super::said_time::{SaidTime, said_times};
use super::terms::{Moment, Promise};
use super::{Conduct, actions};
use crate::spoken::language_of;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is known at the start of a call and may confirm what the agent says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The day of the call, in the business's time zone.
    pub today: Date,
    /// The starts of the caller's upcoming appointments, in the business's time zone. None if the agent may know
    /// appointments that are not listed here; then appointments from before the call are not checked.
    pub appointments: Option<Vec<DateTime>>,
    /// The names of the owner's tools. Their success is evidence for each promise but an offered time.
    pub own_tools: BTreeSet<String>,
    /// True if callers receive confirmations of their appointments without a tool use.
    pub has_confirmations: bool,
    /// The times of day in the texts that the agent received, see [`Known::add_text`].
    times: Vec<SaidTime>,
}

/// What the check of the agent's words needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimCheck {
    /// What may confirm the words, besides the tools of the call.
    pub known: Known,
    /// The sentences for the language that the caller is expected to speak.
    #[serde(flatten)]
    pub expected: Replacements,
    /// The sentences for another language; none if there are none.
    #[serde(default)]
    pub other: Option<Replacements>,
}

/// The sentences that are spoken in place of repeated false claims in a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacements {
    /// The language of the claims (ISO 639-1). The sentences can be in another language.
    #[serde(default)]
    pub language: String,
    /// That it is not done yet, and a question.
    pub not_done: String,
    /// Like `not_done`, in place of a time that no tool has returned.
    pub not_read: String,
}

/// A statement that no action of the agent confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FalseClaim {
    /// What the statement says.
    pub promise: Promise,
    /// True if the action was done, but the statement names another day or time.
    pub is_time_wrong: bool,
}

/// The words of an answer that are checked.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The text of the answer before these words. It is not checked again, except for the beginning of the sentence that
    /// these words continue.
    pub before: &'a str,
    /// The words to check.
    pub text: &'a str,
    /// True if the answer ends with these words, so that the last sentence is complete.
    pub is_end: bool,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// The words contain no false claim.
    Clean,
    /// The sentence is not complete. So far it contains a false claim, but its end can make it a question.
    Undecided,
    /// The words contain this false claim.
    False(FalseClaim),
}

impl Known {
    /// Creates the knowledge of a call on a day, with the starts of the caller's upcoming appointments.
    pub fn new(today: Date, appointments: Option<Vec<DateTime>>) -> Self {
        Self { today, appointments, own_tools: BTreeSet::new(), has_confirmations: false, times: Vec::new() }
    }

    /// Adds a text that the agent received for the call, such as a fact of the business. A time of day that it names may
    /// be said: "we have a class at six" offers no appointment.
    pub fn add_text(&mut self, text: &str) {
        for time in text.lines().flat_map(said_times) {
            if !self.times.contains(&time) {
                self.times.push(time);
            }
        }
    }

    /// Returns the agent's record before its first action. The caller of [`Known::check`] adds the turns of the call.
    pub fn conduct(&self) -> Conduct {
        let mut conduct = Conduct::new(self.today, None, self.has_confirmations);
        conduct.own_tools.clone_from(&self.own_tools);
        conduct.add_existing(self.appointments.iter().flatten().copied());
        conduct
    }

    /// Checks words of the agent. `conduct` returns what the agent has said and done before these words; none if it is
    /// not known, for example because an employee has taken part in the call. It is called only if the words contain a
    /// claim.
    pub fn check(&self, words: Words<'_>, conduct: impl FnOnce() -> Option<Conduct>) -> CheckResult {
        let Words { before, text, is_end } = words;
        let whole = format!("{before}{text}");
        let mut start = 0;
        let sentences: Vec<&str> = sentences(&whole)
            .filter(|sentence| {
                start += sentence.len();
                start > before.len()
            })
            .collect();
        let asks_for_more = |at: usize| !can_end_with_acknowledgement(&sentences[at..].concat());
        let made: Vec<(usize, Claim<'_>)> = sentences
            .iter()
            .enumerate()
            .flat_map(|(at, sentence)| claims(NOW, sentence, true).into_iter().map(move |claim| (at, claim)))
            .filter(|(at, claim)| self.is_checked(claim) && !(claim.is_acknowledgement && asks_for_more(*at)))
            .collect();
        if made.is_empty() {
            return CheckResult::Clean;
        }
        let Some(conduct) = conduct() else { return CheckResult::Clean };
        let Some((sentence, claim, is_acknowledgement)) = self.first_false(made, &conduct) else {
            return CheckResult::Clean;
        };
        let is_last = sentence + 1 == sentences.len();
        // A question may follow an acknowledgement.
        let is_ended = !is_acknowledgement && (!is_last || sentences[sentence].ends_with(is_sentence_end));
        let is_complete = is_end || is_ended;
        if is_complete { CheckResult::False(claim) } else { CheckResult::Undecided }
    }

    fn is_checked(&self, claim: &Claim<'_>) -> bool {
        match claim.promise {
            Promise::Offered => !claim.named.times.is_empty(),
            // The transfer follows the sentence.
            Promise::Transferred => false,
            _ if !claim.is_past || LISTS.earlier.is_in(&words(claim.sentence)) => false,
            Promise::Booked => self.appointments.is_some() || !claim.is_state && claim.named.is_empty(),
            _ => true,
        }
    }

    /// Returns the first of the new claims that is false, with the index of its sentence, and true if it is an
    /// acknowledgement.
    fn first_false(&self, made: Vec<(usize, Claim<'_>)>, conduct: &Conduct) -> Option<(usize, FalseClaim, bool)> {
        let actions = actions(&conduct.tools, &conduct.own_tools, &conduct.stored, conduct.message.as_deref());
        let times = self.times_of_texts(conduct);
        let mut all: Vec<Claim<'_>> = conduct.said.iter().flat_map(|(at, text)| claims(*at, text, true)).collect();
        let new = all.len();
        let (sentences, made): (Vec<usize>, Vec<Claim<'_>>) = made.into_iter().unzip();
        all.extend(made);
        let evidence = Evidence {
            actions: &actions,
            has_confirmation: conduct.has_confirmation,
            has_transfer: true,
            last: NOW,
            today: conduct.today,
        };
        let found = evidence.evaluate(&all);
        (new..all.len()).find_map(|at| {
            let Finding::Broken { is_time_wrong } = found[at] else { return None };
            let claim = &all[at];
            let is_excused = match claim.promise {
                Promise::Offered => {
                    let is_known = |time: &SaidTime| {
                        times.iter().any(|known| known.may_be(*time)) || evidence.has_appointment(claim, *time)
                    };
                    let named = &claim.named.times;
                    named.iter().any(is_known)
                        && named.iter().all(|time| is_known(time) || evidence.has_read(claim, *time))
                }
                // The owner may have moved the appointment before the call.
                Promise::Moved => {
                    !claim.named.times.is_empty()
                        && claim.named.times.iter().all(|time| evidence.has_appointment(claim, *time))
                }
                _ => false,
            };
            let found = FalseClaim { promise: claim.promise, is_time_wrong };
            (!is_excused).then_some((sentences[at - new], found, claim.is_acknowledgement))
        })
    }

    /// Returns the times of day that the agent may name besides the starts of appointments in the outputs of tools.
    fn times_of_texts(&self, conduct: &Conduct) -> Vec<SaidTime> {
        let mut known = self.clone();
        for (_, tool) in &conduct.tools {
            // The built-in tools for appointments return starts, which are compared with their days.
            let is_text = conduct.own_tools.contains(&tool.name) || tool.name == SEARCH_FACTS;
            if let Some(output) = tool.output.as_ref().filter(|_| is_text) {
                add_texts(output, &mut known);
            }
        }
        known.times
    }
}

impl ClaimCheck {
    /// Returns the sentence that is spoken in place of a repeated false claim. `said`: the words with the claim.
    pub fn sentence(&self, claim: FalseClaim, said: &str) -> &str {
        let language = language_of(said, &self.expected.language);
        let other = self.other.as_ref().filter(|other| other.language == language);
        let Replacements { not_done, not_read, .. } = other.unwrap_or(&self.expected);
        if claim.promise == Promise::Offered { not_read } else { not_done }
    }

    /// Returns the instructions for an answer that consists of this sentence.
    pub fn instructions(&self, claim: FalseClaim, said: &str) -> String {
        format!(
            "Say only the following, in the language of the conversation, and use no tool: {}",
            self.sentence(claim, said)
        )
    }
}

impl FalseClaim {
    /// Returns the instructions for an answer that replaces the one with this claim. `was_heard`: whether the caller has
    /// heard the claim or a part of it.
    pub fn correction(self, was_heard: bool) -> String {
        let what = self.promise.words();
        let (problem, remedy) = match (self.promise, self.is_time_wrong) {
            (Promise::Offered, _) => (
                "offered a time that no tool has returned".to_owned(),
                "Read the free times with the tool first, or answer without a time.",
            ),
            (_, true) => (
                format!("said {what}, and named another day or time than the stored one"),
                "Name only the day and time that the tool returned.",
            ),
            (_, false) => (
                format!("said {what}, and no tool has done this in the call"),
                "Use the tool for it first, or say that it is not done yet. Say that it is done only after the tool has \
                 returned it.",
            ),
        };
        if was_heard {
            return format!(
                "Your last answer {problem}. The caller has heard it. Begin with a short correction: say openly that it is \
                 not so. {remedy}"
            );
        }
        format!(
            "Your last answer {problem}, so it was stopped there, and the caller has not heard this part. Do not mention \
             the stop, and do not repeat what was heard. {remedy}"
        )
    }
}

fn add_texts(output: &serde_json::Value, known: &mut Known) {
    match output {
        serde_json::Value::String(text) => known.add_text(text),
        serde_json::Value::Array(values) => values.iter().for_each(|value| add_texts(value, known)),
        serde_json::Value::Object(members) => members.values().for_each(|value| add_texts(value, known)),
        _ => {}
    }
}

/// Returns true if the character ends a sentence, unless it is a point within a number or an abbreviation.
pub(crate) fn is_sentence_end(c: char) -> bool {
    matches!(c, '.' | '?' | '!' | '\n' | '\u{61F}')
}

/// The position of words that are about to be spoken: after all that was said and done.
const NOW: Moment = (i64::MAX - 1, 0);
const SEARCH_FACTS: &str = crate::domain::BuiltInTool::SearchFacts.as_str();

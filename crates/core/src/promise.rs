//! What the agent says that it has done, compared with what it did.
//!
//! The rule "a promise is a row" is enforced before the words by the instructions and the tools; this is the check
//! after the call. Each promise is held by a row of its own: one message that was sent keeps "I have sent you the address", and
//! not what is said to be sent besides. It is made for few false alarms: a clause counts only if it plainly states that
//! something was done or will be done, and a question, a condition or a negation does not.

mod claim;
mod deed;
mod evidence;
mod terms;

use crate::domain::{CallBookingChanges, Speaker, ToolUse};
use claim::{Claim, claims};
pub use deed::TOOLS;
use deed::{Deed, deeds};
use evidence::{Evidence, Finding};
use jiff::civil::{Date, DateTime};
use terms::Moment;
pub use terms::Promise;

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenPromise {
    /// What was promised.
    pub promise: Promise,
    /// The sentence by which it was promised.
    pub said: String,
    /// The sentence named another day or time than those that are stored.
    pub is_time_wrong: bool,
}

/// What was said and done in a call.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    /// What the caller heard of each utterance of the agent.
    said: Vec<(Moment, String)>,
    /// The tools that the agent used, at the end of each.
    tools: Vec<(Moment, ToolUse)>,
    /// What is stored of the call, whatever its tools returned: a tool may be done after the call has ended.
    stored: Vec<Deed>,
    /// What the caller has left as a message.
    message: Option<String>,
    /// A confirmation of an appointment is sent to the caller.
    has_confirmation: bool,
    /// The day of the call; none: days are not compared.
    today: Option<Date>,
}

/// What the comparison shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The promises that were not kept.
    pub broken: Vec<BrokenPromise>,
    /// The kept promises that were said to be done before they were.
    pub early: Vec<Promise>,
}

impl Conduct {
    /// Of a call on a day, with the message that the caller has left; `has_confirmation`: one of an appointment is sent to the caller.
    pub fn new(today: Date, message: Option<String>, has_confirmation: bool) -> Self {
        Self { today: Some(today), message, has_confirmation, ..Self::default() }
    }

    /// Adds a turn of the transcript, with the part of it that was heard, and when it began and ended.
    pub fn add(&mut self, speaker: Speaker, heard: &str, (started_ms, ended_ms): (i64, Option<i64>)) {
        let order = self.said.len() + self.tools.len();
        match speaker {
            Speaker::Agent => self.said.push(((started_ms, order), heard.to_owned())),
            Speaker::Tool => {
                let moment = (ended_ms.unwrap_or(started_ms), order);
                self.tools.extend(ToolUse::from_text(heard).map(|tool| (moment, tool)));
            }
            Speaker::Caller | Speaker::System => {}
        }
    }

    /// Adds an appointment that the agent has changed in the call, with its start by the business's clock as it is stored now.
    pub fn add_booking(&mut self, start: DateTime, changes: CallBookingChanges, is_booked: bool) {
        self.stored.push(Deed::stored_booking(start, changes, is_booked));
    }

    /// Adds a message that was sent to the caller in the call.
    pub fn add_text(&mut self, text: &str) {
        let is_known =
            |(_, tool): &(Moment, ToolUse)| tool.success().is_some() && deed::text_of(tool).trim() == text.trim();
        if !self.tools.iter().any(is_known) {
            self.stored.push(Deed::stored_text(text));
        }
    }

    /// Compares what was said with what was done.
    pub fn findings(&self) -> Findings {
        let deeds = deeds(&self.tools, &self.stored, self.message.as_deref());
        let claims: Vec<Claim> =
            self.said.iter().flat_map(|(at, text)| claims(*at, text, self.today.is_some())).collect();
        let evidence = Evidence { deeds: &deeds, has_confirmation: self.has_confirmation, today: self.today };
        let found = evidence.judge(&claims);
        let mut broken: Vec<(usize, BrokenPromise)> = Vec::new();
        for (at, claim) in claims.iter().enumerate() {
            let Finding::Broken { is_time_wrong } = found[at] else { continue };
            if evidence.is_corrected(&claims, &found, at) {
                continue;
            }
            // The same promise in other words: the last of them stands, of offers the first.
            let known = broken.iter().position(|(other, _)| claims[*other].is_same(claim));
            let said = claim.sentence.trim().to_owned();
            let promise = BrokenPromise { promise: claim.promise, said, is_time_wrong };
            match known {
                Some(_) if claim.promise == Promise::Offered => {}
                Some(known) => broken[known] = (at, promise),
                None if broken.len() < MOST_BROKEN => broken.push((at, promise)),
                None => {}
            }
        }
        let early = claims.iter().zip(&found).filter(|(_, found)| **found == Finding::Early);
        Findings {
            broken: broken.into_iter().map(|(_, promise)| promise).collect(),
            early: early.map(|(claim, _)| claim.promise).collect(),
        }
    }
}

/// An agent that claims more is broken as a whole, and the owner needs no further task to see it.
const MOST_BROKEN: usize = 6;

#[cfg(test)]
mod tests;

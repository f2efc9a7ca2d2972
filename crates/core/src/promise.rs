//! Compares the agent's promises in a call with its actions.
//!
//! The instructions and the tools require that the agent promises only what is stored as a database row. [`Known::check`]
//! verifies this before the caller hears a sentence, as far as it says that something is done, and [`Conduct::findings`]
//! after the call. Each promise needs its own row: one sent message is evidence for "I have sent you the address", but
//! not for a second promised message. The comparison avoids false alarms: a clause counts only if it plainly states that
//! something was done or will be done. Questions, conditions, negations, reports of what the caller said and
//! announcements that the caller declined do not count.

mod agent_action;
mod claim;
mod clause;
mod evidence;
mod guard;
mod named;
mod phrase;
mod said_time;
mod terms;

use crate::domain::{CallBookingChanges, Speaker, ToolUse};
use agent_action::{AgentAction, actions, start_of};
use claim::{Claim, Reply, claims, reply};
use evidence::{Evidence, Finding};
pub(crate) use guard::is_sentence_end;
pub use guard::{CheckResult, ClaimCheck, FalseClaim, Known, Replacements, Words};
use jiff::civil::{Date, DateTime};
use std::collections::BTreeSet;
use terms::Moment;
pub use terms::Promise;

/// A promise that the agent did not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenPromise {
    /// What the agent promised.
    pub promise: Promise,
    /// The sentence that contains the promise.
    pub said: String,
    /// True if the sentence named a different day or time from the stored appointment.
    pub is_time_wrong: bool,
}

/// The agent's speech and actions in a call.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    /// The part of each utterance of the agent that the caller heard.
    said: Vec<(Moment, String)>,
    /// The tools that the agent used, each with the time at which it ended, or started if its end is unknown.
    tools: Vec<(Moment, ToolUse)>,
    /// The utterances of the caller.
    heard: Vec<(Moment, Reply)>,
    /// The stored results of the call, independent of the tools' outputs, because a tool may finish after the call has
    /// ended.
    stored: Vec<AgentAction>,
    /// The text of the message that the caller left, if any.
    message: Option<String>,
    /// The names of the owner's tools, see [`Conduct::add_own_tool`].
    own_tools: BTreeSet<String>,
    /// True if the caller receives a confirmation of an appointment.
    has_confirmation: bool,
    /// True if a transfer to a person began.
    has_transfer: bool,
    /// The day of the call. If it is none, days are not compared.
    today: Option<Date>,
}

/// The result of the comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The promises that were not kept, each once, and at most `MAX_BROKEN`.
    pub broken: Vec<BrokenPromise>,
    /// The kept promises that the agent reported as done before they were done.
    pub early: Vec<Promise>,
}

impl Conduct {
    /// Creates the record of a call on a day. `message` is the message that the caller left. `has_confirmation`:
    /// whether the caller receives a confirmation of an appointment.
    pub fn new(today: Date, message: Option<String>, has_confirmation: bool) -> Self {
        Self { today: Some(today), message, has_confirmation, ..Self::default() }
    }

    /// Adds a turn of the transcript: the part of its text that was heard, and its start and end. Only turns of the
    /// agent and the caller and uses of tools are recorded.
    pub fn add(&mut self, speaker: Speaker, heard: &str, (started_ms, ended_ms): (i64, Option<i64>)) {
        let order = self.said.len() + self.tools.len() + self.heard.len();
        match speaker {
            Speaker::Agent => self.said.push(((started_ms, order), heard.to_owned())),
            Speaker::Tool => {
                if let Some(tool) = ToolUse::from_text(heard) {
                    self.add_tool(tool, ended_ms.unwrap_or(started_ms));
                }
            }
            Speaker::Caller => self.heard.push(((started_ms, order), reply(heard))),
            Speaker::System | Speaker::Employee => {}
        }
    }

    /// Adds a use of a tool that ended at this time.
    pub fn add_tool(&mut self, tool: ToolUse, ended_ms: i64) {
        let order = self.said.len() + self.tools.len() + self.heard.len();
        self.tools.push(((ended_ms, order), tool));
    }

    /// Adds an appointment that the agent changed in the call, with its currently stored start in the business's time
    /// zone.
    pub fn add_booking(&mut self, start: DateTime, changes: CallBookingChanges, is_booked: bool) {
        self.stored.push(AgentAction::stored_booking(start, changes, is_booked));
    }

    /// Adds appointments that existed before the call and that the agent did not change, with their starts in the
    /// business's time zone.
    pub fn add_existing(&mut self, starts: impl IntoIterator<Item = DateTime>) {
        self.stored.push(AgentAction::existing(starts.into_iter().map(start_of).collect()));
    }

    /// Records that a transfer to a person began.
    pub fn add_transfer(&mut self) {
        self.has_transfer = true;
    }

    /// Records that the caller has opted out of messages and calls.
    pub fn add_opt_out(&mut self) {
        self.stored.push(AgentAction::stored(Promise::OptedOut));
    }

    /// Adds a tool of the owner's that may do anything. Its success is evidence for each promise but an offered time,
    /// which its output must contain.
    pub fn add_own_tool(&mut self, name: String) {
        self.own_tools.insert(name);
    }

    /// Adds a message that was sent to the caller in the call, unless a successful use of a tool already has this text.
    pub fn add_text(&mut self, text: &str) {
        let is_known = |(_, tool): &(Moment, ToolUse)| {
            tool.success().is_some() && agent_action::text_of(tool).trim() == text.trim()
        };
        if !self.tools.iter().any(is_known) {
            self.stored.push(AgentAction::stored_text(text));
        }
    }

    /// Compares the agent's promises with its actions.
    pub fn findings(&self) -> Findings {
        let actions = actions(&self.tools, &self.own_tools, &self.stored, self.message.as_deref());
        let claims: Vec<Claim> =
            self.said.iter().flat_map(|(at, text)| claims(*at, text, self.today.is_some())).collect();
        let last = self.said.iter().map(|(at, _)| *at).chain(self.heard.iter().map(|(at, _)| *at)).max();
        let evidence = Evidence {
            actions: &actions,
            has_confirmation: self.has_confirmation,
            has_transfer: self.has_transfer,
            last: last.unwrap_or_default(),
            today: self.today,
        };
        let found = evidence.evaluate(&claims);
        let mut broken: Vec<(usize, BrokenPromise)> = Vec::new();
        for (at, claim) in claims.iter().enumerate() {
            let Finding::Broken { is_time_wrong } = found[at] else { continue };
            if evidence.is_corrected(&claims, &found, at) || self.was_declined(claim) {
                continue;
            }
            // If several sentences contain the same promise, the last sentence is reported; for offers, the first.
            let known = broken.iter().position(|(other, _)| claims[*other].is_same(claim));
            let said = claim.sentence.trim().to_owned();
            let promise = BrokenPromise { promise: claim.promise, said, is_time_wrong };
            match known {
                Some(_) if claim.promise == Promise::Offered => {}
                Some(known) => broken[known] = (at, promise),
                None => broken.push((at, promise)),
            }
        }
        // "I passed on the message, and Dana will call you back" contains the same promise twice.
        let mut each: Vec<BrokenPromise> = Vec::new();
        for (_, promise) in broken {
            if each.len() < MAX_BROKEN && !each.contains(&promise) {
                each.push(promise);
            }
        }
        let early = claims.iter().zip(&found).filter(|(_, found)| **found == Finding::Early);
        Findings { broken: each, early: early.map(|(claim, _)| claim.promise).collect() }
    }
}

impl Conduct {
    /// Returns true if the caller declined what the agent announced. If the agent asked something after the
    /// announcement, the caller's "no" is the answer to the question. "No, actually at another time" is about an
    /// appointment: it does not decline what the agent passes on to a person, such as a promised call back.
    fn was_declined(&self, claim: &Claim<'_>) -> bool {
        let next = self.heard.iter().filter(|(at, _)| *at > claim.at).min_by_key(|(at, _)| *at);
        !claim.is_past
            && !claim.is_before_question
            && next.is_some_and(|(_, reply)| match reply {
                Reply::Declined => true,
                Reply::Changed => claim.promise != Promise::PassedOn,
                Reply::Other => false,
            })
    }
}

/// The maximum number of broken promises that are reported for a call. Further ones give the owner no new information.
const MAX_BROKEN: usize = 6;

#[cfg(test)]
mod tests;

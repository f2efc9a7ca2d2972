//! The agent's actions in a call (tool uses, successful or not, and stored results), with which its promises are
//! compared.

use super::phrase::words;
use super::said_time::clock_time;
use super::terms::{Moment, Promise, Start};
use crate::domain::{BuiltInTool, CallBookingChanges, ToolUse};
use jiff::civil::DateTime;
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
pub(super) struct AgentAction {
    pub(super) at: Moment,
    /// The promises that the action keeps, or would have kept if it had succeeded.
    pub(super) promises: BTreeSet<Promise>,
    pub(super) is_done: bool,
    /// True if it stored details of the caller, and nothing else.
    pub(super) is_about_details: bool,
    /// True if it shows appointments that the agent did not change.
    pub(super) is_existing: bool,
    /// The appointments that are known to exist after this action.
    pub(super) added: Vec<Start>,
    /// The appointments that no longer exist after this action.
    pub(super) removed: Vec<Start>,
    /// The start times in the output of the tool, also if the output is a rejection.
    pub(super) read: Vec<Start>,
    /// The words of a message, folded.
    pub(super) words: Vec<String>,
}

impl AgentAction {
    fn done(at: Moment, promises: impl Into<BTreeSet<Promise>>) -> Self {
        let (added, removed, read, words) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (promises, is_done, is_about_details, is_existing) = (promises.into(), true, false, false);
        Self { at, promises, is_done, is_about_details, is_existing, added, removed, read, words }
    }

    /// Creates the action of an appointment as it is stored after the call.
    pub(super) fn stored_booking(start: DateTime, changes: CallBookingChanges, is_booked: bool) -> Self {
        let start = start_of(start);
        let promises = [
            (is_booked, Promise::Booked),
            (is_booked && changes.moved, Promise::Moved),
            (!is_booked && changes.cancelled, Promise::Cancelled),
        ];
        let promises: BTreeSet<_> =
            promises.into_iter().filter_map(|(is_so, promise)| is_so.then_some(promise)).collect();
        let (added, removed) = if is_booked { (vec![start], Vec::new()) } else { (Vec::new(), vec![start]) };
        Self { added, removed, ..Self::done(AFTER_CALL, promises) }
    }

    /// Creates the action of appointments that existed before the call.
    pub(super) fn existing(starts: Vec<Start>) -> Self {
        Self { added: starts, is_existing: true, ..Self::done(BEFORE_CALL, [Promise::Booked]) }
    }

    /// Creates the action of a change to the contact that is stored after the call.
    pub(super) fn stored(promise: Promise) -> Self {
        Self::done(AFTER_CALL, [promise])
    }

    /// Completes a tool use that has not returned in the call. If a stored result, or a later tool that changed the
    /// same appointment, shows that it succeeded, the action counts as done.
    fn completed_by(self, tool: &ToolUse, stored: &[Self], is_gone: impl Fn(&Start) -> bool) -> Self {
        let start = |name: &str| {
            let mut starts = Vec::new();
            tool.arguments.get(name).into_iter().for_each(|start| collect_starts(start, &mut starts));
            starts.first().copied()
        };
        let (name, promise) = match built_in(tool) {
            Some(BuiltInTool::BookAppointment) => ("start", Promise::Booked),
            Some(BuiltInTool::MoveAppointment) => ("new_start", Promise::Moved),
            Some(BuiltInTool::CancelAppointment) => ("start", Promise::Cancelled),
            _ => return self,
        };
        let Some(at) = start(name).filter(|_| tool.output.is_none()) else { return self };
        let is_it = |action: &&Self| {
            let of_start = action.added.contains(&at) || action.removed.contains(&at);
            of_start && action.promises.contains(&promise)
        };
        let was_done = stored.iter().any(|action| is_it(&action)) || promise != Promise::Cancelled && is_gone(&at);
        match promise {
            _ if !was_done => self,
            Promise::Cancelled => Self { is_done: true, removed: vec![at], ..self },
            _ => {
                let removed = start("start").into_iter().filter(|from| *from != at).collect();
                Self { is_done: true, added: vec![at], removed, ..self }
            }
        }
    }

    /// Returns true if it stored details of the caller, alone or with an appointment, a message or another request.
    pub(super) fn has_stored_details(&self) -> bool {
        let others = [Promise::Booked, Promise::PassedOn, Promise::Waiting];
        let is_with_other = !self.is_existing && others.iter().any(|promise| self.promises.contains(promise));
        self.is_done && (self.is_about_details || is_with_other)
    }

    /// Returns true if it changed or recorded something.
    pub(super) fn has_changed(&self) -> bool {
        self.is_done && !self.is_existing && (self.is_about_details || !self.promises.is_empty())
    }

    /// Returns true for a tool of the owner, which may do anything.
    pub(super) fn is_of_own_tool(&self) -> bool {
        // No built-in tool keeps both promises.
        self.is_done && self.promises.contains(&Promise::Booked) && self.promises.contains(&Promise::Sent)
    }

    /// Creates the action of a message that was sent although its tool has not returned in the call.
    pub(super) fn stored_text(text: &str) -> Self {
        Self { words: words_of_text(text), ..Self::done(AFTER_CALL, [Promise::Sent]) }
    }
}

/// Returns the start of an appointment.
pub(super) fn start_of(at: DateTime) -> Start {
    let minutes = i32::from(at.hour()) * 60 + i32::from(at.minute());
    (at.date(), u16::try_from(minutes).unwrap_or_default())
}

const BEFORE_CALL: Moment = (i64::MIN, 0);
const AFTER_CALL: Moment = (i64::MAX, 0);

/// Returns the tool uses in the order in which they ended, followed by the stored results. If no tool recorded the
/// caller's message, the message is the first action.
pub(super) fn actions(
    tools: &[(Moment, ToolUse)],
    own_tools: &BTreeSet<String>,
    stored: &[AgentAction],
    message: Option<&str>,
) -> Vec<AgentAction> {
    let action = |at: Moment, tool: &ToolUse| {
        if own_tools.contains(&tool.name) { of_own_tool(at, tool) } else { of_tool(at, tool) }
    };
    let is_of_tool = |text: &&str| {
        tools.iter().any(|(_, tool)| {
            built_in(tool) == Some(BuiltInTool::TakeMessage) && tool.success().is_some() && text_of(tool) == *text
        })
    };
    let message = message
        .filter(|text| !is_of_tool(text))
        .map(|text| AgentAction { words: words(text), ..AgentAction::done(BEFORE_CALL, [Promise::PassedOn]) });
    // An appointment that a later tool moved or cancelled was booked before.
    let done: Vec<AgentAction> =
        tools.iter().map(|(at, tool)| action(*at, tool)).filter(|action| action.is_done).collect();
    let tools = tools.iter().map(|(at, tool)| {
        let is_gone = |start: &Start| done.iter().any(|other| other.at > *at && other.removed.contains(start));
        action(*at, tool).completed_by(tool, stored, is_gone)
    });
    let mut actions: Vec<AgentAction> = message.into_iter().chain(tools).chain(stored.iter().cloned()).collect();
    actions.sort_by_key(|action| action.at);
    // An appointment that was moved or cancelled existed before, also if no tool has returned it.
    let mut known: Vec<Start> = Vec::new();
    let mut unread = Vec::new();
    for action in actions.iter().filter(|action| action.is_done) {
        unread.extend(action.removed.iter().filter(|start| !known.contains(start)));
        known.extend(&action.added);
    }
    if !unread.is_empty() {
        actions.insert(0, AgentAction::existing(unread));
    }
    actions
}

/// Returns the text that the tool was requested to send or to write down.
pub(super) fn text_of(tool: &ToolUse) -> &str {
    ["text", "message"].iter().find_map(|name| tool.arguments.get(*name)?.as_str()).unwrap_or_default()
}

/// Creates the action of a tool that the owner defined. Only a success of the tool is evidence, because its failure
/// says nothing about other tools.
fn of_own_tool(at: Moment, tool: &ToolUse) -> AgentAction {
    let is_done = tool.success().is_some_and(|output| !is_refusal(&output["body"]));
    let all = [Promise::Booked, Promise::Moved, Promise::Cancelled, Promise::Waiting, Promise::PassedOn, Promise::Sent];
    let promises = if is_done { BTreeSet::from(all) } else { BTreeSet::new() };
    let mut read = Vec::new();
    tool.output.iter().for_each(|output| collect_starts(output, &mut read));
    AgentAction { is_done, read, ..AgentAction::done(at, promises) }
}

/// Returns true if a server's answer reports a failure in a common field: `error` is present and not null, or `ok` or
/// `success` is false.
fn is_refusal(body: &Value) -> bool {
    let is_false = |name: &&str| body.get(name) == Some(&Value::Bool(false));
    body.get("error").is_some_and(|error| !error.is_null()) || ["ok", "success"].iter().any(is_false)
}

fn of_tool(at: Moment, tool: &ToolUse) -> AgentAction {
    let done = tool.success();
    let (mut added, mut removed, mut read) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(output) = &tool.output {
        collect_starts(output, &mut read);
    }
    if done.is_some() {
        match built_in(tool) {
            Some(BuiltInTool::BookAppointment | BuiltInTool::FindAppointments) => added.clone_from(&read),
            Some(BuiltInTool::MoveAppointment) => {
                added.clone_from(&read);
                tool.arguments.get("start").into_iter().for_each(|start| collect_starts(start, &mut removed));
            }
            Some(BuiltInTool::CancelAppointment) => {
                removed.clone_from(&read);
                tool.arguments.get("start").into_iter().for_each(|start| collect_starts(start, &mut removed));
            }
            _ => {}
        }
    }
    let promises = match built_in(tool) {
        Some(BuiltInTool::BookAppointment) => BTreeSet::from([Promise::Booked]),
        // "You are booked for Monday" is also true after a move.
        Some(BuiltInTool::MoveAppointment) => BTreeSet::from([Promise::Moved, Promise::Booked]),
        Some(BuiltInTool::CancelAppointment) => BTreeSet::from([Promise::Cancelled]),
        Some(BuiltInTool::JoinWaitingList) => BTreeSet::from([Promise::Waiting, Promise::PassedOn]),
        Some(BuiltInTool::TakeMessage) => BTreeSet::from([Promise::PassedOn]),
        Some(BuiltInTool::SendWhatsapp) => BTreeSet::from([Promise::Sent]),
        Some(BuiltInTool::RecordOptOut) => BTreeSet::from([Promise::OptedOut]),
        // The agent read out an appointment that was booked before the call.
        Some(BuiltInTool::FindAppointments) if done.is_some_and(has_appointments) => BTreeSet::from([Promise::Booked]),
        _ => BTreeSet::new(),
    };
    let is_about_details = built_in(tool) == Some(BuiltInTool::SaveContactDetails);
    let is_existing = built_in(tool) == Some(BuiltInTool::FindAppointments);
    let words = words_of_text(text_of(tool));
    AgentAction { at, promises, is_done: done.is_some(), is_about_details, is_existing, added, removed, read, words }
}

/// Returns the built-in tool; `None` for a tool of the owner.
fn built_in(tool: &ToolUse) -> Option<BuiltInTool> {
    tool.name.parse().ok()
}

fn has_appointments(output: &Value) -> bool {
    output.get("appointments").and_then(Value::as_array).is_some_and(|found| !found.is_empty())
}

/// Returns the words of a message, and words for signs such as a link or a currency sign.
fn words_of_text(text: &str) -> Vec<String> {
    let signs = [("://", "link"), ("www.", "link"), ("\u{20AA}", "price"), ("$", "price")];
    let signs = signs.into_iter().filter(|(sign, _)| text.contains(sign)).map(|(_, word)| word.to_owned());
    words(text).into_iter().chain(signs).collect()
}

fn collect_starts(output: &Value, starts: &mut Vec<Start>) {
    match output {
        Value::String(text) => {
            for (at, _) in text.match_indices('T') {
                let date =
                    at.checked_sub(DATE_LENGTH).and_then(|from| text.get(from..at)).and_then(|date| date.parse().ok());
                let time = text.get(at + 1..at + 1 + TIME_LENGTH).and_then(clock_time);
                starts.extend(date.zip(time));
            }
        }
        Value::Object(members) => members.values().for_each(|value| collect_starts(value, starts)),
        Value::Array(values) => values.iter().for_each(|value| collect_starts(value, starts)),
        _ => {}
    }
}

/// The length of a date such as `2026-11-30`.
const DATE_LENGTH: usize = 10;
/// The length of a time such as `10:00`.
const TIME_LENGTH: usize = 5;

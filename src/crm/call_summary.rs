//! The results of the analysis after a call: summary, language, lead, open requests as tasks, and unanswered questions.
//! A model derives them from the transcript, which the caller influences, so this module validates and limits each of
//! them.

use super::text::beginning;
use super::{Error, knowledge_gap, lead, task};
use crate::domain::{
    ActorId, BusinessId, Call, CallSid, CallState, ContactRelation, EndReason, JobKind, Speaker, TaskContent,
    Timestamp, ToolUse, text_enum,
};
use crate::store::{ReadTx, Result, WriteTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// The delay between the end of a call and its summary. The last transcripts arrive after the end.
const DELAY: Duration = super::call_review::DELAY;

/// The payload of a job of the kind [`JobKind::SummarizeCall`].
#[derive(Debug, Serialize, Deserialize)]
pub struct SummaryJob {
    pub call_sid: CallSid,
}

text_enum! {
    /// The speaker of a line in a transcript, as the model gets it.
    LineSpeaker {
        Caller = "caller",
        Agent = "agent",
        /// An action of the agent.
        Tool = "tool",
        Employee = "employee",
        /// The message that the caller left.
        MessageOfCaller = "message_of_caller",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub speaker: LineSpeaker,
    /// The words that were heard, or the message that the caller left. For a tool, its name and whether it succeeded;
    /// for an employee, a note that the words are not transcribed.
    pub text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// The summary, one or two sentences.
    pub summary: String,
    /// The language that the caller spoke, ISO 639-1.
    pub language: String,
    /// Whether the call is a lead: the caller may buy something.
    pub is_lead: bool,
    /// The possible sale; empty without a lead.
    pub lead: String,
    /// Requests of the caller that a user still has to handle.
    pub open_requests: Vec<String>,
    pub unanswered_questions: Vec<String>,
}

/// Queues the summary of an ended call. A repeated report of the end queues none.
pub fn queue(tx: &WriteTx<'_>, call_sid: &CallSid, now: Timestamp) -> Result<()> {
    let payload = json!(SummaryJob { call_sid: call_sid.clone() }).to_string();
    tx.insert_job(JobKind::SummarizeCall, Some(&JobKind::SummarizeCall.key(call_sid)), &payload, now.plus(DELAY), now)
}

/// Queues the summary of a call again, because a message of its caller was found after its end.
pub fn requeue(tx: &WriteTx<'_>, call_sid: &CallSid, now: Timestamp) -> Result<()> {
    tx.delete_job(&JobKind::SummarizeCall.key(call_sid))?;
    queue(tx, call_sid, now)
}

/// Returns the transcript to summarize. `None` if the call is not stored, has not ended or has a summary, if its caller
/// was blocked, or if the caller said nothing and left no message.
pub fn transcript(tx: &ReadTx<'_>, call_sid: &CallSid) -> Result<Option<Vec<Line>>> {
    let Some(call) = unsummarized(tx, call_sid)? else { return Ok(None) };
    let turns = tx.heard_turns(call_sid)?;
    let lines = turns.into_iter().filter_map(|(speaker, heard)| line(speaker, &heard)).collect();
    let left = call.message_text.map(|text| Line { speaker: LineSpeaker::MessageOfCaller, text: shortened(&text) });
    let lines = within_limit(lines, left);
    let has_caller =
        lines.iter().any(|line| matches!(line.speaker, LineSpeaker::Caller | LineSpeaker::MessageOfCaller));
    Ok(Some(lines).filter(|_| has_caller))
}

/// Returns true if the caller's message has changed since these lines were read, because it was found or completed after
/// the call. A summary of the lines would lack it.
pub fn has_new_message(tx: &ReadTx<'_>, call_sid: &CallSid, lines: &[Line]) -> Result<bool> {
    let Some(call) = unsummarized(tx, call_sid)? else { return Ok(false) };
    let read = lines.iter().rfind(|line| line.speaker == LineSpeaker::MessageOfCaller).map(|line| line.text.as_str());
    Ok(call.message_text.as_deref().map(shortened).as_deref() != read)
}

/// Returns the lines and, after them, the message that the caller left, with at most [`MAX_CHARS`] characters in total.
/// Of a longer transcript the end is dropped, but never the message, because it says what the caller wants.
fn within_limit(mut lines: Vec<Line>, message: Option<Line>) -> Vec<Line> {
    let mut length = message.as_ref().map_or(0, |line| line.text.chars().count());
    lines.retain(|line| {
        length += line.text.chars().count();
        length <= MAX_CHARS
    });
    lines.extend(message);
    lines
}

const EMPLOYEE_TALKED: &str = "[An employee talked with the caller here. The words are not transcribed.]";

fn line(speaker: Speaker, heard: &str) -> Option<Line> {
    match speaker {
        Speaker::Caller => Some(Line { speaker: LineSpeaker::Caller, text: shortened(heard) }),
        Speaker::Agent => Some(Line { speaker: LineSpeaker::Agent, text: shortened(heard) }),
        Speaker::Tool => ToolUse::from_text(heard).map(|tool| {
            let outcome = if tool.success().is_some() { "done" } else { "failed" };
            Line { speaker: LineSpeaker::Tool, text: format!("{}: {outcome}", tool.name) }
        }),
        Speaker::Employee => Some(Line { speaker: LineSpeaker::Employee, text: EMPLOYEE_TALKED.to_owned() }),
        Speaker::System => None,
    }
}

/// Returns false and changes nothing if the model's summary is empty, or if the call is not stored, has not ended or
/// has a summary. If the CRM refuses one finding, the others are still stored.
pub fn record(tx: &WriteTx<'_>, call_sid: &CallSid, findings: &Findings, now: Timestamp) -> Result<bool, Error> {
    let Some(call) = unsummarized(tx, call_sid)? else { return Ok(false) };
    let Some(summary) = beginning(&findings.summary, MAX_SUMMARY_CHARS) else { return Ok(false) };
    let language = Some(findings.language.as_str()).filter(|code| is_language(code));
    tx.set_call_summary(&call.call_sid, &summary, language, now)?;
    let contact = tx.kept_contact(call.contact_id)?;
    if let Some(code) = language
        && tx.contact(contact)?.is_some_and(|contact| contact.language.is_none())
    {
        tx.set_contact_language(contact, Some(code), now)?;
    }
    for request in findings.open_requests.iter().filter_map(|text| beginning(text, MAX_TITLE_CHARS)).take(MAX_TASKS) {
        let content = TaskContent {
            title: request,
            contact_id: Some(contact),
            thread_id: None,
            call_id: Some(call.id),
            due_at: None,
            due_date: None,
            assignee: None,
        };
        unless_refused(&call, "task", task::create(tx, ActorId::Agent, content, None, now))?;
    }
    for question in findings.unanswered_questions.iter().take(MAX_QUESTIONS) {
        unless_refused(&call, "question", knowledge_gap::report(tx, question, &call, now))?;
    }
    let is_staff = tx.contact_relation(contact)? == ContactRelation::Staff;
    let (leads, _) = tx.leads(BusinessId::FIRST, (None, Some(contact)), None, MAX_LEADS)?;
    if let Some(title) = beginning(&findings.lead, MAX_TITLE_CHARS).filter(|_| findings.is_lead && !is_staff)
        && leads.iter().all(|lead| lead.closed_at.is_some())
    {
        let new = lead::NewLead { contact, title, stage: None, value_minor: None, source: LEAD_SOURCE.to_owned() };
        let created = lead::create(tx, ActorId::Agent, new, now)
            .and_then(|id| Ok(tx.record_lead_of_call(&call.call_sid, id, now)?));
        unless_refused(&call, "lead", created)?;
    }
    Ok(true)
}

/// Returns only database errors. A refused finding is only logged, because a retry would be refused too, for example a
/// lead when all stages are deleted.
fn unless_refused<T>(call: &Call, part: &'static str, outcome: Result<T, Error>) -> Result<()> {
    match outcome {
        Ok(_) => Ok(()),
        Err(Error::Refused(refusal)) => {
            let sid = &call.call_sid;
            tracing::warn!(event = "CALL_SUMMARY_PART_REFUSED", call.sid = %sid, part, error = %refusal, "The summary of call {sid} proposes a {part}, which is not stored, because a rule refuses it");
            Ok(())
        }
        Err(Error::Store(error)) => Err(error),
    }
}

fn unsummarized(tx: &ReadTx<'_>, call_sid: &CallSid) -> Result<Option<Call>> {
    let is_wanted = |call: &Call| call.state == CallState::Ended && call.end_reason != Some(EndReason::Blocked);
    let Some(call) = tx.stored_call(call_sid)?.filter(is_wanted) else { return Ok(None) };
    Ok(if tx.has_call_summary(call.id)? { None } else { Some(call) })
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_LINE_CHARS).collect()
}

fn is_language(code: &str) -> bool {
    LANGUAGES.contains(&code)
}

/// The languages that the analysis may report for a caller.
pub const LANGUAGES: [&str; 5] = ["he", "en", "ar", "ru", "fr"];
const LEAD_SOURCE: &str = "call";
const MAX_CHARS: usize = 24_000;
const MAX_LINE_CHARS: usize = 2_000;
const MAX_SUMMARY_CHARS: usize = 400;
const MAX_TITLE_CHARS: usize = 200;
const MAX_TASKS: usize = 3;
const MAX_QUESTIONS: usize = 5;
const MAX_LEADS: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::call::{self, IncomingCall};
    use crate::store::testing::{database, try_out};
    use phonenumber::country;

    #[test]
    fn a_message_that_is_found_after_the_transcript_was_read_is_new() {
        let (_folder, conn) = database();
        let (sid, now) =
            (format!("CA{:032x}", 1).parse::<CallSid>().unwrap(), Timestamp::from_millis(1_795_000_000_000));
        let incoming = IncomingCall { from: "+972501234567".into(), ..IncomingCall::by_sid(sid.clone()) };
        try_out(&conn, |tx| {
            call::find_or_create(tx, &incoming, country::IL, now)?;
            tx.add_call_message(&sid, "first")?;
            call::end(tx, &sid, EndReason::CallerHungUp, None, now)?;
            let read = transcript(tx, &sid)?.unwrap();
            assert!(!has_new_message(tx, &sid, &read)?);
            tx.add_call_message(&sid, "second")?;
            assert!(has_new_message(tx, &sid, &read)? && has_new_message(tx, &sid, &[])?);
            Ok(())
        });
    }

    #[test]
    fn the_message_of_a_caller_outlasts_a_long_transcript() {
        let line = |speaker, length| Line { speaker, text: "a".repeat(length) };
        let long = vec![line(LineSpeaker::Caller, MAX_LINE_CHARS); 20];
        let kept = within_limit(long, Some(line(LineSpeaker::MessageOfCaller, 500)));
        assert_eq!(kept.len(), 12);
        assert_eq!(kept.last().map(|line| line.speaker), Some(LineSpeaker::MessageOfCaller));
        assert!(kept.iter().map(|line| line.text.len()).sum::<usize>() <= MAX_CHARS);
    }
}

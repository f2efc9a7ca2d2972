//! The review after a call: compares the actions that the agent claimed with its tool calls.

use super::booking::slots::local_date;
use super::{Error, caller_text, task};
use crate::domain::{
    ActorId, AppointmentState, BusinessId, Call, CallEventKind, CallSid, JobKind, TaskContent, Timestamp, ToolMethod,
};
use crate::promise::{BrokenPromise, Conduct, Findings};
use crate::store::{AppointmentFilter, ReadTx, Result, WriteTx};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// The delay between the end of a call and its review. The last transcripts arrive after the end.
pub const DELAY: Duration = Duration::from_secs(5);

/// The payload of a job of the kind [`JobKind::ReviewCall`].
#[derive(Debug, Serialize, Deserialize)]
pub struct ReviewJob {
    pub call_sid: CallSid,
}

/// Queues the review of a call. If the agent answers at Twilio's recorder after the stream has ended, the call is
/// reviewed again.
pub fn queue(tx: &WriteTx<'_>, call_sid: &CallSid, now: Timestamp) -> Result<()> {
    let payload = json!({"call_sid": call_sid}).to_string();
    let key = match tx.recorded_answers(call_sid)? {
        0 => JobKind::ReviewCall.key(call_sid),
        answers => JobKind::ReviewCall.key(format_args!("{call_sid}:{answers}")),
    };
    tx.insert_job(JobKind::ReviewCall, Some(&key), &payload, now.plus(DELAY), now)
}

/// Creates a task for each broken promise. Those that an earlier review found are left out of the result. `title`
/// returns the title of a task. `confirms` says whether the settings allow confirmations of appointments to callers.
pub fn review(
    tx: &WriteTx<'_>,
    call_sid: &CallSid,
    title: impl Fn(&BrokenPromise) -> String,
    (zone, confirms): (&TimeZone, bool),
    now: Timestamp,
) -> Result<Findings, Error> {
    // An erased call contains no promises.
    let Some(call) = tx.stored_call(call_sid)? else { return Ok(Findings::default()) };
    let mut found = conduct(tx, &call, call.message_text.clone(), (zone, confirms))?.findings();
    let known = tx.call_event_details(call.id, CallEventKind::PromiseBroken)?;
    found.broken.retain(|promise| !known.contains(&detail(promise)));
    for promise in &found.broken {
        let content = TaskContent {
            title: title(promise),
            contact_id: Some(call.contact_id),
            thread_id: None,
            call_id: Some(call.id),
            due_at: None,
            due_date: None,
            assignee: None,
        };
        task::create(tx, ActorId::Agent, content, None, now)?;
        tx.insert_call_event(call_sid, CallEventKind::PromiseBroken, Some(&detail(promise)), now)?;
    }
    Ok(found)
}

/// Returns what the agent has said and done in a call so far. `message` is the message that the caller left. `confirms` says
/// whether the settings allow confirmations of appointments to callers.
pub fn conduct(
    tx: &ReadTx<'_>,
    call: &Call,
    message: Option<String>,
    (zone, confirms): (&TimeZone, bool),
) -> Result<Conduct, Error> {
    let has_confirmation = confirms && caller_text::is_confirmed(tx, call)?;
    let mut conduct = Conduct::new(local_date(call.started_at, zone), message, has_confirmation);
    let own_tools = tx.agent_tools(BusinessId::FIRST)?.into_iter().filter(|tool| tool.method == ToolMethod::Post);
    own_tools.for_each(|tool| conduct.add_own_tool(tool.name));
    for (speaker, heard, times) in tx.timed_turns(&call.call_sid)? {
        conduct.add(speaker, &heard, times);
    }
    for booking in tx.call_bookings(call)? {
        let (appointment, changes) = (booking.appointment, booking.changes);
        let start = appointment.starts_at.to_zoned(zone).datetime();
        conduct.add_booking(start, changes, appointment.state != AppointmentState::Cancelled);
    }
    conduct.add_existing(unchanged_appointments(tx, call, zone)?);
    if tx.has_call_event(call.id, CallEventKind::TransferBegan)?
        || tx.has_call_event(call.id, CallEventKind::PageRingStarted)?
    {
        conduct.add_transfer();
    }
    if tx.contact_has_opted_out(tx.kept_contact(call.contact_id)?)? {
        conduct.add_opt_out();
    }
    for text in caller_text::texts_of_agent(tx, call)? {
        conduct.add_text(&text);
    }
    Ok(conduct)
}

/// Returns the starts of the caller's appointments that were booked before the call and not changed in it.
fn unchanged_appointments(tx: &ReadTx<'_>, call: &Call, zone: &TimeZone) -> Result<Vec<DateTime>> {
    let filter = AppointmentFilter {
        business: BusinessId::FIRST,
        from: Some(call.started_at),
        to: None,
        contact: Some(tx.kept_contact(call.contact_id)?),
        resource: None,
        state: Some(AppointmentState::Booked),
    };
    let changed: Vec<_> = tx.call_bookings(call)?.into_iter().map(|booking| booking.appointment.id).collect();
    let (booked, _) = tx.appointments(&filter, None, MAX_EXISTING)?;
    let unchanged = booked.into_iter().filter(|one| one.created_at < call.started_at && !changed.contains(&one.id));
    Ok(unchanged.map(|one| one.starts_at.to_zoned(zone).datetime()).collect())
}

/// The maximum number of the caller's upcoming appointments that are compared.
const MAX_EXISTING: usize = 50;

fn detail(promise: &BrokenPromise) -> String {
    json!({"promise": promise.promise, "said": promise.said, "wrong_time": promise.is_time_wrong}).to_string()
}

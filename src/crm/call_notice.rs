//! The message to the owner after a call: which calls are reported, and with which content.

use super::Error;
use super::caller_text::was_left_without_help;
use crate::domain::{
    AlertChannel, BusinessId, CallBooking, CallEventKind, CallId, CallItem, CallOutcome, CallSid, CallState, JobKind,
    TaskState, Timestamp,
};
use crate::store::{ReadTx, Result, TaskFilter, WriteTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// How long after the end of the call the message waits for the summary, at most.
const AT_LATEST: Duration = Duration::from_secs(90);
/// The maximum number of messages in an hour on one channel, so that repeated calls do not flood the owner.
const MAX_PER_HOUR: i64 = 20;
/// The wait after the summary. The check of promises runs at the same time and also creates tasks, which the message
/// lists.
const AFTER_SUMMARY: Duration = Duration::from_secs(2);
const HOUR: Duration = Duration::from_hours(1);
const MAX_TASKS: usize = 5;
const MAX_LEADS: usize = 50;

/// The payload of a job of the kind [`JobKind::NotifyOwner`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoticeJob {
    pub call_sid: CallSid,
    pub channel: AlertChannel,
}

#[derive(Clone, Debug)]
pub struct CallReport {
    pub item: CallItem,
    pub bookings: Vec<CallBooking>,
    /// Whether the call ended before the caller got an answer, left a message, was connected to a person or booked an
    /// appointment.
    pub without_help: bool,
    /// The titles of the tasks from the call.
    pub tasks: Vec<String>,
    /// The title of the contact's newest lead, if the lead was added since the start of the call.
    pub lead: Option<String>,
}

impl CallReport {
    /// Returns true if the call had a result, or the caller waits for an answer.
    pub fn is_important(&self) -> bool {
        let outcome = self.item.outcome;
        let has_result = !self.bookings.is_empty() || !self.tasks.is_empty() || self.lead.is_some();
        self.without_help || outcome.needs_answer() || outcome == CallOutcome::Booked || has_result
    }

    /// Returns the outcome that the message states. A call that was answered without any help counts as missed.
    pub fn outcome(&self) -> CallOutcome {
        if self.without_help && self.item.outcome == CallOutcome::Answered {
            CallOutcome::Missed
        } else {
            self.item.outcome
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Now,
    SentBefore,
    TooMany,
}

/// Queues the messages about an ended call. A repeated report of the end queues none. The messages wait for the
/// summary, see [`hasten`].
pub fn queue(tx: &WriteTx<'_>, call_sid: &CallSid, now: Timestamp) -> Result<()> {
    for channel in AlertChannel::ALL {
        let payload = json!(NoticeJob { call_sid: call_sid.clone(), channel: *channel }).to_string();
        tx.insert_job(JobKind::NotifyOwner, Some(&key(call_sid, *channel)), &payload, now.plus(AT_LATEST), now)?;
    }
    Ok(())
}

/// Makes the messages due soon after the summary, unless the caller's message at Twilio's recorder is not transcribed
/// yet: with the transcript, the call is summarized again.
pub fn hasten_after_summary(tx: &WriteTx<'_>, call_sid: &CallSid, now: Timestamp) -> Result<()> {
    if tx.has_untranscribed_message(call_sid)? { Ok(()) } else { hasten(tx, call_sid, now) }
}

/// Makes the messages due soon, because the summary of the call is stored or there will be none.
pub fn hasten(tx: &WriteTx<'_>, call_sid: &CallSid, now: Timestamp) -> Result<()> {
    let at = now.plus(AFTER_SUMMARY);
    AlertChannel::ALL.iter().try_for_each(|channel| tx.hasten_job(&key(call_sid, *channel), at, now))
}

/// Returns the report about a call; `None` if the call has not ended or was erased.
pub fn report(tx: &ReadTx<'_>, call_sid: &CallSid) -> Result<Option<CallReport>, Error> {
    let Some((id, CallState::Ended)) = tx.call_by_sid(call_sid)? else { return Ok(None) };
    let Some(item) = tx.call_item(id)? else { return Ok(None) };
    let bookings = tx.call_bookings(&item.call)?;
    let filter = TaskFilter {
        business: BusinessId::FIRST,
        state: TaskState::All,
        contact: None,
        call: Some(id),
        assignee: None,
        due_before: None,
    };
    let (tasks, _) = tx.tasks(&filter, None, MAX_TASKS)?;
    let (leads, _) = tx.leads(BusinessId::FIRST, (None, Some(item.call.contact_id)), None, MAX_LEADS)?;
    let lead = leads.into_iter().find(|lead| lead.created_at >= item.call.started_at);
    Ok(Some(CallReport {
        bookings,
        without_help: was_left_without_help(tx, &item.call)?,
        tasks: tasks.into_iter().map(|task| task.content.title).collect(),
        lead: lead.map(|lead| lead.content.title),
        item,
    }))
}

pub fn is_due(tx: &ReadTx<'_>, call: CallId, channel: AlertChannel, now: Timestamp) -> Result<Due> {
    if tx.has_call_event(call, event(channel))? {
        return Ok(Due::SentBefore);
    }
    let sent = tx.call_events_since(BusinessId::FIRST, event(channel), now.minus(HOUR))?;
    Ok(if sent < MAX_PER_HOUR { Due::Now } else { Due::TooMany })
}

/// Records that the message about a call was sent or queued.
pub fn record(tx: &WriteTx<'_>, call_sid: &CallSid, channel: AlertChannel, now: Timestamp) -> Result<()> {
    tx.insert_call_event(call_sid, event(channel), None, now)
}

fn key(call_sid: &CallSid, channel: AlertChannel) -> String {
    JobKind::NotifyOwner.key(format_args!("{channel}:{call_sid}"))
}

const fn event(channel: AlertChannel) -> CallEventKind {
    match channel {
        AlertChannel::Mail => CallEventKind::OwnerNotifiedByMail,
        AlertChannel::WhatsApp => CallEventKind::OwnerNotifiedByWhatsApp,
    }
}

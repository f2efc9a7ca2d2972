//! WhatsApp messages to a caller: what the agent sends during a call, confirmations of appointments, and messages to
//! callers whom the agent could not help. Each job is queued in the transaction that stores the reason for it, so that
//! no message is lost. A refused message is recorded as an event of its call, and raises no alert.

use super::appointment;
use super::contact::relation_of_caller;
use super::outbox::{self, SendError, SendRefusal, SendRequest};
use super::scheduled_message::SendContext;
use super::text::lines_up_to;
use super::{Error, RequestError};
use crate::domain::{
    ActorId, Appointment, AppointmentEvent, AppointmentId, AppointmentState, Call, CallDirection, CallEventKind,
    CallSid, CallState, ContactRelation, EndReason, JobKind, MessageId, PeerAddress, PhoneNumber, ScheduledState,
    Timestamp,
};
use crate::store::{ReadTx, Result, WriteTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// The delay between the end of a call and the decision about a message. The last transcripts are stored by then, and
/// the caller still gets the message within 10 s.
pub const AFTER_CALL: Duration = Duration::from_secs(3);
/// The delay between a change of an appointment and its confirmation. A caller who changes an appointment again within
/// this time gets only one message about it.
const AFTER_CHANGE: Duration = Duration::from_secs(5);
/// The minimum interval between two messages to the same caller about missed calls.
const ONE_MISSED_TEXT_PER: Duration = Duration::from_hours(24);
/// The maximum age of a missed call for which a message is still sent.
const MISSED_TEXT_WITHIN: Duration = Duration::from_hours(1);
/// How many messages the agent may send to the same caller in 24 hours.
const MAX_AGENT_TEXTS_PER_DAY: usize = 3;
const DAY: Duration = Duration::from_hours(24);
const MAX_AGENT_TEXT_CHARS: usize = 1000;

/// The payload of the job that confirms an appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmJob {
    pub appointment: AppointmentId,
    pub call_sid: CallSid,
    pub event: AppointmentEvent,
    /// The start of the appointment after the change.
    pub starts_at: Timestamp,
}

/// The payload of the job that decides whether the caller of an ended call gets a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedJob {
    pub call_sid: CallSid,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerText {
    /// The message is queued, or an equal one was queued before in the same call; contains its id.
    Queued(MessageId),
    Refused(TextRefusal),
    /// Nothing was sent or recorded.
    Unneeded,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextRefusal {
    /// The caller's number is withheld, or is not a full number.
    #[error("the caller's number is withheld")]
    NoNumber,
    #[error("the caller's number is not a mobile number")]
    NoMobileNumber,
    #[error("the caller has got enough messages today")]
    TooMany,
    #[error(transparent)]
    Policy(SendRefusal),
}

impl TextRefusal {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoNumber => "no_number",
            Self::NoMobileNumber => "no_mobile_number",
            Self::TooMany => "too_many_texts",
            Self::Policy(refusal) => refusal.code(),
        }
    }
}

/// A repeated tool call changes nothing, and therefore queues no confirmation.
pub fn queue_confirmation(
    tx: &WriteTx<'_>,
    call_sid: &CallSid,
    appointment: &Appointment,
    event: AppointmentEvent,
    now: Timestamp,
) -> Result<()> {
    let (id, version, starts_at) = (appointment.id, appointment.updated_at, appointment.starts_at);
    let key = JobKind::ConfirmAppointment.key(format_args!("{id}:{}", version.as_millis()));
    let payload = json!(ConfirmJob { appointment: id, call_sid: call_sid.clone(), event, starts_at });
    tx.insert_job(JobKind::ConfirmAppointment, Some(&key), &payload.to_string(), now.plus(AFTER_CHANGE), now)
}

/// A repeated report of the end queues no second job.
pub fn queue_after_call(tx: &WriteTx<'_>, call_sid: &CallSid, now: Timestamp) -> Result<()> {
    let (key, payload) = (JobKind::TextMissedCaller.key(call_sid), json!(MissedJob { call_sid: call_sid.clone() }));
    tx.insert_job(JobKind::TextMissedCaller, Some(&key), &payload.to_string(), now.plus(AFTER_CALL), now)
}

/// Returns `None` if the appointment was changed since, because a later change by the agent has its own confirmation,
/// and a change by a user has none, or its own message.
pub fn unconfirmed(tx: &ReadTx<'_>, job: &ConfirmJob) -> Result<Option<Appointment>, Error> {
    let found = match appointment::find(tx, job.appointment) {
        // The contact was deleted after the job was queued.
        Err(Error::Refused(RequestError::NotFound(_))) => return Ok(None),
        found => found?,
    };
    let expected = match job.event {
        AppointmentEvent::Booked | AppointmentEvent::Moved => AppointmentState::Booked,
        AppointmentEvent::Cancelled => AppointmentState::Cancelled,
    };
    // The message about a change by a user contains what the agent's confirmation would say.
    let is_notified = tx
        .notice_of(job.appointment)?
        .is_some_and(|notice| matches!(notice.state, ScheduledState::Waiting | ScheduledState::Sent));
    let is_expected = found.state == expected && found.starts_at == job.starts_at && !is_notified;
    Ok(Some(found).filter(|_| is_expected))
}

/// Queues the confirmation message. `key` identifies the job, so that a repeated job sends no second message.
pub fn confirm(
    tx: &WriteTx<'_>,
    job: &ConfirmJob,
    (text, key): (String, String),
    context: &SendContext<'_>,
    now: Timestamp,
) -> Result<CallerText, Error> {
    let (Some(_), Some(call)) = (unconfirmed(tx, job)?, tx.stored_call(&job.call_sid)?) else {
        return Ok(CallerText::Unneeded);
    };
    if is_staff(tx, &call)? {
        return Ok(CallerText::Unneeded);
    }
    let sent = send(tx, &call, text, key, context, now)?;
    let about = json!({"appointment_id": job.appointment.0});
    record(
        tx,
        &call,
        (CallEventKind::AppointmentConfirmed, CallEventKind::AppointmentNotConfirmed),
        about,
        &sent,
        now,
    )?;
    Ok(sent)
}

/// Returns true if a confirmation was sent to the caller of a call, or a job is about to send it.
pub(super) fn is_confirmed(tx: &ReadTx<'_>, call: &Call) -> Result<bool> {
    Ok(tx.has_call_event(call.id, CallEventKind::AppointmentConfirmed)?
        || tx.has_open_call_job(JobKind::ConfirmAppointment, &call.call_sid)?)
}

/// Sends a message to a caller whose call ended before the agent could help, at most once in 24 hours. No message is
/// needed if the call ended more than an hour ago, or if the caller has called again or is staff.
pub fn text_missed_caller(
    tx: &WriteTx<'_>,
    job: &MissedJob,
    (text, key): (String, String),
    context: &SendContext<'_>,
    now: Timestamp,
) -> Result<CallerText, Error> {
    let Some(call) = tx.stored_call(&job.call_sid)? else { return Ok(CallerText::Unneeded) };
    let since = now.minus(ONE_MISSED_TEXT_PER);
    // The end of a call may be stored late, after a full disk or a restart.
    if call.ended_at.is_none_or(|ended_at| ended_at < now.minus(MISSED_TEXT_WITHIN)) {
        return Ok(CallerText::Unneeded);
    }
    if is_staff(tx, &call)?
        || !was_left_without_help(tx, &call)?
        || tx.has_later_call(&call)?
        || tx.contact_had_call_event(call.contact_id, CallEventKind::MissedCallerTexted, since)?
    {
        return Ok(CallerText::Unneeded);
    }
    let sent = send(tx, &call, text, key, context, now)?;
    record(
        tx,
        &call,
        (CallEventKind::MissedCallerTexted, CallEventKind::MissedCallerNotTexted),
        json!({}),
        &sent,
        now,
    )?;
    Ok(sent)
}

/// Sends a text from the agent to the caller during a call. A text that was sent in the same call is not sent again.
pub fn send_from_agent(
    tx: &WriteTx<'_>,
    call_sid: &CallSid,
    text: &str,
    context: &SendContext<'_>,
    now: Timestamp,
) -> Result<CallerText, Error> {
    let text = lines_up_to(MAX_AGENT_TEXT_CHARS, "text", text)?;
    let Some(call) = tx.stored_call(call_sid)? else { return Ok(CallerText::Unneeded) };
    let sent = tx.messages_of_calls(call.contact_id, CallEventKind::AgentTextedCaller, now.minus(DAY))?;
    if let Some((_, id, _)) = sent.iter().find(|(of, _, sent)| *of == call.id && *sent == text) {
        return Ok(CallerText::Queued(*id));
    }
    let outcome = if sent.len() < MAX_AGENT_TEXTS_PER_DAY {
        let key = format!("{} {call_sid} {}", CallEventKind::AgentTextedCaller, sent.len());
        send(tx, &call, text, key, context, now)?
    } else {
        CallerText::Refused(TextRefusal::TooMany)
    };
    record(tx, &call, (CallEventKind::AgentTextedCaller, CallEventKind::AgentTextNotSent), json!({}), &outcome, now)?;
    Ok(outcome)
}

pub(super) fn texts_of_agent(tx: &ReadTx<'_>, call: &Call) -> Result<Vec<String>> {
    let sent = tx.messages_of_calls(call.contact_id, CallEventKind::AgentTextedCaller, call.started_at)?;
    Ok(sent.into_iter().filter(|(of, ..)| *of == call.id).map(|(.., text)| text).collect())
}

/// Decides whether an incoming call ended without help for its caller. False for a call that the daemon did not answer
/// or that a user hung up.
pub(super) fn was_left_without_help(tx: &ReadTx<'_>, call: &Call) -> Result<bool> {
    let is_over = call.state == CallState::Ended && call.direction == CallDirection::In && !call.missed;
    let by_caller = match call.end_reason {
        Some(
            EndReason::CallerHungUp
            | EndReason::Unanswered
            | EndReason::Dropped
            | EndReason::NotConnected
            | EndReason::Fallback,
        ) => true,
        // Voicemail ends the call itself if the caller says nothing.
        Some(EndReason::Idle) => call.is_voicemail(),
        _ => false,
    };
    Ok(is_over
        && by_caller
        && call.message_text.is_none()
        && !tx.has_call_event(call.id, CallEventKind::TransferAccepted)?
        && !tx.has_call_event(call.id, CallEventKind::TakenOver)?
        && !tx.has_call_event(call.id, CallEventKind::HungUpByEmployee)?
        && !tx.caller_heard_answer(call.id)?
        // The AI led a conversation whose transcript is lost, so it may have helped.
        && (call.is_voicemail() || !tx.has_call_event(call.id, CallEventKind::StoredLate)?)
        && tx.call_bookings(call)?.is_empty())
}

/// Returns true if the caller is one of the business's own staff, who gets no messages for customers.
fn is_staff(tx: &ReadTx<'_>, call: &Call) -> Result<bool> {
    Ok(relation_of_caller(tx, call)? == ContactRelation::Staff)
}

fn send(
    tx: &WriteTx<'_>,
    call: &Call,
    text: String,
    key: String,
    context: &SendContext<'_>,
    now: Timestamp,
) -> Result<CallerText> {
    let Some(number) = PhoneNumber::from_e164(&call.peer_number) else {
        return Ok(CallerText::Refused(TextRefusal::NoNumber));
    };
    if !number.may_be_mobile() {
        return Ok(CallerText::Refused(TextRefusal::NoMobileNumber));
    }
    let request = SendRequest {
        idempotency_key: Some(key),
        new_chats: Some(context.new_chats.clone()),
        ..SendRequest::text(PeerAddress::Phone(number), text, ActorId::Agent.to_string(), context.written_at)
    };
    match outbox::send(tx, &request, context.rules, context.down, now) {
        Ok(sent) => Ok(CallerText::Queued(sent.message_id)),
        Err(SendError::Refused(refusal)) => Ok(CallerText::Refused(TextRefusal::Policy(refusal))),
        Err(SendError::Store(error)) => Err(error),
    }
}

fn record(
    tx: &WriteTx<'_>,
    call: &Call,
    (queued, refused): (CallEventKind, CallEventKind),
    mut detail: serde_json::Value,
    sent: &CallerText,
    now: Timestamp,
) -> Result<()> {
    let kind = match sent {
        CallerText::Queued(message) => {
            detail["message_id"] = message.0.into();
            queued
        }
        CallerText::Refused(why) => {
            detail["why"] = why.code().into();
            refused
        }
        CallerText::Unneeded => return Ok(()),
    };
    tx.insert_call_event(&call.call_sid, kind, Some(&detail.to_string()), now)
}

/// Returns the language of the caller's contact, a code such as `he`; `None` if it is unknown.
pub fn language_of(tx: &ReadTx<'_>, sid: &CallSid) -> Result<Option<String>> {
    let Some(call) = tx.stored_call(sid)? else { return Ok(None) };
    Ok(tx.contact(tx.kept_contact(call.contact_id)?)?.and_then(|contact| contact.language))
}

//! WhatsApp messages to a caller. During a call, the agent sends what the caller asks for. After it, jobs write about an appointment that
//! the agent booked, moved or cancelled, and to a caller who hung up before the agent could help: each is queued in the transaction that
//! gives the reason for it, so that none is lost. The policy decides whether and how a message is sent; one that may not be sent is an
//! event of its call and no alert.

use super::appointment;
use super::outbox::{self, SendError, SendRequest};
use super::scheduled_message::SendContext;
use super::text::lines_up_to;
use super::{Error, RequestError};
use crate::domain::{
    ActorId, Appointment, AppointmentId, AppointmentState, Call, CallDirection, CallSid, CallState, EndReason,
    MessageId, PeerAddress, PhoneNumber, Timestamp,
};
use crate::store::{ReadTx, Result, WriteTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// The kind of the job that confirms an appointment.
pub const CONFIRM_JOB: &str = "confirm_appointment";
/// The kind of the job that writes to a caller who hung up before the agent could help.
pub const MISSED_JOB: &str = "text_missed_caller";
/// How long after its end a call is judged: its last words are stored by then, and the message still arrives within 10 s.
pub const AFTER_CALL: Duration = Duration::from_secs(3);
/// How long after a change an appointment is confirmed: callers change their mind at once, and get one message then.
const AFTER_CHANGE: Duration = Duration::from_secs(5);
/// A caller who hangs up again and again gets one message in this time.
const ONE_MISSED_TEXT_PER: Duration = Duration::from_hours(24);
/// A message about a call that ended before this time would come too late.
const MISSED_TEXT_WITHIN: Duration = Duration::from_hours(1);
/// The events of a call: a message was queued, or was not and why.
const CONFIRMED: &str = "appointment_confirmed";
const NOT_CONFIRMED: &str = "appointment_not_confirmed";
const TEXTED: &str = "missed_caller_texted";
/// The event of a call whose conversation could not be stored while it happened: its transcript is lost.
pub(super) const STORED_LATE: &str = "stored_late";
const NOT_TEXTED: &str = "missed_caller_not_texted";
const WRITTEN: &str = "agent_texted_caller";
const NOT_WRITTEN: &str = "agent_text_not_sent";
/// How many messages the agent may send to a caller in 24 hours.
const MOST_AGENT_TEXTS_PER_DAY: usize = 3;
const DAY: Duration = Duration::from_hours(24);
/// How long such a message may be.
const MAX_AGENT_TEXT_CHARS: usize = 1000;

/// What the agent did with an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentEvent {
    /// It is booked.
    Booked,
    /// It is at another time.
    Moved,
    /// It is cancelled.
    Cancelled,
}

/// The payload of the job that confirms an appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmJob {
    /// The appointment.
    pub appointment: AppointmentId,
    /// The call in which the agent changed it.
    pub call_sid: CallSid,
    /// What the agent did.
    pub event: AppointmentEvent,
    /// When it starts since then.
    pub starts_at: Timestamp,
}

/// The payload of the job about a call that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedJob {
    /// The call.
    pub call_sid: CallSid,
}

/// What became of a message to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerText {
    /// It is queued.
    Queued(MessageId),
    /// It may not be sent.
    Refused(TextRefusal),
    /// There is no reason for it, or not any more.
    Unneeded,
}

/// Why a message to a caller may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRefusal {
    /// The number is withheld.
    NoNumber,
    /// The number is of a fixed line.
    NoMobileNumber,
    /// The agent has sent as many messages as it may in 24 hours.
    TooMany,
    /// The policy of messages; its error code.
    Policy(&'static str),
}

impl TextRefusal {
    /// The code in the log and in the call's events.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoNumber => "no_number",
            Self::NoMobileNumber => "no_mobile_number",
            Self::TooMany => "too_many_texts",
            Self::Policy(code) => code,
        }
    }
}

/// Queues the confirmation of an appointment in the transaction that changes it. A repeated tool call changes nothing, and queues
/// none.
pub fn queue_confirmation(
    tx: &WriteTx<'_>,
    call_sid: &CallSid,
    appointment: &Appointment,
    event: AppointmentEvent,
    now: Timestamp,
) -> Result<()> {
    let (id, version, starts_at) = (appointment.id, appointment.updated_at, appointment.starts_at);
    let key = format!("{CONFIRM_JOB}:{id}:{}", version.as_millis());
    let payload = json!(ConfirmJob { appointment: id, call_sid: call_sid.clone(), event, starts_at });
    tx.insert_job(CONFIRM_JOB, Some(&key), &payload.to_string(), now.plus(AFTER_CHANGE), now)
}

/// Queues the decision about a call that has ended; a second report of its end queues none.
pub fn queue_after_call(tx: &WriteTx<'_>, call_sid: &CallSid, now: Timestamp) -> Result<()> {
    let (key, payload) = (format!("{MISSED_JOB}:{call_sid}"), json!(MissedJob { call_sid: call_sid.clone() }));
    tx.insert_job(MISSED_JOB, Some(&key), &payload.to_string(), now.plus(AFTER_CALL), now)
}

/// The appointment to confirm; none if it was changed since: that change has a message of its own, or was not the agent's.
pub fn unconfirmed(tx: &ReadTx<'_>, job: &ConfirmJob) -> Result<Option<Appointment>, Error> {
    let found = match appointment::find(tx, job.appointment) {
        // The contact was deleted since.
        Err(Error::Refused(RequestError::NotFound(_))) => return Ok(None),
        found => found?,
    };
    let expected = match job.event {
        AppointmentEvent::Booked | AppointmentEvent::Moved => AppointmentState::Booked,
        AppointmentEvent::Cancelled => AppointmentState::Cancelled,
    };
    Ok(Some(found).filter(|found| found.state == expected && found.starts_at == job.starts_at))
}

/// Sends the confirmation. `key` identifies the job, so that a repeated one sends nothing twice.
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
    let sent = send(tx, &call, text, key, context, now)?;
    let about = json!({"appointment_id": job.appointment.0});
    record(tx, &call, (CONFIRMED, NOT_CONFIRMED), about, sent, now)?;
    Ok(sent)
}

/// Whether a confirmation of an appointment went to the caller of a call, or is about to.
pub(super) fn is_confirmed(tx: &ReadTx<'_>, call: &Call) -> Result<bool> {
    Ok(tx.has_call_event(call.id, CONFIRMED)? || tx.has_open_call_job(CONFIRM_JOB, &call.call_sid)?)
}

/// Writes to the caller of a call that ended before the agent could help, once in 24 hours.
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
    if !was_left_without_help(tx, &call)?
        || tx.has_later_call(&call)?
        || tx.contact_had_call_event(call.contact_id, TEXTED, since)?
    {
        return Ok(CallerText::Unneeded);
    }
    let sent = send(tx, &call, text, key, context, now)?;
    record(tx, &call, (TEXTED, NOT_TEXTED), json!({}), sent, now)?;
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
    let sent = tx.messages_of_calls(call.contact_id, WRITTEN, now.minus(DAY))?;
    if let Some((_, id, _)) = sent.iter().find(|(of, _, sent)| *of == call.id && *sent == text) {
        return Ok(CallerText::Queued(*id));
    }
    let outcome = if sent.len() < MOST_AGENT_TEXTS_PER_DAY {
        let key = format!("{WRITTEN} {call_sid} {}", sent.len());
        send(tx, &call, text, key, context, now)?
    } else {
        CallerText::Refused(TextRefusal::TooMany)
    };
    record(tx, &call, (WRITTEN, NOT_WRITTEN), json!({}), outcome, now)?;
    Ok(outcome)
}

/// Returns the texts that the agent sent to the caller in this call.
pub(super) fn texts_of_agent(tx: &ReadTx<'_>, call: &Call) -> Result<Vec<String>> {
    let sent = tx.messages_of_calls(call.contact_id, WRITTEN, call.started_at)?;
    Ok(sent.into_iter().filter(|(of, ..)| *of == call.id).map(|(.., text)| text).collect())
}

/// Whether the caller hung up, or the line was lost, before there was an answer, a message, a transfer or an appointment.
pub(super) fn was_left_without_help(tx: &ReadTx<'_>, call: &Call) -> Result<bool> {
    let is_over = call.state == CallState::Ended && call.direction == CallDirection::In && !call.missed;
    let by_caller = match call.end_reason {
        Some(EndReason::CallerHungUp | EndReason::Dropped | EndReason::NotConnected | EndReason::Fallback) => true,
        // Voicemail ends the call itself if the caller says nothing.
        Some(EndReason::Idle) => call.is_voicemail(),
        _ => false,
    };
    Ok(is_over
        && by_caller
        && call.message_text.is_none()
        && !tx.has_call_event(call.id, "transfer_accepted")?
        && !tx.has_call_event(call.id, "hung_up_by_employee")?
        && !tx.caller_heard_answer(call.id)?
        // The AI led a conversation whose transcript is lost, so it may have helped.
        && (call.is_voicemail() || !tx.has_call_event(call.id, STORED_LATE)?)
        && tx.call_bookings(call)?.is_empty())
}

/// Sends a text to the number of a call, if the policy allows it. Refuses withheld numbers and fixed lines.
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
        Err(SendError::Refused(refusal)) => Ok(CallerText::Refused(TextRefusal::Policy(refusal.code()))),
        Err(SendError::Store(error)) => Err(error),
    }
}

fn record(
    tx: &WriteTx<'_>,
    call: &Call,
    (queued, refused): (&str, &str),
    mut detail: serde_json::Value,
    sent: CallerText,
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

/// Returns the language of the caller's contact, a code such as `he`.
pub fn language_of(tx: &ReadTx<'_>, sid: &CallSid) -> Result<Option<String>> {
    let Some(call) = tx.stored_call(sid)? else { return Ok(None) };
    Ok(tx.contact(tx.kept_contact(call.contact_id)?)?.and_then(|contact| contact.language))
}

//! Calls that the agent makes at the request of an employee. An attempt is stored before Twilio is asked to dial. If
//! Twilio's answer is lost, the attempt is looked for in Twilio's list before another one is made.

mod machine;

pub use machine::{MachineReport, record_machine, record_machine_message};

use super::call::{self, IncomingCall};
use super::contact::resolve::{self, Sighting};
use super::{Error, RequestError, task, text};
use crate::booking::CallingHours;
use crate::domain::{
    ActorId, BusinessId, CallDirection, CallEventKind, CallId, CallOutcome, CallSid, CallState, ContactId, ContactName,
    JobKind, OutboundCall, OutboundOutcome, OutboundState, PeerAddress, PhoneNumber, TaskContent, ThreadType,
    Timestamp,
};
use crate::store::{self, AiUsage, NewOutboundCall, ReadTx, WriteTx};
use phonenumber::country;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::time::Duration;

/// The payload of a [`JobKind::ContactNotReached`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct NotReachedJob {
    pub outbound_call: i64,
}

#[derive(Clone, Debug)]
pub enum CallTarget {
    /// The current number of a contact.
    Contact(ContactId),
    /// A phone number, as a user writes it.
    Number(String),
    /// The caller of an earlier call, who is called back.
    Call(CallId),
}

#[derive(Clone, Debug)]
pub struct CallRequest {
    pub targets: Vec<CallTarget>,
    pub purpose: String,
    /// The earliest time of the calls; now, if `None`.
    pub not_before: Option<Timestamp>,
    /// The business's number from the settings. The agent returns a call from the number that the caller called.
    /// Without this setting, other calls are made from the number that was called last.
    pub own_number: Option<PhoneNumber>,
    /// The prefixes with which a number must begin, unless the agent calls a caller back ([`CallTarget::Call`]).
    pub prefixes: Vec<String>,
}

/// Adds one call for each contact, also if the request names a contact more than once. If one call is refused, none is
/// added.
pub fn request(
    tx: &WriteTx<'_>,
    by: ActorId,
    request: &CallRequest,
    country: country::Id,
    hours: &CallingHours,
    now: Timestamp,
) -> Result<Vec<i64>, Error> {
    if request.targets.is_empty() || request.targets.len() > MAX_TARGETS {
        return Err(RequestError::field("to", format!("must be 1 to {MAX_TARGETS} contacts")).into());
    }
    let purpose = text::lines_up_to(MAX_PURPOSE_CHARS, "purpose", &request.purpose)?;
    let wanted = request.not_before.unwrap_or(now).max(now);
    if wanted.since(now) > MAX_WAIT {
        return Err(RequestError::field("not_before", "must be within the next 30 days").into());
    }
    let due_at = hours.next(wanted).ok_or_else(no_hours)?;
    let requested_by = by.to_string();
    let mut planned: Vec<(ContactId, i64)> = Vec::new();
    for target in &request.targets {
        let (contact, number, own_number, missed_call) =
            resolve_target(tx, target, request.own_number.as_ref(), country, now)?;
        if planned.iter().any(|(known, _)| *known == contact) {
            continue;
        }
        check_contact(tx, contact)?;
        if number == own_number || tx.is_own_number(BusinessId::FIRST, &number)? {
            return Err(refused("own_number", "the agent cannot call the business's own number"));
        }
        check_number(&number, missed_call, &request.prefixes)?;
        if tx.has_outbound_call(contact, missed_call)? {
            return Err(refused("already_called", "a call to this contact is planned, or the call was returned"));
        }
        if let Some(missed_call) = missed_call {
            tx.cancel_failed_outbound_call(missed_call, now)?;
        }
        let new = NewOutboundCall {
            business: BusinessId::FIRST,
            contact,
            number: &number,
            own_number: &own_number,
            purpose: &purpose,
            missed_call,
            due_at,
            requested_by: &requested_by,
        };
        let id = tx.insert_outbound_call(&new, now)?;
        tx.insert_audit(by, "request_outbound_calls", &format!("outbound-call:{id}"), now)?;
        planned.push((contact, id));
    }
    Ok(planned.into_iter().map(|(_, id)| id).collect())
}

/// Returns the contact, the number to call, the business's number, and the earlier call whose caller is called back.
fn resolve_target(
    tx: &WriteTx<'_>,
    target: &CallTarget,
    own_number: Option<&PhoneNumber>,
    country: country::Id,
    now: Timestamp,
) -> Result<(ContactId, PhoneNumber, PhoneNumber, Option<CallId>), Error> {
    let (contact, number, own, call) = match target {
        CallTarget::Contact(id) => {
            let contact = super::contact::find(tx, *id)?;
            let number = tx.best_address(contact.id)?.and_then(|address| address.number().cloned());
            (contact.id, number, None, None)
        }
        CallTarget::Number(text) => {
            let number = PhoneNumber::parse(text, country).map_err(|_| invalid_number())?;
            let address = PeerAddress::Phone(number.clone());
            if resolve::find(tx, BusinessId::FIRST, &address)?.is_none() {
                number.check_typed(country).map_err(|error| refused("invalid_phone", error.to_string()))?;
            }
            (thread_of(tx, &address, now)?.contact, Some(number), None, None)
        }
        CallTarget::Call(id) => {
            let call = tx.call(*id)?.ok_or(RequestError::NotFound("call"))?;
            if call.state != CallState::Ended || call.direction != CallDirection::In {
                return Err(RequestError::field("to", "only an incoming call that has ended can be returned").into());
            }
            let number = PhoneNumber::from_e164(&call.peer_number);
            (tx.kept_contact(call.contact_id)?, number, Some(call.own_number), Some(call.id))
        }
    };
    let own = match own.or_else(|| own_number.map(ToString::to_string)) {
        Some(own) => Some(own),
        None => tx.last_called_own_number(BusinessId::FIRST)?,
    };
    let own = own.as_deref().and_then(PhoneNumber::from_e164).ok_or_else(|| {
        refused(
            "no_caller_id",
            "no number of the business is known from which the agent could call: set twilio.phone_number",
        )
    })?;
    Ok((contact, number.ok_or_else(invalid_number)?, own, call))
}

fn thread_of(tx: &WriteTx<'_>, address: &PeerAddress, now: Timestamp) -> store::Result<store::FoundThread> {
    let addresses = std::slice::from_ref(address);
    let (business, channel) = (BusinessId::FIRST, ThreadType::Call);
    resolve::observe(tx, &Sighting { business, channel, addresses, name: "", seen_at: None, begins_at: now })
}

fn check_contact(tx: &ReadTx<'_>, contact: ContactId) -> Result<(), Error> {
    match objection(tx, contact)? {
        None => Ok(()),
        Some(OutboundOutcome::Blocked) => Err(refused("contact_blocked", "the contact is blocked")),
        Some(_) => Err(refused("contact_opted_out", "the contact has opted out of messages and calls")),
    }
}

fn check_number(number: &PhoneNumber, missed_call: Option<CallId>, prefixes: &[String]) -> Result<(), Error> {
    let is_near = missed_call.is_some() || prefixes.iter().any(|prefix| number.as_str().starts_with(prefix));
    if is_near && !number.is_premium() {
        return Ok(());
    }
    let message = format!(
        "the agent calls only numbers that begin with {} and are not premium-rate (whatsapp.new_chat_prefixes); it returns calls from \
         other numbers that are not premium-rate",
        prefixes.join(", ")
    );
    Err(RequestError::CodedConflict { code: "recipient_not_allowed", message: message.into(), params: Vec::new() }
        .into())
}

fn objection(tx: &ReadTx<'_>, contact: ContactId) -> store::Result<Option<OutboundOutcome>> {
    if tx.is_contact_blocked(contact)? {
        return Ok(Some(OutboundOutcome::Blocked));
    }
    Ok(tx.contact_has_opted_out(contact)?.then_some(OutboundOutcome::OptedOut))
}

fn refused(code: &'static str, message: impl Into<Cow<'static, str>>) -> Error {
    RequestError::CodedConflict { code, message: message.into(), params: Vec::new() }.into()
}

fn no_hours() -> Error {
    RequestError::Conflict("agent.calls_from_hour and agent.calls_until_hour allow no calls at any time".into()).into()
}

fn invalid_number() -> Error {
    refused("invalid_phone", "there is no phone number that can be called")
}

pub fn cancel(tx: &WriteTx<'_>, id: i64, now: Timestamp) -> Result<(), Error> {
    let call = find(tx, id)?;
    if call.state != OutboundState::Waiting {
        return Err(RequestError::Conflict("the call is being made or is over".into()).into());
    }
    tx.end_outbound_call(id, OutboundState::Cancelled, call.outcome, now)?;
    Ok(())
}

pub fn find(tx: &ReadTx<'_>, id: i64) -> Result<OutboundCall, Error> {
    Ok(tx.outbound_call(id)?.ok_or(RequestError::NotFound("outbound call"))?)
}

/// Begins an attempt, and stores this before Twilio is asked to dial. Returns `None` if no attempt may be made now.
pub fn begin(tx: &WriteTx<'_>, id: i64, hours: &CallingHours, now: Timestamp) -> store::Result<Option<OutboundCall>> {
    let Some(call) = tx.outbound_call(id)?.filter(|call| call.state == OutboundState::Waiting) else { return Ok(None) };
    if let Some(outcome) = objection(tx, tx.kept_contact(call.contact_id)?)? {
        tx.end_outbound_call(id, OutboundState::Cancelled, Some(outcome), now)?;
        return Ok(None);
    }
    match hours.next(now) {
        Some(at) if at <= now => {}
        at => {
            let due_at = at.unwrap_or_else(|| now.plus(MAX_WAIT));
            tx.retry_outbound_call(id, due_at, call.outcome, false, now)?;
            return Ok(None);
        }
    }
    Ok(if tx.begin_outbound_call(id, now)? { tx.outbound_call(id)? } else { None })
}

/// Postpones a call whose last attempt was certainly not made.
pub fn postpone(tx: &WriteTx<'_>, id: i64, due_at: Timestamp, now: Timestamp) -> store::Result<()> {
    let outcome = tx.outbound_call(id)?.and_then(|call| call.outcome);
    tx.retry_outbound_call(id, due_at, outcome, true, now)?;
    Ok(())
}

/// Idempotent.
pub fn record_dialed(
    tx: &WriteTx<'_>,
    id: i64,
    sid: &CallSid,
    country: country::Id,
    now: Timestamp,
) -> store::Result<()> {
    if !tx.set_outbound_sid(id, sid, now)? {
        return Ok(());
    }
    let Some(found) = tx.outbound_call(id)? else { return Ok(()) };
    call::store_outbound(tx, &peer_of(&found, sid), country, now)
}

/// Describes an outbound call like an incoming one: the peer is the caller.
fn peer_of(call: &OutboundCall, sid: &CallSid) -> IncomingCall {
    let (from, to) = (call.number.to_string(), call.own_number.to_string());
    IncomingCall { from, to, ..IncomingCall::by_sid(sid.clone()) }
}

#[derive(Clone, Debug)]
pub struct AnsweredCall {
    pub call: IncomingCall,
    pub name: ContactName,
    pub purpose: String,
    pub ai_today: AiUsage,
}

/// Returns the outbound call that was answered; `None` if no outbound call with this id is being dialed or in progress.
pub fn answered(
    tx: &ReadTx<'_>,
    sid: &CallSid,
    today: Timestamp,
    now: Timestamp,
) -> store::Result<Option<AnsweredCall>> {
    let Some(found) = tx.outbound_call_by_sid(sid)?.filter(|call| call.state == OutboundState::Dialing) else {
        return Ok(None);
    };
    Ok(Some(AnsweredCall {
        call: peer_of(&found, sid),
        name: tx.name_of(tx.kept_contact(found.contact_id)?)?,
        ai_today: tx.ai_usage(Some(sid), today, now)?,
        purpose: found.purpose,
    }))
}

/// How Twilio ended an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The call was answered and has ended.
    Completed,
    Busy,
    NoAnswer,
    Failed,
}

/// Records the end of an attempt. After a busy line or no answer, one more attempt is made; after that, and after a
/// failure, a job makes a task. Idempotent.
pub fn end_attempt(
    tx: &WriteTx<'_>,
    sid: &CallSid,
    end: AttemptEnd,
    hours: &CallingHours,
    now: Timestamp,
) -> store::Result<()> {
    let Some(found) = tx.outbound_call_by_sid(sid)?.filter(|call| call.state == OutboundState::Dialing) else {
        return Ok(());
    };
    let outcome = match end {
        AttemptEnd::Busy => OutboundOutcome::Busy,
        AttemptEnd::NoAnswer => OutboundOutcome::NoAnswer,
        AttemptEnd::Failed => OutboundOutcome::Failed,
        AttemptEnd::Completed => machine::outcome_of_answered(tx, sid)?,
    };
    match outcome {
        OutboundOutcome::Answered | OutboundOutcome::Machine => {
            tx.end_outbound_call(found.id, OutboundState::Done, Some(outcome), now)?;
            Ok(())
        }
        OutboundOutcome::Busy | OutboundOutcome::NoAnswer if found.attempts < MAX_ATTEMPTS => {
            let due_at = hours.next(now.plus(RETRY_AFTER)).unwrap_or_else(|| now.plus(MAX_WAIT));
            tx.retry_outbound_call(found.id, due_at, Some(outcome), false, now)?;
            Ok(())
        }
        _ => fail(tx, found.id, outcome, now),
    }
}

/// Records that a call cannot be made, and queues the job that makes a task.
pub fn fail(tx: &WriteTx<'_>, id: i64, outcome: OutboundOutcome, now: Timestamp) -> store::Result<()> {
    if tx.end_outbound_call(id, OutboundState::Failed, Some(outcome), now)? {
        let payload = json!(NotReachedJob { outbound_call: id }).to_string();
        tx.insert_job(JobKind::ContactNotReached, Some(&JobKind::ContactNotReached.key(id)), &payload, now, now)?;
    }
    Ok(())
}

pub fn add_task(tx: &WriteTx<'_>, call: &OutboundCall, title: String, now: Timestamp) -> Result<(), Error> {
    let content = TaskContent {
        title,
        contact_id: Some(tx.kept_contact(call.contact_id)?),
        thread_id: None,
        call_id: call.missed_call_id.or(call.call_id),
        due_at: None,
        due_date: None,
        assignee: None,
    };
    let key = JobKind::ContactNotReached.key(call.id);
    task::create(tx, ActorId::Agent, content, Some(&key), now).map(drop)
}

/// Returns true if an outbound call has led to no conversation: its contact was not reached, or a machine answered.
pub(super) fn is_without_conversation(tx: &ReadTx<'_>, sid: &CallSid) -> store::Result<bool> {
    let Some(call) = tx.stored_call(sid)?.filter(|call| call.direction == CallDirection::Out) else { return Ok(false) };
    let facts = crate::domain::CallFacts::from(&call);
    Ok(facts.outcome() == CallOutcome::Missed || tx.has_call_event(call.id, CallEventKind::AnsweredByMachine)?)
}

pub const MAX_TARGETS: usize = 20;
/// The maximum length of the purpose, in characters. The agent says the purpose in one sentence.
pub const MAX_PURPOSE_CHARS: usize = 300;
/// The first attempt, and one more after a busy line or no answer.
const MAX_ATTEMPTS: u32 = 2;
/// How long after a busy line or no answer the second attempt is made, at the earliest.
const RETRY_AFTER: Duration = Duration::from_mins(30);
const MAX_WAIT: Duration = Duration::from_hours(30 * 24);

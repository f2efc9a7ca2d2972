//! Calls: callers, and the state of their calls.

mod end;
mod message;
mod progress;

pub use end::{Conversation, EndedStream, end, end_by_answer, end_stream, end_unreported, is_stream_end_stored};
pub use message::{CallerMessage, take_message};
pub use progress::{
    accept_by_human, add_cost, append_turn, change_engine, record_event, start_conversation, store_turn,
};

use super::contact::resolve::{self, Sighting};
use super::webhook_log::{RawWebhook, log_webhook};
use super::{RequestError, text};
use crate::domain::{
    ActorId, BusinessId, Call, CallDirection, CallId, CallMedium, CallSid, CallState, ContactId, ContactName,
    EndReason, ForwardedCall, PeerAddress, PhoneNumber, ThreadType, Timestamp,
};
use crate::store::{AiUsage, Error, NewCall, ReadTx, Result, WebhookOutcome, WriteTx};
use phonenumber::country;
use serde::{Deserialize, Serialize};

/// An incoming call as Twilio describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IncomingCall {
    /// Twilio's id.
    pub call_sid: CallSid,
    /// The caller as Twilio reports it: a number, or a word such as `anonymous`. For a call by WhatsApp, prefixed by
    /// `whatsapp:`.
    pub from: String,
    /// Our number.
    pub to: String,
    /// The number that was called first and has forwarded the call to ours, as Twilio reports it; empty if there is
    /// none.
    pub forwarded_from: String,
    /// The caller's network reports that the number is not verified: STIR/SHAKEN failed.
    pub is_unverified: bool,
    /// It may be a call to the human agent that their phone has forwarded back to us; no network reports it.
    pub may_be_forwarded_back: bool,
}

/// How far the caller's number identifies the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerIdentity {
    /// The number is withheld.
    Withheld,
    /// The number may be forged, or is not a full number.
    Doubtful,
    /// Nothing speaks against the number.
    Number,
}

impl IncomingCall {
    /// A call of which only the id is known.
    pub fn by_sid(call_sid: CallSid) -> Self {
        let (from, to, forwarded_from) = Default::default();
        Self { call_sid, from, to, forwarded_from, is_unverified: false, may_be_forwarded_back: false }
    }

    /// The network of the call.
    pub fn medium(&self) -> CallMedium {
        let is_whatsapp = [&self.from, &self.to].into_iter().any(|address| address.starts_with(BY_WHATSAPP));
        if is_whatsapp { CallMedium::WhatsApp } else { CallMedium::Phone }
    }

    /// The caller without the network's prefix.
    pub fn caller(&self) -> &str {
        without_medium(&self.from)
    }

    /// The caller's number; none if it is withheld.
    pub fn caller_number(&self) -> Option<PhoneNumber> {
        PhoneNumber::from_e164(self.caller())
    }

    /// Whether the caller withheld their number: then a word replaces it. A short number that is not E.164 still
    /// identifies its caller.
    pub fn is_withheld(&self) -> bool {
        !self.caller().starts_with(|c: char| c == '+' || c.is_ascii_digit())
    }

    /// How far the caller's number identifies the caller.
    pub fn identity(&self) -> CallerIdentity {
        if self.is_withheld() {
            CallerIdentity::Withheld
        } else if self.is_unverified || self.caller_number().is_none() {
            CallerIdentity::Doubtful
        } else {
            CallerIdentity::Number
        }
    }

    /// Our number, as other callers see it; none if Twilio reports none.
    pub fn own_number(&self) -> Option<PhoneNumber> {
        PhoneNumber::from_e164(without_medium(&self.to))
    }
}

fn without_medium(address: &str) -> &str {
    address.strip_prefix(BY_WHATSAPP).unwrap_or(address)
}

/// Twilio's prefix of WhatsApp addresses.
const BY_WHATSAPP: &str = "whatsapp:";

/// What is known of an incoming call.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The caller's name.
    pub name: ContactName,
    /// The call is over: this is an old webhook.
    pub is_over: bool,
    /// The caller is blocked, and the call stored as over.
    pub is_blocked: bool,
    /// How much the AI was used today.
    pub ai_today: AiUsage,
}

/// Stores a call with its webhook; the call of a blocked contact is over with that. Idempotent. `today` is the start of the day.
pub fn receive(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    raw: &RawWebhook,
    country: country::Id,
    today: Timestamp,
    now: Timestamp,
) -> Result<Received> {
    let known = tx.call_by_sid(&call.call_sid)?;
    let (id, contact) = find_or_create(tx, call, country, now)?;
    let is_blocked = match &known {
        None => block_if_caller_is(tx, id, contact)?,
        Some(_) => tx.call_end(&call.call_sid)? == Some(EndReason::Blocked),
    };
    if known.is_none() && is_blocked {
        tx.end_call(&call.call_sid, EndReason::NotConnected, None, now)?;
    }
    if known.is_none() && !call.forwarded_from.is_empty() {
        let number = PhoneNumber::parse(&call.forwarded_from, country);
        let from = number.map_or_else(|_| call.forwarded_from.clone(), |number| number.to_string());
        tx.set_forwarded_call(&ForwardedCall { call: id, from })?;
    }
    let outcome = if known.is_none() { WebhookOutcome::Stored } else { WebhookOutcome::Duplicate };
    log_webhook(tx, raw, outcome, "", Some(id), now)?;
    let name = contact.map(|contact| tx.name_of(contact)).transpose()?.unwrap_or_default();
    let is_over = known.is_some_and(|(_, state)| state == CallState::Ended);
    let ai_today = tx.ai_usage(Some(&call.call_sid), today, now)?;
    Ok(Received { name, is_over, is_blocked, ai_today })
}

/// Records that a new call is rejected, if its caller is blocked; returns true if it is.
fn block_if_caller_is(tx: &WriteTx<'_>, id: CallId, contact: Option<ContactId>) -> Result<bool> {
    let is_blocked = contact.map(|contact| tx.is_contact_blocked(contact)).transpose()?.unwrap_or(false);
    if is_blocked {
        tx.set_call_blocked(id)?;
    }
    Ok(is_blocked)
}

/// Our id of a call; a new call is stored, with its contact.
pub fn find_or_create(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    country: country::Id,
    now: Timestamp,
) -> Result<(CallId, Option<ContactId>)> {
    if let Some((id, _)) = tx.call_by_sid(&call.call_sid)? {
        return Ok((id, None));
    }
    let business = BusinessId::FIRST;
    let address = PeerAddress::parse_provider(&call.from, country).ok();
    let peer = address.as_ref().map_or_else(|| call.caller().to_owned(), ToString::to_string);
    let addresses: Vec<_> = address.into_iter().collect();
    let (channel, addresses) = (ThreadType::Call, addresses.as_slice());
    let seen = Sighting { business, channel, addresses, name: "", seen_at: None, begins_at: now };
    let found = resolve::observe(tx, &seen)?;
    let new = NewCall {
        business,
        call_sid: &call.call_sid,
        thread: found.id,
        contact: found.contact,
        direction: CallDirection::In,
        medium: call.medium(),
        peer_number: &peer,
        own_number: without_medium(&call.to),
        started_at: now,
    };
    let id = tx.insert_call(&new)?.ok_or(Error::NotFound("call"))?;
    if tx.is_contact_blocked(found.contact)? {
        tx.bump_thread_quietly(found.id, now)?;
    } else {
        tx.bump_thread_for_call(found.id, now)?;
    }
    Ok((id, Some(found.contact)))
}

/// An incoming call that the daemon did not answer, because it was off or could not be reached.
#[derive(Clone, Debug)]
pub struct MissedCall {
    /// The call.
    pub call: IncomingCall,
    /// When it started.
    pub started_at: Timestamp,
    /// Its duration, as Twilio reports it.
    pub duration_ms: i64,
}

/// Stores a call that is over, with its entry in Twilio's list. Returns false, and changes nothing, if it is known.
pub fn store_missed(
    tx: &WriteTx<'_>,
    missed: &MissedCall,
    raw: &RawWebhook,
    country: country::Id,
    now: Timestamp,
) -> Result<bool> {
    let MissedCall { call, started_at, duration_ms } = missed;
    if tx.call_by_sid(&call.call_sid)?.is_some() {
        return Ok(false);
    }
    let (id, contact) = find_or_create(tx, call, country, *started_at)?;
    block_if_caller_is(tx, id, contact)?;
    tx.end_missed_call(id, *duration_ms)?;
    log_webhook(tx, raw, WebhookOutcome::Stored, "", Some(id), now)?;
    Ok(true)
}

/// Finds a call that is not over.
pub fn find_running(tx: &ReadTx<'_>, id: CallId) -> Result<Call, crate::crm::Error> {
    let call = tx.call(id)?.ok_or(RequestError::NotFound("call"))?;
    if call.state == CallState::Ended {
        return Err(over().into());
    }
    Ok(call)
}

/// The refusal of what can be done only with a running call.
pub fn over() -> RequestError {
    RequestError::CodedConflict { code: "call_over", message: "this call is over".into(), params: Vec::new() }
}

/// Records that an employee ends a running call.
pub fn hang_up(tx: &WriteTx<'_>, id: CallId, by: ActorId, now: Timestamp) -> Result<(), crate::crm::Error> {
    let sid = find_running(tx, id)?.call_sid;
    Ok(tx.record_hang_up(&sid, by, now)?)
}

/// What an employee tells the agent of a running call, as the agent gets it.
pub fn hint_text(text: &str) -> Result<String, crate::crm::Error> {
    Ok(text::lines_up_to(MAX_HINT_CHARS, "text", text)?)
}

/// More could not be read during a sentence.
const MAX_HINT_CHARS: usize = 500;

/// When Twilio ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completed {
    /// On the employee's request.
    Now,
    /// Before the request.
    Before,
}

/// Records that Twilio ended a call for an employee. Twilio may have reported that end before it answered the request, so
/// the call can have ended here too; it then counts as ended by the employee.
pub fn record_completed(
    tx: &WriteTx<'_>,
    id: CallId,
    by: ActorId,
    completed: Completed,
    now: Timestamp,
) -> Result<(), crate::crm::Error> {
    let call = match completed {
        Completed::Now => tx.call(id)?.ok_or(RequestError::NotFound("call"))?,
        Completed::Before => find_running(tx, id)?,
    };
    tx.record_hang_up(&call.call_sid, by, now)?;
    if !tx.end_call(&call.call_sid, EndReason::EmployeeHungUp, None, now)? {
        tx.set_ended_by_employee(&call.call_sid, now)?;
    }
    Ok(())
}

/// Records in the audit log that an employee listens to a running call.
pub fn record_listener(tx: &WriteTx<'_>, id: CallId, by: ActorId, now: Timestamp) -> Result<(), crate::crm::Error> {
    let call = find_running(tx, id)?;
    Ok(tx.insert_audit(by, "listen_to_call", &format!("call:{}", call.id), now)?)
}

/// Logs a notification about a call, which need not be known.
pub fn log_notification(tx: &WriteTx<'_>, raw: &RawWebhook, call: &CallSid, now: Timestamp) -> Result<()> {
    let call = tx.call_by_sid(call)?.map(|(id, _)| id);
    let outcome = if raw.is_repeated { WebhookOutcome::Duplicate } else { WebhookOutcome::Stored };
    log_webhook(tx, raw, outcome, "", call, now)
}

//! Calls: what is stored about them and about their callers.

mod end;
mod message;
mod progress;

pub use end::{
    Conversation, EndedStream, answer_at_recorder, end, end_at_recorder, end_looped, end_stream, end_unreported,
    is_stream_end_stored,
};
pub use message::{CallerMessage, take_message};
pub use progress::{
    accept_by_human, add_cost, append_turn, change_engine, decline_page_ring, finish_tool, record_event,
    record_shown_event, start_conversation, store_turn,
};

use super::contact::resolve::{self, Sighting};
use super::webhook_log::{RawWebhook, log_webhook};
use super::{RequestError, call_notice, text};
use crate::domain::{
    ActorId, BusinessId, Call, CallDirection, CallId, CallMedium, CallSid, CallState, ContactId, ContactName,
    ContactRelation, EndReason, ForwardedCall, JobKind, PeerAddress, PhoneNumber, ThreadId, ThreadType, Timestamp,
    whatsapp_address,
};
use crate::store::{AiUsage, Error, NewCall, ReadTx, Result, WebhookOutcome, WriteTx};
use phonenumber::country;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An incoming call as Twilio describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IncomingCall {
    pub call_sid: CallSid,
    /// The caller as Twilio reports it: a number, or a word such as `anonymous`. A WhatsApp call has the prefix
    /// `whatsapp:`.
    pub from: String,
    pub to: String,
    /// The number that forwarded the call to the business's number, as Twilio reports it; empty for a direct call.
    pub forwarded_from: String,
    /// Whether the caller's network reports that the number failed STIR/SHAKEN verification.
    pub is_unverified: bool,
    /// Whether the call may be a transfer that came back: the daemon called the human agent, and the phone of the human
    /// agent forwarded the call to the business's number, but the network did not report the forwarding.
    pub may_be_forwarded_back: bool,
}

/// How reliably the caller's number identifies the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerIdentity {
    /// The number is withheld.
    Withheld,
    /// The number may be spoofed, or is not a full number.
    Unverified,
    /// There is no sign that the number is spoofed.
    Number,
}

impl IncomingCall {
    pub fn by_sid(call_sid: CallSid) -> Self {
        let (from, to, forwarded_from) = Default::default();
        Self { call_sid, from, to, forwarded_from, is_unverified: false, may_be_forwarded_back: false }
    }

    pub fn medium(&self) -> CallMedium {
        let is_whatsapp = [&self.from, &self.to].into_iter().any(|address| whatsapp_address(address).is_some());
        if is_whatsapp { CallMedium::WhatsApp } else { CallMedium::Phone }
    }

    /// Returns the caller's number without the prefix of the network.
    pub fn caller(&self) -> &str {
        without_medium(&self.from)
    }

    /// Returns the caller's number; `None` if it is withheld or not in E.164 form.
    pub fn caller_number(&self) -> Option<PhoneNumber> {
        PhoneNumber::from_e164(self.caller())
    }

    /// Returns true if the caller withheld the number; Twilio then reports a word or nothing. A short number that is
    /// not in E.164 form does not count as withheld.
    pub fn is_withheld(&self) -> bool {
        !self.caller().starts_with(|c: char| c == '+' || c.is_ascii_digit())
    }

    pub fn identity(&self) -> CallerIdentity {
        if self.is_withheld() {
            CallerIdentity::Withheld
        } else if self.is_unverified || self.caller_number().is_none() {
            CallerIdentity::Unverified
        } else {
            CallerIdentity::Number
        }
    }

    /// Returns the business's number as callers see it; `None` if Twilio reports none, or one that is not in E.164
    /// form.
    pub fn own_number(&self) -> Option<PhoneNumber> {
        PhoneNumber::from_e164(without_medium(&self.to))
    }
}

fn without_medium(address: &str) -> &str {
    whatsapp_address(address).unwrap_or(address)
}

#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Received {
    pub name: ContactName,
    /// True if the call has ended already, because the webhook arrived late or is repeated.
    pub is_over: bool,
    /// True if the call was stored before, so the webhook is repeated.
    pub is_repeated: bool,
    /// Whether the contact is blocked; the call is then stored as ended.
    pub is_blocked: bool,
    /// Whether the contact is a VIP. False if the number may be spoofed.
    pub is_vip: bool,
    pub ai_today: AiUsage,
}

/// Stores a call with its webhook. A call of a blocked contact is stored as ended. A call that was erased with its contact
/// is over, and is not stored again. Idempotent. `today` is the start of the day.
pub fn receive(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    raw: &RawWebhook,
    country: country::Id,
    today: Timestamp,
    now: Timestamp,
) -> Result<Received> {
    let known = tx.call_by_sid(&call.call_sid)?;
    if known.is_none() && tx.was_erased(call.call_sid.as_str())? {
        return Ok(Received { is_over: true, ..Received::default() });
    }
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
    let is_repeated = known.is_some();
    let is_over = known.is_some_and(|(_, state)| state == CallState::Ended);
    let caller = match contact {
        Some(contact) => Some(contact),
        // The call was stored before, so `find_or_create` returned no contact.
        None => tx.stored_call(&call.call_sid)?.map(|call| tx.kept_contact(call.contact_id)).transpose()?,
    };
    let name = caller.map(|contact| tx.name_of(contact)).transpose()?.unwrap_or_default();
    let relation = caller.map(|contact| tx.contact_relation(contact)).transpose()?;
    let is_vip = call.identity() == CallerIdentity::Number && relation == Some(ContactRelation::Vip);
    let ai_today = tx.ai_usage(Some(&call.call_sid), today, now)?;
    Ok(Received { name, is_over, is_repeated, is_blocked, is_vip, ai_today })
}

/// If the caller is blocked, records that the call is rejected and returns true.
fn block_if_caller_is(tx: &WriteTx<'_>, id: CallId, contact: Option<ContactId>) -> Result<bool> {
    let is_blocked = contact.map(|contact| tx.is_contact_blocked(contact)).transpose()?.unwrap_or(false);
    if is_blocked {
        tx.set_call_blocked(id)?;
    }
    Ok(is_blocked)
}

/// Returns the id of a call, and stores the call if it is new. Also returns the contact, but only for a new call.
pub fn find_or_create(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    country: country::Id,
    now: Timestamp,
) -> Result<(CallId, Option<ContactId>)> {
    if let Some((id, _)) = tx.call_by_sid(&call.call_sid)? {
        return Ok((id, None));
    }
    let (id, thread, contact) = insert(tx, call, CallDirection::In, country, now)?;
    if tx.is_contact_blocked(contact)? {
        tx.bump_thread_quietly(thread, now)?;
    } else {
        tx.bump_thread_for_call(thread, now)?;
    }
    Ok((id, Some(contact)))
}

/// `call` describes the contact as the caller. Idempotent.
pub(super) fn store_outbound(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    country: country::Id,
    now: Timestamp,
) -> Result<()> {
    if tx.call_by_sid(&call.call_sid)?.is_some() {
        return Ok(());
    }
    let (_, thread, _) = insert(tx, call, CallDirection::Out, country, now)?;
    tx.bump_thread_quietly(thread, now)
}

fn insert(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    direction: CallDirection,
    country: country::Id,
    now: Timestamp,
) -> Result<(CallId, ThreadId, ContactId)> {
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
        direction,
        medium: call.medium(),
        peer_number: &peer,
        own_number: without_medium(&call.to),
        started_at: now,
    };
    let id = tx.insert_call(&new)?.ok_or(Error::NotFound("call"))?;
    Ok((id, found.id, found.contact))
}

/// An incoming call that the daemon did not answer, because it was off or could not be reached.
#[derive(Clone, Debug)]
pub struct MissedCall {
    pub call: IncomingCall,
    pub started_at: Timestamp,
    pub duration_ms: i64,
}

/// Returns false and changes nothing if the call is stored already or was erased. The caller gets no message, which
/// would arrive too late.
pub fn store_missed(
    tx: &WriteTx<'_>,
    missed: &MissedCall,
    raw: &RawWebhook,
    country: country::Id,
    now: Timestamp,
) -> Result<bool> {
    let MissedCall { call, started_at, duration_ms } = missed;
    if tx.call_by_sid(&call.call_sid)?.is_some() || tx.was_erased(call.call_sid.as_str())? {
        return Ok(false);
    }
    let (id, contact) = find_or_create(tx, call, country, *started_at)?;
    let is_blocked = block_if_caller_is(tx, id, contact)?;
    tx.end_missed_call(id, *duration_ms)?;
    if !is_blocked && now.since(*started_at) < NOTICE_WITHIN {
        call_notice::queue(tx, &call.call_sid, now)?;
    }
    log_webhook(tx, raw, WebhookOutcome::Stored, "", Some(id), now)?;
    Ok(true)
}

/// For missed calls without a recording, makes the waiting messages to the owner due within seconds. Called after all
/// recordings were read from Twilio's list. The messages about other calls wait for the transcript.
pub fn notify_of_missed(tx: &WriteTx<'_>, now: Timestamp) -> Result<()> {
    tx.missed_calls_without_recording(JobKind::NotifyOwner)?
        .iter()
        .try_for_each(|call| call_notice::hasten(tx, call, now))
}

/// The maximum age of a missed call about which the owner gets a message. Without this limit, the first start after a
/// long time would send useless messages about old calls.
const NOTICE_WITHIN: Duration = Duration::from_hours(7 * 24);

pub fn find_running(tx: &ReadTx<'_>, id: CallId) -> Result<Call, crate::crm::Error> {
    let call = tx.call(id)?.ok_or(RequestError::NotFound("call"))?;
    if call.state == CallState::Ended {
        return Err(over().into());
    }
    Ok(call)
}

/// Returns the error for an operation that requires a running call.
pub fn over() -> RequestError {
    RequestError::CodedConflict { code: "call_over", message: "this call is over".into(), params: Vec::new() }
}

pub fn hang_up(tx: &WriteTx<'_>, id: CallId, by: ActorId, now: Timestamp) -> Result<(), crate::crm::Error> {
    let sid = find_running(tx, id)?.call_sid;
    Ok(tx.record_hang_up(&sid, by, now)?)
}

pub fn hint_text(text: &str) -> Result<String, crate::crm::Error> {
    Ok(text::lines_up_to(MAX_HINT_CHARS, "text", text)?)
}

/// The maximum length of a hint, in characters. The agent must read it during one sentence of the conversation.
const MAX_HINT_CHARS: usize = 500;

/// When Twilio ended a call that a user asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completed {
    /// Twilio ended the call because of the request.
    Now,
    /// The call had ended before the request.
    Before,
}

/// Records that Twilio ended a call for a user. Twilio may report the end before it answers the request, so the call
/// may be stored as ended already; the call then counts as ended by the user. With [`Completed::Before`], a call that
/// is stored as ended is refused.
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

pub fn record_listener(tx: &WriteTx<'_>, id: CallId, by: ActorId, now: Timestamp) -> Result<(), crate::crm::Error> {
    let call = find_running(tx, id)?;
    Ok(tx.insert_audit(by, "listen_to_call", &format!("call:{}", call.id), now)?)
}

/// Adds a webhook about a call to the webhook log, whether or not the call is stored. Skips a repeated webhook.
pub fn log_notification(tx: &WriteTx<'_>, raw: &RawWebhook, call: &CallSid, now: Timestamp) -> Result<()> {
    let call = tx.call_by_sid(call)?.map(|(id, _)| id);
    let outcome = if raw.is_repeated { WebhookOutcome::Duplicate } else { WebhookOutcome::Stored };
    log_webhook(tx, raw, outcome, "", call, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Provider;
    use crate::store::testing::{database, try_out};

    #[test]
    fn a_repeated_webhook_has_the_name_and_the_relation_too() {
        let sid: CallSid = format!("CA{:032x}", 1).parse().unwrap();
        let call = IncomingCall { from: "+972501234567".into(), ..IncomingCall::by_sid(sid) };
        let raw = RawWebhook {
            source: Provider::Twilio,
            path: "/webhook/incoming_call",
            content_type: String::new(),
            body: bytes::Bytes::new(),
            is_repeated: false,
        };
        let now = Timestamp::from_millis(1_795_000_000_000);
        let (_folder, conn) = database();
        try_out(&conn, |tx| {
            receive(tx, &call, &raw, country::IL, now, now)?;
            let contact = tx.stored_call(&call.call_sid)?.unwrap().contact_id;
            tx.rename_contact_from_profile(contact, "דנה", now)?;
            tx.set_contact_relation(contact, ContactRelation::Vip, now)?;
            let again = receive(tx, &call, &raw, country::IL, now, now)?;
            assert_eq!((again.name, again.is_vip), (ContactName::ByProfile("דנה".into()), true));
            Ok(())
        });
    }
}

//! Calls that are put through to a person: what is known of them while the person's phone rings.

use super::{Calls, LiveCall};
use crate::call::After;
use crate::config::Config;
use crate::crm::call::IncomingCall;
use crate::domain::{CallSid, PersonName, PhoneNumber, TransferFailure};
use crate::drive::call::Mail;

/// The longest reason that a person is told, in characters.
const MAX_REASON: usize = 200;

/// Of the transfer of one call.
#[derive(Debug, Default)]
pub(super) struct Transfer {
    /// How many there were, this one included.
    number: u32,
    reason: String,
    /// The person has pressed another key than the one that accepts.
    is_declined: bool,
}

/// What a person is told before the call is put through, and how it is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingTransfer {
    /// What the caller is called.
    pub caller_name: PersonName,
    /// The caller's number, or a word such as `anonymous`.
    pub caller_number: String,
    /// The number that was called.
    pub our_number: String,
    /// The person's number.
    pub person: String,
    /// Which transfer of the call this is, from 1.
    pub number: u32,
    /// What the caller wants; may be empty.
    pub reason: String,
}

/// Whether a call may be put through to the person of the settings. Whoever forwards calls to us or calls us is not rung:
/// the call would come back.
pub fn can_transfer(config: &Config, call: &IncomingCall) -> bool {
    config.agent.transfer_to.as_ref().is_some_and(|person| {
        let numbers = [&call.from, &call.to, &call.forwarded_from];
        !numbers.into_iter().any(|number| is_same(config, number, person.as_str()))
    })
}

impl Calls {
    /// The stream of a call is closed, and Twilio will be told to ring the person.
    pub(in crate::drive) fn put_through(&self, sid: &CallSid, reason: &str) {
        if let Some(live) = self.book().live.get_mut(sid) {
            (live.has_stream, live.next) = (false, Some(After::Transfer));
            let (number, reason) = (live.transfer.number + 1, reason.chars().take(MAX_REASON).collect());
            live.transfer = Transfer { number, reason, is_declined: false };
        }
        self.inner.ended.notify_waiters();
    }

    /// The transfer of a call that waits for the person's answer.
    pub fn pending_transfer(&self, sid: &CallSid) -> Option<PendingTransfer> {
        let book = self.book();
        let live = book.live.get(sid).filter(|live| live.is_transferring())?;
        Some(PendingTransfer {
            caller_name: live.caller.name.clone(),
            caller_number: live.caller.call.from.clone(),
            our_number: live.caller.call.to.clone(),
            person: live.person()?,
            number: live.transfer.number,
            reason: live.transfer.reason.clone(),
        })
    }

    /// The person has accepted. Returns whether the caller is still there; of a call that a daemon before knew of that is
    /// supposed.
    pub fn accept_transfer(&self, sid: &CallSid) -> bool {
        let book = self.book();
        match book.live.get(sid) {
            Some(live) if live.is_transferring() => live.mailbox.send(Mail::TransferAccepted).is_ok(),
            Some(_) => false,
            None => matches!(book.after.get(sid), None | Some(After::Transfer)),
        }
    }

    /// The person has pressed another key.
    pub fn decline_transfer(&self, sid: &CallSid) {
        if let Some(live) = self.book().live.get_mut(sid) {
            live.transfer.is_declined = true;
        }
    }

    /// The transfer has come to nothing, by what Twilio says of the dialled call. Returns whether the call goes on with us.
    pub fn fail_transfer(&self, sid: &CallSid, number: u32, why: TransferFailure) -> bool {
        let mut book = self.book();
        let Some(live) = book.live.get_mut(sid) else { return false };
        if !live.is_transferring() || live.transfer.number != number {
            // Told before: whatever followed is told again.
            return true;
        }
        live.next = None;
        let is_declined = live.transfer.is_declined && why == TransferFailure::NotAccepted;
        let why = if is_declined { TransferFailure::Declined } else { why };
        live.mailbox.send(Mail::TransferFailed(why)).is_ok()
    }

    /// Whether the person has accepted this call, as far as this daemon knows.
    pub fn is_transferred(&self, sid: &CallSid) -> bool {
        self.book().after.get(sid) == Some(&After::Transfer)
    }

    /// Whether a call that comes in is one that we are just putting through, and that the person's phone has forwarded back
    /// to us. The caller's number comes along, or the person's own, or ours where the caller has none.
    pub fn has_come_back(&self, call: &IncomingCall) -> bool {
        self.book().live.values().filter(|live| live.is_transferring()).any(|live| {
            let config = &live.settings.config;
            let Some(person) = live.person() else { return false };
            // Not every network says who has forwarded.
            if !call.forwarded_from.is_empty() && !is_same(config, &call.forwarded_from, &person) {
                return false;
            }
            let is_withheld = !call.from.starts_with('+') && !call.forwarded_from.is_empty();
            let ours = &live.caller.call;
            is_withheld || [&person, &ours.from, &ours.to].into_iter().any(|number| is_same(config, number, &call.from))
        })
    }
}

impl LiveCall {
    /// The number of the person to whom it may be put through.
    fn person(&self) -> Option<String> {
        Some(self.settings.config.agent.transfer_to.as_ref()?.to_string())
    }

    /// Whether a socket may become its stream.
    pub(super) fn takes_stream(&self) -> bool {
        !self.has_stream && !self.is_transferring()
    }

    fn is_transferring(&self) -> bool {
        self.next == Some(After::Transfer)
    }
}

/// Whether two numbers are the same, however they are written. What is no number is the same as nothing.
fn is_same(config: &Config, one: &str, other: &str) -> bool {
    let parse = |text: &str| PhoneNumber::parse_provider(text, config.whatsapp.country()).ok();
    parse(one).is_some_and(|one| parse(other) == Some(one))
}

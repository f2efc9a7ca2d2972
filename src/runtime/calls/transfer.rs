//! Transfers of calls to a human agent: their start, acceptance and failure.

use super::pending_transfer::{PendingTransfer, Transfer};
use super::reachable::is_same;
use super::{CallMessage, Calls};
use crate::call::StreamEndAction;
use crate::clock;
use crate::config::Config;
use crate::crm::call::IncomingCall;
use crate::domain::{CallSid, PhoneNumber, TransferFailure};

/// The maximum length, in characters, of the reason that is spoken to the human agent, or shown in the page.
pub(super) const MAX_REASON: usize = 200;

/// Whether an incoming call is the daemon's own call to the human agent, which the human agent's phone forwarded back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForwardedBack {
    /// No: it is another call.
    No,
    /// Possibly: its caller number is that of a call that is ringing or being transferred, but no forwarding number is
    /// reported. It may also be another caller behind the same number, such as a colleague in the same company.
    Perhaps,
    /// Yes: the human agent's phone forwarded it.
    Yes,
}

impl Calls {
    pub(in crate::runtime) fn start_transfer(&self, sid: &CallSid, reason: &str) {
        if let Some(live) = self.registry().live.get_mut(sid) {
            (live.has_stream, live.next) = (false, Some(StreamEndAction::Transfer));
            let (number, reason) = (live.transfer.number + 1, reason.chars().take(MAX_REASON).collect());
            live.transfer = Transfer { number, reason, is_declined: false };
        }
        self.inner.ended.notify_waiters();
    }

    /// `None` unless the call waits for the human agent's answer.
    pub fn pending_transfer(&self, sid: &CallSid) -> Option<PendingTransfer> {
        let registry = self.registry();
        let Some(live) = registry.live.get(sid) else { return registry.ringing.get(sid)?.transfer() };
        let Transfer { number, reason, .. } = &live.transfer;
        let phones = live.settings.config.agent.transfer_to.as_slice();
        let pending = PendingTransfer::new(&live.context, phones, *number, reason);
        pending.filter(|_| live.is_transferring())
    }

    /// Records that the human agent accepted. Returns true while the caller is still on the line. Also returns true for
    /// a call that this process does not know, which may be from before a restart.
    pub fn accept_transfer(&self, sid: &CallSid) -> bool {
        let registry = self.registry();
        match registry.live.get(sid) {
            Some(live) if live.is_transferring() => live.sender.send(CallMessage::TransferAccepted).is_ok(),
            Some(_) => false,
            None => matches!(registry.ended.get(sid), None | Some(StreamEndAction::Transfer)),
        }
    }

    pub fn decline_transfer(&self, sid: &CallSid) {
        if let Some(live) = self.registry().live.get_mut(sid) {
            live.transfer.is_declined = true;
        }
    }

    /// Returns true if the conversation with the AI continues.
    pub fn fail_transfer(&self, sid: &CallSid, number: u32, why: TransferFailure) -> bool {
        let mut registry = self.registry();
        let Some(live) = registry.live.get_mut(sid) else { return false };
        if !live.is_transferring() || live.transfer.number != number {
            // A repeated report gets the same answer.
            return true;
        }
        live.next = None;
        let is_declined = live.transfer.is_declined && why == TransferFailure::NotAccepted;
        let why = if is_declined { TransferFailure::Declined } else { why };
        live.sender.send(CallMessage::TransferFailed(why)).is_ok()
    }

    /// Returns true if the human agent has accepted this call, as far as this process knows.
    pub fn is_transferred(&self, sid: &CallSid) -> bool {
        self.registry().ended.get(sid) == Some(StreamEndAction::Transfer)
    }

    /// The caller number of a call that was forwarded back is the number of the original caller or of the human agent.
    /// If the original caller withheld the number, it is the number that the original caller dialled.
    pub fn forwarded_back(&self, call: &IncomingCall) -> ForwardedBack {
        let (registry, now) = (self.registry(), clock::instant());
        let transferring = registry.live.values().filter(|live| live.is_transferring());
        let transferring = transferring.map(|live| {
            let config = &live.settings.config;
            (config, config.agent.transfer_to.as_slice(), &live.context.call)
        });
        let ringing = registry.ringing.values().filter(|ringing| !ringing.is_over(now));
        let ringing = ringing.map(|ringing| {
            let config = &ringing.settings.config;
            (config, config.ring_numbers(), &ringing.context.call)
        });
        // A webhook about the same call is a retry by Twilio after a lost answer.
        let others = transferring.chain(ringing).filter(|(_, _, ours)| ours.call_sid != call.call_sid);
        others.map(|(config, phones, ours)| is_returned(config, phones, ours, call)).max().unwrap_or(ForwardedBack::No)
    }
}

/// Returns whether `call` is the call `ours`, which rings at these phones.
fn is_returned(config: &Config, phones: &[PhoneNumber], ours: &IncomingCall, call: &IncomingCall) -> ForwardedBack {
    if phones.is_empty() {
        return ForwardedBack::No;
    }
    let is_phone = |number: &str| phones.iter().any(|phone| is_same(config, number, phone.as_str()));
    let is_from = |number: &str| is_same(config, number, &call.from);
    // Some networks do not report who forwarded the call.
    let is_marked = !call.forwarded_from.is_empty();
    if is_marked && !is_phone(&call.forwarded_from) {
        return ForwardedBack::No;
    }
    if is_from(&ours.to) || (is_marked && call.caller_number().is_none()) {
        return ForwardedBack::Yes;
    }
    // The staff can also call the business themselves while a customer's call rings at their phone.
    match (is_phone(&call.from) || is_from(&ours.from), is_marked) {
        (true, true) => ForwardedBack::Yes,
        (true, false) => ForwardedBack::Perhaps,
        (false, _) => ForwardedBack::No,
    }
}

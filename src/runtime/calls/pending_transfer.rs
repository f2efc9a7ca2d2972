//! The state of a call's transfer to a human agent.

use super::CallContext;
use crate::domain::{CallMedium, ContactName, PhoneNumber};

#[derive(Debug, Default)]
pub(super) struct Transfer {
    /// The number of transfers of this call so far, including the current one.
    pub(super) number: u32,
    pub(super) reason: String,
    /// True if the human agent pressed a key that does not accept the call.
    pub(super) is_declined: bool,
}

/// A transfer that waits for the human agent: the data for the announcement to the human agent, and for dialling the
/// human agent's phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingTransfer {
    pub caller_name: ContactName,
    /// The caller's number; `None` if the number is withheld or is not a full number.
    pub caller_number: Option<PhoneNumber>,
    pub medium: CallMedium,
    /// The number that was called; `None` if Twilio does not report a full number.
    pub called_number: Option<PhoneNumber>,
    /// The phones to dial at the same time, E.164; at least one.
    pub numbers: Vec<String>,
    /// The number of this transfer in the call, counted from 1; 0 if the call rings before the AI answers it.
    pub number: u32,
    /// The caller's request, as the AI describes it; may be empty.
    pub reason: String,
}

impl PendingTransfer {
    /// Returns `None` if there is no phone to dial.
    pub(super) fn new(context: &CallContext, phones: &[PhoneNumber], number: u32, reason: &str) -> Option<Self> {
        let numbers: Vec<_> = phones.iter().map(ToString::to_string).collect();
        (!numbers.is_empty()).then(|| Self {
            caller_name: context.name.clone(),
            caller_number: context.call.caller_number(),
            medium: context.call.medium(),
            called_number: context.call.own_number(),
            numbers,
            number,
            reason: reason.to_owned(),
        })
    }
}

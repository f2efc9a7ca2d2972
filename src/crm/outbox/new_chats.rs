//! Limits on messages that start a conversation: allowed recipients, and the number per day. Without them, a stolen
//! token could be used to write to any number in the name of the business, and at its cost.

use super::send::{SendError, SendRequest};
use crate::domain::{PhoneNumber, ThreadId, Timestamp};
use crate::store::{Result, WriteTx};
use std::time::Duration;

/// Limits on messages that start a conversation, across all providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChatLimits {
    /// The allowed prefixes of phone numbers: `+972`; `+` allows every number.
    pub prefixes: Vec<String>,
    /// How many conversations one user or token may start in 24 hours.
    pub per_author: u32,
    /// How many conversations may be started in 24 hours in total.
    pub in_all: u32,
}

/// Why a message may not start a conversation; none if it may, or if there is one already.
pub(super) fn refusal(
    tx: &WriteTx<'_>,
    request: &SendRequest,
    thread: Option<ThreadId>,
    number: &str,
    now: Timestamp,
) -> Result<Option<SendError>> {
    let Some(limits) = &request.new_chats else { return Ok(None) };
    if thread.map(|thread| tx.has_messages(thread)).transpose()?.unwrap_or(false) {
        return Ok(None);
    }
    if PhoneNumber::from_e164(number).is_some() {
        let is_allowed = limits.prefixes.iter().any(|prefix| number.starts_with(prefix));
        let is_premium = request.to.number().is_some_and(PhoneNumber::is_premium);
        if !is_allowed || is_premium {
            return Ok(Some(SendError::NotAllowed { prefixes: limits.prefixes.join(", ") }));
        }
    }
    let begun = tx.chats_started(&request.author, now.minus(DAY))?;
    let is_exceeded = begun.by_author >= limits.per_author || begun.total >= limits.in_all;
    Ok(is_exceeded.then_some(SendError::TooManyNewChats))
}

const DAY: Duration = Duration::from_hours(24);

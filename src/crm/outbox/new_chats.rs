//! Limits on messages that start a conversation: allowed recipients, and the number per day. The limits prevent a
//! stolen token from writing to any number at the cost of the business. The recipient's address decides whether a
//! conversation exists, because users can merge contacts, so that a thread with messages does not cover each number of
//! its contact.

use super::request::{NewChatLimits, SendError, SendRefusal};
use crate::domain::{PeerAddress, ThreadId, Timestamp};
use crate::store::ReadTx;
use std::time::Duration;

/// A message in an existing conversation is always allowed. `limits` is `None` for an author without limits.
pub(super) fn check(
    tx: &ReadTx<'_>,
    (limits, author): (Option<&NewChatLimits>, &str),
    thread: Option<ThreadId>,
    address: &PeerAddress,
    now: Timestamp,
) -> Result<(), SendError> {
    let Some(limits) = limits else { return Ok(()) };
    if thread.map(|thread| tx.has_conversation(thread, address)).transpose()?.unwrap_or(false) {
        return Ok(());
    }
    if let Some(number) = address.number() {
        number.check_typed(limits.country).map_err(SendRefusal::from)?;
        let is_allowed = limits.prefixes.iter().any(|prefix| number.as_str().starts_with(prefix));
        let is_premium = number.is_premium();
        if !is_allowed || is_premium {
            return Err(SendRefusal::NotAllowed { prefixes: limits.prefixes.join(", ") }.into());
        }
    }
    let begun = tx.chats_started(author, now.minus(DAY))?;
    if begun.by_author >= limits.per_author || begun.total >= limits.in_all {
        return Err(SendRefusal::TooManyNewChats.into());
    }
    Ok(())
}

const DAY: Duration = Duration::from_hours(24);

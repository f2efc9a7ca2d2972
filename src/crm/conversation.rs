//! A contact's conversation across all threads: marking it as read, archived or done.

use super::contact;
use super::{Error, RequestError};
use crate::domain::{ContactId, InboxRow, Timestamp, TurnEvent};
use crate::store::{ReadTx, WriteTx};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConversationAction {
    /// Mark all messages and calls as read.
    Read,
    /// Archive the conversation until the next message, call or failed delivery.
    Archive,
    Unarchive,
    /// Mark the conversation as needing no answer, until the contact's next message or call, or a failed delivery.
    Done,
}

/// Returns the inbox row of a contact; for a merged contact, the row of the one that it was merged into.
pub fn find(tx: &ReadTx<'_>, id: ContactId) -> Result<InboxRow, Error> {
    let contact = contact::find(tx, id)?;
    Ok(tx.inbox_row(contact.id)?.ok_or(RequestError::NotFound("conversation"))?)
}

pub fn change(tx: &WriteTx<'_>, id: ContactId, change: ConversationAction, now: Timestamp) -> Result<InboxRow, Error> {
    let contact = contact::find(tx, id)?.id;
    match change {
        ConversationAction::Read => tx.mark_contact_read(contact)?,
        ConversationAction::Archive => tx.set_archived(contact, Some(now))?,
        ConversationAction::Unarchive => tx.set_archived(contact, None)?,
        ConversationAction::Done => tx.apply_turn_to_contact(contact, TurnEvent::Done)?,
    }
    find(tx, contact)
}

/// Runs a step of the backfill that sets the turn in threads of earlier versions: whether the contact waits for an
/// answer, or a user must look at an answer of the agent.
pub fn start_turns(
    tx: &WriteTx<'_>,
    done_to: i64,
    rows: u32,
    _now: Timestamp,
) -> crate::store::Result<super::backfill::Step> {
    let last = tx.start_turns(done_to, rows)?;
    Ok(last.map_or(super::backfill::Step::Done, super::backfill::Step::UpTo))
}

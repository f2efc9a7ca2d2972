//! A contact's conversation as a whole, over all threads: read, archived, done.

use super::contact;
use super::{Error, RequestError};
use crate::domain::{ContactId, InboxRow, Timestamp, TurnEvent};
use crate::store::{ReadTx, WriteTx};

/// What a user does with a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConversationChange {
    /// Mark everything as read.
    Read,
    /// Put it away until something new happens.
    Archive,
    /// Show it among the others again.
    Unarchive,
    /// Declare that there is nothing to answer, until something new happens.
    Done,
}

/// The row of a contact; for a contact that was merged, the remaining one.
pub fn find(tx: &ReadTx<'_>, id: ContactId) -> Result<InboxRow, Error> {
    let contact = contact::find(tx, id)?;
    Ok(tx.inbox_row(contact.id)?.ok_or(RequestError::NotFound("conversation"))?)
}

/// Changes a conversation.
pub fn change(tx: &WriteTx<'_>, id: ContactId, change: ConversationChange, now: Timestamp) -> Result<InboxRow, Error> {
    let contact = contact::find(tx, id)?.id;
    match change {
        ConversationChange::Read => tx.mark_contact_read(contact)?,
        ConversationChange::Archive => tx.set_archived(contact, Some(now))?,
        ConversationChange::Unarchive => tx.set_archived(contact, None)?,
        ConversationChange::Done => tx.apply_turn_to_contact(contact, TurnEvent::Done)?,
    }
    find(tx, contact)
}

/// Sets the turns of threads that are older than turns.
pub fn start_turns(
    tx: &WriteTx<'_>,
    done_to: i64,
    rows: u32,
    _now: Timestamp,
) -> crate::store::Result<super::backfill::Step> {
    let last = tx.start_turns(done_to, rows)?;
    Ok(last.map_or(super::backfill::Step::Done, super::backfill::Step::UpTo))
}

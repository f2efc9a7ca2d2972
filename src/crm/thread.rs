//! Operations on a thread, except sending messages.

use super::contact::{self, resolve};
use super::{Error, RequestError};
use crate::domain::{
    ActorId, BusinessId, ContactId, Direction, Draft, Message, MessageStatus, OutboundAuthor, PeerAddress, Thread,
    ThreadId, ThreadType, Timestamp, TurnEvent,
};
use crate::store::{self, ReadTx, WriteTx};

pub fn find(tx: &ReadTx<'_>, id: ThreadId) -> Result<Thread, Error> {
    Ok(tx.thread(id)?.ok_or(RequestError::NotFound("thread"))?)
}

/// Returns the WhatsApp thread with a contact. If there is none, opens an empty one, in which messages are sent to the
/// address `to`; by default, to the contact's main one.
pub fn open(tx: &WriteTx<'_>, id: ContactId, to: Option<&PeerAddress>, now: Timestamp) -> Result<Thread, Error> {
    let (business, kind) = (BusinessId::FIRST, ThreadType::WhatsApp);
    let contact = contact::find(tx, id)?.id;
    let to = match to {
        Some(to) if resolve::find(tx, business, to)? == Some(contact) => Some(to.clone()),
        Some(_) => return Err(RequestError::field("to", "to must be a current number or id of the contact").into()),
        None => tx.best_address(contact)?,
    };
    let known = match tx.thread_with(business, kind, contact)? {
        Some(known) => Some(known),
        None => tx.insert_empty_thread(business, kind, contact, &to.ok_or_else(contact::no_address)?, now)?,
    };
    find(tx, known.ok_or(store::Error::NotFound("thread"))?)
}

pub fn mark_read(tx: &WriteTx<'_>, id: ThreadId) -> Result<Thread, Error> {
    let thread = find(tx, id)?;
    tx.mark_thread_read(thread.id)?;
    find(tx, thread.id)
}

/// The result of [`put_draft`].
#[derive(Debug)]
pub enum DraftOutcome {
    /// The stored draft has the new text.
    Stored,
    /// The stored draft has neither the expected nor the new text. Nothing was changed. Contains the stored draft.
    Changed(Option<Draft>),
}

/// An empty text deletes the draft. `expected` is the text on which the new one is based, empty if there was no draft;
/// none replaces any text. With `expected`, a merged thread is refused: the merge has joined its draft with that of the
/// thread that was kept, and a client that does not know of the merge yet would replace both with its own text.
pub fn put_draft(
    tx: &WriteTx<'_>,
    actor: ActorId,
    id: ThreadId,
    text: &str,
    expected: Option<&str>,
    now: Timestamp,
) -> Result<DraftOutcome, Error> {
    if text.chars().count() > MAX_DRAFT_CHARS {
        let message = format!("a draft may have at most {MAX_DRAFT_CHARS} characters");
        return Err(RequestError::field("text", message).into());
    }
    let thread = find(tx, id)?;
    if let Some(expected) = expected {
        if thread.id != id {
            let message = format!("the thread was merged into the thread {}; its draft is there", thread.id.0);
            return Err(RequestError::Conflict(message.into()).into());
        }
        let current = tx.drafts(actor, &[thread.id])?.remove(&thread.id);
        let stored = current.as_ref().map_or("", |draft| draft.text.as_str());
        // The new text is stored already if the response to an earlier request was lost.
        if stored != expected && stored != text {
            return Ok(DraftOutcome::Changed(current));
        }
    }
    tx.put_draft(actor, thread.id, text, now)?;
    Ok(DraftOutcome::Stored)
}

/// The maximum length of a draft, in characters. It exceeds the limit of a message, so that a draft that is too long to
/// send can be stored.
const MAX_DRAFT_CHARS: usize = 10_000;

/// Marks the contact as waiting for an answer again, if the status is that of a failed delivery. The daemon's messages
/// to the owner are ignored, because they are not answers.
pub(in crate::crm) fn answer_failed(tx: &WriteTx<'_>, message: &Message, status: MessageStatus) -> store::Result<()> {
    let author = OutboundAuthor::of(message.author.as_deref().unwrap_or_default());
    if status != MessageStatus::Failed || message.direction != Direction::Out || author == OutboundAuthor::Daemon {
        return Ok(());
    }
    tx.apply_turn(message.thread_id, TurnEvent::AnswerFailed(message.created_at))
}

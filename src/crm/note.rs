//! Notes about contacts.

use super::{Error, RequestError, contact, text};
use crate::domain::{ActorId, ContactId, Note, NoteId, Timestamp};
use crate::store::{ReadTx, WriteTx};

/// Returns a note, including a deleted one.
pub fn find(tx: &ReadTx<'_>, id: NoteId) -> Result<Note, Error> {
    Ok(tx.note(id)?.ok_or(RequestError::NotFound("note"))?)
}

pub fn create(
    tx: &WriteTx<'_>,
    actor: ActorId,
    contact: ContactId,
    text: &str,
    now: Timestamp,
) -> Result<NoteId, Error> {
    let contact = contact::find(tx, contact)?;
    let text = text::lines("text", text)?;
    Ok(tx.insert_note(contact.business_id, contact.id, &text, &actor.to_string(), now)?)
}

/// `None` leaves the text unchanged. The author stays the same; the audit log records the editor.
pub fn update(tx: &WriteTx<'_>, actor: ActorId, id: NoteId, text: Option<&str>, now: Timestamp) -> Result<(), Error> {
    let note = find(tx, id)?;
    if let Some(text) = text.map(|text| text::lines("text", text)).transpose()?
        && text != note.text
    {
        tx.set_note_text(id, &text, now)?;
        tx.insert_audit(actor, "update_note", &format!("note:{id}"), now)?;
    }
    Ok(())
}

/// Deletes a note; it can be restored.
pub fn delete(tx: &WriteTx<'_>, id: NoteId, now: Timestamp) -> Result<(), Error> {
    Ok(tx.delete_note(id, now)?)
}

pub fn restore(tx: &WriteTx<'_>, id: NoteId) -> Result<(), Error> {
    Ok(tx.restore_note(id)?)
}

//! Contacts: lookup by address, names, and merges.

pub mod resolve;

use super::{Error, RequestError};
use crate::domain::{ActorId, Contact, ContactId, Timestamp};
use crate::store::{ReadTx, WriteTx};

/// Finds a contact; for a contact that was merged, the remaining one.
pub fn find(tx: &ReadTx<'_>, id: ContactId) -> Result<Contact, Error> {
    let kept = tx.kept_contact(id)?;
    Ok(tx.contact(kept)?.ok_or(RequestError::NotFound("contact"))?)
}

/// Sets a contact's name; an empty text removes it.
pub fn rename(tx: &WriteTx<'_>, id: ContactId, name: &str, now: Timestamp) -> Result<(), Error> {
    let name = name.trim();
    if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(
            RequestError::Invalid(format!("the name must have at most {MAX_NAME_CHARS} characters").into()).into()
        );
    }
    Ok(tx.rename_contact_by_owner(id, name, now)?)
}

/// Merges two contacts; returns the number by which the merge can be undone.
pub fn merge(
    tx: &WriteTx<'_>,
    actor: ActorId,
    kept: ContactId,
    merged: ContactId,
    now: Timestamp,
) -> Result<i64, Error> {
    if kept == merged {
        return Err(RequestError::Invalid("a contact cannot be merged with itself".into()).into());
    }
    let (kept, merged) = (find(tx, kept)?, find(tx, merged)?);
    if kept.id == merged.id {
        return Err(RequestError::Conflict("these two contacts are merged already".into()).into());
    }
    let merge = tx.merge_contacts(kept.business_id, kept.id, merged.id, &actor.to_string(), now)?;
    tx.insert_audit(actor, "contacts_merged", &format!("contact:{}", kept.id), now)?;
    Ok(merge)
}

/// Merges the two contacts of a suggestion; returns the number by which the merge can be undone. The older contact
/// remains.
pub fn confirm_suggestion(tx: &WriteTx<'_>, actor: ActorId, id: i64, now: Timestamp) -> Result<i64, Error> {
    let found = tx.merge_suggestion(id)?.ok_or(RequestError::NotFound("merge suggestion"))?;
    let merge = merge(tx, actor, found.contact.id, found.other_contact.id, now)?;
    tx.decide_suggestion(id, true, now)?;
    Ok(merge)
}

/// Dismisses a suggestion: the two contacts are different people, and are not suggested again.
pub fn dismiss_suggestion(tx: &WriteTx<'_>, actor: ActorId, id: i64, now: Timestamp) -> Result<(), Error> {
    tx.decide_suggestion(id, false, now)?;
    tx.insert_audit(actor, "merge_suggestion_dismissed", &format!("merge_suggestion:{id}"), now)?;
    Ok(())
}

/// Undoes a merge of two contacts.
pub fn undo_merge(tx: &WriteTx<'_>, actor: ActorId, merge: i64, now: Timestamp) -> Result<(), Error> {
    tx.undo_merge(merge, now)?;
    tx.insert_audit(actor, "merge_undone", &format!("merge:{merge}"), now)?;
    Ok(())
}

const MAX_NAME_CHARS: usize = 200;

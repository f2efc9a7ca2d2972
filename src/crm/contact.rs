//! What people do with contacts: give them names, say that two are one, and take that back.

use super::{Error, Refusal};
use crate::domain::{ActorId, Contact, ContactId, Timestamp};
use crate::store::{ReadTx, WriteTx};

/// One person; of two that became one, the one that is left.
pub fn find(tx: &ReadTx<'_>, id: ContactId) -> Result<Contact, Error> {
    let kept = tx.kept_contact(id)?;
    Ok(tx.contact(kept)?.ok_or(Refusal::NotFound("contact"))?)
}

/// Gives a person a name; an empty one takes it away.
pub fn rename(tx: &WriteTx<'_>, id: ContactId, name: &str, now: Timestamp) -> Result<Contact, Error> {
    let name = name.trim();
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::Invalid(format!("the name must have at most {LONGEST_NAME} characters").into()).into());
    }
    tx.rename_contact_by_owner(id, name, now)?;
    find(tx, id)
}

/// Says that two contacts are one person; gives the number by which it can be undone.
pub fn merge(
    tx: &WriteTx<'_>,
    actor: ActorId,
    kept: ContactId,
    merged: ContactId,
    now: Timestamp,
) -> Result<i64, Error> {
    if kept == merged {
        return Err(Refusal::Invalid("a contact cannot be merged with itself".into()).into());
    }
    let (kept, merged) = (find(tx, kept)?, find(tx, merged)?);
    if kept.id == merged.id {
        return Err(Refusal::Conflict("these two are one already".into()).into());
    }
    let merge = tx.merge_contacts(kept.business_id, kept.id, merged.id, &actor.to_string(), now)?;
    tx.insert_audit(actor, "contacts_merged", &format!("contact:{}", kept.id), now)?;
    Ok(merge)
}

/// Parts two contacts again.
pub fn undo_merge(tx: &WriteTx<'_>, actor: ActorId, merge: i64, now: Timestamp) -> Result<(), Error> {
    tx.undo_merge(merge, now)?;
    tx.insert_audit(actor, "merge_undone", &format!("merge:{merge}"), now)?;
    Ok(())
}

const LONGEST_NAME: usize = 200;

//! Contacts: lookup, names, blocking, opt-outs, relations, and merges.

pub mod number;
pub mod resolve;

use super::backfill::Step;
use super::{Error, RequestError, text};
use crate::domain::{
    ActorId, AddressKind, BusinessId, Call, CallSid, Contact, ContactId, ContactRelation, MergeChoices, PeerAddress,
    PhoneNumber, Timestamp, TurnEvent,
};
use crate::store::{self, ReadTx, WriteTx};

/// Returns a contact; for a merged contact, the one that it was merged into.
pub fn find(tx: &ReadTx<'_>, id: ContactId) -> Result<Contact, Error> {
    let kept = tx.kept_contact(id)?;
    Ok(tx.contact(kept)?.ok_or(RequestError::NotFound("contact"))?)
}

/// A partial change of a contact: `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct ContactUpdate {
    /// The name; an empty text removes it.
    pub name: Option<String>,
    /// The language code; `Some(None)` removes it.
    pub language: Option<Option<String>>,
}

pub fn update(tx: &WriteTx<'_>, id: ContactId, change: &ContactUpdate, now: Timestamp) -> Result<(), Error> {
    let id = find(tx, id)?.id;
    let name = change.name.as_deref().map(|name| text::name_or_empty("display_name", name)).transpose()?;
    let language = match &change.language {
        Some(Some(code)) if !is_language(code) => {
            return Err(text::refuse("language", "must be a code such as he or en").into());
        }
        language => language.as_ref().map(Option::as_deref),
    };
    if let Some(name) = name {
        tx.rename_contact_by_owner(id, &name, now)?;
    }
    if let Some(language) = language {
        tx.set_contact_language(id, language, now)?;
    }
    Ok(())
}

/// Returns true if a code has the form of ISO 639: two or three lower-case letters.
fn is_language(code: &str) -> bool {
    (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Refused if another contact has the number.
pub fn create(tx: &WriteTx<'_>, name: &str, number: &PhoneNumber, now: Timestamp) -> Result<ContactId, Error> {
    let name = text::name_or_empty("display_name", name)?;
    let business = BusinessId::FIRST;
    if let Some(holder) = resolve::find(tx, business, &PeerAddress::Phone(number.clone()))? {
        return Err(number_taken(tx, holder)?);
    }
    let id = tx.insert_contact(business, "", now)?;
    if !name.is_empty() {
        tx.rename_contact_by_owner(id, &name, now)?;
    }
    tx.insert_address(business, id, (AddressKind::Phone, number.as_str()), None, now)?;
    Ok(id)
}

fn number_taken(tx: &ReadTx<'_>, holder: ContactId) -> Result<Error, Error> {
    let params = vec![("contact_id", tx.kept_contact(holder)?.to_string())];
    let message = "another contact has this number".into();
    Ok(RequestError::CodedConflict { code: "number_taken", message, params }.into())
}

pub fn set_opted_out(
    tx: &WriteTx<'_>,
    actor: ActorId,
    id: ContactId,
    opted_out: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let id = find(tx, id)?.id;
    tx.set_contact_opted_out(id, opted_out, actor, now)?;
    Ok(())
}

/// Records that the caller wants no more calls and messages from the business, as the caller said in a call. A repeated
/// request changes nothing.
pub fn opt_out_in_call(tx: &WriteTx<'_>, call: &CallSid, now: Timestamp) -> Result<(), Error> {
    let call = tx.stored_call(call)?.ok_or(RequestError::NotFound("call"))?;
    let contact = find(tx, call.contact_id)?.id;
    // Each call with a withheld number has a contact of its own.
    if tx.addresses(contact)?.is_empty() {
        let message = "the caller's number is withheld, so the business cannot call or write to it; say so".into();
        return Err(RequestError::Invalid(message).into());
    }
    // An opt-out that only a provider has reported ends with the contact's next message, so it does not suffice.
    if !tx.set_contact_opted_out(contact, true, ActorId::Agent, now)? {
        return Ok(());
    }
    Ok(tx.insert_audit(ActorId::Agent, "set_contact_opt_out", &format!("contact:{contact}"), now)?)
}

/// Blocks or unblocks a contact. Calls of a blocked contact are rejected, and its messages count neither as unread nor
/// as waiting. Blocking also archives the conversation, and unblocking removes it from the archive. A contact without
/// an address cannot be blocked.
pub fn set_blocked(tx: &WriteTx<'_>, by: ActorId, id: ContactId, blocked: bool, now: Timestamp) -> Result<(), Error> {
    let id = find(tx, id)?.id;
    if blocked && tx.addresses(id)?.is_empty() {
        return Err(no_address());
    }
    if !tx.set_contact_blocked(id, blocked, by, now)? {
        return Ok(());
    }
    if blocked {
        tx.mark_contact_read(id)?;
        tx.apply_turn_to_contact(id, TurnEvent::Done)?;
    }
    Ok(tx.set_archived(id, blocked.then_some(now))?)
}

/// A contact without an address can only be a customer.
pub fn set_relation(tx: &WriteTx<'_>, id: ContactId, relation: ContactRelation, now: Timestamp) -> Result<(), Error> {
    let id = find(tx, id)?.id;
    if relation != ContactRelation::Customer && tx.addresses(id)?.is_empty() {
        return Err(no_address());
    }
    tx.set_contact_relation(id, relation, now)?;
    Ok(())
}

pub(super) fn relation_of_caller(tx: &ReadTx<'_>, call: &Call) -> store::Result<ContactRelation> {
    tx.contact_relation(tx.kept_contact(call.contact_id)?)
}

pub(in crate::crm) fn no_address() -> Error {
    let message = "this contact has no number or address".into();
    RequestError::CodedConflict { code: "no_address", message, params: Vec::new() }.into()
}

/// Returns the id of the merge, which is needed to undo it.
pub fn merge(
    tx: &WriteTx<'_>,
    actor: ActorId,
    kept: ContactId,
    merged: ContactId,
    choices: &MergeChoices,
    now: Timestamp,
) -> Result<i64, Error> {
    if kept == merged {
        return Err(RequestError::Invalid("a contact cannot be merged with itself".into()).into());
    }
    let (kept, merged) = (find(tx, kept)?, find(tx, merged)?);
    if kept.id == merged.id {
        return Err(RequestError::Conflict("these two contacts are merged already".into()).into());
    }
    let merge = tx.merge_choosing(kept.business_id, (kept.id, merged.id), choices, &actor.to_string(), now)?;
    tx.insert_audit(actor, "contacts_merged", &format!("contact:{}", kept.id), now)?;
    Ok(merge)
}

/// Merges the two contacts of a suggestion into the older one. Returns the id of the merge, which is needed to undo it.
pub fn confirm_suggestion(tx: &WriteTx<'_>, actor: ActorId, id: i64, now: Timestamp) -> Result<i64, Error> {
    let found = tx.merge_suggestion(id)?.ok_or(RequestError::NotFound("merge suggestion"))?;
    let merge = merge(tx, actor, found.contact.id, found.other_contact.id, &MergeChoices::default(), now)?;
    tx.decide_suggestion(id, true, now)?;
    Ok(merge)
}

/// Dismisses a suggestion: the two contacts are different people, and the merge is not suggested again.
pub fn dismiss_suggestion(tx: &WriteTx<'_>, actor: ActorId, id: i64, now: Timestamp) -> Result<(), Error> {
    tx.decide_suggestion(id, false, now)?;
    tx.insert_audit(actor, "merge_suggestion_dismissed", &format!("merge_suggestion:{id}"), now)?;
    Ok(())
}

/// Shows a dismissed suggestion again.
pub fn reopen_suggestion(tx: &WriteTx<'_>, actor: ActorId, id: i64, now: Timestamp) -> Result<(), Error> {
    tx.reopen_suggestion(id)?;
    tx.insert_audit(actor, "merge_suggestion_reopened", &format!("merge_suggestion:{id}"), now)?;
    Ok(())
}

/// Undoes a merge. Later merges of the kept contact must be undone first, because they moved the same rows.
pub fn undo_merge(tx: &WriteTx<'_>, actor: ActorId, merge: i64, now: Timestamp) -> Result<(), Error> {
    if let Some(later) = tx.later_merge(merge)? {
        let message = format!("the contact took part in a later merge: undo merge {later} first").into();
        let params = vec![("merge_id", later.to_string())];
        return Err(RequestError::CodedConflict { code: "later_merge", message, params }.into());
    }
    tx.undo_merge(merge, now)?;
    tx.insert_audit(actor, "merge_undone", &format!("merge:{merge}"), now)?;
    Ok(())
}

pub fn set_last_activity(tx: &WriteTx<'_>, done_to: i64, rows: u32, _now: Timestamp) -> Result<Step, store::Error> {
    Ok(tx.set_last_activity(done_to, rows)?.map_or(Step::Done, Step::UpTo))
}

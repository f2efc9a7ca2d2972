//! The phone numbers of a contact, as users edit them. A number belongs to one contact. If another contact has it, the
//! change is refused, and the page offers to merge the two contacts.

use super::resolve;
use crate::crm::{Error, RequestError};
use crate::domain::{
    Address, AddressId, AddressKind, BusinessId, ContactId, PeerAddress, PhoneNumber, SuggestionReason, Timestamp,
};
use crate::store::{NewNumber, NewSuggestion, ReadTx, WriteTx};

/// Returns a number of a contact, current or former.
pub fn find(tx: &ReadTx<'_>, contact: ContactId, id: AddressId) -> Result<Address, Error> {
    let contact = super::find(tx, contact)?.id;
    let found = tx.addresses(contact)?.into_iter().find(|one| one.id == id && one.kind == AddressKind::Phone);
    Ok(found.ok_or(RequestError::NotFound("number of this contact"))?)
}

/// A number to add, or to restore after its removal.
#[derive(Clone, Debug)]
pub struct AddedNumber {
    pub number: PhoneNumber,
    /// When another number replaced it; `None` for a current number.
    pub former_at: Option<Timestamp>,
    /// The id of the number before its removal. With the id, the number returns to its position among the contact's
    /// numbers.
    pub restored: Option<AddressId>,
    /// Whether a restored number becomes the main number. A new number becomes it in any case, and a former one never.
    pub main: bool,
}

/// A change of a number; `None` for what stays.
#[derive(Clone, Debug)]
pub struct NumberUpdate {
    pub number: Option<PhoneNumber>,
    /// Whether the number becomes the main number of its contact.
    pub main: bool,
}

/// Adds a number to a contact, or makes a former number current. With `former_at`, the number is or becomes a former
/// one. Refuses a number that another contact has now and, without `former_at`, one that the contact has already.
pub fn add(tx: &WriteTx<'_>, contact: ContactId, added: &AddedNumber, now: Timestamp) -> Result<AddressId, Error> {
    let contact = super::find(tx, contact)?.id;
    let AddedNumber { number, former_at, restored, main } = added;
    let former_holder = claim(tx, contact, number)?;
    if former_at.is_none() {
        refuse_current(tx, contact, number)?;
    }
    let new = NewNumber { number, former_at: former_at.map(|at| at.min(now)), restored: *restored };
    let id = tx.insert_number(BusinessId::FIRST, contact, &new, now)?;
    if former_at.is_none() && (*main || restored.is_none()) {
        tx.set_main_number(&find(tx, contact, id)?, now)?;
    }
    suggest(tx, contact, former_holder, number, now)?;
    Ok(id)
}

/// Corrects a number, or makes it the contact's main number. A former number cannot be the main one.
pub fn change(
    tx: &WriteTx<'_>,
    contact: ContactId,
    id: AddressId,
    change: &NumberUpdate,
    now: Timestamp,
) -> Result<(), Error> {
    if let Some(number) = &change.number {
        correct(tx, contact, id, number, now)?;
    }
    let found = find(tx, contact, id)?;
    match found.former_at {
        _ if !change.main => Ok(()),
        Some(_) => Err(RequestError::Conflict("a former number cannot be the main number".into()).into()),
        None => Ok(tx.set_main_number(&found, now)?),
    }
}

/// Corrects a number. Conversations and queued messages then use the corrected number. A WhatsApp id that was seen with
/// the old number is kept, without a number until WhatsApp reports one.
fn correct(
    tx: &WriteTx<'_>,
    contact: ContactId,
    id: AddressId,
    number: &PhoneNumber,
    now: Timestamp,
) -> Result<(), Error> {
    let found = find(tx, contact, id)?;
    if found.value == number.as_str() {
        return Ok(());
    }
    let former_holder = claim(tx, found.contact_id, number)?;
    refuse_current(tx, found.contact_id, number)?;
    tx.correct_number(BusinessId::FIRST, &found, number)?;
    suggest(tx, found.contact_id, former_holder, number, now)
}

/// Removes a number. The last usable address of a contact cannot be removed, because the contact's conversations would
/// have no recipient, and its next message or call would create another contact.
pub fn remove(tx: &WriteTx<'_>, contact: ContactId, id: AddressId) -> Result<(), Error> {
    let found = find(tx, contact, id)?;
    tx.delete_number(&found)?;
    if found.former_at.is_none() && tx.best_address(found.contact_id)?.is_none() {
        let message = "this is the contact's last number or address; correct it instead".into();
        return Err(RequestError::CodedConflict { code: "last_address", message, params: Vec::new() }.into());
    }
    Ok(())
}

fn refuse_current(tx: &ReadTx<'_>, contact: ContactId, number: &PhoneNumber) -> Result<(), Error> {
    if tx.addresses(contact)?.iter().any(|one| is_current(one) && one.value == number.as_str()) {
        return Err(RequestError::Conflict("this contact has this number already".into()).into());
    }
    Ok(())
}

fn is_current(address: &Address) -> bool {
    address.kind == AddressKind::Phone && address.former_at.is_none()
}

/// Refuses a number that another contact has now. Returns the contact that had it before.
fn claim(tx: &ReadTx<'_>, contact: ContactId, number: &PhoneNumber) -> Result<Option<ContactId>, Error> {
    let business = BusinessId::FIRST;
    if let Some(holder) = resolve::find(tx, business, &PeerAddress::Phone(number.clone()))?
        && holder != contact
    {
        return Err(super::number_taken(tx, holder)?);
    }
    let former = tx.address_holder(business, AddressKind::Phone, number.as_str())?;
    Ok(former.map(|former| former.contact).filter(|holder| *holder != contact))
}

/// Suggests a merge with the contact that had the number before, because both may be the same person.
fn suggest(
    tx: &WriteTx<'_>,
    contact: ContactId,
    former: Option<ContactId>,
    number: &PhoneNumber,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(former) = former else { return Ok(()) };
    let (contacts, reason) = ([contact, former], SuggestionReason::NumberMoved);
    tx.suggest_merge(BusinessId::FIRST, &NewSuggestion { contacts, reason, address: number.as_str() }, now)?;
    Ok(())
}

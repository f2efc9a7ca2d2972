//! A contact's right to a copy of the data about them, and to its deletion.

use super::{Error, RequestError, contact, text};
use crate::domain::{ActorId, Contact, ContactId, Timestamp};
use crate::store::{self, Erased, PersonalData, ReadTx, WriteTx};

/// A deletion that was confirmed.
#[derive(Clone, Debug)]
pub struct Erasure {
    contact: ContactId,
    data: PersonalData,
}

/// Collects what belongs to a contact, for the export.
pub fn collect(tx: &ReadTx<'_>, id: ContactId) -> Result<(Contact, PersonalData), Error> {
    let contact = contact::find(tx, id)?;
    let data = tx.personal_data(contact.id)?;
    Ok((contact, data))
}

/// Records that the data about a contact was exported.
pub fn note_export(tx: &WriteTx<'_>, actor: ActorId, id: ContactId, now: Timestamp) -> store::Result<()> {
    tx.insert_audit(actor, "contact_exported", &format!("contact:{id}"), now)
}

/// Prepares the deletion of everything about a contact. `confirm` repeats the contact's name, number or other address, so that no other
/// contact is deleted by mistake.
pub fn plan(tx: &ReadTx<'_>, id: ContactId, confirm: &str) -> Result<Erasure, Error> {
    let (contact, data) = collect(tx, id)?;
    if !is_confirmed(tx, &contact, confirm)? {
        return Err(text::refuse("confirm", "must be the contact's name or number, as it is shown").into());
    }
    check_idle(tx, &data)?;
    Ok(Erasure { contact: contact.id, data })
}

/// Deletes a part of the sound and files; returns false when none is left.
pub fn erase_large_part(tx: &WriteTx<'_>, erasure: &Erasure, erased: &mut Erased) -> Result<bool, Error> {
    Ok(tx.erase_large_part(&erasure.data, erased)? > 0)
}

/// Deletes everything about a contact. The audit row names the contact only by the id, which is not used otherwise any more.
pub fn erase(
    tx: &WriteTx<'_>,
    actor: ActorId,
    erasure: &Erasure,
    erased: &mut Erased,
    now: Timestamp,
) -> Result<(), Error> {
    contact::find(tx, erasure.contact)?;
    check_idle(tx, &erasure.data)?;
    tx.erase_contact(erasure.contact, &erasure.data, erased)?;
    tx.insert_audit(actor, "contact_erased", &format!("contact:{}", erasure.contact), now)?;
    Ok(())
}

fn check_idle(tx: &ReadTx<'_>, data: &PersonalData) -> Result<(), Error> {
    if tx.is_in_progress(data)? {
        let message =
            "a call with the contact is active, or a message to the contact is being sent; try again afterwards";
        return Err(RequestError::Conflict(message.into()).into());
    }
    Ok(())
}

fn is_confirmed(tx: &ReadTx<'_>, contact: &Contact, confirm: &str) -> Result<bool, Error> {
    let confirm = confirm.trim();
    let bare = |text: &str| text.chars().filter(|c| !matches!(c, '-' | ' ' | '(' | ')' | '+')).collect::<String>();
    let addresses = tx.addresses(contact.id)?;
    let is_address = addresses.iter().any(|address| bare(&address.value) == bare(confirm));
    let has_none = contact.display_name.is_empty() && addresses.is_empty();
    Ok(!confirm.is_empty() && (confirm == contact.display_name || is_address)
        || has_none && confirm == contact.id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::call::{IncomingCall, find_or_create};
    use crate::domain::{CallSid, EndReason};
    use crate::store::testing::{database, transact};

    #[test]
    fn a_contact_is_not_erased_during_a_call() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let (now, sid) = (Timestamp::from_millis(0), CallSid::stored("CA1"));
            let call = IncomingCall { from: "+972501234567".to_owned(), ..IncomingCall::by_sid(sid.clone()) };
            let contact = find_or_create(tx, &call, phonenumber::country::IL, now)?.1.unwrap();
            let plan = || plan(tx, contact, "972501234567");
            assert!(matches!(plan(), Err(Error::Refused(RequestError::Conflict(_)))));
            tx.end_call(&sid, EndReason::CallerHungUp, None, now)?;
            let erasure = plan().unwrap();
            let mut erased = Erased::new();
            erase(tx, ActorId::CommandLine, &erasure, &mut erased, now).unwrap();
            assert_eq!((erased["calls"], erased["threads"], erased["contacts"]), (1, 1, 1));
            Ok(())
        });
    }

    #[test]
    fn a_deletion_is_confirmed_by_name_or_address() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let now = Timestamp::from_millis(0);
            let id = tx.insert_contact(crate::domain::BusinessId::FIRST, "", now)?;
            assert!(plan(tx, id, "").is_err() && plan(tx, id, "0").is_err());
            assert!(plan(tx, id, &id.to_string()).is_ok(), "a contact without name and address has its id");
            tx.rename_contact_by_owner(id, "דנה", now)?;
            assert!(plan(tx, id, &id.to_string()).is_err() && plan(tx, id, " דנה ").is_ok());
            Ok(())
        });
    }
}

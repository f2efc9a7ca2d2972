//! Export and deletion of the data about a contact, as privacy law requires.

use super::{Error, RequestError, contact, text};
use crate::domain::{ActorId, Address, AddressKind, Contact, ContactId, JobKind, PeerAddress, Provider, Timestamp};
use crate::store::{self, Erased, ErasureRest, PersonalData, ReadTx, WriteTx};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A deletion of a contact's data that the user has confirmed.
#[derive(Clone, Debug)]
pub struct Erasure {
    contact: ContactId,
    data: PersonalData,
}

/// The result of the first part of a deletion. The deletion can no longer be refused or undone.
#[derive(Debug)]
pub struct Decided {
    pub erased: Erased,
    pub rest: ErasureRest,
    /// The data that the bridge must delete; `None` if no bridge is in use, or if the contact has no LID and no current
    /// phone number.
    pub bridge: Option<BridgeErasure>,
}

/// The data that the bridge must delete; the payload of the job that requests the deletion.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BridgeErasure {
    pub key: String,
    /// Phone numbers and LIDs, as the bridge takes them.
    pub addresses: Vec<String>,
}

pub fn collect(tx: &ReadTx<'_>, id: ContactId) -> Result<(Contact, PersonalData), Error> {
    let contact = contact::find(tx, id)?;
    let data = tx.personal_data(contact.id)?;
    Ok((contact, data))
}

pub fn note_export(tx: &WriteTx<'_>, actor: ActorId, id: ContactId, now: Timestamp) -> store::Result<()> {
    tx.insert_audit(actor, "contact_exported", &format!("contact:{id}"), now)
}

/// Prepares the deletion of all data about a contact. `confirm` must repeat the contact's name, number or other
/// address, or the id of a contact that has neither, so that no other contact is deleted by mistake. Refused during a
/// call with the contact, and while a message to the contact is being sent.
pub fn plan(tx: &ReadTx<'_>, id: ContactId, confirm: &str) -> Result<Erasure, Error> {
    let (contact, data) = collect(tx, id)?;
    if !is_confirmed(tx, &contact, confirm)? {
        return Err(text::refuse("confirm", "must be the contact's name or number, as it is shown").into());
    }
    check_idle(tx, &data)?;
    Ok(Erasure { contact: contact.id, data })
}

/// Deletes all data about a contact except the content of recordings and files, which [`erase_rest`] deletes. An error
/// leaves the contact unchanged. The audit row identifies the contact only by its id, which is never reused.
pub fn erase(
    tx: &WriteTx<'_>,
    actor: ActorId,
    erasure: &Erasure,
    has_bridge: bool,
    now: Timestamp,
) -> Result<Decided, Error> {
    contact::find(tx, erasure.contact)?;
    check_idle(tx, &erasure.data)?;
    let bridge = if has_bridge { erase_in_bridge(tx, erasure, now)? } else { None };
    let mut erased = Erased::new();
    let rest = tx.erase_contact(erasure.contact, &erasure.data, &mut erased, now)?;
    tx.insert_audit(actor, "contact_erased", &format!("contact:{}", erasure.contact), now)?;
    Ok(Decided { erased, rest, bridge })
}

/// Returns `None` if the contact has no LID and no current phone number.
fn erase_in_bridge(tx: &WriteTx<'_>, erasure: &Erasure, now: Timestamp) -> Result<Option<BridgeErasure>, Error> {
    let mut addresses = Vec::new();
    for id in &erasure.data.contacts {
        let is_at_bridge = |address: &Address| match address.kind {
            // A former number may belong to another contact now.
            AddressKind::Phone => address.former_at.is_none(),
            kind => kind == AddressKind::Lid,
        };
        let of = tx.addresses(ContactId(*id))?.into_iter().filter(is_at_bridge);
        let of = of.filter_map(|address| PeerAddress::of_kind(address.kind, &address.value));
        addresses.extend(of.map(|address| address.wire(Provider::Baileys)));
    }
    if addresses.is_empty() {
        return Ok(None);
    }
    let erasure = BridgeErasure { key: format!("erase_in_bridge:{}:{now}", erasure.contact), addresses };
    let payload = serde_json::to_string(&erasure).map_err(|error| store::Error::Value(error.to_string()))?;
    // The HTTP handler asks the bridge immediately. The job retries later, in case the bridge does not answer.
    tx.insert_job(JobKind::EraseInBridge, Some(&erasure.key), &payload, now.plus(Duration::from_secs(10)), now)?;
    Ok(Some(erasure))
}

/// Returns false when no content is left.
pub fn erase_rest(tx: &WriteTx<'_>, rest: &ErasureRest, erased: &mut Erased) -> Result<bool, Error> {
    Ok(tx.erase_rest(rest, erased)?)
}

/// Ends the deletion, after the free pages of the database have been released.
pub fn finish(tx: &WriteTx<'_>, rest: &ErasureRest) -> store::Result<()> {
    tx.finish_erasure(rest)
}

pub fn finish_in_bridge(tx: &WriteTx<'_>, erasure: &BridgeErasure) -> store::Result<()> {
    tx.delete_job(&erasure.key)
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
    use crate::crm::contact::resolve;
    use crate::crm::inbox::apply_update;
    use crate::crm::outbox::{SendRequest, send};
    use crate::crm::webhook_log::RawWebhook;
    use crate::domain::{Actor, BusinessId, CallSid, Change, EndReason, MessageStatus, MessageUpdate};
    use crate::inbox::policy::RoutingRules;
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
            let Decided { rest, mut erased, bridge } = erase(tx, ActorId::CommandLine, &erasure, true, now).unwrap();
            assert_eq!(bridge.unwrap().addresses, ["972501234567"]);
            assert!(!erase_rest(tx, &rest, &mut erased).unwrap());
            assert_eq!((erased["calls"], erased["threads"], erased["contacts"]), (1, 1, 1));
            Ok(())
        });
    }

    #[test]
    fn a_late_status_of_a_message_does_not_store_the_address_of_an_erased_contact() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let now = Timestamp::from_millis(1_795_000_000_000);
            let to = PeerAddress::from_stored("+972501234567").unwrap();
            let rules = RoutingRules { only: None, priority: vec![Provider::Baileys], template: false };
            let request = SendRequest::text(to.clone(), "hi".to_owned(), "user:1".to_owned(), now);
            let sent = send(tx, &request, &rules, &[], now).unwrap();
            tx.set_provider_id(sent.message_id, Provider::Baileys, Some("3EB0"))?;
            let contact = resolve::find(tx, BusinessId::FIRST, &to)?.unwrap();
            let erasure = plan(tx, contact, "+972501234567").unwrap();
            erase(tx, ActorId::CommandLine, &erasure, false, now).unwrap();
            let update = MessageUpdate {
                provider: Provider::Baileys,
                provider_msg_id: "3EB0".to_owned(),
                peer: vec![to],
                change: Change::Status(MessageStatus::Read, None),
                actor: Actor::Provider,
                event_id: None,
                at: None,
            };
            let raw = RawWebhook {
                source: Provider::Baileys,
                path: "/webhook/whatsapp/baileys",
                content_type: String::new(),
                body: bytes::Bytes::new(),
                is_repeated: false,
            };
            assert_eq!(apply_update(tx, BusinessId::FIRST, &update, &raw, now)?, None);
            assert!(tx.early_updates(Provider::Baileys, "3EB0")?.is_empty());
            Ok(())
        });
    }

    #[test]
    fn a_deletion_is_confirmed_by_name_or_address() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let now = Timestamp::from_millis(0);
            let id = tx.insert_contact(BusinessId::FIRST, "", now)?;
            assert!(plan(tx, id, "").is_err() && plan(tx, id, "0").is_err());
            assert!(plan(tx, id, &id.to_string()).is_ok(), "a contact without name and address has its id");
            tx.rename_contact_by_owner(id, "דנה", now)?;
            assert!(plan(tx, id, &id.to_string()).is_err() && plan(tx, id, " דנה ").is_ok());
            Ok(())
        });
    }
}

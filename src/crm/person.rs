//! People: found by any of their addresses, made at the first word, one when two turn out to be the same.

use crate::domain::{AddressKind, BusinessId, ContactId, PeerAddress, ThreadType, Timestamp};
use crate::store::{FoundThread, ReadTx, Result, WriteTx};

/// The thread of that kind with a person who is called by these addresses; person and thread are made if they are new.
/// `name` is what WhatsApp shows, empty if it shows none.
pub fn find_or_make_thread(
    tx: &WriteTx<'_>,
    business: BusinessId,
    kind: ThreadType,
    peer: &[PeerAddress],
    name: &str,
    now: Timestamp,
) -> Result<FoundThread> {
    if let Some(known) = find_known(tx, business, kind, peer)? {
        if !name.is_empty() && name != known.title {
            tx.rename_contact_from_profile(known.contact, name, now)?;
        }
        return Ok(known);
    }
    let contact = find_or_make(tx, business, peer, name, now)?;
    let shown = tx.addresses(contact)?;
    let number = shown.iter().find(|address| address.kind == AddressKind::Phone).map(|address| address.value.clone());
    let shown = number.or_else(|| peer.first().map(ToString::to_string)).unwrap_or_default();
    let id = tx.find_or_insert_thread(business, kind, contact, &shown, now)?;
    Ok(FoundThread { id, contact, title: String::new() })
}

/// The person who is called by these addresses, which are all taken down; made if nobody is. People who turn out to be
/// the same become one.
pub fn find_or_make(
    tx: &WriteTx<'_>,
    business: BusinessId,
    peer: &[PeerAddress],
    name: &str,
    now: Timestamp,
) -> Result<ContactId> {
    let mut found = Vec::new();
    for address in peer {
        if let Some(contact) = find(tx, business, address)?
            && !found.contains(&contact)
        {
            found.push(contact);
        }
    }
    let contact = match found.split_first() {
        None => tx.insert_contact(business, name, now)?,
        Some((&kept, others)) => {
            for &other in others {
                tracing::info!(event = "CONTACTS_MERGED", contact.id = %kept, merged.id = %other, "Two people are one");
                tx.merge_contacts(business, kept, other, "whatsapp", now)?;
            }
            if !name.is_empty() {
                tx.rename_contact_from_profile(kept, name, now)?;
            }
            kept
        }
    };
    for address in peer {
        tx.insert_address(business, contact, address.kind(), address.value(), now)?;
        if let PeerAddress::Phone(number) = address {
            tx.number_threads(contact, number)?;
        }
    }
    Ok(contact)
}

/// The way through of nearly every message: all addresses are known, and are one person's.
fn find_known(
    tx: &WriteTx<'_>,
    business: BusinessId,
    kind: ThreadType,
    peer: &[PeerAddress],
) -> Result<Option<FoundThread>> {
    let Some((first, others)) = peer.split_first() else { return Ok(None) };
    let Some(known) = tx.thread_by_address(business, kind, first.kind(), first.value())? else { return Ok(None) };
    for other in others {
        if tx.contact_by_address(business, other.kind(), other.value())? != Some(known.contact) {
            return Ok(None);
        }
    }
    Ok(Some(known))
}

/// Whose address it is; none if nobody has it. Twilio's `WaId` is a number as WhatsApp writes it, in some countries not
/// as everybody else does, so the one is looked for under the other too.
pub fn find(tx: &ReadTx<'_>, business: BusinessId, address: &PeerAddress) -> Result<Option<ContactId>> {
    let found = tx.contact_by_address(business, address.kind(), address.value())?;
    match (found, address) {
        (None, PeerAddress::Phone(number)) => tx.contact_by_address(business, AddressKind::TwilioWa, number.digits()),
        (None, PeerAddress::TwilioWa(digits)) => {
            tx.contact_by_address(business, AddressKind::Phone, &format!("+{digits}"))
        }
        (found, _) => Ok(found),
    }
}

#[cfg(test)]
mod tests;

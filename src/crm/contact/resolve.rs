//! Resolves addresses to contacts.
//!
//! A WhatsApp id (LID, business-scoped id) identifies a contact permanently, whereas a phone number can be reassigned.
//! If a message contains a known id and a number, the id therefore determines the contact, and the number is assigned
//! to that contact. Two contacts that both have a history are never merged automatically; instead, a merge is suggested
//! to the users.

use crate::domain::{BusinessId, ContactId, PeerAddress, PhoneNumber, SuggestionReason, ThreadType, Timestamp};
use crate::store::{FoundThread, NewSuggestion, ReadTx, Result, WriteTx};

/// The addresses and the name of a contact, as a message or a call shows them.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    pub business: BusinessId,
    pub channel: ThreadType,
    /// All addresses in the message or call; empty for a caller with a withheld number, who becomes a new contact each
    /// time.
    pub addresses: &'a [PeerAddress],
    /// The profile name in WhatsApp, empty if there is none.
    pub name: &'a str,
    /// For a delayed message: when the contact had these addresses. Newer addresses may be stored already. `None` for a
    /// message that was not delayed.
    pub seen_at: Option<Timestamp>,
    /// The start time of a contact or a thread that is created.
    pub begins_at: Timestamp,
}

/// Returns the thread with the contact of the sighting, creating contact and thread if needed, and stores the
/// sighting's addresses.
pub fn observe(tx: &WriteTx<'_>, seen: &Sighting<'_>) -> Result<FoundThread> {
    if let Some(known) = find_unchanged(tx, seen)? {
        if !seen.name.is_empty() && seen.name != known.title {
            tx.rename_contact_from_profile(known.contact, seen.name, seen.begins_at)?;
        }
        return Ok(known);
    }
    let (contact, is_late) = resolve(tx, seen)?;
    let shown = if is_late { None } else { seen.shown() };
    let thread = find_or_insert_thread(tx, seen, contact, shown)?;
    if let Some(shown) = shown {
        tx.set_thread_peer(thread.id, contact, shown)?;
    }
    Ok(thread)
}

/// Returns the WhatsApp thread with the contact that a user writes to, creating contact and thread if needed.
pub fn find_or_create_thread(
    tx: &WriteTx<'_>,
    business: BusinessId,
    to: &PeerAddress,
    now: Timestamp,
) -> Result<FoundThread> {
    let channel = ThreadType::WhatsApp;
    let addresses = std::slice::from_ref(to);
    let seen = Sighting { business, channel, addresses, name: "", seen_at: None, begins_at: now };
    if let Some(known) = find(tx, business, to)? {
        return find_or_insert_thread(tx, &seen, known, to.number().map(|_| to));
    }
    let contact = match find_recipient(tx, business, to)? {
        Some(former) => former,
        None => resolve(tx, &seen)?.0,
    };
    find_or_insert_thread(tx, &seen, contact, None)
}

/// Finds the contact that has an address now; a former holder is not found. Twilio's `WaId` is a number in WhatsApp's
/// form, which differs from the common one in some countries, so both forms are looked up.
pub fn find(tx: &ReadTx<'_>, business: BusinessId, address: &PeerAddress) -> Result<Option<ContactId>> {
    let current = |address: &PeerAddress| {
        let holder = tx.address_holder(business, address.kind(), address.value())?;
        Ok(holder.filter(|holder| !holder.is_former).map(|holder| holder.contact))
    };
    match (current(address)?, address.other_spelling()) {
        (None, Some(other)) => current(&other),
        (found, _) => Ok(found),
    }
}

/// Finds the contact of the first known address, ids before numbers.
pub fn find_any(tx: &ReadTx<'_>, business: BusinessId, addresses: &[PeerAddress]) -> Result<Option<ContactId>> {
    let (ids, numbers) = ids_and_numbers(addresses);
    for address in ids.into_iter().chain(numbers) {
        if let Some(contact) = find(tx, business, address)? {
            return Ok(Some(contact));
        }
    }
    Ok(None)
}

/// Finds the contact that a user means by an address: its current holder, otherwise its latest holder.
pub fn find_recipient(tx: &ReadTx<'_>, business: BusinessId, to: &PeerAddress) -> Result<Option<ContactId>> {
    match find(tx, business, to)? {
        Some(contact) => Ok(Some(contact)),
        None => Ok(tx.address_holder(business, to.kind(), to.value())?.map(|former| former.contact)),
    }
}

impl Sighting<'_> {
    fn number(&self) -> Option<&PhoneNumber> {
        self.addresses.iter().find_map(PeerAddress::number)
    }

    /// Returns the address to show for the contact: the number, otherwise the id that the message came from.
    fn shown(&self) -> Option<&PeerAddress> {
        self.addresses.iter().find(|address| address.number().is_some()).or(self.addresses.first())
    }
}

/// Handles the common case quickly: all addresses are known, belong to one contact, and have not changed.
fn find_unchanged(tx: &WriteTx<'_>, seen: &Sighting<'_>) -> Result<Option<FoundThread>> {
    let number = seen.number().map(PhoneNumber::as_str);
    let is_unchanged =
        |address: &PeerAddress, known: Option<&str>| address.number().is_some() || number.is_none() || number == known;
    let Some((first, others)) = seen.addresses.split_first() else { return Ok(None) };
    let Some(known) = tx.thread_by_address(seen.business, seen.channel, first.kind(), first.value())? else {
        return Ok(None);
    };
    let shown = known.peer.as_ref();
    let is_shown = match seen.number() {
        Some(number) => shown.and_then(PeerAddress::number) == Some(number),
        None => shown.is_some_and(|shown| shown.number().is_some() || shown == first),
    };
    if !is_shown || !is_unchanged(first, known.number.as_deref()) {
        return Ok(None);
    }
    for other in others {
        let holder = tx.address_holder(seen.business, other.kind(), other.value())?;
        let is_same = holder.is_some_and(|holder| {
            holder.contact == known.contact && !holder.is_former && is_unchanged(other, holder.number.as_deref())
        });
        if !is_same {
            return Ok(None);
        }
    }
    Ok(Some(known))
}

/// Resolves a sighting to a contact, and stores its addresses. The second value is true if a later sighting is known,
/// so the number may not be the contact's current one.
fn resolve(tx: &WriteTx<'_>, seen: &Sighting<'_>) -> Result<(ContactId, bool)> {
    let (ids, numbers) = ids_and_numbers(seen.addresses);
    let by_id = holders(tx, seen.business, &ids)?;
    let by_number = holders(tx, seen.business, &numbers)?;
    let contact = match (by_id.first(), by_number.first()) {
        (Some(known), _) => *known,
        (None, Some(holder)) if !has_another_account(tx, *holder, &ids)? => *holder,
        _ => tx.insert_contact(seen.business, seen.name, seen.begins_at)?,
    };
    if !seen.name.is_empty() {
        tx.rename_contact_from_profile(contact, seen.name, seen.begins_at)?;
    }
    for other in by_id.iter().chain(&by_number).filter(|other| **other != contact) {
        relate(tx, seen, contact, *other, by_number.first() == Some(other) && !ids.is_empty())?;
    }
    let is_late = is_outdated(tx, seen, by_id.iter().chain(by_number.first()))?;
    if is_late {
        for id in ids {
            tx.insert_address(seen.business, contact, (id.kind(), id.value()), None, seen.begins_at)?;
        }
    } else {
        store_addresses(tx, seen, contact, &ids)?;
    }
    Ok((contact, is_late))
}

/// Returns true if the contact has another id of the same kind, which means that the number was reassigned to the
/// sender.
fn has_another_account(tx: &WriteTx<'_>, holder: ContactId, ids: &[&PeerAddress]) -> Result<bool> {
    let has = tx.addresses(holder)?;
    Ok(ids.iter().any(|id| has.iter().any(|known| known.kind == id.kind())))
}

/// Handles a sighting of one contact with an address of another: if the other contact has no history, it is merged into
/// the seen contact; otherwise, the merge is suggested.
fn relate(
    tx: &WriteTx<'_>,
    seen: &Sighting<'_>,
    contact: ContactId,
    other: ContactId,
    is_number_moved: bool,
) -> Result<()> {
    if !tx.has_history(other)? {
        tx.merge_contacts(seen.business, contact, other, "whatsapp", seen.begins_at)?;
        tracing::info!(event = "CONTACTS_MERGED", contact.id = %contact, merged.id = %other,
            "Merging contact {other}, which has no history, into contact {contact}");
        return Ok(());
    }
    let reason = if is_number_moved { SuggestionReason::NumberMoved } else { SuggestionReason::NamedTogether };
    suggest(tx, seen, contact, other, reason)
}

fn suggest(
    tx: &WriteTx<'_>,
    seen: &Sighting<'_>,
    contact: ContactId,
    other: ContactId,
    reason: SuggestionReason,
) -> Result<()> {
    let address = seen.shown().map(ToString::to_string).unwrap_or_default();
    let suggestion = NewSuggestion { contacts: [contact, other], reason, address: &address };
    if tx.suggest_merge(seen.business, &suggestion, seen.begins_at)? {
        let reason = match reason {
            SuggestionReason::NumberMoved => "one of them has a number that the other one had before",
            SuggestionReason::NamedTogether => "one message or call named both",
        };
        tracing::info!(event = "MERGE_SUGGESTED", contact.id = %contact, other.id = %other, reason,
            "Contacts {contact} and {other} may be the same person, because {reason}; suggesting a merge, on which a user decides");
    }
    Ok(())
}

/// Returns true if one of these contacts has written after the sighting. Returns false for a sighting that was not
/// delayed.
fn is_outdated<'a>(
    tx: &WriteTx<'_>,
    seen: &Sighting<'_>,
    contacts: impl Iterator<Item = &'a ContactId>,
) -> Result<bool> {
    for contact in contacts {
        let thread = tx.thread_with(seen.business, ThreadType::WhatsApp, *contact)?;
        let last = thread.map(|thread| tx.last_in(thread)).transpose()?.and_then(|last| last.at);
        if seen.seen_at.is_some_and(|at| last.is_some_and(|last| last > at)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Stores the addresses of a sighting. If an id identifies the owner of the number, the number moves to this contact
/// from the contact that had it, and the number that the id had before becomes a former number. Suggests a merge with
/// the former holder of an address.
fn store_addresses(tx: &WriteTx<'_>, seen: &Sighting<'_>, contact: ContactId, ids: &[&PeerAddress]) -> Result<()> {
    let (business, now, number) = (seen.business, seen.begins_at, seen.number());
    if let Some(number) = number.filter(|_| !ids.is_empty()) {
        let holder = find(tx, business, &PeerAddress::Phone(number.clone()))?;
        if let Some(other) = holder.filter(|holder| *holder != contact) {
            tx.move_number(other, contact, number)?;
        }
        for id in ids {
            let known = tx.address_holder(business, id.kind(), id.value())?;
            let known = known.filter(|holder| holder.contact == contact).and_then(|holder| holder.number);
            if let Some(old) = known.filter(|old| old != number.as_str()) {
                tx.replace_number(contact, &old, number, now)?;
            }
        }
    }
    for address in seen.addresses {
        let (kind, value) = (address.kind(), address.value());
        let former = tx.address_holder(business, kind, value)?.filter(|holder| holder.is_former);
        let of_id = number.filter(|_| address.number().is_none());
        tx.insert_address(business, contact, (kind, value), of_id, now)?;
        if let Some(former) = former.filter(|former| former.contact != contact) {
            suggest(tx, seen, contact, former.contact, SuggestionReason::NumberMoved)?;
        }
        if let Some(number) = of_id {
            tx.set_number_of_id(contact, (kind, value), number)?;
        }
    }
    // Threads without an address, or with an id, show the number.
    tx.refresh_peers(contact)
}

fn find_or_insert_thread(
    tx: &WriteTx<'_>,
    seen: &Sighting<'_>,
    contact: ContactId,
    shown: Option<&PeerAddress>,
) -> Result<FoundThread> {
    let peer = match shown {
        Some(shown) => Some(shown.clone()),
        None => tx.best_address(contact)?,
    };
    let (id, newest) = tx.find_or_insert_thread(seen.business, seen.channel, contact, peer.as_ref(), seen.begins_at)?;
    Ok(FoundThread { id, contact, title: String::new(), peer, number: None, newest })
}

fn holders(tx: &WriteTx<'_>, business: BusinessId, addresses: &[&PeerAddress]) -> Result<Vec<ContactId>> {
    let mut found = Vec::new();
    for address in addresses {
        if let Some(contact) = find(tx, business, address)?
            && !found.contains(&contact)
        {
            found.push(contact);
        }
    }
    Ok(found)
}

fn ids_and_numbers(addresses: &[PeerAddress]) -> (Vec<&PeerAddress>, Vec<&PeerAddress>) {
    addresses.iter().partition(|address| matches!(address, PeerAddress::Lid(_) | PeerAddress::Bsuid(_)))
}

#[cfg(test)]
mod tests;

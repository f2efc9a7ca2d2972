//! The addresses of contacts.
//!
//! A WhatsApp id (`lid`, `bsuid`) belongs to its contact permanently. A phone number belongs to a contact until a
//! message shows that another contact has it, or that the contact has another number. In the second case the old number
//! becomes a former number.

use super::contact::main_number;
use crate::domain::{Address, AddressId, AddressKind, BusinessId, ContactId, PeerAddress, PhoneNumber, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressHolder {
    pub contact: ContactId,
    /// For an id: the phone number that was last seen with the id. `None` if there is none, or for a phone number.
    pub number: Option<String>,
    /// True if the address no longer belongs to the contact.
    pub is_former: bool,
}

#[derive(Clone, Debug)]
pub struct NewNumber<'a> {
    pub number: &'a PhoneNumber,
    /// Since when the contact has another number instead; `None` if the number is current.
    pub former_at: Option<Timestamp>,
    /// The id that the row of the number had before it was deleted.
    pub restored: Option<AddressId>,
}

impl ReadTx<'_> {
    /// A former address has the contact that had it last.
    pub fn address_holder(
        &self,
        business: BusinessId,
        kind: AddressKind,
        value: &str,
    ) -> Result<Option<AddressHolder>> {
        let mut query = self.conn.prepare_cached(
            "SELECT contact_id, number, former_at IS NOT NULL FROM addresses
             WHERE business_id = ?1 AND kind = ?2 AND value = ?3",
        )?;
        let holder = query.query_row(params![business, kind, value], |row| {
            Ok(AddressHolder { contact: row.get(0)?, number: row.get(1)?, is_former: row.get(2)? })
        });
        Ok(holder.optional()?)
    }

    /// Oldest first, including former ones.
    pub fn addresses(&self, contact: ContactId) -> Result<Vec<Address>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, contact_id, kind, value, former_at FROM addresses WHERE contact_id = ?1 ORDER BY id",
        )?;
        let rows = query.query_map([contact], address)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The best address for messages: a current number if there is one, else a LID, else a business-scoped id (a
    /// parent-business id last). `None` if the contact has none of these.
    pub fn best_address(&self, contact: ContactId) -> Result<Option<PeerAddress>> {
        let mut query = self.conn.prepare_cached(
            "SELECT kind, value FROM addresses
             WHERE contact_id = ?1 AND kind IN ('phone', 'lid', 'bsuid') AND former_at IS NULL
             ORDER BY kind = 'phone' DESC, kind = 'lid' DESC, value LIKE '%.ENT.%', main_at DESC, id DESC LIMIT 1",
        )?;
        let address = |row: &Row<'_>| Ok(PeerAddress::of_kind(row.get(0)?, &row.get::<_, String>(1)?));
        Ok(query.query_row([contact], address).optional()?.flatten())
    }
}

impl WriteTx<'_> {
    /// Adds an address to a contact, unless this or another contact has it now. A former address of any contact becomes
    /// a current address of this contact. `number` is the phone number that was seen with an id.
    pub fn insert_address(
        &self,
        business: BusinessId,
        contact: ContactId,
        (kind, value): (AddressKind, &str),
        number: Option<&PhoneNumber>,
        now: Timestamp,
    ) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO addresses(business_id, contact_id, kind, value, number, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (business_id, kind, value) DO UPDATE SET contact_id = ?2, number = ?5, former_at = NULL
                 WHERE former_at IS NOT NULL",
        )?;
        if insert.execute(params![business, contact, kind, value, number, now])? == 0 {
            Ok(())
        } else {
            self.record_contact(contact)
        }
    }

    /// The phone number that was last seen with an id of a contact.
    pub fn set_number_of_id(
        &self,
        contact: ContactId,
        (kind, value): (AddressKind, &str),
        number: &PhoneNumber,
    ) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE addresses SET number = ?4
             WHERE contact_id = ?1 AND kind = ?2 AND value = ?3 AND number IS NOT ?4",
        )?;
        update.execute(params![contact, kind, value, number])?;
        Ok(())
    }

    /// Also in the contact's ids, its threads and its queued messages. `old` becomes a former number. The caller adds
    /// `new` to the contact.
    pub fn replace_number(&self, contact: ContactId, old: &str, new: &PhoneNumber, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE addresses SET number = ?3 WHERE contact_id = ?1 AND number = ?2")?
            .execute(params![contact, old, new])?;
        self.conn
            .prepare_cached(
                "UPDATE addresses SET former_at = ?3, main_at = NULL WHERE contact_id = ?1 AND kind = 'phone' AND value = ?2",
            )?
            .execute(params![contact, old, now])?;
        self.replace_peer(contact, old, new.as_str())?;
        self.record_contact(contact)
    }

    /// Returns the id of the number. A former number of any contact is reassigned to this contact. A current number of
    /// this contact becomes a former one if `former_at` is set. The number must not be a current number of another
    /// contact.
    pub fn insert_number(
        &self,
        business: BusinessId,
        contact: ContactId,
        new: &NewNumber<'_>,
        now: Timestamp,
    ) -> Result<AddressId> {
        let NewNumber { number, former_at, restored } = new;
        // A restored id above the current maximum is not used, because it would shift the ids of all later addresses.
        let insert = "INSERT INTO addresses(id, business_id, contact_id, kind, value, former_at, created_at)
             VALUES ((SELECT ?6 WHERE ?6 < (SELECT max(id) FROM addresses) AND NOT EXISTS (SELECT 1 FROM addresses WHERE id = ?6)),
                 ?1, ?2, 'phone', ?3, ?4, ?5)
             ON CONFLICT (business_id, kind, value) DO UPDATE SET contact_id = ?2, number = NULL, former_at = ?4, main_at = NULL
                 WHERE former_at IS NOT NULL OR contact_id = ?2";
        self.conn.prepare_cached(insert)?.execute(params![business, contact, number, former_at, now, restored])?;
        self.refresh_peers(contact)?;
        self.record_contact(contact)?;
        let find = "SELECT id FROM addresses WHERE business_id = ?1 AND kind = 'phone' AND value = ?2";
        Ok(self.conn.prepare_cached(find)?.query_row(params![business, number], |row| row.get(0))?)
    }

    /// A current number is replaced also in the contact's threads and queued messages. If the new number is a former
    /// number of any contact, that former number is deleted.
    pub fn correct_number(&self, business: BusinessId, old: &Address, new: &PhoneNumber) -> Result<()> {
        self.forget_spellings(old)?;
        self.conn
            .prepare_cached(
                "DELETE FROM addresses WHERE business_id = ?1 AND kind = 'phone' AND value = ?2 AND former_at IS NOT NULL",
            )?
            .execute(params![business, new])?;
        self.conn.prepare_cached("UPDATE addresses SET value = ?2 WHERE id = ?1")?.execute(params![old.id, new])?;
        if old.former_at.is_none() {
            self.replace_peer(old.contact_id, &old.value, new.as_str())?;
        }
        self.record_contact(old.contact_id)
    }

    /// Makes a current number the contact's main number.
    pub fn set_main_number(&self, number: &Address, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE addresses SET main_at = ?2 WHERE id = ?1")?
            .execute(params![number.id, now])?;
        self.retitle_threads(number.contact_id)
    }

    /// Keeps the contact's main number the main one when numbers of another contact are added.
    pub(super) fn keep_main_number(&self, contact: ContactId, now: Timestamp) -> Result<()> {
        self.conn.prepare_cached(KEEP_MAIN_NUMBER)?.execute(params![contact, now])?;
        Ok(())
    }

    /// Also deletes WhatsApp's own spelling of the number.
    pub fn delete_number(&self, number: &Address) -> Result<()> {
        self.forget_spellings(number)?;
        self.conn.prepare_cached("DELETE FROM addresses WHERE id = ?1")?.execute([number.id])?;
        self.refresh_peers(number.contact_id)?;
        self.record_contact(number.contact_id)
    }

    /// Deletes WhatsApp's own spelling of a number, and removes the number from the ids that were seen with it.
    fn forget_spellings(&self, Address { contact_id, value, .. }: &Address) -> Result<()> {
        self.conn
            .prepare_cached(
                "DELETE FROM addresses
                 WHERE contact_id = ?1 AND kind = ?3 AND (number = ?2 OR value = ltrim(?2, '+'))",
            )?
            .execute(params![contact_id, value, AddressKind::TwilioWa])?;
        self.conn
            .prepare_cached("UPDATE addresses SET number = NULL WHERE contact_id = ?1 AND number = ?2")?
            .execute(params![contact_id, value])?;
        Ok(())
    }

    /// Moves a number to another contact, together with the other forms in which WhatsApp writes it.
    pub fn move_number(&self, from: ContactId, to: ContactId, number: &PhoneNumber) -> Result<()> {
        self.conn.prepare_cached(include_str!("address/move_number.sql"))?.execute(params![
            from,
            to,
            number,
            number.digits(),
            AddressKind::TwilioWa
        ])?;
        self.conn
            .prepare_cached(
                "UPDATE addresses SET number = NULL WHERE contact_id = ?1 AND number NOT IN (
                     SELECT value FROM addresses WHERE contact_id = ?1 AND kind = 'phone' AND former_at IS NULL)",
            )?
            .execute([from])?;
        self.refresh_peers(from)?;
        [from, to].into_iter().try_for_each(|contact| self.record_contact(contact))
    }

    /// Replaces outdated addresses in a contact's threads and queued messages with the contact's best address, or with
    /// an empty text if it has none.
    pub fn refresh_peers(&self, contact: ContactId) -> Result<()> {
        let best = self.best_address(contact)?.map(|best| best.to_string()).unwrap_or_default();
        let mut query = self.conn.prepare_cached(include_str!("address/outdated_peers.sql"))?;
        let outdated = query.query_map(params![contact, best], |row| row.get(0))?;
        let outdated = outdated.collect::<rusqlite::Result<Vec<String>>>()?;
        outdated.iter().try_for_each(|old| self.replace_peer(contact, old, &best))
    }

    fn replace_peer(&self, contact: ContactId, old: &str, new: &str) -> Result<()> {
        self.conn
            .prepare_cached("UPDATE threads SET peer_number = ?3 WHERE contact_id = ?1 AND peer_number = ?2")?
            .execute(params![contact, old, new])?;
        // An attempt with an unknown outcome keeps its address, because the outcome is looked up by that address.
        self.conn
            .prepare_cached(
                "UPDATE outbox SET recipient = ?3 WHERE contact_id = ?1 AND recipient = ?2 AND state = 'queued'",
            )?
            .execute(params![contact, old, new])?;
        self.retitle_threads(contact)
    }
}

const KEEP_MAIN_NUMBER: &str = concat!(
    "UPDATE addresses SET main_at = ?2 WHERE contact_id = ?1 AND kind = 'phone' AND value = ",
    main_number!("?1")
);

fn address(row: &Row<'_>) -> rusqlite::Result<Address> {
    Ok(Address {
        id: row.get(0)?,
        contact_id: row.get(1)?,
        kind: row.get(2)?,
        value: row.get(3)?,
        former_at: row.get(4)?,
    })
}

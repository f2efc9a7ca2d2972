//! How people can be reached.

use super::{ReadTx, Result, WriteTx};
use crate::domain::{Address, AddressKind, BusinessId, ContactId, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

impl ReadTx<'_> {
    /// Whose address it is.
    pub fn contact_by_address(
        &self,
        business: BusinessId,
        kind: AddressKind,
        value: &str,
    ) -> Result<Option<ContactId>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT contact_id FROM addresses WHERE business_id = ?1 AND kind = ?2 AND value = ?3")?;
        Ok(query.query_row(params![business, kind, value], |row| row.get(0)).optional()?)
    }

    /// All addresses of a person, the oldest first.
    pub fn addresses(&self, contact: ContactId) -> Result<Vec<Address>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT id, contact_id, kind, value FROM addresses WHERE contact_id = ?1 ORDER BY id")?;
        let rows = query.query_map([contact], address)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Gives a person an address, unless somebody has it already.
    pub fn insert_address(
        &self,
        business: BusinessId,
        contact: ContactId,
        kind: AddressKind,
        value: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO addresses(business_id, contact_id, kind, value, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (business_id, kind, value) DO NOTHING",
        )?;
        if insert.execute(params![business, contact, kind, value, now])? == 0 {
            Ok(())
        } else {
            self.record_contact(contact)
        }
    }
}

fn address(row: &Row<'_>) -> rusqlite::Result<Address> {
    Ok(Address { id: row.get(0)?, contact_id: row.get(1)?, kind: row.get(2)?, value: row.get(3)? })
}

//! Tags of contacts.

use super::sql::json_list;
use crate::domain::{BusinessId, ChangeKind, ContactId, ContactTag, Tag, TagId, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeMap;

impl ReadTx<'_> {
    /// Sorted by name.
    pub fn tags(&self, business: BusinessId) -> Result<Vec<Tag>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE t.business_id = ?1 ORDER BY t.name"))?;
        let rows = query.query_map([business], tag)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn tag(&self, id: TagId) -> Result<Option<Tag>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE t.id = ?1"))?;
        Ok(query.query_row([id], tag).optional()?)
    }

    /// Sorted by name.
    pub fn tags_of_contacts(&self, contacts: &[ContactId]) -> Result<BTreeMap<ContactId, Vec<ContactTag>>> {
        let mut query = self.conn.prepare_cached(
            "SELECT ct.contact_id, t.id, t.name FROM contact_tags ct JOIN tags t ON t.id = ct.tag_id
             WHERE ct.contact_id IN (SELECT value FROM json_each(?1)) ORDER BY t.name",
        )?;
        let mut found: BTreeMap<ContactId, Vec<ContactTag>> = BTreeMap::new();
        let mut rows = query.query([json_list(contacts.iter().map(|contact| &contact.0))])?;
        while let Some(row) = rows.next()? {
            found.entry(row.get(0)?).or_default().push(ContactTag { id: row.get(1)?, name: row.get(2)? });
        }
        Ok(found)
    }

    /// The case of `name` is ignored, in all alphabets.
    pub fn tag_by_name(&self, business: BusinessId, name: &str) -> Result<Option<TagId>> {
        let name = name.to_lowercase();
        Ok(self.tags(business)?.into_iter().find(|tag| tag.name.to_lowercase() == name).map(|tag| tag.id))
    }
}

impl WriteTx<'_> {
    /// The name must not be in use.
    pub fn insert_tag(&self, business: BusinessId, name: &str, now: Timestamp) -> Result<TagId> {
        let sql = "INSERT INTO tags(business_id, name, created_at) VALUES (?1, ?2, ?3)";
        self.conn.prepare_cached(sql)?.execute(params![business, name, now])?;
        let id = TagId(self.conn.last_insert_rowid());
        self.record_in(ChangeKind::TagUpdated, None, Some(id.0))?;
        Ok(id)
    }

    /// The name must not be in use.
    pub fn rename_tag(&self, id: TagId, name: &str) -> Result<()> {
        if self.conn.prepare_cached("UPDATE tags SET name = ?2 WHERE id = ?1")?.execute(params![id, name])? == 0 {
            return Err(Error::NotFound("tag"));
        }
        self.record_in(ChangeKind::TagUpdated, None, Some(id.0))
    }

    /// Also removes the tag from all contacts.
    pub fn delete_tag(&self, id: TagId) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM contact_tags WHERE tag_id = ?1")?.execute([id])?;
        if self.conn.prepare_cached("DELETE FROM tags WHERE id = ?1")?.execute([id])? == 0 {
            return Err(Error::NotFound("tag"));
        }
        self.record_in(ChangeKind::TagUpdated, None, Some(id.0))
    }

    /// Returns false if the contact already has the tag.
    pub fn add_contact_tag(&self, contact: ContactId, tag: TagId, now: Timestamp) -> Result<bool> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO contact_tags(contact_id, tag_id, created_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (contact_id, tag_id) DO NOTHING",
        )?;
        let is_new = insert.execute(params![contact, tag, now])? > 0;
        if is_new {
            self.record_contact(contact)?;
        }
        Ok(is_new)
    }

    /// Returns false if the contact does not have the tag.
    pub fn remove_contact_tag(&self, contact: ContactId, tag: TagId) -> Result<bool> {
        let sql = "DELETE FROM contact_tags WHERE contact_id = ?1 AND tag_id = ?2";
        let was_there = self.conn.prepare_cached(sql)?.execute(params![contact, tag])? > 0;
        if was_there {
            self.record_contact(contact)?;
        }
        Ok(was_there)
    }
}

// Merged contacts keep their tags, so that the merge can be undone. The count leaves them out.
const SELECT: &str =
    "SELECT t.id, t.name, (SELECT count(*) FROM contact_tags ct JOIN contacts c ON c.id = ct.contact_id
    WHERE ct.tag_id = t.id AND c.merged_into IS NULL) FROM tags t";

fn tag(row: &Row<'_>) -> rusqlite::Result<Tag> {
    Ok(Tag { id: row.get(0)?, name: row.get(1)?, contact_count: row.get(2)? })
}

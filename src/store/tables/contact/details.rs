//! Reads and changes the details of a contact, except for its name.

use super::name_or_number;
use crate::domain::{ContactId, ContactMerge, ContactRelation, FieldId, FieldValue, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};

impl ReadTx<'_> {
    /// In the order of the fields, without archived fields.
    pub fn field_values(&self, contact: ContactId) -> Result<Vec<FieldValue>> {
        let mut query = self.conn.prepare_cached(
            "SELECT f.id, f.name, f.kind, v.value FROM contact_fields v JOIN custom_fields f ON f.id = v.field_id
             WHERE v.contact_id = ?1 AND f.archived_at IS NULL ORDER BY f.id",
        )?;
        let rows = query.query_map([contact], |row| {
            Ok(FieldValue { field_id: row.get(0)?, name: row.get(1)?, kind: row.get(2)?, value: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Without undone merges, newest first.
    pub fn merges_into(&self, contact: ContactId) -> Result<Vec<ContactMerge>> {
        let sql = format!(
            "SELECT m.id, coalesce({}, ''), m.merged_at FROM contact_merges m JOIN contacts c ON c.id = m.merged_contact_id
             WHERE m.kept_contact_id = ?1 AND m.undone_at IS NULL ORDER BY m.id DESC",
            name_or_number("c")
        );
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map([contact], |row| {
            Ok(ContactMerge { merge_id: row.get(0)?, contact_name: row.get(1)?, merged_at: row.get(2)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn open_task_count(&self, contact: ContactId) -> Result<i64> {
        let sql = "SELECT count(*) FROM tasks WHERE contact_id = ?1 AND done_at IS NULL";
        Ok(self.conn.prepare_cached(sql)?.query_row([contact], |row| row.get(0))?)
    }

    /// True if a user decided so, or if the contact blocked the business or opted out.
    pub fn contact_has_opted_out(&self, contact: ContactId) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM contacts WHERE id = ?1 AND opted_out_at IS NOT NULL
             UNION ALL SELECT 1 FROM threads WHERE contact_id = ?1 AND merged_into IS NULL AND opted_out_at IS NOT NULL",
        )?;
        Ok(query.exists([contact])?)
    }

    /// Returns true if a user has blocked the contact.
    pub fn is_contact_blocked(&self, contact: ContactId) -> Result<bool> {
        let sql = "SELECT 1 FROM contacts WHERE id = ?1 AND blocked_at IS NOT NULL";
        Ok(self.conn.prepare_cached(sql)?.exists([contact])?)
    }

    pub fn contact_relation(&self, contact: ContactId) -> Result<ContactRelation> {
        let sql = "SELECT relation FROM contacts WHERE id = ?1";
        let relation = self.conn.prepare_cached(sql)?.query_row([contact], |row| row.get(0)).optional()?;
        Ok(relation.flatten().unwrap_or(ContactRelation::Customer))
    }
}

impl WriteTx<'_> {
    pub fn set_contact_language(&self, contact: ContactId, language: Option<&str>, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE contacts SET language = ?2, updated_at = ?3 WHERE id = ?1 AND language IS NOT ?2",
        )?;
        if update.execute(params![contact, language, now])? == 0 { Ok(()) } else { self.record_contact(contact) }
    }

    /// Allowing messages also clears the opt-out that providers reported.
    pub fn set_contact_opted_out(&self, contact: ContactId, opted_out: bool, now: Timestamp) -> Result<()> {
        let changed = if opted_out {
            let sql = "UPDATE contacts SET opted_out_at = ?2, updated_at = ?2 WHERE id = ?1 AND opted_out_at IS NULL";
            self.conn.prepare_cached(sql)?.execute(params![contact, now])?
        } else {
            let sql =
                "UPDATE contacts SET opted_out_at = NULL, updated_at = ?2 WHERE id = ?1 AND opted_out_at IS NOT NULL";
            let own = self.conn.prepare_cached(sql)?.execute(params![contact, now])?;
            let sql = "UPDATE threads SET opted_out_at = NULL WHERE contact_id = ?1 AND opted_out_at IS NOT NULL";
            own + self.conn.prepare_cached(sql)?.execute([contact])?
        };
        if changed == 0 { Ok(()) } else { self.record_contact(contact) }
    }

    /// Returns true if the contact was changed.
    pub fn set_contact_blocked(&self, contact: ContactId, blocked: bool, now: Timestamp) -> Result<bool> {
        let mut update = self.conn.prepare_cached(
            "UPDATE contacts SET blocked_at = iif(?2, ?3, NULL), updated_at = ?3
             WHERE id = ?1 AND (blocked_at IS NOT NULL) <> ?2",
        )?;
        let is_new = update.execute(params![contact, blocked, now])? > 0;
        if is_new {
            self.record_contact(contact)?;
        }
        Ok(is_new)
    }

    /// Returns true if the contact was changed.
    pub fn set_contact_relation(&self, contact: ContactId, relation: ContactRelation, now: Timestamp) -> Result<bool> {
        let mut update = self.conn.prepare_cached(
            "UPDATE contacts SET relation = nullif(?2, 'customer'), updated_at = ?3
             WHERE id = ?1 AND coalesce(relation, 'customer') <> ?2",
        )?;
        let is_new = update.execute(params![contact, relation, now])? > 0;
        if is_new {
            self.record_contact(contact)?;
        }
        Ok(is_new)
    }

    /// `None` removes the value.
    pub fn set_field_value(
        &self,
        contact: ContactId,
        field: FieldId,
        value: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let changed = match value {
            Some(value) => self
                .conn
                .prepare_cached(
                    "INSERT INTO contact_fields(contact_id, field_id, value, updated_at) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (contact_id, field_id) DO UPDATE SET value = ?3, updated_at = ?4 WHERE value <> ?3",
                )?
                .execute(params![contact, field, value, now])?,
            None => self
                .conn
                .prepare_cached("DELETE FROM contact_fields WHERE contact_id = ?1 AND field_id = ?2")?
                .execute(params![contact, field])?,
        };
        if changed == 0 { Ok(()) } else { self.record_contact(contact) }
    }

    /// Sets the time of the newest message or call for up to `rows` contacts with ids above `done_to`. Returns the last
    /// id, or `None` if no contact remains.
    pub fn set_last_activity(&self, done_to: i64, rows: u32) -> Result<Option<i64>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT max(id) FROM (SELECT id FROM contacts WHERE id > ?1 ORDER BY id LIMIT ?2)")?;
        let Some(last) = query.query_row(params![done_to, rows], |row| row.get::<_, Option<i64>>(0))? else {
            return Ok(None);
        };
        self.conn
            .prepare_cached(
                "UPDATE contacts SET last_activity_at = newest FROM (
                     SELECT contact_id, max(last_message_at) AS newest FROM threads
                     WHERE contact_id > ?1 AND contact_id <= ?2 GROUP BY contact_id)
                 WHERE id = contact_id AND coalesce(last_activity_at, '') < newest",
            )?
            .execute(params![done_to, last])?;
        Ok(Some(last))
    }
}

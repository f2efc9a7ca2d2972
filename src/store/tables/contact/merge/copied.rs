//! Copies values from the merged contact to the kept contact where the kept contact has none. The merged contact keeps
//! its rows, so undoing a merge only removes the copies.

use crate::domain::ContactId;
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::params;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Copied {
    tags: Vec<i64>,
    /// The id of each copied field, and its value.
    fields: Vec<(i64, String)>,
    language: Option<String>,
    opted_out_at: Option<String>,
    opted_out_by: Option<String>,
    opted_out_word: Option<String>,
    opt_out_decided_at: Option<String>,
    blocked_at: Option<String>,
    relation: Option<String>,
}

impl Copied {
    fn values(&self) -> [(&'static str, &Option<String>); 7] {
        [
            ("language", &self.language),
            ("opted_out_by", &self.opted_out_by),
            ("opted_out_word", &self.opted_out_word),
            ("opted_out_at", &self.opted_out_at),
            ("opt_out_decided_at", &self.opt_out_decided_at),
            ("blocked_at", &self.blocked_at),
            ("relation", &self.relation),
        ]
    }
}

/// Every table that refers to a contact by a key of several columns.
#[cfg(test)]
pub(super) const COPIED_TABLES: [&str; 2] = ["contact_fields", "contact_tags"];

impl ReadTx<'_> {
    fn missing_tags(&self, kept: ContactId, merged: ContactId) -> Result<Vec<i64>> {
        let mut query = self.conn.prepare_cached(
            "SELECT tag_id FROM contact_tags WHERE contact_id = ?2
             EXCEPT SELECT tag_id FROM contact_tags WHERE contact_id = ?1",
        )?;
        let rows = query.query_map(params![kept, merged], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn missing_fields(&self, kept: ContactId, merged: ContactId) -> Result<Vec<(i64, String)>> {
        let mut query = self.conn.prepare_cached(
            "SELECT field_id, value FROM contact_fields WHERE contact_id = ?2
                 AND field_id NOT IN (SELECT field_id FROM contact_fields WHERE contact_id = ?1)",
        )?;
        let rows = query.query_map(params![kept, merged], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Returns `None` if the kept contact has a value in that column.
    fn missing_value(&self, column: &str, kept: ContactId, merged: ContactId) -> Result<Option<String>> {
        let sql = format!(
            "SELECT iif(own.{column} IS NULL, other.{column}, NULL) FROM contacts own, contacts other
             WHERE own.id = ?1 AND other.id = ?2"
        );
        Ok(self.conn.prepare_cached(&sql)?.query_row(params![kept, merged], |row| row.get(0))?)
    }
}

impl WriteTx<'_> {
    pub(super) fn copy_details(&self, kept: ContactId, merged: ContactId) -> Result<Copied> {
        let opted_out_at = self.missing_value("opted_out_at", kept, merged)?;
        // Who opted the contact out, and how, belong to the copied time.
        let of_opt_out = |column| match opted_out_at {
            Some(_) => self.missing_value(column, kept, merged),
            None => Ok(None),
        };
        let copied = Copied {
            tags: self.missing_tags(kept, merged)?,
            fields: self.missing_fields(kept, merged)?,
            language: self.missing_value("language", kept, merged)?,
            opted_out_by: of_opt_out("opted_out_by")?,
            opted_out_word: of_opt_out("opted_out_word")?,
            opted_out_at,
            opt_out_decided_at: self.missing_value("opt_out_decided_at", kept, merged)?,
            blocked_at: self.missing_value("blocked_at", kept, merged)?,
            relation: self.missing_value("relation", kept, merged)?,
        };
        for (sql, is_needed) in [
            (
                "INSERT INTO contact_tags(contact_id, tag_id, created_at)
                 SELECT ?1, tag_id, created_at FROM contact_tags WHERE contact_id = ?2
                 ON CONFLICT (contact_id, tag_id) DO NOTHING",
                !copied.tags.is_empty(),
            ),
            (
                "INSERT INTO contact_fields(contact_id, field_id, value, updated_at)
                 SELECT ?1, field_id, value, updated_at FROM contact_fields WHERE contact_id = ?2
                 ON CONFLICT (contact_id, field_id) DO NOTHING",
                !copied.fields.is_empty(),
            ),
            (
                "UPDATE contacts SET language = coalesce(contacts.language, other.language),
                     opted_out_at = coalesce(contacts.opted_out_at, other.opted_out_at),
                     opted_out_by = iif(contacts.opted_out_at IS NULL, other.opted_out_by, contacts.opted_out_by),
                     opted_out_word = iif(contacts.opted_out_at IS NULL, other.opted_out_word, contacts.opted_out_word),
                     opt_out_decided_at = nullif(max(coalesce(contacts.opt_out_decided_at, ''),
                         coalesce(other.opt_out_decided_at, '')), ''),
                     blocked_at = coalesce(contacts.blocked_at, other.blocked_at),
                     relation = coalesce(contacts.relation, other.relation)
                 FROM (SELECT * FROM contacts WHERE id = ?2) AS other WHERE contacts.id = ?1",
                copied.values().iter().any(|(_, value)| value.is_some()),
            ),
        ] {
            if is_needed {
                self.conn.prepare_cached(sql)?.execute(params![kept, merged])?;
            }
        }
        Ok(copied)
    }

    /// A value that a user has changed since the merge is kept.
    pub(super) fn remove_copies(&self, kept: ContactId, copied: &Copied) -> Result<()> {
        let mut tag = self.conn.prepare_cached("DELETE FROM contact_tags WHERE contact_id = ?1 AND tag_id = ?2")?;
        for id in &copied.tags {
            tag.execute(params![kept, id])?;
        }
        let mut field = self
            .conn
            .prepare_cached("DELETE FROM contact_fields WHERE contact_id = ?1 AND field_id = ?2 AND value = ?3")?;
        for (id, value) in &copied.fields {
            field.execute(params![kept, id, value])?;
        }
        for (column, value) in copied.values() {
            if let Some(value) = value {
                let sql = format!("UPDATE contacts SET {column} = NULL WHERE id = ?1 AND {column} = ?2");
                self.conn.prepare_cached(&sql)?.execute(params![kept, value])?;
            }
        }
        Ok(())
    }

    /// Computed from the current threads of the contact.
    pub(super) fn refresh_last_activity(&self, contact: ContactId) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE contacts SET last_activity_at = (
                 SELECT max(last_message_at) FROM threads WHERE contact_id = ?1 AND merged_into IS NULL
                     AND (type <> 'whatsapp' OR provider IS NOT NULL)) WHERE id = ?1",
        )?;
        update.execute([contact])?;
        Ok(())
    }
}

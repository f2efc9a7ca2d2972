//! Values of the merged contact that a user has chosen in place of those of the kept contact. An undo restores the
//! replaced values, unless they were changed since.

use crate::domain::{ContactId, FieldId, MergeChoices, Timestamp};
use crate::store::{Result, WriteTx};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    name: Option<ChosenName>,
    /// By column of `contacts`.
    columns: Vec<(String, Replaced)>,
    /// By field.
    fields: Vec<(i64, Replaced)>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Replaced {
    before: String,
    after: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ChosenName {
    #[serde(flatten)]
    value: Replaced,
    /// The source of the replaced name.
    source_before: String,
}

impl WriteTx<'_> {
    /// A choice has no effect if one of the contacts has no value, or if both have the same.
    pub(super) fn apply_choices(
        &self,
        kept: ContactId,
        merged: ContactId,
        choices: &MergeChoices,
        now: Timestamp,
    ) -> Result<Chosen> {
        let mut chosen = Chosen::default();
        if choices.name {
            chosen.name = self.choose_name(kept, merged, now)?;
        }
        for (column, is_chosen) in [("language", choices.language), ("relation", choices.relation)] {
            if let Some(value) = is_chosen.then(|| self.choose_column(column, kept, merged)).transpose()?.flatten() {
                chosen.columns.push((column.to_owned(), value));
            }
        }
        for field in &choices.fields {
            if let Some(value) = self.choose_field(*field, kept, merged, now)? {
                chosen.fields.push((field.0, value));
            }
        }
        Ok(chosen)
    }

    /// The name becomes one that a user gave.
    fn choose_name(&self, kept: ContactId, merged: ContactId, now: Timestamp) -> Result<Option<ChosenName>> {
        let sql = "SELECT own.display_name, other.display_name, own.name_source FROM contacts own, contacts other
                   WHERE own.id = ?1 AND other.id = ?2 AND own.display_name <> '' AND other.display_name <> ''
                       AND own.display_name <> other.display_name";
        let row = |row: &rusqlite::Row<'_>| {
            let value = Replaced { before: row.get(0)?, after: row.get(1)? };
            Ok(ChosenName { value, source_before: row.get(2)? })
        };
        let found = self.conn.prepare_cached(sql)?.query_row([kept, merged], row).optional()?;
        if let Some(name) = &found {
            self.set_name(kept, &name.value.after, "owner", now)?;
        }
        Ok(found)
    }

    fn set_name(&self, contact: ContactId, name: &str, source: &str, now: Timestamp) -> Result<()> {
        let sql = "UPDATE contacts SET display_name = ?2, name_source = ?3, updated_at = ?4 WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute(params![contact, name, source, now])?;
        self.retitle_threads(contact)
    }

    fn choose_column(&self, column: &str, kept: ContactId, merged: ContactId) -> Result<Option<Replaced>> {
        let sql = format!(
            "SELECT own.{column}, other.{column} FROM contacts own, contacts other
             WHERE own.id = ?1 AND other.id = ?2 AND own.{column} <> other.{column}"
        );
        let found = self.conn.prepare_cached(&sql)?.query_row([kept, merged], replaced).optional()?;
        if let Some(value) = &found {
            let sql = format!("UPDATE contacts SET {column} = ?2 WHERE id = ?1");
            self.conn.prepare_cached(&sql)?.execute(params![kept, value.after])?;
        }
        Ok(found)
    }

    fn choose_field(
        &self,
        field: FieldId,
        kept: ContactId,
        merged: ContactId,
        now: Timestamp,
    ) -> Result<Option<Replaced>> {
        let sql = "SELECT own.value, other.value FROM contact_fields own JOIN contact_fields other USING (field_id)
                   WHERE own.contact_id = ?1 AND other.contact_id = ?2 AND field_id = ?3 AND own.value <> other.value";
        let found = self.conn.prepare_cached(sql)?.query_row(params![kept, merged, field], replaced).optional()?;
        if let Some(value) = &found {
            let sql = "UPDATE contact_fields SET value = ?3, updated_at = ?4 WHERE contact_id = ?1 AND field_id = ?2";
            self.conn.prepare_cached(sql)?.execute(params![kept, field, value.after, now])?;
        }
        Ok(found)
    }

    /// A value that was changed since the merge is kept.
    pub(super) fn restore_replaced(&self, kept: ContactId, chosen: &Chosen, now: Timestamp) -> Result<()> {
        if let Some(ChosenName { value, source_before }) = &chosen.name {
            let sql = "SELECT 1 FROM contacts WHERE id = ?1 AND display_name = ?2";
            let is_same = self.conn.prepare_cached(sql)?.exists(params![kept, value.after])?;
            if is_same {
                self.set_name(kept, &value.before, source_before, now)?;
            }
        }
        for (column, value) in &chosen.columns {
            let sql = format!("UPDATE contacts SET {column} = ?3 WHERE id = ?1 AND {column} = ?2");
            self.conn.prepare_cached(&sql)?.execute(params![kept, value.after, value.before])?;
        }
        for (field, value) in &chosen.fields {
            let sql = "UPDATE contact_fields SET value = ?4, updated_at = ?5
                       WHERE contact_id = ?1 AND field_id = ?2 AND value = ?3";
            self.conn.prepare_cached(sql)?.execute(params![kept, field, value.after, value.before, now])?;
        }
        Ok(())
    }
}

fn replaced(row: &rusqlite::Row<'_>) -> rusqlite::Result<Replaced> {
    Ok(Replaced { before: row.get(0)?, after: row.get(1)? })
}

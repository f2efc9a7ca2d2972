//! Fields that the business defined for its contacts.

use crate::domain::{BusinessId, ChangeKind, CustomField, FieldId, FieldKind, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

impl ReadTx<'_> {
    /// Without archived fields, oldest first.
    pub fn custom_fields(&self, business: BusinessId) -> Result<Vec<CustomField>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} AND f.business_id = ?1 ORDER BY f.id"))?;
        let rows = query.query_map([business], field)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// `None` if the field is archived.
    pub fn custom_field(&self, id: FieldId) -> Result<Option<CustomField>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} AND f.id = ?1"))?;
        Ok(query.query_row([id], field).optional()?)
    }

    /// Returns the name of an archived field; `None` if the field is not archived or does not exist.
    pub fn archived_field_name(&self, id: FieldId) -> Result<Option<String>> {
        let sql = "SELECT name FROM custom_fields WHERE id = ?1 AND archived_at IS NOT NULL";
        Ok(self.conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?)
    }

    /// The case of `name` is ignored. `None` if the field is archived.
    pub fn custom_field_by_name(&self, business: BusinessId, name: &str) -> Result<Option<FieldId>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id FROM custom_fields WHERE archived_at IS NULL AND business_id = ?1 AND name = ?2",
        )?;
        Ok(query.query_row(params![business, name], |row| row.get(0)).optional()?)
    }
}

impl WriteTx<'_> {
    /// The name must not be in use.
    pub fn insert_custom_field(
        &self,
        business: BusinessId,
        name: &str,
        kind: FieldKind,
        choices: &[String],
        now: Timestamp,
    ) -> Result<FieldId> {
        let sql = "INSERT INTO custom_fields(business_id, name, kind, choices, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.conn.prepare_cached(sql)?.execute(params![business, name, kind, json(choices)?, now])?;
        let id = FieldId(self.conn.last_insert_rowid());
        self.record_in(ChangeKind::CustomFieldUpdated, None, Some(id.0))?;
        Ok(id)
    }

    pub fn update_custom_field(&self, id: FieldId, name: &str, choices: &[String]) -> Result<()> {
        let sql = "UPDATE custom_fields SET name = ?2, choices = ?3 WHERE id = ?1 AND archived_at IS NULL";
        if self.conn.prepare_cached(sql)?.execute(params![id, name, json(choices)?])? == 0 {
            return Err(Error::NotFound("field"));
        }
        self.record_in(ChangeKind::CustomFieldUpdated, None, Some(id.0))
    }

    /// An archived field is no longer shown, but its values are kept.
    pub fn archive_custom_field(&self, id: FieldId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE custom_fields SET archived_at = ?2 WHERE id = ?1 AND archived_at IS NULL";
        if self.conn.prepare_cached(sql)?.execute(params![id, now])? == 0 {
            return Err(Error::NotFound("field"));
        }
        self.record_in(ChangeKind::CustomFieldUpdated, None, Some(id.0))
    }

    /// The name must not be in use. A field that is not archived is unchanged.
    pub fn restore_custom_field(&self, id: FieldId) -> Result<()> {
        let sql = "UPDATE custom_fields SET archived_at = NULL WHERE id = ?1 AND archived_at IS NOT NULL";
        if self.conn.prepare_cached(sql)?.execute([id])? == 0 {
            return Ok(());
        }
        self.record_in(ChangeKind::CustomFieldUpdated, None, Some(id.0))
    }
}

// Merged contacts keep their values, so that the merge can be undone. The count leaves them out. The values are read once
// for all fields, because no index begins with the field.
const SELECT: &str = "SELECT f.id, f.name, f.kind, f.choices, coalesce(used.contacts, 0)
    FROM custom_fields f
    LEFT JOIN (SELECT v.field_id, count(*) AS contacts FROM contact_fields v JOIN contacts c ON c.id = v.contact_id
               WHERE c.merged_into IS NULL GROUP BY v.field_id) used ON used.field_id = f.id
    WHERE f.archived_at IS NULL";

fn json(choices: &[String]) -> Result<String> {
    serde_json::to_string(choices).map_err(|error| Error::Value(error.to_string()))
}

fn field(row: &Row<'_>) -> rusqlite::Result<CustomField> {
    let choices: String = row.get(3)?;
    let choices = serde_json::from_str(&choices)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(3, Type::Text, Box::new(error)))?;
    Ok(CustomField { id: row.get(0)?, name: row.get(1)?, kind: row.get(2)?, choices, contact_count: row.get(4)? })
}

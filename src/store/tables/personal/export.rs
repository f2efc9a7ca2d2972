//! Reads the data about a contact for the export, table by table.

use super::super::sql::json_list;
use super::{PERSONAL, PersonalData};
use crate::domain::{CallId, RecordingId};
use crate::store::{ReadTx, Result};
use rusqlite::OptionalExtension;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonalFile {
    /// A file of a message.
    Media {
        /// In hexadecimal.
        sha256: String,
        /// The media type of the content.
        mime: String,
    },
    Recording {
        id: RecordingId,
        call: CallId,
        /// The media type of the content.
        mime: String,
    },
}

impl PersonalData {
    pub fn exported_tables() -> impl Iterator<Item = &'static str> {
        PERSONAL.iter().filter(|table| table.is_exported).map(|table| table.name)
    }
}

impl ReadTx<'_> {
    /// Up to `limit` rows about a contact, starting at row `offset`, by column name. A row that refers to the business's
    /// data by an id, see `NAMED`, also has the name, such as `tag` beside `tag_id`. Empty for a table that the export
    /// does not contain.
    pub fn personal_rows(
        &self,
        data: &PersonalData,
        table: &str,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Map<String, Value>>> {
        let Some(table) = PERSONAL.iter().find(|known| known.name == table && known.is_exported) else {
            return Ok(Vec::new());
        };
        let sql = format!(
            "SELECT * FROM {} WHERE {} ORDER BY 1, 2 LIMIT {limit} OFFSET {offset}",
            table.name,
            table.condition()
        );
        let mut query = self.conn.prepare(&sql)?;
        data.bind(&mut query)?;
        let names: Vec<String> = query.column_names().map(str::to_owned).collect();
        let mut rows = query.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut object = Map::new();
            for (at, name) in names.iter().enumerate() {
                object.insert(name.clone(), value(row.get_ref(at)?));
            }
            for (column, sql) in NAMED {
                if let Some(id) = object.get(column).and_then(Value::as_i64) {
                    let name = self.conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
                    let name: Option<String> = name.flatten();
                    object.insert(column.trim_end_matches("_id").to_owned(), name.into());
                }
            }
            found.push(object);
        }
        Ok(found)
    }

    /// Only files whose content is stored.
    pub fn personal_files(&self, data: &PersonalData) -> Result<Vec<PersonalFile>> {
        let mut query = self.conn.prepare_cached(
            "SELECT sha256, mime FROM media WHERE pruned_at IS NULL AND sha256 IN (SELECT value FROM json_each(?1)) ORDER BY sha256",
        )?;
        let media = query.query_map([json_list(&data.hashes)], |row| {
            Ok(PersonalFile::Media { sha256: row.get(0)?, mime: row.get(1)? })
        })?;
        let mut files = media.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut query = self.conn.prepare_cached(
            "SELECT id, call_id, mime FROM recordings WHERE id IN (SELECT value FROM json_each(?1))
                 AND EXISTS (SELECT 1 FROM recording_chunks WHERE recording_id = recordings.id) ORDER BY id",
        )?;
        let recordings = query.query_map([json_list(&data.recordings)], |row| {
            Ok(PersonalFile::Recording { id: row.get(0)?, call: row.get(1)?, mime: row.get(2)? })
        })?;
        files.extend(recordings.collect::<rusqlite::Result<Vec<_>>>()?);
        Ok(files)
    }
}

/// Columns with ids of the business's data, each with the query for the name.
const NAMED: [(&str, &str); 5] = [
    ("tag_id", "SELECT name FROM tags WHERE id = ?1"),
    ("field_id", "SELECT name FROM custom_fields WHERE id = ?1"),
    ("service_id", "SELECT name FROM services WHERE id = ?1"),
    ("resource_id", "SELECT name FROM resources WHERE id = ?1"),
    ("stage_id", "SELECT coalesce(name, key) FROM lead_stages WHERE id = ?1"),
];

/// Binary content is exported as a separate file.
fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
    }
}

//! The documents of the search index: the indexed text of each row.

use crate::domain::{SearchKind, Timestamp};
use crate::store::{ReadTx, Result};
use rusqlite::{OptionalExtension, Row};

pub(super) struct Document {
    pub kind: SearchKind,
    pub ref_id: i64,
    pub parent_id: Option<i64>,
    pub at: Timestamp,
    /// The text in which words are found.
    pub text: String,
    /// Further text that is searched only for numbers.
    pub numbers: String,
}

impl Document {
    /// The first id to try for the document. If another document has that id, the next id is tried. Search results are
    /// sorted by id, so the id consists of the time in milliseconds, the kind, and the lowest 9 bits of the row id.
    /// Contacts have the highest ids, so they are first.
    pub(super) fn wanted_id(&self) -> i64 {
        if self.kind == SearchKind::Contact {
            return CONTACTS_FROM + self.ref_id * 2;
        }
        let low = (self.kind as i64) << 9 | self.ref_id & 0x1ff;
        self.at.as_millis().max(0) << 12 | low
    }
}

impl ReadTx<'_> {
    /// `None` if the row was deleted, has no text, or is not indexed: a merged contact, an active call or the use of a
    /// tool.
    pub(super) fn document(&self, kind: SearchKind, ref_id: i64) -> Result<Option<Document>> {
        let sql = match kind {
            SearchKind::Contact => {
                "SELECT created_at, display_name, (
                     SELECT group_concat(value, ' | ') FROM addresses WHERE contact_id = contacts.id AND kind = 'phone'), NULL
                 FROM contacts WHERE id = ?1 AND merged_into IS NULL"
            }
            SearchKind::Message => "SELECT created_at, content_text, NULL, NULL FROM messages WHERE id = ?1",
            SearchKind::Call => {
                "SELECT started_at, coalesce(summary || char(10), '') || coalesce(message_text, ''), NULL, NULL
                 FROM calls WHERE id = ?1 AND state = 'ended'"
            }
            SearchKind::Turn => "SELECT created_at, text, NULL, call_id FROM call_turns WHERE id = ?1 AND speaker <> 'tool'",
            SearchKind::Note => {
                "SELECT created_at, text, NULL, contact_id FROM contact_notes WHERE id = ?1 AND deleted_at IS NULL"
            }
        };
        let mut query = self.conn.prepare_cached(sql)?;
        let read = |row: &Row<'_>| {
            let numbers: Option<String> = row.get(2)?;
            Ok(Document {
                kind,
                ref_id,
                parent_id: row.get(3)?,
                at: row.get(0)?,
                text: row.get(1)?,
                numbers: numbers.unwrap_or_default(),
            })
        };
        let found = query.query_row([ref_id], read).optional()?;
        Ok(found.filter(|document| !document.text.trim().is_empty() || !document.numbers.is_empty()))
    }
}

/// The ids of other documents begin with a time in milliseconds and are lower for any time before the year 19000, so
/// contacts are first in the results.
const CONTACTS_FROM: i64 = 1 << 61;

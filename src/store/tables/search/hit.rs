//! The hits of a search, with the details that are displayed.

use super::super::contact::main_number;
use super::SearchRequest;
use crate::domain::{BusinessId, ContactId, SearchHit, SearchKind};
use crate::search::Misspelled;
use crate::store::{ReadTx, Result};
use rusqlite::{OptionalExtension, params};

pub(super) struct FoundDocument {
    pub id: i64,
    kind: SearchKind,
    ref_id: i64,
}

impl ReadTx<'_> {
    pub(super) fn found_documents(&self, request: &SearchRequest, limit: usize) -> Result<Vec<FoundDocument>> {
        let kinds: Vec<&str> = request.kinds.iter().map(|kind| kind.as_str()).collect();
        let mut query = self.conn.prepare_cached(
            "SELECT d.id, d.kind, d.ref_id FROM search_index s CROSS JOIN search_documents d ON d.id = s.rowid
             WHERE s.search_index MATCH ?1 AND (?2 IS NULL OR s.rowid < ?2)
               AND (?3 = '[]' OR d.kind IN (SELECT value FROM json_each(?3)))
             ORDER BY s.rowid DESC LIMIT ?4",
        )?;
        let rows = query.query_map(
            params![
                request.query.match_expression(),
                request.before,
                serde_json::Value::from(kinds).to_string(),
                i64::try_from(limit).unwrap_or(i64::MAX)
            ],
            |row| Ok(FoundDocument { id: row.get(0)?, kind: row.get(1)?, ref_id: row.get(2)? }),
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The name of the contact that a misspelled text means: of those with the fewest misspelled words the newest.
    pub fn similar_name(&self, business: BusinessId, misspelled: &Misspelled) -> Result<Option<String>> {
        let mut query = self.conn.prepare_cached(
            "SELECT display_name FROM contacts WHERE business_id = ?1 AND merged_into IS NULL AND display_name <> ''
             ORDER BY id DESC",
        )?;
        let mut names = query.query([business])?;
        let mut best: Option<(usize, String)> = None;
        while let Some(row) = names.next()? {
            let name: String = row.get(0)?;
            if let Some(edits) = misspelled.edits(&name)
                && best.as_ref().is_none_or(|(fewest, _)| edits < *fewest)
            {
                best = Some((edits, name));
            }
        }
        Ok(best.map(|(_, name)| name))
    }

    /// `None` if the row of the hit was deleted and the index has not been updated yet.
    pub(super) fn search_hit(&self, found: &FoundDocument) -> Result<Option<SearchHit>> {
        let sql = match found.kind {
            SearchKind::Contact => {
                "SELECT c.id, NULL, NULL, c.created_at, NULL,
                     trim(c.display_name || char(10) || coalesce((
                         SELECT group_concat(value, char(10)) FROM addresses
                         WHERE contact_id = c.id AND kind = 'phone'), ''), char(10)), c.display_name
                 FROM contacts c WHERE c.id = ?1 AND c.merged_into IS NULL"
            }
            SearchKind::Message => {
                "SELECT t.contact_id, t.id, NULL, m.created_at, NULL, m.content_text, c.display_name
                 FROM messages m JOIN threads t ON t.id = m.thread_id LEFT JOIN contacts c ON c.id = t.contact_id
                 WHERE m.id = ?1"
            }
            SearchKind::Turn => {
                "SELECT k.contact_id, k.thread_id, k.id, u.created_at, u.started_ms, u.text, c.display_name
                 FROM call_turns u JOIN calls k ON k.id = u.call_id LEFT JOIN contacts c ON c.id = k.contact_id
                 WHERE u.id = ?1"
            }
            SearchKind::Call => {
                "SELECT k.contact_id, k.thread_id, k.id, k.started_at, NULL,
                     coalesce(k.summary || char(10), '') || coalesce(k.message_text, ''), c.display_name
                 FROM calls k LEFT JOIN contacts c ON c.id = k.contact_id WHERE k.id = ?1"
            }
            SearchKind::Note => {
                "SELECT n.contact_id, NULL, NULL, n.created_at, NULL, n.text, c.display_name
                 FROM contact_notes n LEFT JOIN contacts c ON c.id = n.contact_id
                 WHERE n.id = ?1 AND n.deleted_at IS NULL"
            }
        };
        let mut query = self.conn.prepare_cached(sql)?;
        let mut numbers = self.conn.prepare_cached(concat!("SELECT ", main_number!("?1")))?;
        let hit = query.query_row([found.ref_id], |row| {
            let (contact_id, name): (ContactId, Option<String>) = (row.get(0)?, row.get(6)?);
            let contact_name = name.unwrap_or_default();
            let contact_number =
                if contact_name.is_empty() { numbers.query_row([contact_id], |row| row.get(0))? } else { None };
            Ok(SearchHit {
                position: found.id,
                kind: found.kind,
                id: found.ref_id,
                contact_id,
                contact_name,
                contact_number,
                thread_id: row.get(1)?,
                call_id: row.get(2)?,
                at: row.get(3)?,
                offset_ms: row.get(4)?,
                text: row.get(5)?,
            })
        });
        Ok(hit.optional()?)
    }
}

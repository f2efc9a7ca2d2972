//! Keeps the index current: follows the change log, and indexes older rows, newest first.

use super::document::Document;
use crate::domain::{ChangeKind, SearchKind};
use crate::search::{FOLD_VERSION, fold, numbers};
use crate::store::{Change, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexStep {
    /// Another step may index more rows.
    More,
    Current,
}

impl WriteTx<'_> {
    /// Indexes up to about `rows` rows, fewer if their texts are long. Changed rows are indexed first, then older ones.
    /// `calling_code` is the calling code of the business's country.
    pub fn advance_search_index(&self, rows: usize, calling_code: &str) -> Result<IndexStep> {
        let Some(seq) = self.search_position()? else {
            self.restart_search_index()?;
            return Ok(IndexStep::More);
        };
        let is_current = self.meta(FOLD)?.as_deref() == Some(FOLD_VERSION);
        let Some(changes) = self.changes_since(seq, rows)?.filter(|_| is_current) else {
            // An earlier version created the index, the changes since that position were pruned, or this is another
            // database.
            self.restart_search_index()?;
            return Ok(IndexStep::More);
        };
        if !changes.is_empty() {
            let (mut done, mut indexed, mut bytes) = (seq, BTreeSet::new(), 0);
            for change in &changes {
                for key in self.changed_rows_of(change)? {
                    if indexed.insert(key) {
                        bytes += self.index_row(key.0, key.1, calling_code)?;
                    }
                }
                done = change.seq;
                if bytes >= MAX_STEP_BYTES {
                    break;
                }
            }
            self.conn.prepare_cached("UPDATE search_progress SET seq = ?1")?.execute([done])?;
            return Ok(IndexStep::More);
        }
        self.index_older(rows, calling_code)
    }

    /// The rows that must be indexed again because of a change.
    fn changed_rows_of(&self, change: &Change) -> Result<Vec<(SearchKind, i64)>> {
        let Some(id) = change.ref_id else { return Ok(Vec::new()) };
        Ok(match change.kind {
            ChangeKind::MessageCreated | ChangeKind::MessageUpdated | ChangeKind::MessageDeleted => {
                vec![(SearchKind::Message, id)]
            }
            ChangeKind::ContactUpdated => vec![(SearchKind::Contact, id)],
            ChangeKind::NoteUpdated => self.parts_of(("contact_id", id), "contact_notes", SearchKind::Note)?,
            // A call is indexed only after its end, because the turns of an active call change several times a second.
            ChangeKind::CallUpdated | ChangeKind::CallEnded | ChangeKind::TurnUpdated if self.has_call_ended(id)? => {
                let mut rows = self.parts_of(("call_id", id), "call_turns", SearchKind::Turn)?;
                rows.push((SearchKind::Call, id));
                rows
            }
            _ => Vec::new(),
        })
    }

    /// Indexes the current content of a row, or removes a deleted row from the index. Returns the length of its text in
    /// bytes.
    fn index_row(&self, kind: SearchKind, ref_id: i64, calling_code: &str) -> Result<usize> {
        self.remove_from_index(kind, ref_id)?;
        let Some(document) = self.document(kind, ref_id)? else { return Ok(0) };
        let id = self.free_document_id(&document)?;
        let found_by = numbers(&format!("{} | {}", document.text, document.numbers), calling_code);
        self.conn
            .prepare_cached("INSERT INTO search_documents(id, kind, ref_id, parent_id) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id, kind, ref_id, document.parent_id])?;
        self.conn
            .prepare_cached("INSERT INTO search_index(rowid, text, numbers) VALUES (?1, ?2, ?3)")?
            .execute(params![id, fold(&document.text).text, found_by])?;
        Ok(document.text.len())
    }

    fn remove_from_index(&self, kind: SearchKind, ref_id: i64) -> Result<()> {
        let sql = "DELETE FROM search_documents WHERE kind = ?1 AND ref_id = ?2 RETURNING id";
        let removed = self.conn.prepare_cached(sql)?.query_row(params![kind, ref_id], |row| row.get::<_, i64>(0));
        let Some(id) = removed.optional()? else { return Ok(()) };
        self.conn.prepare_cached("DELETE FROM search_index WHERE rowid = ?1")?.execute([id])?;
        Ok(())
    }

    fn free_document_id(&self, document: &Document) -> Result<i64> {
        let mut taken = self.conn.prepare_cached("SELECT 1 FROM search_documents WHERE id = ?1")?;
        let mut id = document.wanted_id();
        while taken.exists([id])? {
            id += 1;
        }
        Ok(id)
    }

    /// Indexes the next rows of the backlog, the newest first: at most `rows`, fewer if they contain much text.
    fn index_older(&self, rows: usize, calling_code: &str) -> Result<IndexStep> {
        let mut query = self.conn.prepare_cached("SELECT kind, next_id FROM search_backlog ORDER BY kind LIMIT 1")?;
        let next: Option<(SearchKind, i64)> = query.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((kind, below)) = next else { return Ok(IndexStep::Current) };
        let (mut last, mut bytes) = (None, 0);
        for id in self.older_rows(kind, below, rows)? {
            bytes += self.index_row(kind, id, calling_code)?;
            last = Some(id);
            if bytes >= MAX_STEP_BYTES {
                break;
            }
        }
        match last {
            Some(last) => {
                let mut update = self.conn.prepare_cached("UPDATE search_backlog SET next_id = ?2 WHERE kind = ?1")?;
                update.execute(params![kind, last])?;
            }
            None => {
                self.conn.prepare_cached("DELETE FROM search_backlog WHERE kind = ?1")?.execute([kind])?;
            }
        }
        Ok(IndexStep::More)
    }

    /// Clears the index, and starts to follow the changes from the current position.
    fn restart_search_index(&self) -> Result<()> {
        self.conn.execute("INSERT INTO search_index(search_index) VALUES ('delete-all')", [])?;
        self.conn.execute("DELETE FROM search_documents", [])?;
        let newest = self.newest_change()?;
        self.conn.execute("INSERT OR REPLACE INTO search_progress(id, seq) VALUES (1, ?1)", [newest])?;
        for kind in [SearchKind::Contact, SearchKind::Message, SearchKind::Call, SearchKind::Turn, SearchKind::Note] {
            self.index_all_of(kind)?;
        }
        self.set_meta(FOLD, FOLD_VERSION)
    }

    /// Adds all rows of a kind to the backlog of rows to index.
    fn index_all_of(&self, kind: SearchKind) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO search_backlog(kind, next_id) VALUES (?1, ?2)";
        self.conn.prepare_cached(sql)?.execute(params![kind, i64::MAX])?;
        Ok(())
    }
}

impl ReadTx<'_> {
    fn search_position(&self) -> Result<Option<i64>> {
        let mut query = self.conn.prepare_cached("SELECT seq FROM search_progress")?;
        Ok(query.query_row([], |row| row.get(0)).optional()?)
    }

    fn has_call_ended(&self, id: i64) -> Result<bool> {
        let mut query = self.conn.prepare_cached("SELECT 1 FROM calls WHERE id = ?1 AND state = 'ended'")?;
        Ok(query.exists([id])?)
    }

    /// The notes of a contact or the turns of a call: those in `table`, and those in the index, which may have been
    /// deleted from the table.
    fn parts_of(&self, parent: (&str, i64), table: &str, kind: SearchKind) -> Result<Vec<(SearchKind, i64)>> {
        let (column, id) = parent;
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT id FROM {table} WHERE {column} = ?1
             UNION SELECT ref_id FROM search_documents WHERE parent_id = ?1 AND kind = '{}'",
            kind.as_str()
        ))?;
        let rows = query.query_map([id], |row| Ok((kind, row.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn older_rows(&self, kind: SearchKind, below: i64, rows: usize) -> Result<Vec<i64>> {
        let table = match kind {
            SearchKind::Contact => "contacts",
            SearchKind::Message => "messages",
            SearchKind::Call => "calls",
            SearchKind::Turn => "call_turns",
            SearchKind::Note => "contact_notes",
        };
        let sql = format!("SELECT id FROM {table} WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map(params![below, i64::try_from(rows).unwrap_or(i64::MAX)], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// The key of the version of the spelling in which the texts are indexed.
const FOLD: &str = "search.fold";

/// A step ends when it has indexed this many bytes of text, because a step blocks the writer.
const MAX_STEP_BYTES: usize = 64 << 10;

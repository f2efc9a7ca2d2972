//! Notes about contacts.

use super::columns::Columns;
use super::page::{page, rows_for};
use super::sql::actor_name;
use crate::domain::{BusinessId, ChangeKind, ContactId, Cursor, Note, NoteId, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, named_params, params};

impl ReadTx<'_> {
    /// Also returns a deleted note.
    pub fn note(&self, id: NoteId) -> Result<Option<Note>> {
        let sql = format!("{} WHERE n.id = ?1", select());
        Ok(self.conn.prepare_cached(&sql)?.query_row([id], note).optional()?)
    }

    /// `ids` is a JSON list. The order is undefined.
    pub(in crate::store) fn notes_by_ids(&self, ids: &str) -> Result<Vec<Note>> {
        let sql = format!("{} WHERE n.id IN (SELECT value FROM json_each(?1))", select());
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map([ids], note)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Newest first, without deleted notes.
    pub fn notes(
        &self,
        contact: ContactId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Note>, Option<Cursor>)> {
        let sql = format!(
            "{} WHERE n.contact_id = :contact AND n.deleted_at IS NULL
                 AND (:after_at IS NULL OR (n.created_at, n.id) < (:after_at, :after_id))
             ORDER BY n.created_at DESC, n.id DESC LIMIT :limit",
            select()
        );
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map(
            named_params! {
                ":contact": contact,
                ":after_at": after.map(|cursor| cursor.at),
                ":after_id": after.map(|cursor| cursor.id),
                ":limit": rows_for(limit),
            },
            note,
        )?;
        let notes = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(notes, limit, |last| Cursor { at: last.created_at, id: last.id.0 }))
    }
}

impl WriteTx<'_> {
    pub fn insert_note(
        &self,
        business: BusinessId,
        contact: ContactId,
        text: &str,
        author: &str,
        now: Timestamp,
    ) -> Result<NoteId> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO contact_notes(business_id, contact_id, text, author, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        )?;
        insert.execute(params![business, contact, text, author, now])?;
        let id = NoteId(self.conn.last_insert_rowid());
        self.record_in(ChangeKind::NoteUpdated, None, Some(contact.0))?;
        Ok(id)
    }

    /// Fails with [`Error::NotFound`] if the note is deleted.
    pub fn set_note_text(&self, id: NoteId, text: &str, now: Timestamp) -> Result<()> {
        let sql = "UPDATE contact_notes SET text = ?2, updated_at = ?3 WHERE id = ?1 AND deleted_at IS NULL RETURNING contact_id";
        let mut update = self.conn.prepare_cached(sql)?;
        let changed = || Ok(update.query_row(params![id, text, now], |row| row.get(0)).optional()?);
        self.record_note(self.overwriting(changed)?)
    }

    /// A deleted note can be restored.
    pub fn delete_note(&self, id: NoteId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE contact_notes SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL RETURNING contact_id";
        self.record_note(self.conn.prepare_cached(sql)?.query_row(params![id, now], |row| row.get(0)).optional()?)
    }

    pub fn restore_note(&self, id: NoteId) -> Result<()> {
        let sql = "UPDATE contact_notes SET deleted_at = NULL WHERE id = ?1 RETURNING contact_id";
        self.record_note(self.conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?)
    }

    fn record_note(&self, contact: Option<i64>) -> Result<()> {
        let contact = contact.ok_or(Error::NotFound("note"))?;
        self.record_in(ChangeKind::NoteUpdated, None, Some(contact))
    }
}

/// The audit log names the editor: its entry has the same time as the note's last change.
fn select() -> String {
    format!(
        "SELECT n.*, {} AS author_name, {} AS editor_name FROM (
             SELECT id, contact_id, text, author, created_at, updated_at, deleted_at,
                 CASE WHEN updated_at <> created_at THEN (
                     SELECT actor FROM audit_log WHERE at = updated_at AND action = 'update_note'
                         AND subject = 'note:' || contact_notes.id LIMIT 1) END AS editor
             FROM contact_notes) n",
        actor_name("n.author"),
        actor_name("n.editor")
    )
}

fn note(row: &Row<'_>) -> rusqlite::Result<Note> {
    let row = Columns::of(row);
    Ok(Note {
        id: row.get("id")?,
        contact_id: row.get("contact_id")?,
        text: row.get("text")?,
        author: row.get("author")?,
        author_name: row.get("author_name")?,
        edited_by: row.get("editor")?,
        edited_by_name: row.get("editor_name")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        deleted_at: row.get("deleted_at")?,
    })
}

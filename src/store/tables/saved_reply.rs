//! Saved replies that users insert by a shortcut.

use crate::domain::{BusinessId, ChangeKind, SavedReply, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, params};

impl ReadTx<'_> {
    /// Sorted by shortcut.
    pub fn saved_replies(&self, business: BusinessId) -> Result<Vec<SavedReply>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, shortcut, text, created_at, updated_at FROM saved_replies WHERE business_id = ?1 ORDER BY shortcut",
        )?;
        let rows = query.query_map([business], saved_reply)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn saved_reply(&self, id: i64) -> Result<Option<SavedReply>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT id, shortcut, text, created_at, updated_at FROM saved_replies WHERE id = ?1")?;
        Ok(query.query_row([id], saved_reply).optional()?)
    }

    /// Returns true if another saved reply than `id` has this shortcut.
    pub fn is_shortcut_taken(&self, business: BusinessId, shortcut: &str, id: Option<i64>) -> Result<bool> {
        // SQLite ignores the case of ASCII letters only.
        let shortcut = shortcut.to_lowercase();
        let mut query =
            self.conn.prepare_cached("SELECT shortcut FROM saved_replies WHERE business_id = ?1 AND id IS NOT ?2")?;
        let others = query.query_map(params![business, id], |row| row.get::<_, String>(0))?;
        let others = others.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(others.iter().any(|other| other.to_lowercase() == shortcut))
    }
}

impl WriteTx<'_> {
    pub fn insert_saved_reply(&self, business: BusinessId, shortcut: &str, text: &str, now: Timestamp) -> Result<i64> {
        self.conn
            .prepare_cached(
                "INSERT INTO saved_replies(business_id, shortcut, text, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?4)",
            )?
            .execute(params![business, shortcut, text, now])?;
        let id = self.conn.last_insert_rowid();
        self.record_in(ChangeKind::SavedReplyUpdated, None, Some(id))?;
        Ok(id)
    }

    pub fn update_saved_reply(&self, id: i64, shortcut: &str, text: &str, now: Timestamp) -> Result<()> {
        let sql = "UPDATE saved_replies SET shortcut = ?2, text = ?3, updated_at = ?4 WHERE id = ?1";
        match self.conn.prepare_cached(sql)?.execute(params![id, shortcut, text, now])? {
            0 => Err(Error::NotFound("saved reply")),
            _ => self.record_in(ChangeKind::SavedReplyUpdated, None, Some(id)),
        }
    }

    pub fn delete_saved_reply(&self, id: i64) -> Result<()> {
        match self.conn.prepare_cached("DELETE FROM saved_replies WHERE id = ?1")?.execute([id])? {
            0 => Err(Error::NotFound("saved reply")),
            _ => self.record_in(ChangeKind::SavedReplyUpdated, None, Some(id)),
        }
    }
}

fn saved_reply(row: &Row<'_>) -> rusqlite::Result<SavedReply> {
    Ok(SavedReply {
        id: row.get(0)?,
        shortcut: row.get(1)?,
        text: row.get(2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
    })
}

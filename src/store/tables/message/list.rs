//! Lists the messages of a thread, page by page.

use super::super::page::{page, rows_for};
use super::{COLUMNS, message};
use crate::domain::{self, Cursor, MessageDetail, ThreadId};
use crate::store::{ReadTx, Result};
use rusqlite::params;

impl ReadTx<'_> {
    /// `ids` is a JSON list. The order is undefined.
    pub(in crate::store) fn messages_by_ids(&self, ids: &str) -> Result<Vec<MessageDetail>> {
        let mut query = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE id IN (SELECT value FROM json_each(?1))"))?;
        let messages = query.query_map([ids], message)?.collect::<rusqlite::Result<Vec<_>>>()?;
        self.with_details(messages)
    }

    /// The newest messages of a thread before a position, oldest first, and the position of the previous page.
    pub fn messages(
        &self,
        thread: ThreadId,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<MessageDetail>, Option<Cursor>)> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM messages
             WHERE thread_id = ?1 AND (?2 IS NULL OR (created_at, id) < (?2, ?3))
             ORDER BY created_at DESC, id DESC LIMIT ?4",
        ))?;
        let rows = query.query_map(
            params![thread, before.map(|cursor| cursor.at), before.map(|cursor| cursor.id), rows_for(limit)],
            message,
        )?;
        let messages = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let position = |oldest: &domain::Message| Cursor { at: oldest.created_at, id: oldest.id.0 };
        let (mut messages, next) = page(messages, limit, position);
        messages.reverse();
        Ok((self.with_details(messages)?, next))
    }
}

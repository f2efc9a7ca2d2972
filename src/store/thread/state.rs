//! Settings of a thread, and the threads of a contact.

use super::super::{Error, ReadTx, Result, WriteTx};
use super::{select, thread};
use crate::domain::{AiMode, ContactId, Thread, ThreadId};
use rusqlite::params;

impl ReadTx<'_> {
    /// Returns the threads with a contact, newest activity first.
    pub fn threads_of(&self, contact: ContactId) -> Result<Vec<Thread>> {
        let mut query = self.conn.prepare_cached(&format!(
            "{} WHERE t.contact_id = ?1 AND t.merged_into IS NULL ORDER BY t.last_message_at DESC, t.id DESC",
            select()
        ))?;
        let rows = query.query_map([contact], thread)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Sets whether the AI answers in a thread.
    pub fn set_ai_mode(&self, id: ThreadId, mode: AiMode) -> Result<()> {
        let mut update = self.conn.prepare_cached("UPDATE threads SET ai_mode = ?2 WHERE id = ?1")?;
        if update.execute(params![id, mode])? == 0 { Err(Error::NotFound("thread")) } else { self.record_thread(id) }
    }
}

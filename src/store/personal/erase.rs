//! Deletes what the database holds about a contact.
//!
//! `secure_delete` overwrites the deleted content with zeros, in the live database and thereby in the published copy, so that it does not
//! remain in unused parts of a file that people copy.

use super::super::json::json_list;
use super::super::{ReadTx, Result, WriteTx};
use super::{PERSONAL, PersonalData, PersonalTable};
use crate::domain::{ChangeKind, ContactId};
use rusqlite::params;
use std::collections::BTreeMap;

/// The numbers of deleted rows, by table.
pub type Erased = BTreeMap<String, u64>;

impl ReadTx<'_> {
    /// Whether something is being done for the contact that would store more about it: a call, or a message that is being sent.
    pub fn is_in_progress(&self, data: &PersonalData) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM calls WHERE state <> 'ended' AND contact_id IN (SELECT value FROM json_each(?1))
             UNION ALL SELECT 1 FROM outbox WHERE state = 'sending' AND contact_id IN (SELECT value FROM json_each(?1))",
        )?;
        Ok(query.exists([json_list(&data.contacts)])?)
    }
}

impl WriteTx<'_> {
    /// Deletes a part of the sound and the files of a contact, which may be too much for one transaction; returns the number of deleted
    /// chunks and files, 0 when none is left.
    pub fn erase_large_part(&self, data: &PersonalData, erased: &mut Erased) -> Result<u64> {
        self.overwriting(|| {
            let chunks = self
                .conn
                .prepare_cached(
                    "DELETE FROM recording_chunks WHERE recording_id IN (SELECT value FROM json_each(?1))
                     AND (recording_id, seq) IN (SELECT recording_id, seq FROM recording_chunks
                         WHERE recording_id IN (SELECT value FROM json_each(?1)) LIMIT ?2)",
                )?
                .execute(params![json_list(&data.recordings), CHUNKS_PER_STEP])? as u64;
            // The rows are deleted with those that refer to them. A file that others have too is kept.
            let files = self
                .conn
                .prepare_cached(
                    "UPDATE media SET content = x'' WHERE sha256 IN (
                     SELECT sha256 FROM media WHERE sha256 IN (SELECT value FROM json_each(?1)) AND length(content) > 0
                         AND NOT EXISTS (SELECT 1 FROM message_media WHERE message_media.sha256 = media.sha256
                             AND message_id NOT IN (SELECT value FROM json_each(?2))) LIMIT 1)",
                )?
                .execute(params![json_list(&data.hashes), json_list(&data.messages)])? as u64;
            *erased.entry("recording_chunks".to_owned()).or_default() += chunks;
            Ok(chunks + files)
        })
    }

    /// Deletes everything about a contact; `plan` is what was found before.
    pub fn erase_contact(&self, contact: ContactId, plan: &PersonalData, erased: &mut Erased) -> Result<()> {
        let data = self.renewed(plan, contact)?;
        self.overwriting(|| {
            for table in &PERSONAL {
                let rows = self.erase_rows(table, &data)?;
                *erased.entry(table.name.to_owned()).or_default() += rows;
            }
            erased.retain(|_, rows| *rows > 0);
            if erased.contains_key("search_index") {
                // A deleted document stays in the index, marked as deleted, until its segment is merged.
                self.conn.execute("INSERT INTO search_index(search_index) VALUES ('optimize')", [])?;
            }
            for id in &data.contacts {
                self.record_in(ChangeKind::ContactDeleted, None, Some(*id))?;
            }
            Ok(())
        })
    }

    fn erase_rows(&self, table: &PersonalTable, data: &PersonalData) -> Result<u64> {
        let (name, rows) = (table.name, table.condition());
        // The log says that something was done, and no longer to whom.
        let sql = if name == "audit_log" {
            format!("UPDATE audit_log SET subject = '', detail = NULL WHERE {rows}")
        } else {
            format!("DELETE FROM {name} WHERE {rows}")
        };
        let mut delete = self.conn.prepare(&sql)?;
        data.bind(&mut delete)?;
        Ok(delete.raw_execute()? as u64)
    }

    /// Runs `work` so that deleted content is overwritten, also on pages that are not needed any more.
    fn overwriting<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.conn.execute_batch("PRAGMA secure_delete = ON")?;
        let done = work();
        self.conn.execute_batch("PRAGMA secure_delete = FAST")?;
        done
    }
}

/// Chunks have up to 256 KiB.
const CHUNKS_PER_STEP: i64 = 16;

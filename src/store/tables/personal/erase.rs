//! Deletes the data about a contact from the database.
//!
//! Audio and the content of files may be too much for one transaction, so they are deleted in steps after the other
//! data. A job continues the steps after a kill of the process.
//!
//! `secure_delete` overwrites the deleted content with zeros. Otherwise the content would remain in unused parts of a
//! file that users copy. Content that other transactions deleted earlier may still be on free pages, so the job ends
//! only when these have been released.

use super::super::sql::json_list;
use super::{PERSONAL, PersonalData, PersonalTable, UNUSED_FILES};
use crate::domain::{ChangeKind, ContactId, JobKind, MessageId, Timestamp};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::params;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The numbers of deleted rows, by table.
pub type Erased = BTreeMap<String, u64>;

/// The data that remains to be deleted after a contact was deleted. It is the payload of the job that continues the
/// deletion, and then the release of the free pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRest {
    /// The unique key of the job.
    pub key: String,
    /// Set if rows without content remain because audio refers to them.
    contact: Option<ContactId>,
    /// The files that no other contact has.
    files: Vec<String>,
}

impl ReadTx<'_> {
    /// Returns true during a call or while a message is being sent: either would store more data about the contact.
    pub fn is_in_progress(&self, data: &PersonalData) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM calls WHERE state <> 'ended' AND contact_id IN (SELECT value FROM json_each(?1))
             UNION ALL SELECT 1 FROM outbox WHERE state = 'sending' AND contact_id IN (SELECT value FROM json_each(?1))",
        )?;
        Ok(query.exists([json_list(&data.contacts)])?)
    }
}

impl WriteTx<'_> {
    /// Deletes everything about a contact except audio and the content of files, and adds the job that deletes these.
    /// `plan` is the data that was found before.
    pub fn erase_contact(
        &self,
        contact: ContactId,
        plan: &PersonalData,
        erased: &mut Erased,
        now: Timestamp,
    ) -> Result<ErasureRest> {
        let mut data = self.renewed(plan, contact)?;
        self.overwriting(|| {
            self.remember_recent(&data, now)?;
            for id in std::mem::take(&mut data.notices) {
                self.record_message(ChangeKind::MessageDeleted, MessageId(id))?;
                data.messages.push(id);
            }
            self.retire_ids(&data.contacts)?;
            self.detach_from_others(&data)?;
            let has_sound = self.has_sound(&data)?;
            for table in PERSONAL.iter().filter(|table| !(has_sound && SOUND_TABLES.contains(&table.name))) {
                if table.name == "media" {
                    continue;
                }
                *erased.entry(table.name.to_owned()).or_default() += self.erase_rows(table, &data)?;
            }
            if has_sound {
                self.empty_sound_owners(&data)?;
            }
            let files = self.column(&unused_files("?1"), [json_list(&data.hashes)])?;
            if erased.get("search_index").is_some_and(|rows| *rows > 0) {
                // FTS5 keeps deleted documents, marked as deleted, until it merges their segment. `optimize` merges all
                // segments.
                self.conn.execute("INSERT INTO search_index(search_index) VALUES ('optimize')", [])?;
            }
            for id in &data.contacts {
                self.record_in(ChangeKind::ContactDeleted, None, Some(*id))?;
            }
            let key = format!("erase:{contact}:{now}");
            let rest = ErasureRest { key, contact: has_sound.then_some(contact), files };
            let payload = serde_json::to_string(&rest).map_err(|error| Error::Value(error.to_string()))?;
            self.insert_job(JobKind::EraseContact, Some(&rest.key), &payload, now.plus(JOB_DELAY), now)?;
            Ok(rest)
        })
    }

    /// Deletes a part of the remaining data. Returns false when no data remains.
    pub fn erase_rest(&self, rest: &ErasureRest, erased: &mut Erased) -> Result<bool> {
        self.overwriting(|| {
            let data = rest.contact.map(|contact| self.personal_ids(contact)).transpose()?.unwrap_or_default();
            let chunks = self.erase_chunks(&data)?;
            *erased.entry("recording_chunks".to_owned()).or_default() += chunks;
            let files = if chunks == 0 { self.erase_file(&rest.files)? } else { 0 };
            *erased.entry("media".to_owned()).or_default() += files;
            if chunks + files > 0 {
                return Ok(true);
            }
            // The audit log is skipped: the contact was removed from it earlier, and it also contains the entry of this
            // deletion, which must remain.
            for table in PERSONAL.iter().filter(|table| !["media", "audit_log"].contains(&table.name)) {
                if rest.contact.is_some() {
                    *erased.entry(table.name.to_owned()).or_default() += self.erase_rows(table, &data)?;
                }
            }
            erased.retain(|_, rows| *rows > 0);
            Ok(false)
        })
    }

    /// Deletes the job, after the free pages have been released.
    pub fn finish_erasure(&self, rest: &ErasureRest) -> Result<()> {
        self.delete_job(&rest.key)
    }

    /// Twilio still lists recent calls and messages, and providers may still report a recording of such a call or the
    /// status of such a message, which would otherwise be stored again.
    fn remember_recent(&self, data: &PersonalData, now: Timestamp) -> Result<()> {
        let ids: Vec<String> = self.column(
            "SELECT call_sid FROM calls WHERE id IN (SELECT value FROM json_each(?1)) AND started_at >= ?3
             UNION SELECT provider_msg_id FROM messages WHERE id IN (SELECT value FROM json_each(?2))
                 AND provider_msg_id IS NOT NULL AND created_at >= ?3",
            params![json_list(&data.calls), json_list(&data.messages), now.minus(RECENT)],
        )?;
        ids.iter().try_for_each(|id| self.remember_erased(id, now))
    }

    /// The rows of other contacts are kept.
    fn detach_from_others(&self, data: &PersonalData) -> Result<()> {
        for (table, column, of) in [
            ("tasks", "thread_id", &data.threads),
            ("tasks", "call_id", &data.calls),
            ("appointments", "call_id", &data.calls),
        ] {
            let sql = format!(
                "UPDATE {table} SET {column} = NULL WHERE {column} IN (SELECT value FROM json_each(?1))
                     AND contact_id NOT IN (SELECT value FROM json_each(?2))"
            );
            self.conn.prepare(&sql)?.execute(params![json_list(of), json_list(&data.contacts)])?;
        }
        Ok(())
    }

    fn has_sound(&self, data: &PersonalData) -> Result<bool> {
        let sql = "SELECT 1 FROM recording_chunks WHERE recording_id IN (SELECT value FROM json_each(?1))";
        Ok(self.conn.prepare_cached(sql)?.exists([json_list(&data.recordings)])?)
    }

    /// The rows are kept until the audio is deleted.
    fn empty_sound_owners(&self, data: &PersonalData) -> Result<()> {
        for (sql, ids) in [
            ("UPDATE contacts SET display_name = '', name_source = '', language = NULL", &data.contacts),
            ("UPDATE threads SET peer_number = '', title = '', unread_count = 0", &data.threads),
            ("UPDATE calls SET peer_number = '', message_text = NULL, summary = NULL", &data.calls),
            ("UPDATE recordings SET state = 'pruned', source_url = NULL, error = NULL", &data.recordings),
        ] {
            let sql = format!("{sql} WHERE id IN (SELECT value FROM json_each(?1))");
            self.conn.prepare(&sql)?.execute([json_list(ids)])?;
        }
        Ok(())
    }

    fn erase_chunks(&self, data: &PersonalData) -> Result<u64> {
        let mut delete = self.conn.prepare_cached(
            "DELETE FROM recording_chunks WHERE (recording_id, seq) IN (SELECT recording_id, seq FROM recording_chunks
                 WHERE recording_id IN (SELECT value FROM json_each(?1)) LIMIT ?2)",
        )?;
        Ok(delete.execute(params![json_list(&data.recordings), CHUNKS_PER_STEP])? as u64)
    }

    /// Deletes one file. A file that a message has used again is kept, as is one that was uploaded again and therefore
    /// has details.
    fn erase_file(&self, files: &[String]) -> Result<u64> {
        let sql = format!(
            "DELETE FROM media WHERE sha256 IN (
                 SELECT sha256 FROM media WHERE sha256 IN ({}) AND sha256 NOT IN (SELECT sha256 FROM media_details) LIMIT 1)",
            unused_files("?1")
        );
        Ok(self.conn.prepare_cached(&sql)?.execute([json_list(files)])? as u64)
    }

    fn erase_rows(&self, table: &PersonalTable, data: &PersonalData) -> Result<u64> {
        let (name, rows) = (table.name, table.condition());
        // The entry still shows that an action was done, but no longer for which contact.
        let sql = if name == "audit_log" {
            format!("UPDATE audit_log SET subject = '', detail = NULL WHERE {rows}")
        } else {
            format!("DELETE FROM {name} WHERE {rows}")
        };
        let mut delete = self.conn.prepare(&sql)?;
        data.bind(&mut delete)?;
        Ok(delete.raw_execute()? as u64)
    }
}

/// The files in a JSON list to which no row refers.
fn unused_files(list: &str) -> String {
    UNUSED_FILES.replace("{hashes}", &format!("(SELECT value FROM json_each({list}))"))
}

/// The request itself continues the deletion at once. The job is needed only if the request ends early.
const JOB_DELAY: std::time::Duration = std::time::Duration::from_secs(10);
/// How far back calls and messages are remembered as erased. Twilio's lists are read from the last complete pass on,
/// which is minutes ago, or days ago if Twilio could not be reached.
const RECENT: std::time::Duration = std::time::Duration::from_hours(7 * 24);
/// Deleted last, because audio is deleted in steps.
const SOUND_TABLES: [&str; 5] = ["recording_chunks", "recordings", "calls", "threads", "contacts"];
/// A chunk has up to 256 KiB.
const CHUNKS_PER_STEP: i64 = 16;

//! Media files of messages. Identical content is stored once.

mod usage;

pub(in crate::store) use usage::{IS_USED, IS_USED_SINCE};

use crate::domain::{ChangeKind, MediaState, MessageId, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, named_params, params};

/// The whole file is in memory, up to `whatsapp.max_media_bytes`. Writing it in parts would not save memory, because
/// SQLite builds the row in memory if columns follow the content.
#[derive(Debug, PartialEq, Eq)]
pub struct StoredMedia {
    /// The media type that the sender stated.
    pub mime: String,
    pub content: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaInfo {
    /// The media type that the sender stated.
    pub mime: String,
    /// In bytes; 0 if retention has deleted the content.
    pub length: u64,
    /// True if retention has deleted the content.
    pub is_pruned: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub struct MessageMedia {
    /// The provider's URL of the file; for a file that a user uploaded, the daemon's URL.
    pub source_url: String,
    pub state: MediaState,
    /// The media type that the provider stated, or that the stored file has; `None` if neither is known.
    pub mime: Option<String>,
}

impl ReadTx<'_> {
    /// `sha256` is in hexadecimal.
    pub fn media(&self, sha256: &str) -> Result<Option<MediaInfo>> {
        let sql = "SELECT mime, length(content), pruned_at IS NOT NULL FROM media WHERE sha256 = ?1";
        let found = self.conn.prepare_cached(sql)?.query_row([sha256], |row| {
            let length = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
            Ok(MediaInfo { mime: row.get(0)?, length, is_pruned: row.get(2)? })
        });
        Ok(found.optional()?)
    }

    /// Up to `most` bytes from `offset`; fewer at the end of the file, none if the content was deleted or the file is
    /// unknown.
    pub fn media_part(&self, sha256: &str, offset: u64, most: usize) -> Result<Vec<u8>> {
        let mut query = self.conn.prepare_cached("SELECT rowid FROM media WHERE sha256 = ?1")?;
        let Some(row) = query.query_row([sha256], |row| row.get::<_, i64>(0)).optional()? else {
            return Ok(Vec::new());
        };
        let content = self.conn.blob_open("main", "media", "content", row, true)?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
        let mut part = vec![0; most.min(content.len() - offset)];
        content.read_at_exact(&mut part, offset)?;
        Ok(part)
    }

    /// Positions are counted from 0.
    pub fn message_media(&self, message: MessageId, position: u32) -> Result<Option<MessageMedia>> {
        let mut query = self.conn.prepare_cached(
            "SELECT source_url, state, mime FROM message_media WHERE message_id = ?1 AND position = ?2",
        )?;
        let found = query.query_row(params![message, position], |row| {
            Ok(MessageMedia { source_url: row.get(0)?, state: row.get(1)?, mime: row.get(2)? })
        });
        Ok(found.optional()?)
    }
}

impl ReadTx<'_> {
    /// The name with which the file was uploaded, or with which the first message that has one was received.
    pub fn media_file_name(&self, sha256: &str) -> Result<Option<String>> {
        let mut query = self.conn.prepare_cached(
            "SELECT coalesce(
                 (SELECT file_name FROM media_details WHERE sha256 = ?1),
                 (SELECT file_name FROM message_media WHERE sha256 = ?1 AND file_name <> '' ORDER BY message_id LIMIT 1))",
        )?;
        Ok(query.query_row([sha256], |row| row.get(0))?)
    }
}

impl WriteTx<'_> {
    /// At position 0 of a new message.
    pub fn attach_stored_media(
        &self,
        message: MessageId,
        sha256: &str,
        url: &str,
        mime: &str,
        file_name: Option<&str>,
    ) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO message_media(message_id, position, source_url, mime, file_name, sha256, state)
             VALUES (?1, 0, ?2, ?3, ?4, ?5, 'stored')",
        )?;
        insert.execute(params![message, url, mime, file_name, sha256])?;
        Ok(())
    }

    pub fn insert_message_media(
        &self,
        message: MessageId,
        position: u32,
        source_url: &str,
        mime: Option<&str>,
        file_name: Option<&str>,
        state: MediaState,
    ) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO message_media(message_id, position, source_url, mime, file_name, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (message_id, position) DO NOTHING",
        )?;
        insert.execute(params![message, position, source_url, mime, file_name, state.as_str()])?;
        Ok(())
    }

    /// Also replaces the provider's URL in the message with `our_url`. Does nothing if the message was deleted.
    pub fn store_media(
        &self,
        message: MessageId,
        position: u32,
        sha256: &str,
        file: &StoredMedia,
        our_url: &str,
        now: Timestamp,
    ) -> Result<()> {
        // The contact, and with it the message, may have been deleted while the file was fetched.
        if self.message_media(message, position)?.is_none() {
            return Ok(());
        }
        self.conn
            .prepare_cached(
                "INSERT INTO media(sha256, mime, bytes, content, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (sha256) DO UPDATE SET content = excluded.content, created_at = excluded.created_at,
                     pruned_at = NULL WHERE pruned_at IS NOT NULL OR length(content) < bytes",
            )?
            .execute(params![
                sha256,
                file.mime,
                i64::try_from(file.content.len()).unwrap_or(i64::MAX),
                file.content,
                now
            ])?;
        self.conn
            .prepare_cached(
                "UPDATE message_media SET sha256 = :sha256, state = 'stored', error = NULL,
                     mime = coalesce(mime, :mime)
                 WHERE message_id = :message AND position = :position",
            )?
            .execute(named_params! {
                ":sha256": sha256, ":mime": file.mime, ":message": message, ":position": position,
            })?;
        self.conn
            .prepare_cached(
                "UPDATE messages SET media_url = ?3 WHERE id = ?1 AND media_url = (
                     SELECT source_url FROM message_media WHERE message_id = ?1 AND position = ?2)",
            )?
            .execute(params![message, position, our_url])?;
        self.record_message(ChangeKind::MessageUpdated, message)
    }

    /// The reason why a file has not been fetched yet.
    pub fn set_media_wait_reason(&self, message: MessageId, position: u32, why: &str) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE message_media SET error = ?3 WHERE message_id = ?1 AND position = ?2 AND state = 'waiting'",
            )?
            .execute(params![message, position, why])?;
        Ok(())
    }

    /// The message keeps the provider's URL.
    pub fn fail_media(&self, message: MessageId, position: u32, error: &str) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE message_media SET state = 'failed', error = ?3 WHERE message_id = ?1 AND position = ?2",
            )?
            .execute(params![message, position, error])?;
        self.record_message(ChangeKind::MessageUpdated, message)
    }
}

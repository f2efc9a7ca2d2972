//! Files of messages, each content once.

use super::{ReadTx, Result, WriteTx};
use crate::domain::{ChangeKind, MessageId, Timestamp, text_enum};
use rusqlite::{OptionalExtension, named_params, params};

text_enum! {
    /// What has become of a message's file.
    MediaState {
        /// It is still to be fetched.
        Waiting = "waiting",
        /// It is here.
        Stored = "stored",
        /// Only its address is kept.
        Linked = "linked",
        /// It could not be fetched.
        Failed = "failed",
        /// It was here, and was removed to make room.
        Pruned = "pruned",
    }
}

/// A file to be stored. It is in memory whole, as large as `whatsapp.max_media_bytes` allows: SQLite would build the row in
/// memory even if the content were written in pieces, because columns follow it.
#[derive(Debug, PartialEq, Eq)]
pub struct StoredMedia {
    /// As its sender called it.
    pub mime: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// A file that is or was here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaInfo {
    /// As its sender called it.
    pub mime: String,
    /// Its length in bytes.
    pub length: u64,
    /// Its content was deleted, as the settings say.
    pub is_pruned: bool,
}

/// A file that a message points to.
#[derive(Debug, PartialEq, Eq)]
pub struct MessageMedia {
    /// Where its provider has it.
    pub source_url: String,
    /// What has become of it.
    pub state: String,
    /// The type that the provider named.
    pub mime: Option<String>,
}

impl ReadTx<'_> {
    /// A file by the SHA-256 of its content, in hex.
    pub fn media(&self, sha256: &str) -> Result<Option<MediaInfo>> {
        let sql = "SELECT mime, length(content), pruned_at IS NOT NULL FROM media WHERE sha256 = ?1";
        let found = self.conn.prepare_cached(sql)?.query_row([sha256], |row| {
            let length = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
            Ok(MediaInfo { mime: row.get(0)?, length, is_pruned: row.get(2)? })
        });
        Ok(found.optional()?)
    }

    /// At most `most` bytes of a file from `offset` on; fewer at its end, none if it was deleted.
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

    /// The file of a message at a position, from 0.
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

impl WriteTx<'_> {
    /// Notes a file of a message.
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

    /// Keeps a fetched file. The message shows `our_url` from then on, where it showed the provider's.
    pub fn store_media(
        &self,
        message: MessageId,
        position: u32,
        sha256: &str,
        file: &StoredMedia,
        our_url: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO media(sha256, mime, bytes, content, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (sha256) DO UPDATE SET content = excluded.content, created_at = excluded.created_at,
                     pruned_at = NULL WHERE pruned_at IS NOT NULL",
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

    /// Why a file is still to be fetched.
    pub fn note_media_waits(&self, message: MessageId, position: u32, why: &str) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE message_media SET error = ?3 WHERE message_id = ?1 AND position = ?2 AND state = 'waiting'",
            )?
            .execute(params![message, position, why])?;
        Ok(())
    }

    /// A file could not be fetched; the message goes on showing the provider's address.
    pub fn fail_media(&self, message: MessageId, position: u32, error: &str) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE message_media SET state = 'failed', error = ?3 WHERE message_id = ?1 AND position = ?2",
            )?
            .execute(params![message, position, error])?;
        self.record_message(ChangeKind::MessageUpdated, message)
    }
}

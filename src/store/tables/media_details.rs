//! The details of files: dimensions, duration and thumbnail.

use crate::domain::Timestamp;
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, params};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaDetails {
    /// In pixels, for an image.
    pub width: Option<i64>,
    /// In pixels, for an image.
    pub height: Option<i64>,
    /// The duration of audio or video in milliseconds.
    pub duration_ms: Option<i64>,
    /// A preview of an image, of about 25 bytes (ThumbHash), in Base64.
    pub thumbhash: Option<String>,
    /// A small JPEG of an image.
    pub thumbnail: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedMedia {
    /// In hexadecimal.
    pub sha256: String,
    pub mime: String,
    /// The size in bytes.
    pub bytes: i64,
    /// Without the thumbnail.
    pub details: MediaDetails,
    pub has_thumbnail: bool,
}

impl ReadTx<'_> {
    /// Also returns a file whose content retention has deleted.
    pub fn uploaded_media(&self, sha256: &str) -> Result<Option<UploadedMedia>> {
        let mut query = self.conn.prepare_cached(
            "SELECT m.sha256, m.mime, m.bytes, d.width, d.height, d.duration_ms, d.thumbhash, d.thumbnail IS NOT NULL
             FROM media m LEFT JOIN media_details d ON d.sha256 = m.sha256 WHERE m.sha256 = ?1",
        )?;
        Ok(query.query_row([sha256], uploaded).optional()?)
    }

    pub fn thumbnail(&self, sha256: &str) -> Result<Option<Vec<u8>>> {
        let mut query = self.conn.prepare_cached("SELECT thumbnail FROM media_details WHERE sha256 = ?1")?;
        Ok(query.query_row([sha256], |row| row.get(0)).optional()?.flatten())
    }
}

impl WriteTx<'_> {
    /// The content of a file that is already stored is kept, unless it was deleted or is incomplete. The file gets the
    /// new name, and counts as new, so that it is not deleted before it is used.
    pub fn insert_upload(
        &self,
        sha256: &str,
        (mime, file_name): (&str, Option<&str>),
        content: &[u8],
        details: &MediaDetails,
        now: Timestamp,
    ) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO media(sha256, mime, bytes, content, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (sha256) DO UPDATE SET content = excluded.content, created_at = excluded.created_at,
                     pruned_at = NULL WHERE pruned_at IS NOT NULL OR length(content) < bytes",
            )?
            .execute(params![sha256, mime, i64::try_from(content.len()).unwrap_or(i64::MAX), content, now])?;
        let mut renew =
            self.conn.prepare_cached("UPDATE media SET created_at = ?2 WHERE sha256 = ?1 AND created_at < ?2")?;
        renew.execute(params![sha256, now])?;
        self.put_media_details(sha256, details)?;
        if let Some(name) = file_name {
            let mut put = self.conn.prepare_cached("UPDATE media_details SET file_name = ?2 WHERE sha256 = ?1")?;
            put.execute(params![sha256, name])?;
        }
        Ok(())
    }

    /// If the file has details already, they are kept, except that a missing thumbnail is stored with its preview:
    /// retention deletes both.
    pub fn put_media_details(&self, sha256: &str, details: &MediaDetails) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO media_details(sha256, width, height, duration_ms, thumbhash, thumbnail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (sha256) DO UPDATE SET thumbhash = excluded.thumbhash, thumbnail = excluded.thumbnail
                     WHERE thumbnail IS NULL AND excluded.thumbnail IS NOT NULL",
            )?
            .execute(params![
                sha256,
                details.width,
                details.height,
                details.duration_ms,
                details.thumbhash,
                details.thumbnail
            ])?;
        Ok(())
    }
}

fn uploaded(row: &Row<'_>) -> rusqlite::Result<UploadedMedia> {
    Ok(UploadedMedia {
        sha256: row.get(0)?,
        mime: row.get(1)?,
        bytes: row.get(2)?,
        details: MediaDetails {
            width: row.get(3)?,
            height: row.get(4)?,
            duration_ms: row.get(5)?,
            thumbhash: row.get(6)?,
            thumbnail: None,
        },
        has_thumbnail: row.get(7)?,
    })
}

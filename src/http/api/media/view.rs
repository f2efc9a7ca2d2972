//! API types of the files of messages.

use crate::domain::MEDIA_PATH;
use crate::store::UploadedMedia;
use serde::Serialize;

/// An uploaded file, which can be sent in a message or set as the greeting.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct UploadedFile {
    /// The id of the file: the SHA-256 of its content.
    id: String,
    /// The MIME type, detected from the content, or, for some formats, declared by the client.
    mime: String,
    /// The size of the file in bytes.
    bytes: i64,
    /// The width of an image in pixels; null for other files, and if the image cannot be read.
    width: Option<i64>,
    /// The height of an image in pixels; null if `width` is null.
    height: Option<i64>,
    /// The duration of audio or video in milliseconds; null for other files, and if the duration cannot be read.
    duration_ms: Option<i64>,
    /// The URL of the thumbnail of an image, a small JPEG; null if the file has no thumbnail.
    thumbnail_url: Option<String>,
    /// A preview of an image in about 25 bytes (a thumbhash), in Base64; null for other files, and if the image cannot
    /// be read or is too large.
    thumbhash: Option<String>,
}

impl From<UploadedMedia> for UploadedFile {
    fn from(media: UploadedMedia) -> Self {
        let thumbnail_url = media.has_thumbnail.then(|| format!("{MEDIA_PATH}{}/thumbnail", media.sha256));
        Self {
            id: media.sha256,
            mime: media.mime,
            bytes: media.bytes,
            width: media.details.width,
            height: media.details.height,
            duration_ms: media.details.duration_ms,
            thumbnail_url,
            thumbhash: media.details.thumbhash,
        }
    }
}

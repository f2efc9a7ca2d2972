//! Files of messages.

mod upload;
mod view;

use super::calls::view::Format;
use super::operation::{Operations, operations};
use crate::audio::opus;
use crate::http::auth::Member;
use crate::http::content_disposition::content_disposition;
use crate::http::extract::{Name, Query};
use crate::http::ranges::{FileInfo, answer, stream_chunks};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{ReadTx, Store};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::Semaphore;

pub(super) fn operations() -> Operations {
    operations![upload::upload, show, thumbnail]
}

/// Selects the format of a file.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MediaQuery {
    /// `wav` for players that cannot play Ogg Opus (Safari before 18.4): a voice note in Ogg Opus of up to 15 minutes is
    /// decoded. All other files are returned as they are stored, in both formats.
    #[param(inline)]
    format: Option<Format>,
}

/// Get a file of a message, by the SHA-256 of its content.
///
/// Byte ranges are supported.
#[utoipa::path(get, path = "/api/media/{sha256}", tag = "threads", operation_id = "get_media",
    params(("sha256" = String, Path), MediaQuery), responses(
        (status = 200, description = "The content of the file.", content_type = "application/octet-stream"),
        (status = 206, description = "The range that was asked for"),
        (status = 410, body = ErrorBody, description = "`media_expired`: it was here, and was deleted."), (status = 416)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
    method: Method,
    headers: HeaderMap,
    Name(sha256): Name,
    Query(query): Query<MediaQuery>,
) -> Result<Response, ApiError> {
    let asked = sha256.clone();
    let read = move |tx: &ReadTx<'_>| Ok((tx.media(&asked)?, tx.media_file_name(&asked)?));
    let (found, name) = state.store.read(read).await?;
    let file = found.ok_or_else(|| ApiError::not_found("there is no such file"))?;
    if file.is_pruned {
        return Err(ApiError::expired("media_expired", "the file was deleted, as the settings say"));
    }
    let (mime, disposition) = shown_as(&file.mime);
    let cache_control = "private, max-age=31536000, immutable";
    let info = FileInfo { mime, length: file.length, etag: &sha256, cache_control };
    let wants_wav = query.format.is_some_and(|format| format == Format::Wav) && mime == "audio/ogg";
    let decoded = if wants_wav { decoded(&state.store, &sha256, file.length).await? } else { None };
    let mut response = if let Some(wav) = decoded {
        let etag = format!("{sha256}-wav");
        let info = FileInfo { mime: "audio/wav", length: wav.len() as u64, etag: &etag, cache_control };
        answer(&method, &headers, &info, |part| {
            let byte = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(wav.len());
            Body::from(wav.slice(byte(part.start)..byte(part.end)))
        })
    } else {
        let (store, key) = (state.store.clone(), sha256.clone());
        answer(&method, &headers, &info, |part| {
            stream_chunks(part, move |at, most| {
                let (store, key) = (store.clone(), key.clone());
                async move { store.read(move |tx| tx.media_part(&key, at, most)).await }
            })
        })
    };
    // The file may come from a contact: browsers may display it, but must not run scripts in it.
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (header::CONTENT_DISPOSITION, content_disposition(disposition, name.as_deref())),
    ] {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// Returns the file as WAV; `None` if it cannot be decoded.
async fn decoded(store: &Store, sha256: &str, length: u64) -> Result<Option<Bytes>, ApiError> {
    if length > MAX_DECODED_BYTES {
        return Ok(None);
    }
    // One at a time, because a decoded file takes up to 29 MB. The semaphore is never closed.
    let _permit = DECODING.acquire().await;
    let (key, length) = (sha256.to_owned(), usize::try_from(length).unwrap_or(usize::MAX));
    let content = store.read(move |tx| tx.media_part(&key, 0, length)).await?;
    let decoding = tokio::task::spawn_blocking(move || opus::to_wav(&content)).await;
    Ok(decoding.map_err(|_| ApiError::internal())?.ok().map(Bytes::from))
}

static DECODING: Semaphore = Semaphore::const_new(1);
/// The largest file that is decoded, in bytes. Voice notes have some 2 KB a second.
const MAX_DECODED_BYTES: u64 = 16 << 20;

/// Get the thumbnail of an image, a small JPEG.
#[utoipa::path(get, path = "/api/media/{sha256}/thumbnail", tag = "threads", operation_id = "get_media_thumbnail",
    params(("sha256" = String, Path)), responses((status = 200, description = "The thumbnail.", content_type = "image/jpeg")))]
pub(super) async fn thumbnail(
    State(state): State<AppState>,
    _member: Member,
    Name(sha256): Name,
) -> Result<Response, ApiError> {
    let found = state.store.read(move |tx| tx.thumbnail(&sha256)).await?;
    let content = found.ok_or_else(|| ApiError::not_found("there is no thumbnail of that file"))?;
    let headers =
        [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "private, max-age=31536000, immutable")];
    Ok((headers, content).into_response())
}

/// Returns the media type and the disposition of a response: browsers display images, audio and video, and download all
/// other files.
fn shown_as(mime: &str) -> (&'static str, &'static str) {
    let plain = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = SHOWN.iter().find(|shown| **shown == plain);
    known.map_or(("application/octet-stream", "attachment"), |shown| (*shown, "inline"))
}

const SHOWN: [&str; 14] = [
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "audio/ogg",
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/amr",
    "audio/wav",
    "video/mp4",
    "video/3gpp",
    "video/webm",
    "audio/webm",
];

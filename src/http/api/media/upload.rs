//! Upload of a file, which a message or the greeting then uses.

use super::view::UploadedFile;
use crate::clock;
use crate::crm::media;
use crate::domain::{hex, sniff_mime};
use crate::http::auth::Member;
use crate::http::body_budget::{BodyError, read_body};
use crate::http::{ApiError, AppState, ErrorBody};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use form_urlencoded::parse;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Upload a file, to send it in a message or to use it as the greeting.
///
/// The request body is the content of the file, at most `whatsapp.max_media_bytes` long. An upload may take 10 minutes,
/// with pauses of at most 30 seconds.
#[utoipa::path(post, path = "/api/media", tag = "threads", operation_id = "upload_media",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(("X-File-Name" = Option<String>, Header, description = "The name of the file, percent-encoded UTF-8.")),
    responses((status = 201, body = UploadedFile), (status = 413, body = ErrorBody)))]
pub(in crate::http::api) async fn upload(
    State(state): State<AppState>,
    Member(actor): Member,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<UploadedFile>), ApiError> {
    let most = usize::try_from(state.config().whatsapp.max_media_bytes).unwrap_or(usize::MAX);
    let content = read(body, most, MAX_PAUSE).await?;
    if content.is_empty() {
        return Err(ApiError::invalid("the body is empty; it must be the file"));
    }
    if !state.disk.has_space_for(content.len() as u64) {
        return Err(ApiError::unavailable("the disk is nearly full"));
    }
    let mime = media_type(&headers, &content);
    let (name, now) = (file_name(&headers), clock::now());
    let details = state.examiner.examine(&mime, content.clone()).await;
    let sha256 = hex(&Sha256::digest(&content));
    actor.set_audit_subject(format!("media:{sha256}"));
    let stored = actor.transact(&state.store, move |tx| {
        media::upload(tx, &sha256, (&mime, name.as_deref()), &content, &details, now)
    });
    Ok((StatusCode::CREATED, Json(stored.await?.into())))
}

async fn read(body: Body, most: usize, max_pause: Duration) -> Result<Bytes, ApiError> {
    read_body(body, most, max_pause).await.map_err(|error| match error {
        BodyError::TooLarge => {
            let message = format!("a file may have at most {most} bytes (whatsapp.max_media_bytes)");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
        }
        BodyError::Stalled => {
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the file did not arrive in time; upload it again")
        }
        BodyError::NoMemory | BodyError::Broken => ApiError::invalid("the body ended early"),
    })
}

/// Detects the media type by the content. Without a known signature, the declared type is used if it is one of
/// [`STATED`], which browsers do not run.
fn media_type(headers: &HeaderMap, content: &[u8]) -> String {
    let stated = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let stated = stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match sniff_mime(content) {
        // Office documents are ZIP archives, and audio may be in a video container: the declared type is more precise.
        Some("application/zip") if stated.starts_with("application/vnd.") => stated,
        Some("video/webm") if stated == "audio/webm" => stated,
        Some("video/mp4") if stated == "audio/mp4" => stated,
        Some(found) => found.to_owned(),
        None if STATED.contains(&stated.as_str()) => stated,
        None => "application/octet-stream".to_owned(),
    }
}

/// Returns the beginning of the file name that the client sent, without folders, control characters and Unicode
/// direction marks, which could hide the extension; none if there is no name.
fn file_name(headers: &HeaderMap) -> Option<String> {
    let encoded = headers.get("x-file-name")?.to_str().ok()?;
    // The form decoder would turn a plus sign into a space, and split the name at `&` and `=`.
    let encoded = encoded.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let decoded = parse(encoded.as_bytes()).next()?.0.into_owned();
    let last = decoded.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_shown = |c: &char| {
        !c.is_control() && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let name: String = last.chars().filter(is_shown).collect();
    Some(shortened(name.trim())).filter(|name| !name.is_empty())
}

/// Cuts a long name before its extension.
fn shortened(name: &str) -> String {
    if name.chars().count() <= MAX_NAME_CHARS {
        return name.to_owned();
    }
    let dot = name.rfind('.').filter(|dot| name.len() - dot <= MAX_EXTENSION_BYTES).unwrap_or(name.len());
    let (stem, extension) = name.split_at(dot);
    let kept: String = stem.chars().take(MAX_NAME_CHARS - extension.chars().count()).collect();
    format!("{kept}{extension}")
}

const STATED: [&str; 4] = ["text/plain", "text/csv", "application/rtf", "audio/aac"];
const MAX_NAME_CHARS: usize = 200;
/// With the dot. What is longer is a part of the name.
const MAX_EXTENSION_BYTES: usize = 16;

/// The maximum pause within a file.
const MAX_PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};
    use std::convert::Infallible;

    #[test]
    fn a_long_name_keeps_its_extension() {
        let long = "ש".repeat(300);
        assert_eq!(shortened(&format!("{long}.pdf")), format!("{}.pdf", "ש".repeat(196)));
        assert_eq!(shortened(&long), "ש".repeat(200));
        assert_eq!(shortened(&format!("a.{long}")).chars().count(), 200);
        assert_eq!(shortened("מחירון.pdf"), "מחירון.pdf");
    }

    #[tokio::test]
    async fn a_file_is_read_unless_it_pauses_or_is_too_long() {
        let pieces = || stream::iter(["a ", "file"]).map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
        let whole = read(Body::from_stream(pieces()), 6, MAX_PAUSE).await.unwrap();
        assert_eq!(whole, Bytes::from("a file"));
        let too_long = read(Body::from_stream(pieces()), 5, MAX_PAUSE).await.unwrap_err();
        assert_eq!(too_long.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let pausing = Body::from_stream(pieces().chain(stream::pending()));
        let pausing = read(pausing, 6, Duration::from_millis(10)).await.unwrap_err();
        assert_eq!(pausing.status(), StatusCode::REQUEST_TIMEOUT);
    }
}

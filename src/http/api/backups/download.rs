//! Download of a snapshot's file.
//!
//! A snapshot contains all data, including password hashes, so a session must be confirmed with the password: other
//! people may use the browser of an owner who is logged in, for example on the counter of a shop.

use super::view::refusal;
use crate::clock;
use crate::crm::backup;
use crate::http::auth::Owner;
use crate::http::extract::Name;
use crate::http::ranges::{FileInfo, answer};
use crate::http::{ApiError, AppState, ErrorBody};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Download a snapshot.
///
/// The file is a complete SQLite database, in an `age` file if the snapshot is encrypted. Byte ranges are supported.
#[utoipa::path(get, path = "/api/backups/{name}/download", tag = "system", operation_id = "download_backup",
    params(("name" = String, Path, description = "The file name, as the list has it")), responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/vnd.sqlite3"),
        (status = 206, description = "The range that was asked for"),
        (status = 403, description = "Only an owner may do this (`forbidden`), or a session must be confirmed with the password \
            before (`POST /api/session/confirm`; `confirmation_required`). Tokens of owners need no confirmation.", body = ErrorBody),
        (status = 404, description = "There is no such snapshot", body = ErrorBody), (status = 416)))]
pub(in crate::http::api) async fn download(
    State(state): State<AppState>,
    Owner(actor): Owner,
    method: Method,
    headers: HeaderMap,
    Name(name): Name,
) -> Result<Response, ApiError> {
    state.auth.confirmations.require(actor.login.as_ref())?;
    let (snapshots, wanted) = (state.snapshots.clone(), name.clone());
    let opened = tokio::task::spawn_blocking(move || snapshots.open(&wanted)).await;
    let opened = opened.map_err(|_| ApiError::internal())?;
    let (file, length) =
        opened.map_err(|error| refusal(&format!("Cannot open snapshot {name} for a download"), error))?;
    if method != Method::HEAD {
        let (noted, now) = (name.clone(), clock::now());
        state.store.write(move |tx| backup::note_download(tx, actor.id, &noted, now)).await?;
    }
    let is_encrypted = std::path::Path::new(&name).extension().is_some_and(|extension| extension == "age");
    let mime = if is_encrypted { "application/octet-stream" } else { "application/vnd.sqlite3" };
    // The name is a valid `ETag`: a snapshot never changes, and its name contains the creation time in milliseconds.
    let info = FileInfo { mime, length, etag: &name, cache_control: "private, no-store" };
    let mut response = answer(&method, &headers, &info, |part| stream_file(Arc::new(file), part));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"agentlocator-{name}\""));
    response.headers_mut().extend(disposition.ok().map(|value| (header::CONTENT_DISPOSITION, value)));
    Ok(response)
}

/// The next piece is read only after the client has consumed the previous one.
fn stream_file(file: Arc<File>, part: Range<u64>) -> Body {
    Body::from_stream(stream::try_unfold(part, move |left| {
        let file = file.clone();
        async move {
            let most = usize::try_from(left.end - left.start).unwrap_or(PIECE).min(PIECE);
            if most == 0 {
                return Ok::<_, io::Error>(None);
            }
            let from = left.start;
            let reading = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; most];
                file.read_exact_at(&mut piece, from).map(|()| piece)
            });
            let piece = reading.await.map_err(io::Error::other)??;
            Ok(Some((Bytes::from(piece), from + most as u64..left.end)))
        }
    }))
}

const PIECE: usize = 256 << 10;

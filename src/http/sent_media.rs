//! `/static/media`: stored files, which providers download by signed URLs to send them. A template cannot contain a file, so
//! there the contact gets the URL, and opens it in a browser.

use super::content_disposition::content_disposition;
use super::ranges::{FileInfo, answer, stream_chunks};
use super::{ApiError, AppState};
use crate::clock;
use crate::providers::media_link::{MEDIA_LINK_PATH, is_valid_link};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(&format!("{MEDIA_LINK_PATH}{{sha256}}"), get(send))
}

/// What a contact sees who opens a link from a template too late. It does not say whether the file ever existed.
const GONE: &str = include_str!("sent_media/gone.html");

#[derive(Deserialize)]
struct Link {
    expires: i64,
    signature: String,
}

async fn send(
    State(state): State<AppState>,
    Path(sha256): Path<String>,
    link: Result<Query<Link>, axum::extract::rejection::QueryRejection>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let config = state.config();
    let mut keys = config.twilio.auth_tokens().chain(config.whatsapp.token_secret());
    let is_valid = link.is_ok_and(|Query(link)| {
        keys.any(|key| is_valid_link(key, &sha256, link.expires, &link.signature, clock::now()))
    });
    if !is_valid {
        return (StatusCode::FORBIDDEN, Html(GONE)).into_response();
    }
    let asked = sha256.clone();
    let file = match state.store.read(move |tx| tx.media(&asked)).await {
        Ok(Some(file)) => file,
        Ok(None) => return (StatusCode::NOT_FOUND, Html(GONE)).into_response(),
        // The provider tries again.
        Err(error) => return ApiError::from(error).into_response(),
    };
    if file.is_pruned {
        return (StatusCode::GONE, Html(GONE)).into_response();
    }
    let info = FileInfo { mime: &file.mime, length: file.length, etag: &sha256, cache_control: "private, no-store" };
    let (store, key) = (state.store.clone(), sha256.clone());
    let named = sha256.clone();
    let name = state.store.read(move |tx| tx.media_file_name(&named)).await.ok().flatten();
    let mut response = answer(&method, &headers, &info, |part| {
        stream_chunks(part, move |at, most| {
            let (store, key) = (store.clone(), key.clone());
            async move { store.read(move |tx| tx.media_part(&key, at, most)).await }
        })
    });
    let disposition = content_disposition("inline", name.as_deref());
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    response
}

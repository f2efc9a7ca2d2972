//! `/static/media`: stored files, which providers download by signed URLs to send them.

use super::AppState;
use super::ranges::{FileInfo, answer, stream_chunks};
use crate::clock;
use crate::providers::media_link::{MEDIA_LINK_PATH, is_valid_link};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(&format!("{MEDIA_LINK_PATH}{{sha256}}"), get(send))
}

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
        return (StatusCode::FORBIDDEN, "this link is not valid, or not any more\n").into_response();
    }
    let asked = sha256.clone();
    let Ok(Some(file)) = state.store.read(move |tx| tx.media(&asked)).await else {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    if file.is_pruned {
        return (StatusCode::GONE, "this file was deleted to save space\n").into_response();
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
    if let Some(disposition) = name.and_then(|name| disposition(&name)) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// Returns the `Content-Disposition` with the file name, encoded as in RFC 8187.
fn disposition(name: &str) -> Option<HeaderValue> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            byte if is_plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    HeaderValue::from_str(&format!("inline; filename*=UTF-8''{encoded}")).ok()
}

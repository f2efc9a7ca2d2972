//! Compression of the API's JSON responses. The first list of the web page has 10 to 20 KB, which is slow to load on a
//! phone; gzip reduces it to a fifth.
//!
//! `GET /api/session`, which returns the CSRF token, is not compressed: an attacker who can observe the length of
//! compressed responses that repeat the attacker's input can guess secrets in them (the BREACH attack). Nor are
//! responses to other methods than GET, some of which return API tokens.

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write as _};

/// Keeps the `ETag`, which is the version of the item for conditional changes (`If-Match`), not of the bytes.
pub(super) async fn compress(request: Request, next: Next) -> Response {
    let is_candidate = request.method() == Method::GET
        && request.uri().path() != WITH_CSRF_TOKEN
        && request.headers().get_all(header::ACCEPT_ENCODING).iter().any(accepts_gzip);
    let response = next.run(request).await;
    if !is_candidate || response.status() != StatusCode::OK || !is_plain_json(response.headers()) {
        return response;
    }
    // Streams have no exact length, and are not compressed.
    match response.body().size_hint().exact() {
        Some(length) if (MIN_BYTES..=MAX_BYTES).contains(&length) => shorten(response).await,
        _ => response,
    }
}

async fn shorten(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(plain) = to_bytes(body, usize::MAX).await else {
        // Not reachable: the body is in memory.
        return Response::from_parts(parts, Body::empty());
    };
    parts.headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let compressed = if plain.len() < SHORT { gzip(&plain).ok() } else { off_thread(plain.clone()).await };
    let Some(compressed) = compressed else { return Response::from_parts(parts, Body::from(plain)) };
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(compressed))
}

/// Compresses in a blocking thread: the event loop's threads also process calls.
async fn off_thread(plain: Bytes) -> Option<Vec<u8>> {
    tokio::task::spawn_blocking(move || gzip(&plain)).await.ok()?.ok()
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), LEVEL);
    encoder.write_all(plain)?;
    encoder.finish()
}

fn is_plain_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|mime| mime.as_bytes().starts_with(b"application/json"))
        && !headers.contains_key(header::CONTENT_ENCODING)
}

fn accepts_gzip(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|value| super::page::accepts(value, "gzip"))
}

const WITH_CSRF_TOKEN: &str = "/api/session";

/// A shorter response fits into one packet.
const MIN_BYTES: u64 = 1_024;

/// Longer responses are rare, and a second copy of them costs memory.
const MAX_BYTES: u64 = 8 << 20;

/// The length below which compression takes less than half a millisecond, and is done in the event loop's thread.
const SHORT: usize = 24 * 1_024;

/// A fast level: higher levels save another tenth, and take three times as long.
const LEVEL: Compression = Compression::new(4);

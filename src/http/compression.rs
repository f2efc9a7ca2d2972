//! Compression of the API's JSON responses. The first list of the web page has 10 to 20 KB, which is slow to load on a
//! phone; gzip reduces it to a fifth.
//!
//! Only responses to GET are compressed. An attacker who can observe the length of compressed responses that repeat the
//! attacker's input can guess secrets in them (the BREACH attack). No compressed response contains both a credential
//! and text that an outsider can write. API tokens are returned only in responses to methods other than GET.
//! `GET /api/session`, which returns the CSRF token, and the HTML file are not compressed. Session cookies are
//! `SameSite=Lax`, so of the requests that other sites cause, only those that open a page have them.

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write as _};

/// Compresses the response if it is a long JSON text and the client accepts gzip. The `ETag` is unchanged: it is the
/// version of the item for conditional changes, not of the bytes, which are never cached (`no-store`).
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
        // Not reachable: a body of exact length is in memory, so reading it does not fail.
        return Response::from_parts(parts, Body::empty());
    };
    parts.headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let compressed = if plain.len() < SHORT { gzip(&plain).ok() } else { off_thread(plain.clone()).await };
    let Some(compressed) = compressed else { return Response::from_parts(parts, Body::from(plain)) };
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(compressed))
}

/// Compresses in a blocking thread: the event loop's threads also process calls, and must not be blocked for
/// milliseconds.
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

/// The path of the response with the CSRF token.
const WITH_CSRF_TOKEN: &str = "/api/session";

/// The minimum length. A shorter response fits into one packet even without compression.
const MIN_BYTES: u64 = 1_024;

/// The maximum length. Longer responses are rare, and a second copy of them costs memory.
const MAX_BYTES: u64 = 8 << 20;

/// The length up to which compression takes less than half a millisecond, and is done in the event loop's thread.
const SHORT: usize = 24 * 1_024;

/// A fast level: higher levels save another tenth, and take three times as long.
const LEVEL: Compression = Compression::new(4);

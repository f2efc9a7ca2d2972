//! Compression of the API's JSON: on a slow phone the first list of the page is 10 to 20 KB, which gzip makes a fifth of that.
//!
//! Only responses to GET are compressed. An attacker who sees the length of compressed responses, and whose input is repeated in them,
//! can guess what else they contain (the BREACH attack). No compressed response has both a credential and text that an outsider can
//! write: tokens are shown in responses to other methods, and `GET /api/session`, which has the CSRF token, is left as it is, like the
//! HTML file. Session cookies are not sent with requests of other sites, so these cannot request guesses.

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write as _};

/// Compresses the response if it is a long JSON text that the client accepts with gzip. Its `ETag` stays: it is the version of the item, by which
/// changes are conditional, and not that of the bytes, which no cache keeps (`no-store`).
pub(super) async fn compress(request: Request, next: Next) -> Response {
    let is_candidate = request.method() == Method::GET
        && request.uri().path() != WITH_CSRF_TOKEN
        && request.headers().get_all(header::ACCEPT_ENCODING).iter().any(accepts_gzip);
    let response = next.run(request).await;
    if !is_candidate || response.status() != StatusCode::OK || !is_plain_json(response.headers()) {
        return response;
    }
    // Streams have no exact length.
    match response.body().size_hint().exact() {
        Some(length) if (MIN_BYTES..=MAX_BYTES).contains(&length) => shorten(response).await,
        _ => response,
    }
}

async fn shorten(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(plain) = to_bytes(body, usize::MAX).await else {
        // A body of a known length is in memory, so it can be read.
        return Response::from_parts(parts, Body::empty());
    };
    parts.headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let compressed = if plain.len() < SHORT { gzip(&plain).ok() } else { off_thread(plain.clone()).await };
    let Some(compressed) = compressed else { return Response::from_parts(parts, Body::from(plain)) };
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(compressed))
}

/// The threads of the runtime carry the calls, and must not be held for milliseconds.
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

/// The response with the CSRF token.
const WITH_CSRF_TOKEN: &str = "/api/session";

/// A shorter response fits into one packet anyway.
const MIN_BYTES: u64 = 1_024;

/// A longer one, such as the whole API document, is rare, and a second copy of it costs memory.
const MAX_BYTES: u64 = 8 << 20;

/// Up to this length compression takes less than half a millisecond.
const SHORT: usize = 24 * 1_024;

/// Fast: higher levels save another tenth, and take three times as long.
const LEVEL: Compression = Compression::new(4);

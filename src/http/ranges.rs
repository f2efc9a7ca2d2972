//! Serves files over HTTP: complete, partial, or not modified (RFC 9110, sections 13 and 14).

use crate::store;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use std::ops::Range;

/// Streams a part of a file; `read` returns a piece by its offset and length. A piece is read only after the client has
/// consumed the previous one, so a slow client holds little memory.
pub(crate) fn stream_chunks<F>(part: Range<u64>, read: impl Fn(u64, usize) -> F + Send + 'static) -> Body
where
    F: Future<Output = store::Result<Vec<u8>>> + Send + 'static,
{
    Body::from_stream(stream::try_unfold((part, read), |(left, read)| async move {
        let most = usize::try_from(left.end - left.start).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        if most == 0 {
            return Ok(None);
        }
        let piece = read(left.start, most).await?;
        if piece.is_empty() {
            // The file was deleted in the meantime; the client detects the truncated body.
            return Err(store::Error::NotFound("file"));
        }
        let left = left.start + piece.len() as u64..left.end;
        Ok(Some((Bytes::from(piece), (left, read))))
    }))
}

pub(crate) struct FileInfo<'a> {
    pub(crate) mime: &'a str,
    /// The length in bytes.
    pub(crate) length: u64,
    /// The version of the content, without quotes.
    pub(crate) etag: &'a str,
    pub(crate) cache_control: &'static str,
}

/// Returns the response to a GET or HEAD request for a file; `read` returns the bytes of a part.
pub(crate) fn answer(
    method: &Method,
    headers: &HeaderMap,
    file: &FileInfo<'_>,
    read: impl FnOnce(Range<u64>) -> Body,
) -> Response {
    let etag = format!("\"{}\"", file.etag);
    let mut response = if is_not_modified(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match requested_range(method, headers, &etag, file.length) {
            RequestedRange::Whole => with_body(method, StatusCode::OK, 0..file.length, read),
            RequestedRange::Part(part) => {
                let content_range = format!("bytes {}-{}/{}", part.start, part.end - 1, file.length);
                let mut response = with_body(method, StatusCode::PARTIAL_CONTENT, part, read);
                put(&mut response, header::CONTENT_RANGE, &content_range);
                response
            }
            RequestedRange::Nothing => {
                let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
                put(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", file.length));
                response
            }
        }
    };
    put(&mut response, header::ETAG, &etag);
    put(&mut response, header::ACCEPT_RANGES, "bytes");
    put(&mut response, header::CACHE_CONTROL, file.cache_control);
    if response.status().is_success() {
        put(&mut response, header::CONTENT_TYPE, file.mime);
    }
    response
}

fn with_body(method: &Method, status: StatusCode, part: Range<u64>, read: impl FnOnce(Range<u64>) -> Body) -> Response {
    let length = part.end - part.start;
    let body = if *method == Method::HEAD { Body::empty() } else { read(part) };
    let mut response = (status, body).into_response();
    put(&mut response, header::CONTENT_LENGTH, &length.to_string());
    response
}

fn put(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn is_not_modified(headers: &HeaderMap, etag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(','));
    tags.any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == etag)
}

#[derive(Debug, PartialEq, Eq)]
enum RequestedRange {
    Whole,
    Part(Range<u64>),
    Nothing,
}

/// A request with several ranges gets the complete file, which the RFC allows.
fn requested_range(method: &Method, headers: &HeaderMap, etag: &str, length: u64) -> RequestedRange {
    if *method != Method::GET || headers.get(header::IF_RANGE).is_some_and(|value| value.as_bytes() != etag.as_bytes())
    {
        return RequestedRange::Whole;
    }
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some((from, to)) = range.and_then(|range| range.trim().strip_prefix("bytes=")?.split_once('-')) else {
        return RequestedRange::Whole;
    };
    let part = match (number(from), number(to)) {
        (Some(from), Some(to)) if from <= to => from..to.saturating_add(1).min(length),
        (Some(from), None) if to.trim().is_empty() => from..length,
        (None, Some(last)) if from.trim().is_empty() => length.saturating_sub(last)..length,
        // An invalid range is ignored, as the RFC requires.
        _ => return RequestedRange::Whole,
    };
    if part.is_empty() { RequestedRange::Nothing } else { RequestedRange::Part(part) }
}

fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The number of bytes that are read and sent at a time.
const CHUNK_BYTES: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ask(range: &str, length: u64) -> RequestedRange {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_str(range).unwrap());
        requested_range(&Method::GET, &headers, "\"e\"", length)
    }

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (range, answer) in [
            ("bytes=0-4", RequestedRange::Part(0..5)),
            ("bytes=5-", RequestedRange::Part(5..10)),
            ("bytes=-3", RequestedRange::Part(7..10)),
            ("bytes=-30", RequestedRange::Part(0..10)),
            ("bytes=9-99", RequestedRange::Part(9..10)),
            ("bytes=10-", RequestedRange::Nothing),
            ("bytes=-0", RequestedRange::Nothing),
            ("bytes=4-2", RequestedRange::Whole),
            ("bytes=-", RequestedRange::Whole),
            ("bytes=a-b", RequestedRange::Whole),
            ("bytes=0-1,3-4", RequestedRange::Whole),
            ("lines=0-1", RequestedRange::Whole),
            ("bytes=+1-2", RequestedRange::Whole),
        ] {
            assert_eq!(ask(range, 10), answer, "{range}");
        }
    }

    #[test]
    fn a_part_of_another_version_is_not_wanted() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"old\""));
        assert_eq!(requested_range(&Method::GET, &headers, "\"e\"", 10), RequestedRange::Whole);
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"e\""));
        assert_eq!(requested_range(&Method::GET, &headers, "\"e\"", 10), RequestedRange::Part(0..2));
        assert_eq!(requested_range(&Method::HEAD, &headers, "\"e\"", 10), RequestedRange::Whole);
    }

    #[test]
    fn a_known_version_is_not_sent_again() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"a\", W/\"e\""));
        assert!(is_not_modified(&headers, "\"e\"") && !is_not_modified(&headers, "\"x\""));
    }

    proptest! {
        #[test]
        fn a_part_is_never_outside_of_the_file(range in "bytes=[0-9]{0,21}-[0-9]{0,21}", length in 0_u64..1000) {
            if let RequestedRange::Part(part) = ask(&range, length) {
                prop_assert!(part.start < part.end && part.end <= length);
            }
        }
    }
}

//! The `Content-Disposition` header of files.

use axum::http::HeaderValue;

/// Returns the header with the file name, encoded as in RFC 8187; without one if the file has no name.
pub(super) fn content_disposition(kind: &'static str, name: Option<&str>) -> HeaderValue {
    let Some(name) = name else { return HeaderValue::from_static(kind) };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            byte if is_plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let header = HeaderValue::from_str(&format!("{kind}; filename*=UTF-8''{encoded}"));
    header.unwrap_or_else(|_| HeaderValue::from_static(kind))
}

//! Verifies Signature Version 4 by computing it independently: in the query, as the daemon sends it
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>), and in a header, as Litestream does
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).

use super::{KEY_ID, REGION, SECRET};
use agentlocator::domain::hex;
use axum::http::{HeaderMap, Method, Uri};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Returns the decoded parameters of the query.
pub(super) fn query(uri: &Uri) -> Vec<(String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// Verifies the signature of a request. Returns S3's error code if it is invalid.
pub(super) fn check(
    method: &Method,
    uri: &Uri,
    query: &[(String, String)],
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), &'static str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(authorization) = header("authorization") {
        let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ").ok_or("InvalidArgument")?;
        let field = |name: &str| fields.split(", ").find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        let (Some(credential), Some(names), Some(signature)) =
            (field("Credential"), field("SignedHeaders"), field("Signature"))
        else {
            return Err("AccessDenied");
        };
        let (date, payload) = (header("x-amz-date").unwrap(), header("x-amz-content-sha256").unwrap());
        if payload != hex(&Sha256::digest(body)) {
            return Err("XAmzContentSHA256Mismatch");
        }
        let key_id = credential.split('/').next();
        if key_id != Some(KEY_ID) || credential != format!("{KEY_ID}/{}", scope(date)) {
            return Err("InvalidAccessKeyId");
        }
        let expected = signature_of(method, uri, query, headers, names, date, payload);
        return if expected == signature { Ok(()) } else { Err("SignatureDoesNotMatch") };
    }
    let value = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let (Some(signature), Some(date)) = (value("X-Amz-Signature"), value("X-Amz-Date")) else {
        return Err("AccessDenied");
    };
    if value("X-Amz-Algorithm") != Some("AWS4-HMAC-SHA256") {
        return Err("InvalidArgument");
    }
    match value("X-Amz-Credential").and_then(|credential| credential.split_once('/')) {
        Some((KEY_ID, found)) if found == scope(date) => {}
        Some((KEY_ID, _)) => return Err("AuthorizationQueryParametersError"),
        _ => return Err("InvalidAccessKeyId"),
    }
    let signed_at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).unwrap();
    let signed_at = signed_at.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
    let now = jiff::Timestamp::now().as_second();
    let good_for: i64 = value("X-Amz-Expires").unwrap().parse().unwrap();
    if now < signed_at - 900 || now > signed_at + good_for {
        return Err("RequestTimeTooSkewed");
    }
    let names = value("X-Amz-SignedHeaders").unwrap();
    let expected = signature_of(method, uri, query, headers, names, date, "UNSIGNED-PAYLOAD");
    if expected == signature { Ok(()) } else { Err("SignatureDoesNotMatch") }
}

fn scope(date: &str) -> String {
    format!("{}/{REGION}/s3/aws4_request", &date[..8])
}

fn signature_of(
    method: &Method,
    uri: &Uri,
    query: &[(String, String)],
    headers: &HeaderMap,
    names: &str,
    date: &str,
    payload: &str,
) -> String {
    let mut pairs: Vec<(String, String)> = query
        .iter()
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut signed = String::new();
    for name in names.split(';') {
        let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        writeln!(signed, "{name}:{}", text.trim()).unwrap();
    }
    let canonical = format!("{method}\n{}\n{}\n{signed}\n{names}\n{payload}", uri.path(), pairs.join("&"));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{}\n{}", scope(date), hex(&Sha256::digest(canonical)));
    let mut key = mac(format!("AWS4{SECRET}").as_bytes(), &date[..8]);
    for part in [REGION, "s3", "aws4_request"] {
        key = mac(&key, part);
    }
    hex(&mac(&key, &to_sign))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Encodes text by the documentation's `UriEncode()`.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}

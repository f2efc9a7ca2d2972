//! Verifies Signature Version 4 in the query by computing it independently
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>).

use super::{KEY_ID, REGION, SECRET};
use agentlocator::domain::hex;
use axum::http::{HeaderMap, Method, Uri};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The decoded parameters of the query.
pub(super) fn query(uri: &Uri) -> Vec<(String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// Returns S3's error code for an invalid signature.
pub(super) fn check(
    method: &Method,
    uri: &Uri,
    query: &[(String, String)],
    headers: &HeaderMap,
) -> Result<(), &'static str> {
    let value = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let (Some(signature), Some(date)) = (value("X-Amz-Signature"), value("X-Amz-Date")) else {
        return Err("AccessDenied");
    };
    if value("X-Amz-Algorithm") != Some("AWS4-HMAC-SHA256") {
        return Err("InvalidArgument");
    }
    let day = &date[..8];
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    match value("X-Amz-Credential").and_then(|credential| credential.split_once('/')) {
        Some((KEY_ID, found)) if found == scope => {}
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

    let mut pairs: Vec<(String, String)> = query
        .iter()
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let names = value("X-Amz-SignedHeaders").unwrap();
    let mut signed = String::new();
    for name in names.split(';') {
        let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        writeln!(signed, "{name}:{}", text.trim()).unwrap();
    }
    let canonical = format!("{method}\n{}\n{}\n{signed}\n{names}\nUNSIGNED-PAYLOAD", uri.path(), pairs.join("&"));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let mut key = mac(format!("AWS4{SECRET}").as_bytes(), day);
    for part in [REGION, "s3", "aws4_request"] {
        key = mac(&key, part);
    }
    if hex(&mac(&key, &to_sign)) == signature { Ok(()) } else { Err("SignatureDoesNotMatch") }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Encodes as the documentation's `UriEncode()`.
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

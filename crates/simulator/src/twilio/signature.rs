//! `X-Twilio-Signature`, as "Validating Signatures from Twilio" describes it.

use agentlocator_core::domain::hex;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Returns the signature of a request to `url` with the form `fields` (empty for GET and WebSocket requests). The
/// signed text is the URL, followed by each name and value, sorted by name, without separators.
pub fn sign(auth_token: &str, url: &str, fields: &[(String, String)]) -> String {
    let sorted: BTreeSet<_> = fields.iter().collect();
    let mut signed = url.to_owned();
    for (name, value) in sorted {
        signed.push_str(name);
        signed.push_str(value);
    }
    BASE64_STANDARD.encode(hmac_sha1(auth_token.as_bytes(), signed.as_bytes()))
}

/// Returns the URL and the signature of a request with a JSON body. The SHA-256 of the body is part of the URL, and
/// only the URL is signed.
pub fn sign_json_url(auth_token: &str, url: &str, body: &[u8]) -> (String, String) {
    let hash = hex(&Sha256::digest(body));
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}bodySHA256={hash}");
    let signature = sign(auth_token, &url, &[]);
    (url, signature)
}

fn hmac_sha1(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC accepts a key of any length.
    Hmac::<Sha1>::new_from_slice(key)
        .map(|mut mac| {
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example on Twilio's documentation page.
    #[test]
    fn the_documented_example_has_its_signature() {
        let fields = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(sign("12345", url, &fields), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }

    #[test]
    fn a_json_body_is_signed_by_its_hash_in_the_url() {
        let (url, signature) = sign_json_url("12345", "https://a.example/hook", b"{}");
        assert!(url.ends_with("?bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"), "{url}");
        assert_eq!(signature, sign("12345", &url, &[]));
    }
}

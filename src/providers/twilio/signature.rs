//! `X-Twilio-Signature` (Twilio docs, "Webhooks Security"): base64 of HMAC-SHA1 over the public URL and the parameters.

use crate::config::Secret;
use crate::domain::hex;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::cell::LazyCell;
use subtle::ConstantTimeEq;

/// The signed content of a request besides its URL.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// An `application/x-www-form-urlencoded` body: the decoded pairs, in any order.
    Form(&'a [(String, String)]),
    /// Any other body. The URL contains its SHA-256 as `bodySHA256`.
    Raw(&'a [u8]),
    /// No body, as in a GET or HEAD request or a WebSocket upgrade.
    Empty,
}

/// A well-formed signature: base64 of 20 bytes. [`is_valid`] verifies the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signature([u8; 20]);

impl Signature {
    /// Returns `None` if the value is malformed, so that such a request is rejected without further checks.
    pub fn parse(header: &[u8]) -> Option<Self> {
        // The length is checked first, so that a long text is not decoded.
        let text = header.trim_ascii();
        if text.len() != ENCODED_BYTES {
            return None;
        }
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// The length of 20 bytes in base64.
const ENCODED_BYTES: usize = 28;

/// Returns true if one of `tokens` has signed this request.
///
/// `base_url` is the configured public address without a trailing slash. `path_and_query` is the raw target of the
/// request line, not decoded. The client's `Host` header is not used. Twilio signs either with or without the standard
/// port, so both forms are checked.
pub fn is_valid<'t>(
    mut tokens: impl Iterator<Item = &'t Secret>,
    signature: Signature,
    base_url: &str,
    path_and_query: &str,
    payload: Payload<'_>,
) -> bool {
    if let Payload::Raw(body) = payload
        && !body_hash_matches(path_and_query, body)
    {
        return false;
    }
    let tail = signed_tail(payload);
    let other = LazyCell::new(|| other_port_form(base_url));
    tokens.any(|token| {
        let signs = |base: &str| bool::from(digest(token, &[base, path_and_query, &tail]).ct_eq(&signature.0));
        signs(base_url) || other.as_deref().is_some_and(signs)
    })
}

/// Returns the signature that Twilio would send. Used to sign test requests.
pub fn sign(token: &Secret, url: &str, payload: Payload<'_>) -> String {
    STANDARD.encode(digest(token, &[url, &signed_tail(payload)]))
}

fn digest(token: &Secret, parts: &[&str]) -> [u8; 20] {
    // HMAC accepts keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(token.expose().as_bytes()) else { return [0; 20] };
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// Concatenates the unique pairs of name and value, sorted in byte order, without separators.
fn signed_tail(payload: Payload<'_>) -> String {
    let Payload::Form(pairs) = payload else { return String::new() };
    let mut sorted: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut tail = String::with_capacity(sorted.iter().map(|(name, value)| name.len() + value.len()).sum());
    for (name, value) in sorted {
        tail.push_str(name);
        tail.push_str(value);
    }
    tail
}

fn body_hash_matches(path_and_query: &str, body: &[u8]) -> bool {
    let query = path_and_query.split_once('?').map_or("", |(_, query)| query);
    let given = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "bodySHA256");
    let Some((_, given)) = given else { return false };
    let hash = hex(&Sha256::digest(body));
    bool::from(hash.as_bytes().ct_eq(given.to_ascii_lowercase().as_bytes()))
}

/// Returns the base URL with the standard port if it has no port, and without the port otherwise.
fn other_port_form(base_url: &str) -> Option<String> {
    let url = url::Url::parse(base_url).ok()?;
    let (host, standard) = (url.host_str()?, url.port_or_known_default()?);
    let path = url.path().trim_end_matches('/');
    // The URL parser removes a standard port, so the text is checked too.
    let has_port = url.port().is_some() || base_url.trim_end_matches('/').ends_with(&format!(":{standard}"));
    let port = if has_port { String::new() } else { format!(":{standard}") };
    Some(format!("{}://{host}{port}{path}", url.scheme()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn parsed(signature: &str) -> Signature {
        Signature::parse(signature.as_bytes()).unwrap()
    }

    #[test]
    fn only_twenty_bytes_can_be_a_signature() {
        assert!(Signature::parse(b" RSOYDt4T1cUTdK1PDd93/VVr8B8=\t").is_some());
        for wrong in [
            "",
            "x",
            "bm8=",
            "RSOYDt4T1cUTdK1PDd93/VVr8B8",
            "RSOYDt4T1cUTdK1PDd93/VVr8B8A",
            "RSOYDt4T1cUTdK1PDd93/VVr8B!=",
        ] {
            assert_eq!(Signature::parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(Signature::parse("A".repeat(64 << 10).as_bytes()), None);
    }

    /// The example from Twilio's page "Validating Signatures from Twilio" and from the tests of Twilio's helper
    /// libraries.
    #[test]
    fn twilios_own_example_is_valid() {
        let token = Secret::new("12345");
        let form = pairs(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
            ("Caller", "+14158675309"),
        ]);
        let given = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        let valid = |signature: &str, form: &[(String, String)], token: &Secret| {
            Signature::parse(signature.as_bytes()).is_some_and(|signature| {
                let (base, path) = ("https://mycompany.com", "/myapp.php?foo=1&bar=2");
                is_valid([token].into_iter(), signature, base, path, Payload::Form(form))
            })
        };
        assert!(valid(given, &form, &token));
        assert!(!valid(given, &form[1..], &token));
        assert!(!valid(given, &form, &Secret::new("12346")));
        assert!(!valid("RSOYDt4T1cUTdK1PDd93/VVr8B9=", &form, &token));
        assert!(!valid("not base64!", &form, &token));
        assert!(!valid("", &form, &token));
    }

    #[test]
    fn either_token_and_either_form_of_the_port_are_accepted() {
        let (main, second) = (Secret::new("one"), Secret::new("two"));
        for (base, url) in [
            ("https://shop.example", "https://shop.example/x"),
            ("https://shop.example", "https://shop.example:443/x"),
            ("https://shop.example:8443", "https://shop.example:8443/x"),
            ("https://shop.example:8443", "https://shop.example/x"),
            ("https://shop.example:443", "https://shop.example/x"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]:443/x"),
        ] {
            let signature = parsed(&sign(&second, url, Payload::Empty));
            assert!(is_valid([&main, &second].into_iter(), signature, base, "/x", Payload::Empty), "{base} {url}");
            assert!(!is_valid([&main].into_iter(), signature, base, "/x", Payload::Empty), "{base} {url}");
        }
        assert!(!is_valid(
            std::iter::empty(),
            parsed(&sign(&main, "https://a/x", Payload::Empty)),
            "https://a",
            "/x",
            Payload::Empty
        ));
    }

    #[test]
    fn duplicates_count_once_and_a_raw_body_needs_its_hash() {
        let token = Secret::new("t");
        let (once, twice) = (pairs(&[("a", "2"), ("a", "1")]), pairs(&[("a", "1"), ("a", "2"), ("a", "1")]));
        assert_eq!(sign(&token, "u", Payload::Form(&once)), sign(&token, "u", Payload::Form(&twice)));

        let body = b"{\"a\":1}";
        let hash = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
        let path = format!("/x?bodySHA256={hash}");
        let signature = parsed(&sign(&token, &format!("https://a{path}"), Payload::Raw(body)));
        assert!(is_valid([&token].into_iter(), signature, "https://a", &path, Payload::Raw(body)));
        assert!(!is_valid([&token].into_iter(), signature, "https://a", &path, Payload::Raw(b"{\"a\":2}")));
        let unhashed = parsed(&sign(&token, "https://a/x", Payload::Raw(body)));
        assert!(!is_valid([&token].into_iter(), unhashed, "https://a", "/x", Payload::Raw(body)));
    }
}

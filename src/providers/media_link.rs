//! Signed links from which a provider fetches a stored file. The signature uses the secret that the provider and the
//! daemon share, and a link expires.

use crate::config::Secret;
use crate::domain::{Timestamp, hex};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::time::Duration;
use subtle::ConstantTimeEq;

#[derive(Clone)]
pub struct MediaLinks {
    base_url: String,
    key: Secret,
}

impl MediaLinks {
    /// `token` is a provider's secret. For the bridge, `base_url` is empty: the bridge adds the address of the daemon
    /// to which it delivers messages.
    pub fn new(base_url: &str, token: &Secret) -> Self {
        Self { base_url: base_url.to_owned(), key: token.clone() }
    }

    pub fn link(&self, sha256: &str, from: Timestamp, lifetime: Duration) -> String {
        let expires = from.plus(lifetime).as_secs();
        let signature = signature(&self.key, sha256, expires);
        format!("{}{MEDIA_LINK_PATH}{sha256}?expires={expires}&signature={signature}", self.base_url)
    }
}

pub fn is_valid_link(token: &Secret, sha256: &str, expires: i64, given: &str, now: Timestamp) -> bool {
    let expected = signature(token, sha256, expires);
    expires >= now.as_secs() && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
}

fn signature(key: &Secret, sha256: &str, expires: i64) -> String {
    // HMAC accepts keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) else { return String::new() };
    mac.update(format!("agentlocator media link\0{sha256}\0{expires}").as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// The path of the links. The SHA-256 of the file follows.
pub const MEDIA_LINK_PATH: &str = "/static/media/";

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn a_link_is_valid_for_its_file_and_for_a_day() {
        let (key, now) = (Secret::new("token"), Timestamp::from_millis(1_700_000_000_000));
        let link = MediaLinks::new("https://shop.example", &key).link("abc", now, DAY);
        let (path, query) = link.split_once('?').unwrap();
        assert_eq!(path, "https://shop.example/static/media/abc");
        let (expires, signature) = query.split_once("&signature=").unwrap();
        let expires: i64 = expires.trim_start_matches("expires=").parse().unwrap();
        assert!(is_valid_link(&key, "abc", expires, signature, now));
        assert!(!is_valid_link(&key, "abd", expires, signature, now));
        assert!(!is_valid_link(&key, "abc", expires + 1, signature, now));
        assert!(!is_valid_link(&key, "abc", expires, signature, now.plus(DAY).plus(Duration::from_secs(1))));
        assert!(!is_valid_link(&Secret::new("other"), "abc", expires, signature, now));
        assert!(!is_valid_link(&key, "abc", expires, "", now));
    }
}

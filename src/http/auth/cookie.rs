//! The cookies of a login.

use crate::config::HttpConfig;
use crate::crm::session::LIFETIME;
use crate::crm::token::OneTimeSecret;
use crate::http::Peer;
use axum::http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

/// The cookie of a login.
pub(crate) struct SessionCookie;

impl SessionCookie {
    /// Its value in a request.
    pub(crate) fn find(headers: &HeaderMap) -> Option<&str> {
        find(headers, SESSION)
    }

    /// The header that gives it to the browser.
    pub(crate) fn set(secret: &OneTimeSecret, config: &HttpConfig, peer: Peer) -> HeaderValue {
        line(prefix(peer), SESSION, secret.expose(), LIFETIME, is_secure(config, peer.is_encrypted()))
    }

    /// The headers that take it back, and one that was given by plain HTTP.
    pub(crate) fn clear(config: &HttpConfig, peer: Peer) -> [HeaderValue; 2] {
        [prefix(peer), ""]
            .map(|prefix| line(prefix, SESSION, "", Duration::ZERO, is_secure(config, peer.is_encrypted())))
    }
}

/// The cookie by which a browser that has logged in before is recognised at the next login. It outlives the session.
pub(crate) struct DeviceCookie;

impl DeviceCookie {
    /// Its value in a request.
    pub(crate) fn find(headers: &HeaderMap) -> Option<OneTimeSecret> {
        find(headers, DEVICE).map(OneTimeSecret::returned)
    }

    /// The header that gives it to the browser.
    pub(crate) fn set(secret: &OneTimeSecret, config: &HttpConfig, peer: Peer) -> HeaderValue {
        line(prefix(peer), DEVICE, secret.expose(), DEVICE_LIFETIME, is_secure(config, peer.is_encrypted()))
    }
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let named = pairs.filter(|(found, _)| found.strip_prefix(SECURE_PREFIX).unwrap_or(found) == name);
    // Both where the browser was here by plain HTTP as well.
    named.max_by_key(|(found, _)| found.starts_with(SECURE_PREFIX)).map(|(_, value)| value)
}

/// What stands before the name. Browsers take [`SECURE_PREFIX`] by https alone, which a proxy may not say of itself.
fn prefix(peer: Peer) -> &'static str {
    if peer.is_encrypted() == Some(true) { SECURE_PREFIX } else { "" }
}

fn line(prefix: &str, name: &str, value: &str, max_age: Duration, secure: bool) -> HeaderValue {
    let (max_age, secure) = (max_age.as_secs(), if secure { "; Secure" } else { "" });
    let line = format!("{prefix}{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&line).unwrap_or(HeaderValue::from_static(""))
}

/// Whether the browser may keep the cookie to encrypted connections: as the connection itself is, or a trusted proxy says.
/// Where neither knows, the public address does; a page on a door of its own has another.
fn is_secure(config: &HttpConfig, encrypted: Option<bool>) -> bool {
    encrypted.unwrap_or_else(|| config.crm_listen.is_none() && config.base_url().starts_with("https://"))
}

const SESSION: &str = "agentlocator_session";
const DEVICE: &str = "agentlocator_device";

/// Before the names of cookies for encrypted connections: browsers take them from this host alone, and a plain page of the same
/// host, which may not replace a `Secure` cookie, has a name of its own.
const SECURE_PREFIX: &str = "__Host-";

/// The longest that browsers keep a cookie.
const DEVICE_LIFETIME: Duration = Duration::from_hours(400 * 24);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BaseUrl;

    #[test]
    fn it_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append("cookie", HeaderValue::from_static("a=b; xagentlocator_session=no"));
        headers.append("cookie", HeaderValue::from_static("c=d;  agentlocator_session=yes; e=f"));
        assert_eq!(SessionCookie::find(&headers), Some("yes"));
        assert_eq!(SessionCookie::find(&HeaderMap::new()), None);
        for line in [
            "agentlocator_session=plain; __Host-agentlocator_session=secure",
            "__Host-agentlocator_session=secure; agentlocator_session=plain",
        ] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
            assert_eq!(SessionCookie::find(&headers), Some("secure"));
        }
    }

    #[test]
    fn it_is_secure_where_the_page_is() {
        let mut config = HttpConfig::default();
        config.public_base_url = BaseUrl::parse("https://shop.example").ok();
        assert!(is_secure(&config, None) && is_secure(&config, Some(true)));
        // From the office by plain HTTP: the browser would not send a secure one back.
        assert!(!is_secure(&config, Some(false)));
        config.crm_listen = Some(([192, 168, 1, 5], 8081).into());
        assert!(!is_secure(&config, None) && is_secure(&config, Some(true)));
    }
}

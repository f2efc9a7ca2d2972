//! The session and device cookies.

use crate::config::HttpConfig;
use crate::crm::session::LIFETIME;
use crate::crm::token::OneTimeSecret;
use crate::http::Peer;
use axum::http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

pub(crate) struct SessionCookie;

impl SessionCookie {
    pub(crate) fn find(headers: &HeaderMap) -> Option<&str> {
        find(headers, SESSION)
    }

    pub(crate) fn set(secret: &OneTimeSecret, config: &HttpConfig, peer: Peer) -> HeaderValue {
        line(prefix(peer), SESSION, secret.expose(), LIFETIME, is_secure(config, peer.is_encrypted()))
    }

    /// Returns the `Set-Cookie` headers that delete the cookie, including a cookie that was set over plain HTTP.
    pub(crate) fn clear(config: &HttpConfig, peer: Peer) -> [HeaderValue; 2] {
        [prefix(peer), ""]
            .map(|prefix| line(prefix, SESSION, "", Duration::ZERO, is_secure(config, peer.is_encrypted())))
    }
}

/// The cookie that identifies a browser in which a user has logged in before. It is valid for longer than the session.
pub(crate) struct DeviceCookie;

impl DeviceCookie {
    pub(crate) fn find(headers: &HeaderMap) -> Option<OneTimeSecret> {
        find(headers, DEVICE).map(OneTimeSecret::returned)
    }

    pub(crate) fn set(secret: &OneTimeSecret, config: &HttpConfig, peer: Peer) -> HeaderValue {
        line(prefix(peer), DEVICE, secret.expose(), DEVICE_LIFETIME, is_secure(config, peer.is_encrypted()))
    }
}

/// Returns the value of a cookie in a request, with or without the name prefix for encrypted connections.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let named = pairs.filter(|(found, _)| found.strip_prefix(SECURE_PREFIX).unwrap_or(found) == name);
    // Both cookies exist if the browser has also used plain HTTP. The cookie for encrypted connections has precedence.
    named.max_by_key(|(found, _)| found.starts_with(SECURE_PREFIX)).map(|(_, value)| value)
}

/// Returns the prefix of the cookie name. Browsers accept [`SECURE_PREFIX`] only over https. The prefix is used only if
/// the connection is known to be encrypted, because some proxies do not report https.
fn prefix(peer: Peer) -> &'static str {
    if peer.is_encrypted() == Some(true) { SECURE_PREFIX } else { "" }
}

fn line(prefix: &str, name: &str, value: &str, max_age: Duration, secure: bool) -> HeaderValue {
    let (max_age, secure) = (max_age.as_secs(), if secure { "; Secure" } else { "" });
    let line = format!("{prefix}{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&line).unwrap_or(HeaderValue::from_static(""))
}

/// Returns true if the cookie may have the attribute `Secure`, which restricts it to encrypted connections. The
/// connection or a trusted proxy's report decides. If neither is known, the public address decides, unless the web page
/// has a separate listener.
fn is_secure(config: &HttpConfig, encrypted: Option<bool>) -> bool {
    encrypted.unwrap_or_else(|| config.crm_listen.is_none() && config.base_url().starts_with("https://"))
}

const SESSION: &str = "agentlocator_session";
const DEVICE: &str = "agentlocator_device";

/// The name prefix of cookies for encrypted connections: browsers accept such cookies only from this host itself. A
/// plain HTTP page of the same host cannot replace a `Secure` cookie, so cookies over plain HTTP have another name.
const SECURE_PREFIX: &str = "__Host-";

/// The maximum lifetime of a cookie in browsers.
const DEVICE_LIFETIME: Duration = Duration::from_hours(400 * 24);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BaseUrl;

    #[test]
    fn the_session_cookie_is_found_among_others() {
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
    fn the_session_cookie_is_secure_where_the_page_is() {
        let mut config = HttpConfig::default();
        config.public_base_url = BaseUrl::parse("https://shop.example").ok();
        assert!(is_secure(&config, None) && is_secure(&config, Some(true)));
        // On a local network over plain HTTP, a browser does not send a `Secure` cookie.
        assert!(!is_secure(&config, Some(false)));
        config.crm_listen = Some(([192, 168, 1, 5], 8081).into());
        assert!(!is_secure(&config, None) && is_secure(&config, Some(true)));
    }
}

//! Base URLs of services.

use serde::Serialize;
use std::fmt;
use url::{Host, Url};

/// The base URL of a service, without a trailing slash: `https://…`, or `http://…` for loopback addresses only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct BaseUrl(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseUrlError {
    /// The text is not a URL with a host.
    NoUrl,
    Scheme,
    /// The URL uses `http` and names another machine, so the data would be sent unencrypted.
    PlainHttp,
    /// The URL contains a user name or password, which would appear in logs.
    Userinfo,
    /// The URL contains a part after `?` or `#`, which would end up in the middle of request URLs.
    Query,
}

impl BaseUrl {
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NoUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(BaseUrlError::PlainHttp),
            _ => return Err(BaseUrlError::Scheme),
        }
        if url.host().is_none() {
            return Err(BaseUrlError::NoUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Userinfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// Creates a base URL from a constant, which must be valid.
    pub(super) fn from_static(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn loopback(port: u16) -> Self {
        Self(format!("http://127.0.0.1:{port}"))
    }

    pub(super) fn https(name: &str) -> Self {
        Self(format!("https://{name}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the base URL for WebSockets: `wss://…`, or `ws://…` for loopback.
    pub fn websocket_url(&self) -> String {
        match self.0.strip_prefix("http://") {
            Some(rest) => format!("ws://{rest}"),
            None => format!("wss://{}", self.0.strip_prefix("https://").unwrap_or(&self.0)),
        }
    }

    /// Returns true for an https URL with a port other than 443.
    pub(super) fn has_own_port(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| url.scheme() == "https" && url.port().is_some())
    }

    /// Returns the port if the URL's host is a loopback address.
    pub(super) fn loopback_port(&self) -> Option<u16> {
        Url::parse(&self.0).ok().filter(is_loopback)?.port_or_known_default()
    }

    /// Returns true if the URL's host is this machine, or a private, link-local or IPv4-mapped address.
    pub(super) fn is_internal(&self) -> bool {
        let Ok(url) = Url::parse(&self.0) else { return true };
        match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified(),
            Some(Host::Ipv6(ip)) => {
                let mapped = ip.to_ipv4_mapped().is_some();
                mapped || ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified()
            }
            Some(Host::Domain(_)) | None => is_loopback(&url),
        }
    }

    /// Returns only scheme, host and port.
    pub fn origin(&self) -> &str {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        self.0[host..].find('/').map_or(&self.0, |slash| &self.0[..host + slash])
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for BaseUrl {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_last_slash() {
        let read = |text| BaseUrl::parse(text).map(|url| url.0);
        assert_eq!(read("https://shop.example/"), Ok("https://shop.example".to_owned()));
        assert_eq!(read(" HTTPS://Shop.Example/a/ "), Ok("https://shop.example/a".to_owned()));
        assert_eq!(read("https://shop.example:443"), Ok("https://shop.example".to_owned()));
        assert_eq!(read("http://[::1]:9000/"), Ok("http://[::1]:9000".to_owned()));
        assert_eq!(read("http://localhost:9000"), Ok("http://localhost:9000".to_owned()));
    }

    #[test]
    fn plain_http_stays_on_the_machine() {
        assert_eq!(BaseUrl::parse("http://shop.example"), Err(BaseUrlError::PlainHttp));
        assert_eq!(BaseUrl::parse("http://192.168.1.7:80"), Err(BaseUrlError::PlainHttp));
        assert_eq!(BaseUrl::parse("http://127.0.0.1.shop.example"), Err(BaseUrlError::PlainHttp));
    }

    #[test]
    fn a_url_that_is_no_base_is_refused() {
        assert_eq!(BaseUrl::parse("shop.example"), Err(BaseUrlError::NoUrl));
        assert_eq!(BaseUrl::parse("ftp://shop.example"), Err(BaseUrlError::Scheme));
        assert_eq!(BaseUrl::parse("https://me:pass@shop.example"), Err(BaseUrlError::Userinfo));
        assert_eq!(BaseUrl::parse("https://shop.example/?a=1"), Err(BaseUrlError::Query));
    }

    #[test]
    fn sockets_and_origins_follow_the_address() {
        let url = BaseUrl::from_static("https://api.openai.com/v1");
        assert_eq!((url.websocket_url().as_str(), url.origin()), ("wss://api.openai.com/v1", "https://api.openai.com"));
        let local = BaseUrl::loopback(9000);
        assert_eq!((local.websocket_url().as_str(), local.origin()), ("ws://127.0.0.1:9000", "http://127.0.0.1:9000"));
    }
}

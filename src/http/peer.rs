//! Who is on the other end of the connection.

use super::ApiError;
use super::forwarded::{self, Forwarded};
use crate::config::Network;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use std::net::{IpAddr, SocketAddr};

/// Whose request it is; a request extension.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    connection: SocketAddr,
    origin: IpAddr,
    /// Whether its headers are those of a program on this machine that asks this machine.
    asks_this_machine: bool,
    encrypted: Option<bool>,
}

impl Peer {
    /// Of a request with these headers on a connection from this address, which speaks TLS or not. Only `proxies` may say
    /// for whom they speak.
    pub(super) fn new(connection: SocketAddr, tls: bool, headers: &HeaderMap, proxies: &[Network]) -> Self {
        let ip = connection.ip().to_canonical();
        let is_proxy = is_among(proxies, ip);
        let said = if is_proxy {
            forwarded::read(headers, |address| is_among(proxies, address))
        } else {
            Forwarded::default()
        };
        Self {
            connection,
            origin: said.origin.unwrap_or(ip),
            asks_this_machine: !is_forwarded(headers) && names_this_machine(headers),
            encrypted: match said.encrypted {
                _ if tls => Some(true),
                None if !is_proxy => Some(false),
                said => said,
            },
        }
    }

    /// Whether the request comes from this machine itself. One that a proxy or a tunnel hands on does not, nor one that asks
    /// for any name but that of this machine, whatever its connection's address: such a name is the public one, which a
    /// tunnel passes on, or one that a page in a browser here had resolved to this machine (DNS rebinding).
    pub fn is_local(self) -> bool {
        self.connection.ip().to_canonical().is_loopback() && self.asks_this_machine
    }

    /// Whose attempts are counted: behind a proxy that is trusted, the address that it names.
    pub fn origin(self) -> IpAddr {
        self.origin
    }

    /// Whether nobody on the way could read it; none where only a proxy knows, which does not say.
    pub fn is_encrypted(self) -> Option<bool> {
        self.encrypted
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().copied().ok_or_else(ApiError::internal)
    }
}

/// Whether an address lies in one of the networks.
pub(super) fn is_among(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// What counts as one sender: whoever has one IPv6 address has 2^64 of them.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Whether a proxy has added one of its headers.
fn is_forwarded(headers: &HeaderMap) -> bool {
    let mut names = headers.keys().map(HeaderName::as_str);
    names.any(|name| FORWARDED.contains(&name) || name.starts_with("x-forwarded-") || name.starts_with("cf-"))
}

/// Whether the request asks for `localhost` or a loopback address.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// What proxies and tunnels add, beside `X-Forwarded-…` and Cloudflare's `CF-…`.
const FORWARDED: [&str; 8] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "fastly-client-ip",
    "x-original-host",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HttpConfig;
    use axum::http::HeaderValue;

    fn peer(connection: [u8; 4], headers: &HeaderMap) -> Peer {
        Peer::new((connection, 5000).into(), false, headers, &HttpConfig::default().trusted_proxies)
    }

    #[test]
    fn only_a_question_for_this_machine_itself_is_local() {
        let asks = |lines: &[(&'static str, &'static str)]| {
            let headers = lines.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
            peer([127, 0, 0, 1], &headers.collect()).is_local()
        };
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.0.1.1", "[::1]", "[::1]:8080"] {
            assert!(asks(&[("host", host)]), "{host}");
        }
        for host in ["shop.example", "127.0.0.1.shop.example:80", "192.168.1.2", "[2001:db8::1]:80", ""] {
            assert!(!asks(&[("host", host)]), "{host}");
        }
        assert!(!asks(&[]));
        for name in ["cf-connecting-ip", "x-forwarded-host", "x-forwarded-proto", "true-client-ip", "via", "forwarded"]
        {
            assert!(!asks(&[("host", "localhost"), (name, "1")]), "{name}");
        }
    }

    #[test]
    fn what_a_proxy_hands_on_is_not_local() {
        let mut headers = HeaderMap::new();
        headers.append("host", HeaderValue::from_static("localhost:8080"));
        let (here, there) = (peer([127, 0, 0, 1], &headers), peer([203, 0, 113, 7], &headers));
        assert!(here.is_local() && !there.is_local());
        assert_eq!((here.origin(), here.is_encrypted()), (IpAddr::from([127, 0, 0, 1]), None));
        headers.append("x-forwarded-for", HeaderValue::from_static("10.0.0.1, 198.51.100.9"));
        headers.append("x-forwarded-proto", HeaderValue::from_static("https"));
        let (here, there) = (peer([127, 0, 0, 1], &headers), peer([203, 0, 113, 7], &headers));
        assert!(!here.is_local());
        assert_eq!((here.origin(), here.is_encrypted()), (IpAddr::from([198, 51, 100, 9]), Some(true)));
        assert_eq!((there.origin(), there.is_encrypted()), (IpAddr::from([203, 0, 113, 7]), Some(false)));
    }

    #[test]
    fn tls_of_our_own_needs_nobodys_word() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-proto", HeaderValue::from_static("http"));
        let proxies = HttpConfig::default().trusted_proxies;
        assert_eq!(Peer::new(([127, 0, 0, 1], 1).into(), true, &headers, &proxies).is_encrypted(), Some(true));
    }
}

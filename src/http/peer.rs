//! The network peer of a request: its address, and whether its connection is encrypted.

use super::ApiError;
use super::forwarded::{self, Forwarded};
use crate::config::Network;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use std::net::{IpAddr, SocketAddr};

/// The network peer of a request; a request extension.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    connection: SocketAddr,
    tls: bool,
    is_proxy: bool,
    /// The content of the proxy headers; an untrusted client may have forged them.
    reported: Forwarded,
    /// Whether the headers are those of a direct request from this machine: no proxy headers, and a local `Host`.
    is_for_this_machine: bool,
}

impl Peer {
    /// `proxies` are the networks of the trusted proxies.
    pub(super) fn new(connection: SocketAddr, tls: bool, headers: &HeaderMap, proxies: &[Network]) -> Self {
        Self {
            connection,
            tls,
            is_proxy: is_among(proxies, connection.ip()),
            reported: forwarded::read(headers, |address| is_among(proxies, address)),
            is_for_this_machine: !is_forwarded(headers) && has_local_host(headers),
        }
    }

    /// Returns the address of the connection; an IPv4-mapped IPv6 address as IPv4.
    fn address(self) -> IpAddr {
        self.connection.ip().to_canonical()
    }

    /// Returns true if the request comes from a program on this machine. Requests through a proxy or a tunnel do not
    /// count. Requests for another host do not count either, even over loopback: their host is a public name that a
    /// tunnel forwards, or a name that a web page resolved to this machine (DNS rebinding).
    pub fn is_local(self) -> bool {
        self.address().is_loopback() && self.is_for_this_machine
    }

    /// Returns the address for rate limits: the client's address that a trusted proxy reports, or else the address of
    /// the connection.
    pub fn origin(self) -> IpAddr {
        self.reported.origin.filter(|_| self.is_proxy).unwrap_or(self.address())
    }

    /// Returns whether the client's connection is encrypted; none if this is unknown, because a trusted proxy does not
    /// report it, or because the connection comes from this machine without TLS.
    pub fn is_encrypted(self) -> Option<bool> {
        match self.reported.encrypted {
            _ if self.tls => Some(true),
            reported if self.is_proxy => reported,
            // The connection may be that of an unconfigured proxy or tunnel on this machine.
            _ if self.address().is_loopback() => None,
            _ => Some(false),
        }
    }

    pub(super) fn uses_tls(self) -> bool {
        self.tls
    }

    /// See the function [`is_confidential`].
    pub(super) fn is_confidential(self) -> bool {
        is_confidential(self.tls, self.address(), self.is_proxy, self.reported)
    }

    /// Returns true if the request appears to come from a proxy on this machine that `http.trusted_proxies` does not
    /// contain.
    pub(super) fn is_untrusted_proxy(self) -> bool {
        !self.is_proxy && self.address().is_loopback() && self.reported.origin.is_some()
    }

    /// Returns the connection's address if it seems to be a proxy that is missing in `http.trusted_proxies`: its
    /// headers report https, which only a trusted proxy may do.
    pub(super) fn untrusted_https_proxy(self) -> Option<IpAddr> {
        (!self.is_proxy && self.reported.encrypted == Some(true)).then(|| self.address())
    }

    pub(super) fn omits_forwarded_proto(self) -> bool {
        self.is_proxy && self.reported.encrypted.is_none()
    }
}

/// Returns true if a password may be sent over this connection: by TLS, through a trusted proxy that reports https, or
/// by plain HTTP that stays on this machine and in private networks.
///
/// `peer` is the address of the connection, `is_proxy` whether `http.trusted_proxies` contains it, and `reported` the
/// content of the proxy headers. Only a trusted proxy can report that the client's connection is encrypted. A report of
/// plain HTTP is accepted from any proxy that connects by plain HTTP, but over TLS only from a trusted one.
fn is_confidential(tls: bool, peer: IpAddr, is_proxy: bool, reported: Forwarded) -> bool {
    let client_used_http = reported.encrypted == Some(false);
    if (tls && !(is_proxy && client_used_http)) || (is_proxy && reported.encrypted == Some(true)) {
        return true;
    }
    let client = reported.origin.filter(|_| is_proxy || client_used_http).unwrap_or(peer);
    (tls || is_private(peer)) && is_private(client)
}

/// Returns true if an address belongs to this machine or a private network: loopback, RFC 1918, unique local and
/// link-local addresses, and the shared address space (RFC 6598), which Tailscale uses.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let is_shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || is_shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Returns the address of the sender of a request, as text for a log message.
pub(super) fn sender(peer: Option<Peer>) -> String {
    peer.map_or_else(|| "an unknown address".to_owned(), |peer| peer.origin().to_string())
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().copied().ok_or_else(ApiError::internal)
    }
}

pub(super) fn is_among(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// Returns the network of an address, by which rate limits count: an IPv6 client usually has a /64 prefix with 2^64
/// addresses.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    let mut names = headers.keys().map(HeaderName::as_str);
    names.any(|name| FORWARDED.contains(&name) || name.starts_with("x-forwarded-") || name.starts_with("cf-"))
}

fn has_local_host(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// The headers that proxies and tunnels add, in addition to `X-Forwarded-…` and Cloudflare's `CF-…`.
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
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn proxies() -> [Network; 1] {
        ["127.0.0.0/8".parse().unwrap()]
    }

    fn peer(connection: [u8; 4], headers: &HeaderMap) -> Peer {
        Peer::new((connection, 5000).into(), false, headers, &proxies())
    }

    #[test]
    fn only_a_request_for_this_machine_itself_is_local() {
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
    fn a_forwarded_request_is_not_local() {
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
    fn own_tls_is_encrypted_whatever_the_headers_report() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-proto", HeaderValue::from_static("http"));
        assert_eq!(Peer::new(([127, 0, 0, 1], 1).into(), true, &headers, &proxies()).is_encrypted(), Some(true));
    }

    #[test]
    fn headers_of_an_untrusted_proxy_are_ignored() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("198.51.100.9"));
        headers.append("x-forwarded-proto", HeaderValue::from_static("https"));
        let of = |proxies: &[Network]| Peer::new(([127, 0, 0, 1], 1).into(), false, &headers, proxies);
        let (untrusted, trusted) = (of(&[]), of(&proxies()));
        assert_eq!(
            (untrusted.untrusted_https_proxy(), trusted.untrusted_https_proxy()),
            (Some([127, 0, 0, 1].into()), None)
        );
        assert_eq!((untrusted.origin(), untrusted.is_encrypted()), (IpAddr::from([127, 0, 0, 1]), None));
        assert!(untrusted.is_untrusted_proxy() && !trusted.is_untrusted_proxy());
        assert_eq!((trusted.origin(), trusted.is_encrypted()), (IpAddr::from([198, 51, 100, 9]), Some(true)));
    }

    #[test]
    fn private_addresses_are_distinguished_from_public_ones() {
        let private = "127.0.0.1 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.2 169.254.3.4 100.64.0.1 100.127.255.255 ::1 \
                       fd7a:115c:a1e0::1 fe80::1 febf::1 ::ffff:10.0.0.1";
        let public = "203.0.113.7 9.255.255.255 11.0.0.1 172.15.0.1 172.32.0.1 192.167.1.1 169.253.0.1 100.63.255.255 \
                      100.128.0.0 0.0.0.0 :: 2001:db8::1 fec0::1 ff02::1 ::ffff:203.0.113.7";
        for (texts, wanted) in [(private, true), (public, false)] {
            for text in texts.split_whitespace() {
                assert_eq!(is_private(text.parse().unwrap()), wanted, "{text}");
            }
        }
    }

    #[test]
    fn passwords_travel_encrypted_or_stay_on_private_networks() {
        let (office, public, tailscale) = (Some("192.168.1.5"), Some("203.0.113.7"), Some("100.100.1.2"));
        let (proxy, other) = ("127.0.0.1", "10.0.0.9");
        for (tls, peer, client, encrypted, allowed) in [
            // Without a proxy.
            (false, "203.0.113.7", None, None, false),
            (true, "203.0.113.7", None, None, true),
            (false, "192.168.1.5", None, None, true),
            // The headers of an untrusted client do not make a connection confidential, and a trusted proxy without a
            // report does not imply https.
            (false, "203.0.113.7", office, Some(true), false),
            (false, proxy, public, None, false),
            (false, proxy, public, Some(false), false),
            (false, proxy, public, Some(true), true),
            (false, proxy, office, Some(false), true),
            (false, proxy, tailscale, None, true),
            (false, proxy, None, None, true),
            // TLS between a proxy and this server does not protect a password that the client sent to the proxy
            // unencrypted.
            (true, proxy, public, Some(false), false),
            (true, "203.0.113.7", None, Some(false), true),
            // The https report of an untrusted proxy is ignored, but its report of plain HTTP is accepted.
            (false, other, public, None, true),
            (false, other, public, Some(true), true),
            (false, other, public, Some(false), false),
            (false, other, office, Some(false), true),
        ] {
            let reported = Forwarded { origin: client.map(|client: &str| client.parse().unwrap()), encrypted };
            let found = is_confidential(tls, peer.parse().unwrap(), peer == proxy, reported);
            assert_eq!(found, allowed, "tls {tls}, {peer} for {client:?}, https {encrypted:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_a_public_connection_private(address: u32, names in "[ -~]{0,40}", scheme in "https?|wss?|[ -~]{0,9}") {
            let address = IpAddr::V4(address.into());
            prop_assume!(!is_private(address));
            let mut headers = HeaderMap::new();
            headers.append("x-forwarded-for", HeaderValue::from_str(&names).unwrap());
            headers.append("x-forwarded-proto", HeaderValue::from_str(&scheme).unwrap());
            for proxies in [&[][..], &proxies()] {
                prop_assert!(!Peer::new((address, 1).into(), false, &headers, proxies).is_confidential());
                prop_assert!(Peer::new((address, 1).into(), true, &headers, proxies).is_confidential());
            }
        }
    }
}

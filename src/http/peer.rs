//! Who is on the other end of the connection.

use super::ApiError;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::net::{IpAddr, SocketAddr};

/// The address of the connection that a request came by; a request extension.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// The address without the port; a mapped IPv4 address as IPv4.
    pub fn ip(self) -> IpAddr {
        self.0.ip().to_canonical()
    }

    /// Whether the request comes from this machine itself. One that a proxy handed on does not, whatever its
    /// connection's address.
    pub fn is_local(self, headers: &HeaderMap) -> bool {
        self.ip().is_loopback() && !FORWARDED.iter().any(|name| headers.contains_key(*name))
    }

    /// Whose attempts are counted: behind a proxy on this machine, the address that the proxy added last; what stands
    /// before it anybody can make up.
    pub fn origin(self, headers: &HeaderMap) -> IpAddr {
        if !self.ip().is_loopback() {
            return self.ip();
        }
        let mut lines = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let last = lines.next_back().and_then(|line| line.rsplit(',').next());
        last.and_then(|address| address.trim().parse().ok()).unwrap_or_else(|| self.ip())
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().copied().ok_or_else(ApiError::internal)
    }
}

/// What counts as one sender: whoever has one IPv6 address has 2^64 of them.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What proxies add.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn what_a_proxy_hands_on_is_not_local() {
        let (here, there) = (Peer(([127, 0, 0, 1], 5000).into()), Peer(([203, 0, 113, 7], 5000).into()));
        let mut headers = HeaderMap::new();
        assert!(here.is_local(&headers) && !there.is_local(&headers));
        assert_eq!(here.origin(&headers), here.ip());
        headers.append("x-forwarded-for", HeaderValue::from_static("10.0.0.1, 198.51.100.9"));
        assert!(!here.is_local(&headers));
        assert_eq!(here.origin(&headers), IpAddr::from([198, 51, 100, 9]));
        assert_eq!(there.origin(&headers), there.ip());
    }
}

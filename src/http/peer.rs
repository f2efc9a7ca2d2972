//! Who is on the other end of the connection.

use axum::http::HeaderMap;
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
}

/// What proxies add.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

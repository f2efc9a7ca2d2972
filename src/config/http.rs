//! `[http]`: listeners and the public address.

use super::BaseUrl;
use super::rule::{base_url, listen_address, optional, port, public_host, whole};
use super::setting::{Setting, setting};
use serde::Serialize;
use std::net::SocketAddr;

/// Listeners and the public address.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HttpConfig {
    /// Where to listen; none means port 8080 on every address, IPv6 where it exists. `PORT` overrules it.
    pub listen: Option<SocketAddr>,
    /// A second door for page and API; with it the first one serves only what Twilio needs. `CRM_LISTEN`.
    pub crm_listen: Option<SocketAddr>,
    /// The address that Twilio and browsers use, without a slash at the end: `https://shop.example`. Signatures are
    /// checked against it. `PUBLIC_BASE_URL`, else `PUBLIC_HOST`.
    pub public_base_url: Option<BaseUrl>,
    /// The longest body that a request may bring, in bytes.
    pub max_body_bytes: usize,
    /// The longest that a request may take, in seconds.
    pub request_timeout_s: u64,
    /// How many connections may be open at once.
    pub max_connections: usize,
    /// Ourselves on loopback, where no public address is set.
    #[serde(skip)]
    pub(super) loopback: BaseUrl,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: None,
            crm_listen: None,
            public_base_url: None,
            max_body_bytes: 1 << 20,
            request_timeout_s: 30,
            max_connections: 4096,
            loopback: BaseUrl::loopback(DEFAULT_PORT),
        }
    }
}

impl HttpConfig {
    /// The public address; on a box that has none yet, the loopback one.
    pub fn base_url(&self) -> &str {
        self.public_base_url.as_ref().unwrap_or(&self.loopback).as_str()
    }

    /// The public address for sockets: `wss://…`, or `ws://…` on loopback.
    pub fn socket_url(&self) -> String {
        self.public_base_url.as_ref().unwrap_or(&self.loopback).socket()
    }
}

/// The port of a box on which nobody has set one.
pub const DEFAULT_PORT: u16 = 8080;

pub(super) fn settings() -> Vec<Setting> {
    vec![
        setting("http.listen", |c| &mut c.http.listen, optional(listen_address())).variable_as(
            "PORT",
            |c| &mut c.http.listen,
            port(),
        ),
        setting("http.crm_listen", |c| &mut c.http.crm_listen, optional(listen_address())).variable("CRM_LISTEN"),
        setting("http.public_base_url", |c| &mut c.http.public_base_url, optional(base_url()))
            .variable_as("PUBLIC_HOST", |c| &mut c.http.public_base_url, public_host())
            .variable("PUBLIC_BASE_URL"),
        setting("http.max_body_bytes", |c| &mut c.http.max_body_bytes, whole(1024..=64 << 20)),
        setting("http.request_timeout_s", |c| &mut c.http.request_timeout_s, whole(1..=600)),
        setting("http.max_connections", |c| &mut c.http.max_connections, whole(16..=1_000_000)),
    ]
}

//! `[http]`: listeners and the public address.

use super::rule::{base_url, listen_address, networks, optional, port, public_host, whole};
use super::setting::{Setting, setting};
use super::{BaseUrl, Network};
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
    /// How many connections each listener may have open at once; none means as the machine's memory allows.
    pub max_connections: Option<usize>,
    /// Who may say, by `X-Forwarded-For` and `X-Forwarded-Proto`, for whom a request comes; none unless named, this machine
    /// included.
    pub trusted_proxies: Vec<Network>,
    /// Ourselves, where no public address is set: by the first name that TLS has, else on loopback.
    #[serde(skip)]
    pub(super) fallback: BaseUrl,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: None,
            crm_listen: None,
            public_base_url: None,
            max_body_bytes: 1 << 20,
            request_timeout_s: 30,
            max_connections: None,
            trusted_proxies: Vec::new(),
            fallback: BaseUrl::loopback(DEFAULT_PORT),
        }
    }
}

impl HttpConfig {
    /// The public address; on a box that has none yet, the loopback one.
    pub fn base_url(&self) -> &str {
        self.public_base_url.as_ref().unwrap_or(&self.fallback).as_str()
    }

    /// The address by which others reach us, if there is one.
    pub fn public_address(&self) -> Option<&str> {
        let named = Some(&self.fallback).filter(|url| url.as_str().starts_with("https://"));
        self.public_base_url.as_ref().or(named).map(BaseUrl::as_str)
    }

    /// The public address for sockets: `wss://…`, or `ws://…` on loopback.
    pub fn socket_url(&self) -> String {
        self.public_base_url.as_ref().unwrap_or(&self.fallback).socket()
    }
}

/// The port of a box on which nobody has set one.
pub const DEFAULT_PORT: u16 = 8080;

pub(super) fn settings() -> Vec<Setting> {
    vec![
        setting("http.listen", |c| &mut c.http.listen, optional(listen_address()))
            .variable_as("PORT", |c| &mut c.http.listen, port())
            .at_start(),
        setting("http.crm_listen", |c| &mut c.http.crm_listen, optional(listen_address()))
            .variable("CRM_LISTEN")
            .at_start(),
        setting("http.public_base_url", |c| &mut c.http.public_base_url, optional(base_url()))
            .variable_as("PUBLIC_HOST", |c| &mut c.http.public_base_url, public_host())
            .variable("PUBLIC_BASE_URL"),
        setting("http.max_body_bytes", |c| &mut c.http.max_body_bytes, whole(1024..=64 << 20)),
        setting("http.request_timeout_s", |c| &mut c.http.request_timeout_s, whole(1..=600)),
        setting("http.max_connections", |c| &mut c.http.max_connections, optional(whole(16..=1_000_000))).at_start(),
        setting("http.trusted_proxies", |c| &mut c.http.trusted_proxies, networks()),
    ]
}

//! `[http]`: listeners and the public address.

use super::parser::{base_url, integer, listen_address, networks, optional, port, public_host};
use super::setting::{Section, Setting};
use super::{BaseUrl, Network};
use serde::Serialize;
use std::net::SocketAddr;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HttpConfig {
    /// The listener's address; `None` means port 8080 on every address, including IPv6 if available. The environment
    /// variable `PORT` takes precedence.
    pub listen: Option<SocketAddr>,
    /// A second listener, for the web page and the API. If it is set, the other listeners serve only Twilio, the
    /// bridge, monitoring and ACME challenges. Environment variable: `CRM_LISTEN`.
    pub crm_listen: Option<SocketAddr>,
    /// The base URL that Twilio and browsers use, without a trailing slash: `https://shop.example`. Twilio's signatures
    /// are verified against it. Environment variables: `PUBLIC_BASE_URL`, otherwise `PUBLIC_HOST`.
    pub public_base_url: Option<BaseUrl>,
    /// Maximum size of a request body, in bytes. Does not reduce the limits of webhooks.
    pub max_body_bytes: usize,
    /// Time limit of a request, in seconds; not of the upload of a file.
    pub request_timeout_s: u64,
    /// Maximum number of open connections per listener, a quarter of it on port 80; `None` derives it from the
    /// machine's memory.
    pub max_connections: Option<usize>,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` headers are trusted. Only listed proxies are trusted; a
    /// proxy on this machine must be listed as well.
    pub trusted_proxies: Vec<Network>,
    /// The base URL that is used if no public base URL is set: the first name of `tls.domain`, otherwise loopback.
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
    pub fn base_url(&self) -> &str {
        self.public_base_url.as_ref().unwrap_or(&self.fallback).as_str()
    }

    /// Returns the public base URL: the setting, otherwise the https URL of the first name of `tls.domain`. `None` if
    /// neither is set.
    pub fn public_address(&self) -> Option<&str> {
        let named = Some(&self.fallback).filter(|url| url.as_str().starts_with("https://"));
        self.public_base_url.as_ref().or(named).map(BaseUrl::as_str)
    }

    pub fn websocket_url(&self) -> String {
        self.public_base_url.as_ref().unwrap_or(&self.fallback).websocket_url()
    }
}

pub const DEFAULT_PORT: u16 = 8080;

pub(super) fn settings() -> Vec<Setting<HttpConfig>> {
    let http = Section::<HttpConfig>::new();
    vec![
        http.setting("http.listen", |c| &mut c.listen, optional(listen_address()))
            .env_as("PORT", |c| &mut c.listen, port())
            .requires_restart(),
        http.setting("http.crm_listen", |c| &mut c.crm_listen, optional(listen_address()))
            .env("CRM_LISTEN")
            .requires_restart(),
        http.setting("http.public_base_url", |c| &mut c.public_base_url, optional(base_url()))
            .env_as("PUBLIC_HOST", |c| &mut c.public_base_url, public_host())
            .env("PUBLIC_BASE_URL"),
        http.setting("http.max_body_bytes", |c| &mut c.max_body_bytes, integer(1024..=64 << 20)),
        http.setting("http.request_timeout_s", |c| &mut c.request_timeout_s, integer(1..=600)),
        http.setting("http.max_connections", |c| &mut c.max_connections, optional(integer(16..=1_000_000)))
            .requires_restart(),
        http.setting("http.trusted_proxies", |c| &mut c.trusted_proxies, networks()),
    ]
}

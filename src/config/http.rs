//! `[http]`: listeners and the public address.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Listeners and the public address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Where to listen; none means port 8080 on every address, IPv6 where it exists. `PORT` overrules it.
    pub listen: Option<SocketAddr>,
    /// A second door for page and API; with it the first one serves only what Twilio needs. `CRM_LISTEN`.
    pub crm_listen: Option<SocketAddr>,
    /// The address that Twilio and browsers use, without a slash at the end: `https://shop.example`. Signatures are
    /// checked against it. `PUBLIC_BASE_URL`, else `PUBLIC_HOST`.
    pub public_base_url: Option<String>,
    /// The longest body that a request may bring, in bytes.
    pub max_body_bytes: usize,
    /// The longest that a request may take, in seconds.
    pub request_timeout_s: u64,
    /// How many connections may be open at once.
    pub max_connections: usize,
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
        }
    }
}

impl HttpConfig {
    /// The public address; on a box that has none yet, the loopback one.
    pub fn base_url(&self) -> &str {
        self.public_base_url.as_deref().unwrap_or("http://127.0.0.1:8080")
    }

    /// The public address for sockets: `wss://…`, or `ws://…` on loopback.
    pub fn socket_url(&self) -> String {
        let base = self.base_url();
        match base.strip_prefix("http://") {
            Some(rest) => format!("ws://{rest}"),
            None => format!("wss://{}", base.strip_prefix("https://").unwrap_or(base)),
        }
    }
}

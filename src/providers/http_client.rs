//! The HTTP client for all external requests.

use super::tls_crypto::install_crypto;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Response timeout, unless the caller sets another one.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(15);

/// Builds a client that verifies certificates against built-in roots, so it works on a machine without CA certificates;
/// that does not follow redirects, because credentials must not follow one; and that has timeouts for everything.
pub fn build() -> Result<reqwest::Client, reqwest::Error> {
    builder().build()
}

/// Builds a client that sends all requests over one Unix socket.
pub fn build_for_socket(path: &Path) -> Result<reqwest::Client, reqwest::Error> {
    builder().no_proxy().unix_socket(path).build()
}

/// Builds a client for servers of this machine, which are never behind a proxy.
pub fn build_direct() -> Result<reqwest::Client, reqwest::Error> {
    builder().no_proxy().build()
}

/// Builds a client whose user agent names no version, and that keeps no connections.
pub fn build_anonymous() -> Result<reqwest::Client, reqwest::Error> {
    builder().user_agent("AgentLocator").pool_max_idle_per_host(0).build()
}

/// Builds a client that accepts any certificate and keeps no connections, for finding out which server answers at an
/// address. Nothing secret may be sent with it. `pinned` maps a host to an address, overriding DNS.
pub fn build_insecure(pinned: Option<(&str, std::net::SocketAddr)>) -> Option<reqwest::Client> {
    let builder = builder_with_tls(super::tls_probe::insecure_config().ok()?).pool_max_idle_per_host(0);
    let builder = match pinned {
        Some((host, address)) => builder.resolve(host, address),
        None => builder,
    };
    builder.build().ok()
}

/// Why a request failed: the innermost error, because the outer ones only say that something failed.
pub fn root_cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// Returns a builder with the default settings (root certificates, time limits, no redirects), for clients that override
/// some of them.
pub(super) fn builder() -> reqwest::ClientBuilder {
    install_crypto();
    builder_with_tls(ClientConfig::builder().with_root_certificates(built_in_roots()).with_no_client_auth())
}

/// The common builder, for clients with their own certificate verification.
pub fn builder_with_tls(tls: ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(RESPONSE_TIMEOUT)
        .pool_max_idle_per_host(4)
        .user_agent(concat!("AgentLocator/", env!("CARGO_PKG_VERSION")))
}

/// The root certificates that browsers trust, as of this build.
pub fn built_in_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// Whether a request that was answered with this status may succeed later.
pub fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..)
}

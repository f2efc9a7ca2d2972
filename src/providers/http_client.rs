//! The HTTP clients for external requests.

use super::tls_crypto::install_crypto;
use crate::domain::{Cause, Causes};
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::io;
use std::path::Path;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Response timeout of a request that does not set another one.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(15);

/// Builds a client with built-in root certificates, because the machine may have no CA certificates. The client has
/// timeouts, and follows no redirects, because the target of a redirect must not receive credentials.
pub fn build() -> Result<reqwest::Client, reqwest::Error> {
    builder().build()
}

pub fn build_for_socket(path: &Path) -> Result<reqwest::Client, reqwest::Error> {
    builder().no_proxy().unix_socket(path).build()
}

/// Builds a client for servers on this machine. The client ignores proxy settings, because a proxy cannot reach these
/// servers and must not receive their secrets.
pub fn build_direct() -> Result<reqwest::Client, reqwest::Error> {
    builder().no_proxy().build()
}

/// Builds a client that does not identify the installation: its user agent contains no version, and it reuses no
/// connections.
pub fn build_anonymous() -> Result<reqwest::Client, reqwest::Error> {
    builder().user_agent("AgentLocator").pool_max_idle_per_host(0).build()
}

/// Builds a client that accepts any certificate and reuses no connections. It is used to find out which server answers
/// at an address; no secret may be sent with it. `pinned` maps a host name to an address, instead of DNS.
pub fn build_insecure(pinned: Option<(&str, std::net::SocketAddr)>) -> Option<reqwest::Client> {
    let builder = builder_with_tls(super::tls_probe::insecure_config().ok()?).pool_max_idle_per_host(0);
    let builder = match pinned {
        Some((host, address)) => builder.resolve(host, address),
        None => builder,
    };
    builder.build().ok()
}

/// Returns the innermost error of a failed request, which names the cause, or a fixed text for a timeout. The outer
/// errors only state that the request failed.
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

/// Returns why a request failed, without its URL, which may contain a secret.
pub fn causes(error: &reqwest::Error) -> Causes {
    if error.is_timeout() {
        return Cause::NoAnswer.into();
    }
    if let Some(error) = tls_error(error) {
        return Cause::CertificateRejected.because(Cause::other(error.to_string()));
    }
    let mut inner: &(dyn Error + 'static) = error;
    while let Some(source) = inner.source() {
        inner = source;
        // hyper has no public type for this error. The resolver's error inside it contains only a text of the
        // operating system.
        if inner.to_string() == "dns error" {
            return Cause::NameUnresolved.into();
        }
    }
    match inner.downcast_ref::<io::Error>() {
        Some(error) => error.into(),
        None => Cause::other(inner.to_string()).into(),
    }
}

/// Returns the TLS error at any depth of the error chain. An I/O error does not expose its inner error as `source`, so
/// that error is read explicitly.
pub fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let nested = inner.and_then(|inner| tls_error(inner));
    error.downcast_ref().or(nested).or_else(|| error.source().and_then(tls_error))
}

/// Returns a builder with the default settings (root certificates, timeouts, no redirects). The caller may override
/// some of them.
pub(super) fn builder() -> reqwest::ClientBuilder {
    install_crypto();
    builder_with_tls(ClientConfig::builder().with_root_certificates(built_in_roots()).with_no_client_auth())
}

pub fn builder_with_tls(tls: ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(RESPONSE_TIMEOUT)
        .pool_max_idle_per_host(4)
        .user_agent(concat!("AgentLocator/", env!("CARGO_PKG_VERSION")))
}

/// Returns the root certificates that browsers trust, as of this build.
pub fn built_in_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// Returns true if a request that was answered with this status may succeed on a retry.
pub fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..)
}

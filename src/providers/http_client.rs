//! The one HTTP client that all vendors are asked with.

use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take, where the caller says nothing else.
const ANSWER: Duration = Duration::from_secs(15);

/// A client that verifies certificates against the roots that it was built with, so that it works on the barest box; that
/// follows no redirect by itself, since credentials must not follow one; and that waits for nothing for ever.
pub fn build() -> Result<reqwest::Client, reqwest::Error> {
    builder().build()
}

/// A client that reaches whatever it is asked by one Unix socket.
pub fn build_for_socket(path: &Path) -> Result<reqwest::Client, reqwest::Error> {
    builder().no_proxy().unix_socket(path).build()
}

/// A client that says of itself no more than what it is, and keeps no connection.
pub fn build_anonymous() -> Result<reqwest::Client, reqwest::Error> {
    builder().user_agent("AgentLocator").pool_max_idle_per_host(0).build()
}

/// A client that takes any certificate and keeps no connection: for finding out who answers at an address, whatever is
/// wrong with its certificate. It may be given nothing secret. `pinned` is where a host is reached, whatever its name's
/// servers say.
pub fn build_trusting(pinned: Option<(&str, std::net::SocketAddr)>) -> Option<reqwest::Client> {
    let builder = trusting(super::tls_look::trusting_config().ok()?).pool_max_idle_per_host(0);
    let builder = match pinned {
        Some((host, address)) => builder.resolve(host, address),
        None => builder,
    };
    builder.build().ok()
}

/// Why a request failed: the error at the bottom, since those above it say only that something failed.
pub fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// The same, for those who need one thing otherwise.
pub(super) fn builder() -> reqwest::ClientBuilder {
    install_crypto();
    trusting(ClientConfig::builder().with_root_certificates(built_in_roots()).with_no_client_auth())
}

/// The same, for those who check certificates in another way.
pub fn trusting(tls: ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .pool_max_idle_per_host(4)
        .user_agent(concat!("AgentLocator/", env!("CARGO_PKG_VERSION")))
}

/// The roots that every browser trusts, as of this build.
pub fn built_in_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// Names the one implementation of TLS's algorithms that we carry. Done twice it is done once.
pub(super) fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

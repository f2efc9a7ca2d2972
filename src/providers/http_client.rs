//! The one HTTP client that all vendors are asked with.

use rustls::{ClientConfig, RootCertStore};
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

/// The same, for those who need one thing otherwise.
pub(super) fn builder() -> reqwest::ClientBuilder {
    install_crypto();
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .pool_max_idle_per_host(4)
        .user_agent(concat!("AgentLocator/", env!("CARGO_PKG_VERSION")))
}

/// Names the one implementation of TLS's algorithms that we carry. Done twice it is done once.
fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

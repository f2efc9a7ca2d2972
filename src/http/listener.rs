//! The listening sockets: those passed by systemd, and those of the settings.

mod bind;
mod error;
mod inherited;

use crate::config::{Config, DEFAULT_PORT};
use crate::tls::TlsListeners;
use bind::{bind, bind_all_addresses};
pub use error::ListenError;
use inherited::Inherited;
use std::net::SocketAddr;
use tokio::net::{TcpListener, UnixListener};

/// The listeners, open but not served yet.
#[derive(Debug, Default)]
pub struct Listeners {
    /// For Twilio and the bridge; without a separate CRM listener also page and API.
    pub public: Vec<TcpListener>,
    /// Page and API only, by plain HTTP and by TLS.
    pub crm: Vec<TcpListener>,
    /// Port 80: redirects to https, and answers health checks and ACME challenges.
    pub http: Vec<TcpListener>,
    /// The same as the public listener, by TLS.
    pub https: Vec<TcpListener>,
    /// The Unix socket for the bridge's events; only passed by systemd, which sets its permissions.
    pub bridge: Vec<UnixListener>,
}

impl Listeners {
    /// Takes the sockets of systemd's socket activation, and opens the others.
    ///
    /// Sockets are identified by their names (`FileDescriptorName=`): `web`, `crm`, `http`, `https`, and `bridge`, a
    /// Unix socket. Of sockets without such a name, the first is the public listener and the next the CRM listener.
    ///
    /// If a listener cannot be opened, the error is logged and the others are served, as long as one remains that
    /// Twilio can reach.
    pub async fn open(config: &Config) -> Result<Self, ListenError> {
        let Inherited { mut public, mut crm, mut http, mut https, bridge } = Inherited::take()?;
        let mut failures = Vec::new();
        if public.is_empty() {
            let opened = match config.http.listen {
                Some(address) => bind(address).await.map(|listener| vec![listener]),
                None => bind_all_addresses(DEFAULT_PORT).await,
            };
            public = opened.unwrap_or_else(|error| record_failure("http.listen", error, &mut failures));
        }
        match config.http.crm_listen {
            None => crm.clear(),
            Some(address) if crm.is_empty() => {
                let opened = bind(address).await.map(|listener| vec![listener]);
                crm = opened.unwrap_or_else(|error| record_failure("http.crm_listen", error, &mut failures));
            }
            Some(_) => {}
        }
        for (listeners, configured, port, key) in [
            (&mut http, config.tls.http_listen, HTTP_PORT, "tls.http_listen"),
            (&mut https, config.tls.https_listen, HTTPS_PORT, "tls.https_listen"),
        ] {
            if listeners.is_empty() {
                let opened = web_listeners(config, configured, port).await;
                *listeners = opened.unwrap_or_else(|error| record_failure(key, error, &mut failures));
            }
        }
        if public.is_empty() && http.is_empty() && https.is_empty() {
            // No listener remains, so opening the public one has failed.
            return failures.into_iter().next().map_or_else(|| Ok(Self::default()), |(_, error)| Err(error));
        }
        for (key, error) in failures {
            log_closed(key, &error);
        }
        Ok(Self { public, crm, http, https, bridge })
    }

    /// Opens the TLS listeners for a name that is set on the page: it is known only once the database is open. A listener
    /// that cannot be opened is logged, and the others are served.
    pub async fn open_web(&mut self, config: &Config) {
        let tls = &config.tls;
        for (listeners, configured, port, key) in [
            (&mut self.http, tls.http_listen, HTTP_PORT, "tls.http_listen"),
            (&mut self.https, tls.https_listen, HTTPS_PORT, "tls.https_listen"),
        ] {
            if listeners.is_empty() {
                match web_listeners(config, configured, port).await {
                    Ok(opened) => *listeners = opened,
                    Err(error) => log_closed(key, &error),
                }
            }
        }
    }

    /// The listeners for which certificates are needed.
    pub fn tls_listeners(&self) -> TlsListeners {
        let port = |listener: &TcpListener| listener.local_addr().ok().map(|address| address.port());
        TlsListeners {
            http: !self.http.is_empty(),
            https: self.https.first().and_then(port),
            crm: !self.crm.is_empty(),
        }
    }
}

fn log_closed(key: &'static str, error: &ListenError) {
    let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(
        event = "LISTENER_CLOSED",
        key,
        error = source,
        "{error}. The other listeners are open; this one stays closed until the daemon is restarted"
    );
}

/// Records that a listener could not be opened.
fn record_failure(
    key: &'static str,
    error: ListenError,
    failures: &mut Vec<(&'static str, ListenError)>,
) -> Vec<TcpListener> {
    failures.push((key, error));
    Vec::new()
}

/// The configured listener, or the default one if TLS is in use.
async fn web_listeners(
    config: &Config,
    configured: Option<SocketAddr>,
    port: u16,
) -> Result<Vec<TcpListener>, ListenError> {
    if let Some(address) = configured {
        return Ok(vec![bind(address).await?]);
    }
    let is_taken = [config.http.listen, config.http.crm_listen].into_iter().flatten().any(|other| other.port() == port);
    if !config.tls.is_configured() || is_taken { Ok(Vec::new()) } else { bind_all_addresses(port).await }
}

const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

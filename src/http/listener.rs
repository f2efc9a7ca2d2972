//! The listening sockets, which systemd passes or the settings configure.

mod bind;
mod inherited;

use crate::config::{Config, DEFAULT_PORT};
use crate::tls::TlsListeners;
pub use bind::ListenError;
use bind::{bind, bind_all_addresses};
use inherited::Inherited;
use std::net::SocketAddr;
use tokio::net::{TcpListener, UnixListener};

#[derive(Debug, Default)]
pub struct Listeners {
    /// The public listener for Twilio and the bridge; without a separate CRM listener also for the web page and the
    /// API.
    pub public: Vec<TcpListener>,
    /// The separate listener for the web page, the API and monitoring.
    pub crm: Vec<TcpListener>,
    /// The listener for plain HTTP, on port 80 by default, which redirects to https, and answers monitoring requests
    /// and ACME challenges.
    pub http: Vec<TcpListener>,
    /// The TLS listener with the same routes as the public listener.
    pub https: Vec<TcpListener>,
    /// The Unix socket for the bridge's events. Only systemd passes it, and sets its permissions.
    pub bridge: Vec<UnixListener>,
}

impl Listeners {
    /// Adopts the sockets of systemd's socket activation, and opens the other listeners.
    ///
    /// Sockets are identified by their names (`FileDescriptorName=`): `web` (the public listener), `crm`, `http`,
    /// `https`, and `bridge` (a Unix socket). Of the sockets without such a name, the first is the public listener
    /// unless a socket named `web` precedes it, and all others are CRM listeners. Sockets for the CRM listener are
    /// closed if `http.crm_listen` is not set.
    ///
    /// If a listener cannot be opened, the error is logged, and the other listeners are served. Returns an error if
    /// neither the public listener nor `http` nor `https` is open, so that Twilio could not reach the daemon, or if a
    /// socket of systemd cannot be used.
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
            None => close_unused(&mut crm),
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
            // The public listener could not be opened, and its error is the first one.
            return failures.into_iter().next().map_or_else(|| Ok(Self::default()), |(_, error)| Err(error));
        }
        for (key, error) in failures {
            log_closed(key, &error);
        }
        Ok(Self { public, crm, http, https, bridge })
    }

    /// Opens the listeners `http` and `https` for a host name that is set on the web page, and therefore known only
    /// after the database is open. Also tries again to open those that [`Listeners::open`] could not open. If a
    /// listener cannot be opened, the error is logged and the other listeners are served.
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

    pub fn tls_listeners(&self) -> TlsListeners {
        let port = |listener: &TcpListener| listener.local_addr().ok().map(|address| address.port());
        TlsListeners {
            http: !self.http.is_empty(),
            https: self.https.first().and_then(port),
            crm: !self.crm.is_empty(),
        }
    }
}

/// Closes sockets of systemd for the CRM listener, which is not configured.
fn close_unused(crm: &mut Vec<TcpListener>) {
    for socket in crm.drain(..) {
        let address = socket.local_addr().map(|address| address.to_string()).unwrap_or_default();
        tracing::warn!(
            event = "LISTENER_UNUSED",
            address,
            "systemd passes a socket on {address} for the CRM listener, but http.crm_listen is not set: requests to \
             it get no response. Set http.crm_listen, or remove the socket from the socket unit"
        );
    }
}

fn log_closed(key: &'static str, error: &ListenError) {
    let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(
        event = "LISTENER_CLOSED",
        key,
        error = source,
        "Listener {key}: {error}; it stays closed until the daemon is restarted, and the other listeners are not affected"
    );
}

fn record_failure(
    key: &'static str,
    error: ListenError,
    failures: &mut Vec<(&'static str, ListenError)>,
) -> Vec<TcpListener> {
    failures.push((key, error));
    Vec::new()
}

/// Returns the configured listener, or the default listener on `port` if TLS is configured and no other setting has
/// this port; otherwise none.
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

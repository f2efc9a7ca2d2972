//! Where the daemon listens: what systemd hands over, else the addresses of the settings.

mod bind;
mod inherited;

use crate::config::{Config, DEFAULT_PORT};
use crate::ops::tls::TlsDoors;
use bind::{bind, everywhere};
use inherited::Inherited;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// The doors, open but not yet answered.
#[derive(Debug, Default)]
pub struct Listeners {
    /// What Twilio and the bridge need; with no second door also page and API.
    pub public: Vec<TcpListener>,
    /// Page and API alone.
    pub crm: Vec<TcpListener>,
    /// The port of the web: leads to TLS once that works, and answers an authority that asks whether a name is ours.
    pub http: Vec<TcpListener>,
    /// The same as the public one by TLS.
    pub https: Vec<TcpListener>,
}

/// Why a door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, forbidden or not ours.
    #[error("cannot listen on {address}: {hint}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// What to do.
        hint: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// What systemd handed over is no TCP listener.
    #[error("the socket that was handed over cannot be used (LISTEN_FDS)")]
    Inherited(#[source] std::io::Error),
}

impl Listeners {
    /// Takes what was handed over by socket activation, and opens the rest.
    ///
    /// Sockets are known by their names (`FileDescriptorName=`): `web`, `crm`, `http`, `https`. Of those without such a name
    /// the first is the public door and the next the second one.
    pub async fn open(config: &Config) -> Result<Self, ListenError> {
        let Inherited { mut public, mut crm, mut http, mut https } = Inherited::take()?;
        if public.is_empty() {
            public = match config.http.listen {
                Some(address) => vec![bind(address).await?],
                None => everywhere(DEFAULT_PORT).await?,
            };
        }
        match config.http.crm_listen {
            None => crm.clear(),
            Some(address) if crm.is_empty() => crm = vec![bind(address).await?],
            Some(_) => {}
        }
        if http.is_empty() {
            http = web_door(config, config.tls.http_listen, HTTP_PORT, "tls.http_listen").await?;
        }
        if https.is_empty() {
            https = web_door(config, config.tls.https_listen, HTTPS_PORT, "tls.https_listen").await?;
        }
        Ok(Self { public, crm, http, https })
    }

    /// Which of them certificates are good for.
    pub fn tls_doors(&self) -> TlsDoors {
        TlsDoors { http: !self.http.is_empty(), https: !self.https.is_empty() }
    }
}

/// A door that was asked for, or the usual one where TLS is in use. Without that one the phone still works, so it is told
/// and left out.
async fn web_door(
    config: &Config,
    asked: Option<SocketAddr>,
    port: u16,
    key: &str,
) -> Result<Vec<TcpListener>, ListenError> {
    if let Some(address) = asked {
        return Ok(vec![bind(address).await?]);
    }
    let taken = [config.http.listen, config.http.crm_listen].into_iter().flatten().any(|other| other.port() == port);
    if !config.tls.is_configured() || taken {
        return Ok(Vec::new());
    }
    match everywhere(port).await {
        Ok(listeners) => Ok(listeners),
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::warn!(
                event = "DOOR_CLOSED",
                port,
                error = source,
                "TLS is set up, but port {port} is not answered: {error}. Start it by systemd, or set {key}"
            );
            Ok(Vec::new())
        }
    }
}

const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

//! Where the daemon listens: what systemd hands over, else the address of the settings.

use crate::config::HttpConfig;
use listenfd::ListenFd;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::TcpListener;

/// The doors, open but not yet answered.
#[derive(Debug)]
pub struct Listeners {
    /// What Twilio and the bridge need; with no second door also page and API.
    pub public: Vec<TcpListener>,
    /// Page and API alone.
    pub crm: Option<TcpListener>,
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
    /// Takes what was handed over by socket activation (first the public door, then the second one), and opens the rest.
    pub async fn open(config: &HttpConfig) -> Result<Self, ListenError> {
        let mut handed_over = ListenFd::from_env();
        let public = match inherited(&mut handed_over, 0)? {
            Some(listener) => vec![listener],
            None => match config.listen {
                Some(address) => vec![bind(address).await?],
                None => bind_everywhere().await?,
            },
        };
        let crm = match config.crm_listen {
            None => None,
            Some(address) => Some(match inherited(&mut handed_over, 1)? {
                Some(listener) => listener,
                None => bind(address).await?,
            }),
        };
        Ok(Self { public, crm })
    }
}

fn inherited(fds: &mut ListenFd, index: usize) -> Result<Option<TcpListener>, ListenError> {
    if index >= fds.len() {
        return Ok(None);
    }
    let Some(listener) = fds.take_tcp_listener(index).map_err(ListenError::Inherited)? else { return Ok(None) };
    listener.set_nonblocking(true).map_err(ListenError::Inherited)?;
    TcpListener::from_std(listener).map(Some).map_err(ListenError::Inherited)
}

/// Port 8080 on every address there is. A socket on `[::]` takes IPv4 as well, unless the system is set otherwise:
/// then IPv4 gets its own.
async fn bind_everywhere() -> Result<Vec<TcpListener>, ListenError> {
    let v4 = (Ipv4Addr::UNSPECIFIED, DEFAULT_PORT).into();
    let v6 = match bind((Ipv6Addr::UNSPECIFIED, DEFAULT_PORT).into()).await {
        Ok(listener) => listener,
        Err(ListenError::Bind { source, .. }) if no_ipv6(&source) => return Ok(vec![bind(v4).await?]),
        Err(error) => return Err(error),
    };
    match bind(v4).await {
        Ok(listener) => Ok(vec![v6, listener]),
        Err(ListenError::Bind { source, .. }) if source.kind() == ErrorKind::AddrInUse => Ok(vec![v6]),
        Err(error) => Err(error),
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError::Bind { address, hint: hint(source.kind()), source })
}

fn no_ipv6(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(libc::EAFNOSUPPORT)
}

fn hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::AddrInUse => "another program has that port; stop it, or choose another with PORT or http.listen",
        ErrorKind::PermissionDenied => {
            "ports below 1024 need a right that this user lacks; choose another, or start it \
             by systemd"
        }
        ErrorKind::AddrNotAvailable => "this machine has no such address",
        _ => "the system refused",
    }
}

const DEFAULT_PORT: u16 = 8080;

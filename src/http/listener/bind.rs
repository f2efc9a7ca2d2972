//! Opens listening sockets.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::TcpListener;

#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The system refuses the address, for example because it is already in use or not an address of this machine.
    #[error("cannot listen on {address}: {hint}")]
    Bind {
        address: SocketAddr,
        hint: &'static str,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    #[error("the socket passed by systemd cannot be used (LISTEN_FDS)")]
    Inherited(#[source] std::io::Error),
}

/// Listens on a port of all addresses. A socket on `[::]` accepts IPv4 as well. If the system is configured otherwise,
/// a second socket is opened for IPv4. Without IPv6, only a socket for IPv4 is opened.
pub(super) async fn bind_all_addresses(port: u16) -> Result<Vec<TcpListener>, ListenError> {
    let v4 = (Ipv4Addr::UNSPECIFIED, port).into();
    let v6 = match bind((Ipv6Addr::UNSPECIFIED, port).into()).await {
        Ok(listener) => listener,
        Err(ListenError::Bind { source, .. }) if no_ipv6(&source) => {
            let listener = bind(v4).await?;
            tracing::info!(
                event = "IPV6_UNAVAILABLE",
                port,
                "This machine has no IPv6: port {port} listens on IPv4 only"
            );
            return Ok(vec![listener]);
        }
        Err(error) => return Err(error),
    };
    match bind(v4).await {
        Ok(listener) => Ok(vec![v6, listener]),
        Err(ListenError::Bind { source, .. }) if source.kind() == ErrorKind::AddrInUse => Ok(vec![v6]),
        Err(error) => Err(error),
    }
}

pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError::Bind { address, hint: hint(source.kind()), source })
}

fn no_ipv6(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(libc::EAFNOSUPPORT)
}

fn hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::AddrInUse => {
            "another program has that port; stop it, or choose another (PORT, http.listen, tls.http_listen, \
             tls.https_listen)"
        }
        ErrorKind::PermissionDenied => {
            "ports below 1024 need a right that this user lacks; choose another port, or start \
             the daemon by systemd"
        }
        ErrorKind::AddrNotAvailable => "this machine has no such address",
        _ => "the system refused",
    }
}

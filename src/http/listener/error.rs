//! Errors of opening listeners.

use std::net::SocketAddr;

/// The error of a listener that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The system refuses the address, for example because it is already in use or not an address of this machine.
    #[error("cannot listen on {address}: {hint}")]
    Bind {
        address: SocketAddr,
        /// The remedy.
        hint: &'static str,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// A socket passed by systemd is not a listener, or not of the expected kind.
    #[error("the socket passed by systemd cannot be used (LISTEN_FDS)")]
    Inherited(#[source] std::io::Error),
}

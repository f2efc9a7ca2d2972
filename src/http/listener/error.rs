//! Why a listener cannot be opened.

use std::net::SocketAddr;

/// Why a listener cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is in use, forbidden, or not on this machine.
    #[error("cannot listen on {address}: {hint}")]
    Bind {
        address: SocketAddr,
        /// What to do.
        hint: &'static str,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// A socket passed by systemd is not a listener, or not of the expected kind.
    #[error("the socket passed by systemd cannot be used (LISTEN_FDS)")]
    Inherited(#[source] std::io::Error),
}

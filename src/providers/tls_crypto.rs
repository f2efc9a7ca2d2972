//! The TLS implementation of all clients.

/// Installs the TLS implementation that is compiled in. Idempotent.
pub(super) fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

//! The cryptography provider of the TLS clients.

/// Installs the compiled-in cryptography provider (ring) for the process. Idempotent.
pub(super) fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

//! Selects the certificate of a TLS handshake: the active certificate, or the answer to an ACME challenge.

use super::certificate::Certificate;
use crate::domain::text_enum;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The ALPN protocol of TLS-ALPN-01 (RFC 8737, section 6.2).
pub const ACME_TLS: &[u8] = b"acme-tls/1";

text_enum! {
    /// The source of the active certificate.
    CertificateSource {
        /// No certificate: no listener accepts TLS, or no certificate could be created.
        None = "none",
        /// Created by the daemon; browsers do not trust it.
        SelfSigned = "self_signed",
        /// The file in `tls.certificate_file`.
        Files = "files",
        /// A certificate authority, by ACME.
        Acme = "acme",
    }
}

/// Changes apply to new connections; open connections keep their certificate.
#[derive(Debug, Default)]
pub(super) struct CertResolver {
    // Both locks are held only briefly.
    certificate: RwLock<Option<(CertificateSource, Certificate)>>,
    challenges: Mutex<Challenges>,
}

#[derive(Debug, Default)]
struct Challenges {
    /// HTTP-01: the answer to each token.
    by_http: HashMap<String, String>,
    /// TLS-ALPN-01: the certificate for each name.
    by_tls: HashMap<String, Arc<CertifiedKey>>,
}

impl CertResolver {
    pub(super) fn set(&self, source: CertificateSource, certificate: Certificate) {
        *self.certificate.write().unwrap_or_else(PoisonError::into_inner) = Some((source, certificate));
    }

    pub(super) fn current(&self) -> Option<(CertificateSource, Certificate)> {
        self.certificate.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The answer to `GET /.well-known/acme-challenge/{token}`.
    pub(super) fn http_challenge(&self, token: &str) -> Option<String> {
        self.challenges().by_http.get(token).cloned()
    }

    pub(super) fn add_http_challenge(&self, token: &str, answer: &str) {
        self.challenges().by_http.insert(token.to_owned(), answer.to_owned());
    }

    pub(super) fn add_tls_challenge(&self, name: &str, key: Arc<CertifiedKey>) {
        self.challenges().by_tls.insert(name.to_ascii_lowercase(), key);
    }

    pub(super) fn clear_challenges(&self) {
        *self.challenges() = Challenges::default();
    }

    fn challenges(&self) -> std::sync::MutexGuard<'_, Challenges> {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for CertResolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if hello.alpn().is_some_and(|mut protocols| protocols.any(|protocol| protocol == ACME_TLS)) {
            let name = hello.server_name()?.to_ascii_lowercase();
            return self.challenges().by_tls.get(&name).cloned();
        }
        self.certificate
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|(_, certificate)| certificate.key.clone())
    }
}

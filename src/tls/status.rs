//! The state of TLS, for the web page, `/readyz`, metrics and `doctor`.

use super::certificate::Certificate;
use super::resolver::CertificateSource;
use crate::domain::{Causes, Timestamp, text_enum};
use serde::Serialize;
use std::time::Duration;

text_enum! {
    /// Whether action is needed.
    TlsHealth {
        /// A certificate that browsers trust is served.
        Ok = "ok",
        /// TLS is not configured.
        Disabled = "disabled",
        /// There is no certificate that browsers trust, or that certificate is not valid now, lacks a host name, or
        /// expires soon.
        Error = "error",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsStatus {
    pub health: TlsHealth,
    pub source: CertificateSource,
    /// The host names that the certificate covers.
    pub names: Vec<String>,
    /// The host names that the certificate should cover.
    pub wanted_names: Vec<String>,
    pub issuer: Option<String>,
    /// SHA-256.
    pub fingerprint: Option<String>,
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
    /// `None` after the next success.
    pub last_error: Option<TlsError>,
    /// When the next request to the certificate authority is due.
    pub next_attempt_at: Option<Timestamp>,
}

/// An error of TLS, such as a failed renewal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct TlsError {
    pub at: Timestamp,
    /// The causes, for users. Earlier releases stored a sentence.
    #[serde(alias = "text")]
    pub causes: Causes,
}

pub(super) fn health(
    configured: bool,
    required_names: &[String],
    served: Option<&(CertificateSource, Certificate)>,
    now: Timestamp,
) -> TlsHealth {
    let trusted = served.filter(|(source, _)| matches!(source, CertificateSource::Files | CertificateSource::Acme));
    match trusted {
        _ if !configured => TlsHealth::Disabled,
        Some((_, certificate)) if is_valid_for(certificate, required_names, now) && !expires_soon(certificate, now) => {
            TlsHealth::Ok
        }
        _ => TlsHealth::Error,
    }
}

pub(super) fn is_valid_for(certificate: &Certificate, required_names: &[String], now: Timestamp) -> bool {
    certificate.is_valid_at(now) && required_names.iter().all(|name| certificate.covers(name))
}

/// Returns true if the certificate expires in less than a week, or, for a short-lived certificate, if less than a
/// quarter of its lifetime is left.
pub(super) fn expires_soon(certificate: &Certificate, now: Timestamp) -> bool {
    certificate.not_after.since(now) < WARN_BEFORE.min(certificate.lifetime() / 4)
}

const WARN_BEFORE: Duration = Duration::from_hours(7 * 24);

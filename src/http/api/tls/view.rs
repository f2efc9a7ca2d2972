//! API types of certificates.

use crate::domain::{Language, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::messages;
use crate::tls;
use serde::Serialize;

type CertificateSource = OneOf<tls::CertificateSource>;
type TlsHealth = OneOf<tls::TlsHealth>;

/// The state of TLS and its certificate.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TlsStatus {
    /// Whether the certificate needs action.
    health: TlsHealth,
    /// The source of the certificate that the daemon serves.
    source: CertificateSource,
    /// The host names that the certificate covers.
    names: Vec<String>,
    /// The host names that the certificate should cover.
    wanted_names: Vec<String>,
    /// The organization and common name of the issuer of the certificate; null if there is no certificate.
    issuer: Option<String>,
    /// The SHA-256 fingerprint of the certificate; null if there is no certificate.
    fingerprint: Option<String>,
    /// When the certificate becomes valid; null if there is no certificate.
    #[schema(value_type = Option<String>, format = DateTime)]
    not_before: Option<Timestamp>,
    /// When the certificate expires; null if there is no certificate.
    #[schema(value_type = Option<String>, format = DateTime)]
    not_after: Option<Timestamp>,
    /// The last error, such as a failed renewal; null if there has been none since the last success.
    last_error: Option<TlsError>,
    /// When the next request to the certificate authority is due; null if the daemon requests no certificates.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
}

/// An error of TLS, such as a failed renewal of the certificate.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TlsError {
    /// When the error happened.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The error and its remedy, in the language of `Accept-Language`.
    text: String,
}

impl TlsStatus {
    pub(super) fn new(status: tls::TlsStatus, language: Language) -> Self {
        let last_error =
            status.last_error.map(|error| TlsError { at: error.at, text: messages::causes(language, &error.causes) });
        Self {
            health: status.health.into(),
            source: status.source.into(),
            names: status.names,
            wanted_names: status.wanted_names,
            issuer: status.issuer,
            fingerprint: status.fingerprint,
            not_before: status.not_before,
            not_after: status.not_after,
            last_error,
            next_attempt_at: status.next_attempt_at,
        }
    }
}

//! How TLS is, for the page, `/readyz`, metrics and whoever checks the installation.

use super::certificate::Certificate;
use super::served::CertificateSource;
use crate::domain::{Timestamp, text_enum};
use serde::Serialize;
use std::time::Duration;

text_enum! {
    /// Whether somebody has to do something.
    TlsHealth {
        /// A certificate that browsers accept is served.
        Ok = "ok",
        /// None was asked for.
        Disabled = "disabled",
        /// There is none, it has expired, or it will soon.
        Error = "error",
    }
}

/// How TLS is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TlsStatus {
    /// Whether somebody has to do something.
    pub health: TlsHealth,
    /// Where the certificate came from that is served.
    pub source: CertificateSource,
    /// The names that it is good for.
    pub names: Vec<String>,
    /// The names that it should be good for.
    pub wanted_names: Vec<String>,
    /// Who vouches for it.
    pub issuer: Option<String>,
    /// Its SHA-256, as browsers show it.
    pub fingerprint: Option<String>,
    /// When it begins to be good.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_before: Option<Timestamp>,
    /// When it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_after: Option<Timestamp>,
    /// What went wrong last, until it goes well.
    pub last_error: Option<TlsTrouble>,
    /// When the authority is asked next.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Timestamp>,
}

/// What went wrong, and since when it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct TlsTrouble {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What happened and what to do, for a person to read.
    pub text: String,
}

/// Whether a certificate does what it should.
pub(super) fn health(
    configured: bool,
    wanted: &[String],
    served: Option<&(CertificateSource, Certificate)>,
    now: Timestamp,
) -> TlsHealth {
    let trusted = served.filter(|(source, _)| matches!(source, CertificateSource::Files | CertificateSource::Acme));
    match trusted {
        _ if !configured => TlsHealth::Disabled,
        Some((_, certificate)) if does(certificate, wanted, now) && !ends_soon(certificate, now) => TlsHealth::Ok,
        _ => TlsHealth::Error,
    }
}

/// Whether it is good now, for all names.
pub(super) fn does(certificate: &Certificate, wanted: &[String], now: Timestamp) -> bool {
    certificate.is_current(now) && wanted.iter().all(|name| certificate.covers(name))
}

/// Less than a week; of certificates that live for days only, less than a quarter of their life.
pub(super) fn ends_soon(certificate: &Certificate, now: Timestamp) -> bool {
    certificate.not_after.since(now) < WARN_BEFORE.min(certificate.life() / 4)
}

const WARN_BEFORE: Duration = Duration::from_hours(7 * 24);

//! Compares this machine's clock with the `Date` header of an HTTPS server (RFC 9110, section 6.6.1).
//!
//! With a wrong clock, valid certificates seem to be invalid. The server's certificate is therefore checked for its
//! chain and name, but at a time within its own validity period.

use crate::clock;
use crate::domain::{Cause, Notice, Timestamp};
use crate::providers::http_client;
use crate::providers::tls_probe::http_date;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use x509_parser::prelude::{FromDer, X509Certificate};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClockReading {
    /// The host that stated the time.
    pub host: String,
    /// How many milliseconds this machine's clock is ahead; negative if it is behind. Accurate to one or two seconds.
    pub ahead_ms: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum ClockCheckError {
    /// The request failed.
    #[error("{host} did not answer")]
    NoAnswer {
        host: String,
        #[source]
        source: reqwest::Error,
    },
    #[error("the answer of {0} has no valid Date header")]
    NoDate(String),
    #[error("cannot create the HTTP client for the clock check")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ClockReading {
    pub fn offset(&self) -> Duration {
        Duration::from_millis(self.ahead_ms.unsigned_abs())
    }

    pub fn is_right(&self) -> bool {
        self.offset() < CLOCK_OFF
    }

    pub fn notice(&self) -> Notice {
        let ((count, unit), host) = (self.rounded(), self.host.clone());
        let unit = unit.to_owned();
        if self.ahead_ms < 0 {
            Notice::ClockBehind { host, count, unit }
        } else {
            Notice::ClockAhead { host, count, unit }
        }
    }

    /// The cause of a failure that a wrong clock explains.
    pub fn cause(&self) -> Cause {
        let ((count, unit), host) = (self.rounded(), self.host.clone());
        let unit = unit.to_owned();
        if self.ahead_ms < 0 {
            Cause::ClockBehind { host, count, unit }
        } else {
            Cause::ClockAhead { host, count, unit }
        }
    }

    fn rounded(&self) -> (u64, &'static str) {
        let seconds = self.offset().as_secs();
        match seconds {
            0..120 => (seconds, "second"),
            120..7_200 => (seconds / 60, "minute"),
            7_200..172_800 => (seconds / 3_600, "hour"),
            172_800..63_072_000 => (seconds / 86_400, "day"),
            _ => (seconds / 31_536_000, "year"),
        }
    }
}

/// `roots` are the trusted root certificates.
pub async fn measure(url: &str, roots: RootCertStore) -> Result<ClockReading, ClockCheckError> {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let tls = client_config(roots).map_err(ClockCheckError::Client)?;
    let client = http_client::builder_with_tls(tls).timeout(TIMEOUT).build();
    let client = client.map_err(|error| ClockCheckError::Client(error.into()))?;
    let (sent_at, started) = (clock::now(), clock::instant());
    let response = client.head(url).send().await;
    let round_trip = clock::instant().saturating_duration_since(started);
    let response = response.map_err(|source| ClockCheckError::NoAnswer { host: host.clone(), source })?;
    let date = response.headers().get(reqwest::header::DATE).and_then(|date| date.to_str().ok()).and_then(http_date);
    let date = date.ok_or_else(|| ClockCheckError::NoDate(host.clone()))?;
    Ok(compare(host, sent_at.plus(round_trip / 2), date))
}

/// `local` is the local time when the answer was sent; `remote` is in whole seconds.
fn compare(host: String, local: Timestamp, remote: Timestamp) -> ClockReading {
    let ahead_ms = local.as_millis() - remote.as_millis();
    // The server truncates its time to whole seconds, so a difference of less than one second is treated as zero.
    ClockReading { host, ahead_ms: if (0..1000).contains(&ahead_ms) { 0 } else { ahead_ms } }
}

fn client_config(roots: RootCertStore) -> Result<ClientConfig, Box<dyn std::error::Error + Send + Sync>> {
    let provider = Arc::new(ring::default_provider());
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build()?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(IgnoreValidityVerifier(inner)))
        .with_no_client_auth())
}

/// Verifies the certificate, except its validity period.
#[derive(Debug)]
struct IgnoreValidityVerifier(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for IgnoreValidityVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (_, parsed) = X509Certificate::from_der(end_entity).map_err(|error| Error::General(error.to_string()))?;
        let seconds = u64::try_from(parsed.validity().not_before.timestamp()).unwrap_or(0) + 1;
        let then = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, then)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Certificates and signatures tolerate smaller differences.
pub const CLOCK_OFF: Duration = Duration::from_mins(5);
const TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_described() {
        let host = || "h".to_owned();
        let cause = |ahead_ms| ClockReading { host: host(), ahead_ms }.cause();
        let unit = |unit: &str| unit.to_owned();
        assert_eq!(cause(-30 * 86_400_000), Cause::ClockBehind { host: host(), count: 30, unit: unit("day") });
        assert_eq!(cause(1_000), Cause::ClockAhead { host: host(), count: 1, unit: unit("second") });
        assert_eq!(cause(400_000), Cause::ClockAhead { host: host(), count: 6, unit: unit("minute") });
        assert_eq!(cause(-56 * 31_536_000_000), Cause::ClockBehind { host: host(), count: 56, unit: unit("year") });
    }

    #[test]
    fn dates_are_read_as_http_writes_them() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.to_string(), "1994-11-06T08:49:37.000Z");
        assert_eq!(http_date("yesterday"), None);
        let local = date.plus(Duration::from_millis(900));
        assert_eq!(compare("h".to_owned(), local, date).ahead_ms, 0);
        assert_eq!(compare("h".to_owned(), date.minus(Duration::from_secs(5)), date).ahead_ms, -5000);
    }
}

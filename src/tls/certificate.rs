//! A certificate with its private key, parsed and checked before it is served.

use crate::domain::{Cause, Causes, Timestamp, hex};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) key: Arc<CertifiedKey>,
    /// `*.` matches exactly one label.
    pub(crate) names: Vec<String>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// The display name of the issuer.
    pub(crate) issuer: String,
    /// The SHA-256 fingerprint in the format of browsers.
    pub(crate) fingerprint: String,
}

/// Why certificate and key cannot be served.
#[derive(Debug)]
pub(crate) enum KeyPairError {
    NoCertificate,
    NoKey,
    /// The algorithm is unsupported, or the certificate is malformed.
    Unusable(String),
    /// The key belongs to another certificate.
    Mismatch,
}

impl From<KeyPairError> for Causes {
    fn from(error: KeyPairError) -> Self {
        match error {
            KeyPairError::NoCertificate => Cause::PemNoCertificate,
            KeyPairError::NoKey => Cause::PemNoKey,
            KeyPairError::Unusable(text) => Cause::other(text),
            KeyPairError::Mismatch => Cause::PemMismatch,
        }
        .into()
    }
}

impl Certificate {
    /// `chain` is the certificate followed by its chain.
    pub(crate) fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, KeyPairError> {
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|_| KeyPairError::NoCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| KeyPairError::NoKey)?;
        Self::from_der(chain, key)
    }

    /// The chain must begin with the certificate itself.
    pub(crate) fn from_der(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, KeyPairError> {
        let leaf = chain.first().ok_or(KeyPairError::NoCertificate)?.clone();
        let unusable = |error: &dyn std::fmt::Display| KeyPairError::Unusable(error.to_string());
        let key = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => KeyPairError::Mismatch,
            other => unusable(&other),
        })?;
        let (_, parsed) = X509Certificate::from_der(&leaf).map_err(|error| unusable(&error))?;
        let seconds = |at: i64| Timestamp::from_millis(at.saturating_mul(1000));
        Ok(Self {
            names: names(&parsed),
            not_before: seconds(parsed.validity().not_before.timestamp()),
            not_after: seconds(parsed.validity().not_after.timestamp()),
            issuer: issuer(&parsed),
            fingerprint: fingerprint(&leaf),
            key: Arc::new(key),
        })
    }

    pub(crate) fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now < self.not_after
    }

    /// The length of the validity period.
    pub(crate) fn lifetime(&self) -> Duration {
        self.not_after.since(self.not_before)
    }

    /// A number from 0 to 1 that is always the same for one certificate, to spread renewals over time.
    pub(crate) fn jitter(&self) -> f64 {
        let digits = self.fingerprint.get(..2).unwrap_or_default();
        f64::from(u8::from_str_radix(digits, 16).unwrap_or_default()) / f64::from(u8::MAX)
    }

    pub(crate) fn covers(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let below_wildcard = host.split_once('.').map(|(_, domain)| format!("*.{domain}"));
        self.names.iter().any(|name| *name == host || Some(name) == below_wildcard.as_ref())
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let alternative = alternative.iter().flat_map(|extension| &extension.value.general_names);
    alternative
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
            _ => None,
        })
        .collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn issuer(certificate: &X509Certificate<'_>) -> String {
    let issuer = certificate.issuer();
    let organization = issuer.iter_organization().next().and_then(|name| name.as_str().ok());
    let name = issuer.iter_common_name().next().and_then(|name| name.as_str().ok());
    match (organization, name) {
        (Some(organization), Some(name)) => format!("{organization}, {name}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => issuer.to_string(),
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digits = hex(&Sha256::digest(certificate)).to_ascii_uppercase();
    digits.as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use rcgen::{CertificateParams, KeyPair};

    fn pair(names: &[&str]) -> (String, String) {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn a_certificate_is_parsed() {
        let (chain, key) = pair(&["Shop.example", "*.shop.example", "192.0.2.7"]);
        let certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(certificate.names, ["shop.example", "*.shop.example", "192.0.2.7"]);
        for (host, covered) in [
            ("shop.example", true),
            ("WWW.shop.example.", true),
            ("192.0.2.7", true),
            ("a.b.shop.example", false),
            ("example", false),
        ] {
            assert_eq!(certificate.covers(host), covered, "{host}");
        }
        assert!(certificate.is_valid_at(clock::now()) && !certificate.is_valid_at(certificate.not_after));
        assert_eq!(certificate.fingerprint.len(), 32 * 3 - 1);
    }

    #[test]
    fn a_bad_pair_is_rejected_with_its_reason() {
        let ((chain, key), (_, other)) = (pair(&["a.example"]), pair(&["b.example"]));
        let error_of = |chain: &str, key: &str| Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap_err();
        assert!(matches!(error_of(&chain, &other), KeyPairError::Mismatch));
        assert!(matches!(error_of(&key, &key), KeyPairError::NoCertificate));
        assert!(matches!(error_of(&chain, &chain), KeyPairError::NoKey));
        assert!(matches!(error_of("", ""), KeyPairError::NoCertificate | KeyPairError::NoKey));
        let torn = chain.replace("MII", "AAA");
        assert!(matches!(error_of(&torn, &key), KeyPairError::Unusable(_)));
    }
}

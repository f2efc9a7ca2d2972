//! Evaluates a certificate: its names, validity period and trust.

use crate::domain::Timestamp;
use std::net::IpAddr;
use std::time::Duration;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    /// The DNS names and IP addresses for which the certificate is valid.
    pub(super) names: Vec<String>,
    /// The organisation of the issuer, or its common name.
    pub(super) issuer: String,
    is_self_issued: bool,
}

/// If several problems apply, the first variant in this order is returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Validity {
    WrongName,
    Expired,
    NotYetValid,
    SelfSigned,
    Untrusted { reason: String },
    Valid { days_left: i64 },
}

impl Certificate {
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let seconds = |time: x509_parser::time::ASN1Time| Timestamp::from_millis(time.timestamp().saturating_mul(1000));
        let alternatives = certificate.subject_alternative_name().ok().flatten();
        let names = alternatives.map_or_else(Vec::new, |extension| extension.value.general_names.iter().collect());
        let issuer = certificate.issuer();
        let organisation = issuer.iter_organization().chain(issuer.iter_common_name()).find_map(|it| it.as_str().ok());
        Some(Self {
            not_before: seconds(certificate.validity().not_before),
            not_after: seconds(certificate.validity().not_after),
            names: names.into_iter().filter_map(name).collect(),
            issuer: organisation.unwrap_or("an unnamed authority").to_owned(),
            is_self_issued: certificate.subject() == issuer,
        })
    }

    pub(super) fn covers(&self, at: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&at)
    }

    fn is_for(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        self.names.iter().any(|name| {
            let name = name.to_ascii_lowercase();
            match name.strip_prefix("*.") {
                // A wildcard matches one label (RFC 6125, 6.4.3).
                Some(domain) => host.split_once('.').is_some_and(|(_, rest)| rest == domain),
                None => name == host,
            }
        })
    }
}

/// `verification_error` is the error of a TLS client that trusts the common certificate authorities.
pub(super) fn evaluate(
    certificate: &Certificate,
    host: &str,
    now: Timestamp,
    verification_error: Option<&str>,
) -> Validity {
    if !certificate.is_for(host) {
        return Validity::WrongName;
    }
    if now > certificate.not_after {
        return Validity::Expired;
    }
    if now < certificate.not_before {
        return Validity::NotYetValid;
    }
    match verification_error {
        None => {
            let days_left = certificate.not_after.since(now).as_secs() / 86_400;
            Validity::Valid { days_left: i64::try_from(days_left).unwrap_or(i64::MAX) }
        }
        Some(_) if certificate.is_self_issued => Validity::SelfSigned,
        Some(reason) => Validity::Untrusted { reason: reason.to_owned() },
    }
}

/// Returns the correct time for a clock that is `offset` seconds ahead (negative if it is behind).
pub(super) fn corrected(now: Timestamp, offset: i64) -> Timestamp {
    let difference = Duration::from_secs(offset.unsigned_abs());
    if offset > 0 { now.minus(difference) } else { now.plus(difference) }
}

/// Clock offset, in seconds, below which the clock is not considered the cause of an invalid certificate.
pub(super) const CLOCK_MATTERS_S: u64 = 60;

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match **bytes {
            [a, b, c, d] => Some(IpAddr::from([a, b, c, d]).to_string()),
            ref bytes => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(names: &[&str], is_self_issued: bool) -> Certificate {
        Certificate {
            not_before: Timestamp::from_millis(1_000_000_000_000),
            not_after: Timestamp::from_millis(1_000_000_000_000 + 90 * 86_400_000),
            names: names.iter().map(ToString::to_string).collect(),
            issuer: "x".into(),
            is_self_issued,
        }
    }

    #[test]
    fn each_problem_is_classified() {
        let good = certificate(&["shop.example", "*.shop.example", "203.0.113.7"], false);
        let day = |day: i64| Timestamp::from_millis(1_000_000_000_000 + day * 86_400_000);
        let validity =
            |host: &str, at: i64, verification_error: Option<&str>| evaluate(&good, host, day(at), verification_error);
        assert_eq!(validity("shop.example", 1, None), Validity::Valid { days_left: 89 });
        assert_eq!(validity("WWW.shop.example.", 1, None), Validity::Valid { days_left: 89 });
        assert_eq!(validity("203.0.113.7", 80, None), Validity::Valid { days_left: 10 });
        assert_eq!(validity("a.b.shop.example", 1, None), Validity::WrongName);
        assert_eq!(validity("other.example", 1, None), Validity::WrongName);
        assert_eq!(validity("shop.example", 91, Some("expired")), Validity::Expired);
        assert_eq!(validity("shop.example", -1, Some("not yet")), Validity::NotYetValid);
        assert_eq!(validity("shop.example", 1, Some("who?")), Validity::Untrusted { reason: "who?".into() });
        let own = certificate(&["shop.example"], true);
        assert_eq!(evaluate(&own, "shop.example", day(1), Some("who?")), Validity::SelfSigned);
    }

    #[test]
    fn a_clock_that_is_corrected_is_in_time() {
        let certificate = certificate(&["shop.example"], false);
        let behind = Timestamp::from_millis(1_000_000_000_000 - 5 * 86_400_000);
        assert!(!certificate.covers(behind));
        assert!(certificate.covers(corrected(behind, -6 * 86_400)));
        assert!(!certificate.covers(corrected(behind, 6 * 86_400)));
    }

    #[test]
    fn a_real_certificate_is_read() {
        let made = rcgen::generate_simple_self_signed(vec!["shop.example".into(), "127.0.0.1".into()]).unwrap();
        let read = Certificate::read(made.cert.der()).unwrap();
        assert_eq!(read.names, ["shop.example", "127.0.0.1"]);
        assert!(read.is_self_issued && read.is_for("127.0.0.1"));
        assert!(Certificate::read(b"no certificate").is_none());
    }
}

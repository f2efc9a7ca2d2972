//! Checks that the certificate of the public address is valid and does not expire soon.

mod validity;

use super::{DoctorContext, Finding, clock as clock_check, public_address};
use crate::clock;
use crate::providers::tls_probe::{self, TlsProbe, TlsProbeError};
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use validity::{Certificate, Validity};

const CHECK: &str = "certificate";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(base) = context.config().and_then(|config| config.http.public_address()) else {
        return vec![Finding::skipped(CHECK, "no public address is set")];
    };
    let Ok(url) = Url::parse(base) else { return Vec::new() };
    let host = url.host_str().unwrap_or_default();
    if url.scheme() != "https" {
        return vec![Finding::skipped(CHECK, format!("{base} is reachable only on this machine, and has no TLS"))];
    }
    let Ok(addresses) = public_address::resolve(&url).await else {
        return vec![Finding::skipped(CHECK, format!("{host} cannot be resolved, see above"))];
    };
    for address in addresses {
        match tokio::time::timeout(LIMIT, tls_probe::probe(host, address)).await {
            Ok(Ok(seen)) => return vec![describe_certificate(&context, host, &seen).await],
            Ok(Err(TlsProbeError::Handshake(error))) => {
                let found = format!("the TLS handshake with {address} failed ({error})");
                let remedy =
                    "check that the server on that port serves https: the proxy's configuration, or [tls] here";
                return vec![Finding::error(CHECK, found, remedy)];
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }
    vec![Finding::skipped(CHECK, format!("{host} does not answer, see above"))]
}

async fn describe_certificate(context: &DoctorContext, host: &str, seen: &TlsProbe) -> Finding {
    let Some(certificate) = seen.chain.first().and_then(|own| Certificate::read(own)) else {
        let remedy = "obtain a new certificate";
        return Finding::error(CHECK, format!("{host} serves a certificate that cannot be parsed"), remedy);
    };
    let now = clock::now();
    let validity = validity::evaluate(&certificate, host, now, seen.verification_error.as_deref());
    let until = &certificate.not_after.to_string()[..10];
    match validity {
        Validity::Valid { days_left } if days_left < soon_days(&certificate) => Finding::warning(
            CHECK,
            format!("the certificate of {host} expires in {days_left} days, on {until}"),
            "see why it is not renewed: journalctl -u agentlocator -g TLS_, or the proxy's log",
        ),
        Validity::Valid { days_left } => {
            let issuer = &certificate.issuer;
            Finding::ok(CHECK, format!("the certificate of {host} is valid for {days_left} more days ({issuer})"))
        }
        Validity::Expired | Validity::NotYetValid => {
            // Compare with other clocks: a wrong clock on this machine makes a valid certificate look expired.
            let offset = match clock_check::offset(context).await {
                Some(offset) => Some(offset),
                None => seen.date.map(|date| (now.as_millis() - date.as_millis()) / 1000),
            };
            wrong_time(host, &certificate, &validity, now, offset)
        }
        Validity::WrongName => Finding::error(
            CHECK,
            format!("the certificate is for {}, not for {host}", certificate.names.join(", ")),
            format!("obtain one for {host} ([tls] domain here, or in the proxy), or set PUBLIC_BASE_URL to its name"),
        ),
        Validity::SelfSigned => Finding::error(
            CHECK,
            format!("the certificate of {host} is self-signed, which Twilio does not accept"),
            format!("set [tls] domain to {host} to obtain one; or use a proxy or a tunnel that has one"),
        ),
        Validity::Untrusted { reason } => Finding::error(
            CHECK,
            format!("the certificate of {host} is not trusted: {reason}"),
            "serve the whole chain (fullchain.pem, not only cert.pem), from an authority that browsers trust",
        ),
    }
}

/// Either the certificate or this machine's clock is wrong.
fn wrong_time(
    host: &str,
    certificate: &Certificate,
    validity: &Validity,
    now: crate::domain::Timestamp,
    offset: Option<i64>,
) -> Finding {
    let offset = offset.filter(|offset| offset.unsigned_abs() >= validity::CLOCK_MATTERS_S);
    if let Some(offset) = offset
        && certificate.covers(validity::corrected(now, offset))
    {
        let found =
            format!("the certificate of {host} is valid, but the clock here is {}", clock_check::describe(offset));
        return Finding::error(CHECK, found, "set the clock, see the finding about the clock; keep the certificate");
    }
    if *validity == Validity::Expired {
        let found = format!("the certificate of {host} expired on {}", certificate.not_after);
        let remedy = "see why it was not renewed: journalctl -u agentlocator -g TLS_, or the proxy's log";
        return Finding::error(CHECK, found, remedy);
    }
    let found = format!("the certificate of {host} is valid only from {} on", certificate.not_before);
    Finding::error(CHECK, found, "check the clocks of this machine and of the one that issued the certificate")
}

const LIMIT: Duration = Duration::from_secs(8);

/// Returns the remaining validity, in days, below which the check warns. Certificates are renewed when about a third of
/// their validity remains, so a sixth means that the renewal fails.
fn soon_days(certificate: &Certificate) -> i64 {
    let days = certificate.not_after.since(certificate.not_before).as_secs() / (24 * 60 * 60);
    i64::try_from(days / 6).unwrap_or(MAX_SOON_DAYS).min(MAX_SOON_DAYS)
}

/// The upper limit of [`soon_days`]. It applies to certificates that are valid for more than 90 days in total.
const MAX_SOON_DAYS: i64 = 15;

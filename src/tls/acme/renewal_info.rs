//! Renewal information (RFC 9773): the time at which an authority advises to renew a certificate, for example before it
//! revokes certificates because of its own mistake.

use crate::domain::Timestamp;
use crate::tls::certificate::Certificate;
use instant_acme::{Account, CertificateIdentifier};
use std::time::Duration;

/// The advised time, the certificate to which it applies, and the time of the next query.
#[derive(Debug, Default)]
pub(super) struct RenewalAdvice {
    advised: Option<(String, Timestamp)>,
    ask_at: Option<Timestamp>,
}

pub(super) struct RenewalWindow {
    start: Timestamp,
    end: Timestamp,
    /// How long the authority wants the daemon to wait before the next query.
    again: Duration,
}

impl RenewalAdvice {
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.ask_at.is_none_or(|at| now >= at)
    }

    /// If the authority does not answer, the next query is due a day later.
    pub(super) fn record_query(&mut self, now: Timestamp) {
        self.ask_at = Some(now.plus(A_DAY));
    }

    /// Returns the advised time, which differs between certificates within the window.
    pub(super) fn record(&mut self, certificate: &Certificate, window: &RenewalWindow, now: Timestamp) -> Timestamp {
        let at = window.start.plus(window.end.since(window.start).mul_f64(certificate.jitter()));
        self.advised = Some((certificate.fingerprint.clone(), at));
        self.ask_at = Some(now.plus(window.again.clamp(AN_HOUR, A_DAY)));
        at
    }

    /// `None` if the authority has advised no time for this certificate.
    pub(super) fn for_certificate(&self, certificate: &Certificate) -> Option<Timestamp> {
        self.advised.as_ref().filter(|(of, _)| *of == certificate.fingerprint).map(|(_, at)| *at)
    }
}

pub(super) async fn query(
    account: &Account,
    certificate: &Certificate,
) -> Result<RenewalWindow, Box<dyn std::error::Error + Send + Sync>> {
    let own = certificate.key.end_entity_cert()?;
    let id = CertificateIdentifier::try_from(own)?.into_owned();
    let (info, again) = account.renewal_info(&id).await?;
    let at = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
    let window = info.suggested_window;
    Ok(RenewalWindow { start: at(window.start.unix_timestamp()), end: at(window.end.unix_timestamp()), again })
}

const AN_HOUR: Duration = Duration::from_hours(1);
const A_DAY: Duration = Duration::from_hours(24);

//! Renewal information (RFC 9773): the time at which an authority advises to renew a certificate, for example before it
//! revokes certificates because of its own mistake.

use super::Acme;
use crate::clock;
use crate::domain::Timestamp;
use crate::tls::certificate::Certificate;
use crate::tls::resolver::CertificateSource;
use instant_acme::CertificateIdentifier;
use std::time::Duration;

/// The advised time, the certificate to which it applies, and the time of the next query.
#[derive(Debug, Default)]
pub(super) struct RenewalAdvice {
    advised: Option<(String, Timestamp)>,
    ask_at: Option<Timestamp>,
}

impl RenewalAdvice {
    /// Returns when to renew this certificate, if the authority has advised a time.
    pub(super) fn for_certificate(&self, certificate: &Certificate) -> Option<Timestamp> {
        self.advised.as_ref().filter(|(of, _)| *of == certificate.fingerprint).map(|(_, at)| *at)
    }
}

impl Acme {
    /// Queries the advice if that is due. The advice is optional: if the request fails, the previous advice is kept.
    pub(super) async fn refresh_advice(&mut self, now: Timestamp) {
        if self.advice.ask_at.is_some_and(|at| now < at) {
            return;
        }
        let Some((CertificateSource::Acme, certificate)) = self.tls.inner.resolver.current() else { return };
        self.advice.ask_at = Some(now.plus(A_DAY));
        let Ok(Ok(asked)) = tokio::time::timeout(LIMIT, self.advice_for(&certificate)).await else { return };
        let (start, end, again) = asked;
        let at = start.plus(end.since(start).mul_f64(certificate.jitter()));
        if at <= clock::now() {
            tracing::info!(
                event = "TLS_RENEWAL_ADVISED",
                "{} advises renewing the certificate for {} now",
                self.authority,
                certificate.names.join(", ")
            );
        }
        self.advice.advised = Some((certificate.fingerprint.clone(), at));
        self.advice.ask_at = Some(now.plus(again.clamp(AN_HOUR, A_DAY)));
    }

    async fn advice_for(
        &self,
        certificate: &Certificate,
    ) -> Result<(Timestamp, Timestamp, Duration), Box<dyn std::error::Error + Send + Sync>> {
        let own = certificate.key.end_entity_cert()?;
        let id = CertificateIdentifier::try_from(own)?.into_owned();
        let account = self.account().await.map_err(|acme_error| acme_error.english())?;
        let (info, again) = account.renewal_info(&id).await?;
        let at = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
        let window = info.suggested_window;
        Ok((at(window.start.unix_timestamp()), at(window.end.unix_timestamp()), again))
    }
}

const AN_HOUR: Duration = Duration::from_hours(1);
const A_DAY: Duration = Duration::from_hours(24);
const LIMIT: Duration = Duration::from_secs(30);

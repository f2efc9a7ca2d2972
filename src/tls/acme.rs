//! Obtains certificates from a certificate authority by ACME (RFC 8555), and renews them when about a third of their
//! lifetime is left, or earlier if the authority advises it.
//!
//! A restart resumes unfinished orders, so that restarts do not exceed the authority's rate limits.

mod account;
mod error;
mod http_client;
mod order;
mod order_state;
mod renewal_info;
mod schedule;

use super::certificate::Certificate;
use super::resolver::CertificateSource;
use super::status::TlsHealth;
use super::{Tls, TlsError, acme_certificate};
use crate::config::{AcmeChallenge, TlsConfig};
use crate::domain::{Cause, Causes, Timestamp};
use crate::host::clock_check;
use crate::providers::http_client::causes;
use crate::{clock, entropy};
use error::{AcmeError, AcmeErrorKind};
use http_client::AcmeHttpClient;
use instant_acme::Account;
use order_state::{OrderState, Purpose};
use renewal_info::RenewalAdvice;
use rustls::RootCertStore;
use std::io;
use std::time::Duration;

pub(super) struct Acme {
    tls: Tls,
    http_client: AcmeHttpClient,
    roots: RootCertStore,
    /// The display name of the authority.
    authority: String,
    state: OrderState,
    advice: RenewalAdvice,
}

impl Acme {
    pub(super) fn new(tls: Tls) -> Result<Self, Causes> {
        let config = &tls.inner.config.tls;
        let roots = http_client::roots(config.acme_ca_file.as_deref())?;
        let http_client = AcmeHttpClient::new(roots.clone());
        let http_client = http_client.map_err(|error| causes(&error))?;
        let authority = name(config.acme_directory_url.as_str());
        let state = OrderState::read(&tls.inner.folder, Purpose::of(config));
        tls.progress().last_error.clone_from(&state.attempts.last_error);
        Ok(Self { tls, http_client, roots, authority, state, advice: RenewalAdvice::default() })
    }

    /// Never returns; the caller stops it by dropping the future.
    pub(super) async fn run(mut self) {
        let tls = self.tls.clone();
        let mut reload = std::pin::pin!(tls.inner.reload.notified());
        let mut health = TlsHealth::Ok;
        loop {
            let now = clock::now();
            self.refresh_advice(now).await;
            let next = self.state.attempts.next(self.due_at(now), now);
            tls.progress().next_attempt_at = Some(next);
            health = tls.watch_health(health);
            if next <= now {
                self.attempt().await;
                continue;
            }
            // Sleeps for short times only: the wall clock jumps when it is set, and timers do not advance while the
            // machine sleeps.
            tokio::select! {
                () = tokio::time::sleep(next.since(now).min(CHECK_INTERVAL)) => {}
                () = reload.as_mut() => {
                    reload.set(tls.inner.reload.notified());
                    self.state.attempts.expedite(clock::now());
                }
            }
        }
    }

    fn config(&self) -> &TlsConfig {
        &self.tls.inner.config.tls
    }

    /// When a new certificate is due.
    fn due_at(&self, now: Timestamp) -> Timestamp {
        let served = self.tls.inner.resolver.current().filter(|(source, _)| *source == CertificateSource::Acme);
        let Some((_, certificate)) = served else { return now };
        if !self.config().domain.iter().all(|name| certificate.covers(name)) {
            return now;
        }
        let renewal = schedule::renewal(certificate.not_before, certificate.not_after, certificate.jitter());
        self.advice.for_certificate(&certificate).map_or(renewal, |advised| advised.min(renewal))
    }

    /// Has no effect unless a query is due. The advice is optional: if the request fails, the previous advice is kept.
    async fn refresh_advice(&mut self, now: Timestamp) {
        if !self.advice.is_due(now) {
            return;
        }
        let Some((CertificateSource::Acme, certificate)) = self.tls.inner.resolver.current() else { return };
        self.advice.record_query(now);
        let query = async {
            let account = self.account().await.map_err(|acme_error| acme_error.english())?;
            renewal_info::query(&account, &certificate).await
        };
        let Ok(Ok(window)) = tokio::time::timeout(ADVICE_TIMEOUT, query).await else { return };
        if self.advice.record(&certificate, &window, now) <= clock::now() {
            tracing::info!(
                event = "TLS_RENEWAL_ADVISED",
                "{} advises renewing the certificate for {} now",
                self.authority,
                certificate.names.join(", ")
            );
        }
    }

    async fn attempt(&mut self) {
        let names = self.config().domain.join(", ");
        tracing::info!(event = "TLS_ORDERING", names, "Requesting a certificate for {names} from {}", self.authority);
        // A value of an earlier attempt, or of a query for advice, says nothing about this one.
        let _ = self.http_client.retry_after();
        let outcome = tokio::time::timeout(ATTEMPT_TIMEOUT, self.obtain()).await;
        self.tls.inner.resolver.clear_challenges();
        let outcome = outcome.unwrap_or_else(|_elapsed| {
            let cause = Cause::AcmeLate { authority: self.authority.clone(), count: ATTEMPT_TIMEOUT.as_secs() / 60 };
            Err(AcmeError::new(AcmeErrorKind::Unreachable, cause))
        });
        match outcome {
            Ok(certificate) => {
                self.state.attempts.succeeded(clock::now(), certificate.lifetime());
                self.tls.progress().last_error = None;
                self.tls.inner.resolver.set(CertificateSource::Acme, certificate.clone());
                super::log_certificate(CertificateSource::Acme, &certificate);
            }
            Err(acme_error) => self.failed(acme_error).await,
        }
        if let Err(error) = self.state.write(&self.tls.inner.folder) {
            tracing::warn!(event = "TLS_NOT_STORED", %error, "Cannot store the state of the certificate request for {names} at {}; after a restart the outcome of this attempt is unknown", self.authority);
        }
    }

    async fn failed(&mut self, mut acme_error: AcmeError) {
        if acme_error.may_be_clock_error {
            acme_error = self.check_for_clock_error(acme_error).await;
        }
        // The attempt may have taken minutes; the authority counts its limits from the failure.
        let now = clock::now();
        let text = acme_error.english();
        let last_error = TlsError { at: now, causes: acme_error.causes };
        let retry_after = self.http_client.retry_after();
        self.state.attempts.failed(acme_error.kind, retry_after, last_error.clone(), entropy::chance());
        let (next, names) = (self.state.attempts.next(now, now), self.config().domain.join(", "));
        tracing::error!(
            event = "TLS_ORDER_FAILED", failures = self.state.attempts.failures, next_attempt_at = %next,
            "No certificate for {names} was obtained: {}. The next attempt is at {next}", text
        );
        self.tls.progress().last_error = Some(last_error);
    }

    /// For a server certificate of the authority that is not valid now: either the authority has not renewed it, or
    /// this machine's clock is wrong.
    async fn check_for_clock_error(&self, acme_error: AcmeError) -> AcmeError {
        match clock_check::measure(self.config().acme_directory_url.as_str(), self.roots.clone()).await {
            Ok(reading) if reading.offset() > CLOCK_TOLERANCE => AcmeError::new(AcmeErrorKind::Clock, reading.cause()),
            Ok(_) => AcmeError { causes: Cause::AcmeAtFault.because(acme_error.causes), ..acme_error },
            Err(_) => acme_error,
        }
    }

    /// After an error that a retry can solve, retries immediately, a limited number of times.
    async fn obtain(&mut self) -> Result<Certificate, AcmeError> {
        self.check_own_clock()?;
        let mut outcome = self.with_account().await;
        for _ in 1..MAX_ATTEMPTS {
            match &outcome {
                Err(acme_error) if acme_error.kind == AcmeErrorKind::Account => {
                    tracing::warn!(
                        event = "TLS_ACCOUNT_REPLACED",
                        "The certificate authority {} does not accept the stored account ({}); a new one is created",
                        self.authority,
                        acme_error.english()
                    );
                    self.forget_account()?;
                }
                Err(acme_error) if acme_error.kind == AcmeErrorKind::Nonce => {}
                _ => break,
            }
            outcome = self.with_account().await;
        }
        outcome
    }

    async fn with_account(&mut self) -> Result<Certificate, AcmeError> {
        let account = self.account().await?;
        self.try_challenges(&account).await
    }

    /// Tries the challenge types in order. Stops when one succeeds, or fails for a reason that does not depend on the
    /// challenge type.
    async fn try_challenges(&mut self, account: &Account) -> Result<Certificate, AcmeError> {
        let mut challenge_types = self.challenge_types().into_iter();
        let mut outcome = Err(self.unknown_reason());
        while let Some(challenge_type) = challenge_types.next() {
            outcome = self.order_with(account, challenge_type).await;
            match &outcome {
                Err(acme_error) if acme_error.kind == AcmeErrorKind::Challenge && challenge_types.len() > 0 => {
                    tracing::info!(
                        event = "TLS_CHALLENGE_FAILED",
                        challenge = challenge_type.as_str(),
                        "ACME challenge {} for {} failed ({}); trying the next challenge type",
                        challenge_type.as_str(),
                        self.config().domain.join(", "),
                        acme_error.english()
                    );
                }
                _ => break,
            }
        }
        outcome
    }

    /// The best challenge type first.
    fn challenge_types(&self) -> Vec<AcmeChallenge> {
        let mut challenge_types = match self.config().acme_challenge {
            AcmeChallenge::Auto if self.tls.inner.listeners.http => {
                vec![AcmeChallenge::Http01, AcmeChallenge::TlsAlpn01]
            }
            // HTTP-01 is tried as well, because the public port may be forwarded to another listener of the daemon.
            AcmeChallenge::Auto => vec![AcmeChallenge::TlsAlpn01, AcmeChallenge::Http01],
            one => vec![one],
        };
        // The challenge type of an unfinished order is tried first.
        let open_type = self.state.order.as_ref().map(|order| order.challenge_type);
        challenge_types.sort_by_key(|challenge_type| Some(*challenge_type) != open_type);
        challenge_types
    }

    /// If the current certificate was issued in the future, the clock was set back.
    fn check_own_clock(&self) -> Result<(), AcmeError> {
        match self.tls.inner.resolver.current() {
            Some((CertificateSource::Acme, certificate))
                if certificate.not_before > clock::now().plus(CLOCK_TOLERANCE) =>
            {
                let cause = Cause::ClockBehindCertificate { now: clock::now(), issued: certificate.not_before };
                Err(AcmeError::new(AcmeErrorKind::Clock, cause))
            }
            _ => Ok(()),
        }
    }

    fn store_certificate(&self, pem: &str) -> io::Result<()> {
        acme_certificate::write(&self.tls.inner.folder, pem)
    }
}

/// The display name of the authority with this URL.
fn name(directory: &str) -> String {
    let host = url::Url::parse(directory).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if host.ends_with("letsencrypt.org") { "Let's Encrypt".to_owned() } else { host }
}

/// The interval at which the wall clock is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);

/// Counts the first attempt too.
const MAX_ATTEMPTS: usize = 6;

const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(10);

const ADVICE_TIMEOUT: Duration = Duration::from_secs(30);

/// A smaller clock error is ignored.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

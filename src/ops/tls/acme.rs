//! Certificates from a certificate authority by ACME (RFC 8555): fetched, and renewed when a third of their lifetime is
//! left.
//!
//! Unfinished orders are stored in the folder, so that a restart resumes them, and the authority's rate limits are
//! kept.

mod account;
mod journal;
mod order;
mod renewal_info;
mod schedule;
mod trouble;
mod wire;

use super::certificate::Certificate;
use super::folder::Folder;
use super::served::CertificateSource;
use super::status::TlsHealth;
use super::{Tls, TlsTrouble};
use crate::config::{AcmeChallenge, TlsConfig};
use crate::domain::Timestamp;
use crate::ops::clock_check;
use crate::{clock, entropy};
use instant_acme::Account;
use journal::{Journal, Purpose};
use renewal_info::RenewalAdvice;
use rustls::RootCertStore;
use std::io;
use std::time::Duration;
use trouble::{Trouble, TroubleKind};
use wire::Wire;

/// The file in the folder: key and certificate with its chain.
const FILE: &str = "acme.pem";

/// The last certificate that was obtained.
pub(super) fn kept(folder: &Folder) -> Option<Certificate> {
    let pem = folder.read(FILE).ok().flatten()?;
    Certificate::from_pem(&pem, &pem).ok()
}

/// Obtains and renews certificates.
pub(super) struct Acme {
    tls: Tls,
    wire: Wire,
    roots: RootCertStore,
    /// The display name of the authority.
    authority: String,
    journal: Journal,
    advice: RenewalAdvice,
}

impl Acme {
    /// Loads the stored state.
    pub(super) fn new(tls: Tls) -> Result<Self, String> {
        let config = &tls.inner.config.tls;
        let roots = wire::roots(config.acme_ca_file.as_deref())?;
        let wire = Wire::new(roots.clone()).map_err(|error| error.to_string())?;
        let authority = name(config.acme_directory_url.as_str());
        let journal = Journal::read(&tls.inner.folder, Purpose::of(config));
        tls.progress().last_error.clone_from(&journal.attempts.last_error);
        Ok(Self { tls, wire, roots, authority, journal, advice: RenewalAdvice::default() })
    }

    /// Runs for as long as the future is polled.
    pub(super) async fn run(mut self) {
        let tls = self.tls.clone();
        let mut reload = std::pin::pin!(tls.inner.reload.notified());
        let mut health = TlsHealth::Ok;
        loop {
            let now = clock::now();
            self.ask_for_advice(now).await;
            let next = self.journal.attempts.next(self.wanted_at(now));
            tls.progress().next_attempt_at = Some(next);
            health = tls.watch_health(health);
            if next <= now {
                self.attempt(now).await;
                continue;
            }
            // In short intervals: the time of day jumps when a clock is set, and timers do not count the time in which
            // a machine sleeps.
            tokio::select! {
                () = tokio::time::sleep(next.since(now).min(LOOK_EVERY)) => {}
                () = reload.as_mut() => {
                    reload.set(tls.inner.reload.notified());
                    self.journal.attempts.hurry(clock::now());
                }
            }
        }
    }

    fn config(&self) -> &TlsConfig {
        &self.tls.inner.config.tls
    }

    /// When a new certificate is due.
    fn wanted_at(&self, now: Timestamp) -> Timestamp {
        let served = self.tls.inner.served.current().filter(|(source, _)| *source == CertificateSource::Acme);
        let Some((_, certificate)) = served else { return now };
        if !self.config().domain.iter().all(|name| certificate.covers(name)) {
            return now;
        }
        let renewal = schedule::renewal(certificate.not_before, certificate.not_after, certificate.chance());
        self.advice.for_certificate(&certificate).map_or(renewal, |advised| advised.min(renewal))
    }

    async fn attempt(&mut self, now: Timestamp) {
        let names = self.config().domain.join(", ");
        tracing::info!(event = "TLS_ORDERING", names, "Requesting a certificate for {names} from {}", self.authority);
        let outcome = tokio::time::timeout(LONGEST, self.obtain()).await;
        self.tls.inner.served.forget_answers();
        let outcome = outcome.unwrap_or_else(|_elapsed| {
            let text = format!("{} did not complete the order within ten minutes", self.authority);
            Err(Trouble::new(TroubleKind::Unreachable, text))
        });
        match outcome {
            Ok(certificate) => {
                self.journal.attempts.succeeded(clock::now(), certificate.life());
                self.tls.progress().last_error = None;
                self.tls.inner.served.set(CertificateSource::Acme, certificate.clone());
                super::tell(CertificateSource::Acme, &certificate);
            }
            Err(trouble) => self.failed(trouble, now).await,
        }
        if let Err(error) = self.journal.write(&self.tls.inner.folder) {
            tracing::warn!(event = "TLS_NOT_KEPT", %error, "Cannot store the state of the order at {}; a restart cannot resume it", self.authority);
        }
    }

    async fn failed(&mut self, mut trouble: Trouble, now: Timestamp) {
        if trouble.doubts_clock {
            trouble = self.doubt_the_clock(trouble).await;
        }
        let told = TlsTrouble { at: now, text: trouble.text };
        let asked_to_wait = self.wire.asked_to_wait();
        self.journal.attempts.failed(trouble.kind, asked_to_wait, told.clone(), entropy::chance());
        let next = self.journal.attempts.next(now);
        tracing::error!(
            event = "TLS_ORDER_FAILED", failures = self.journal.attempts.failures, next_attempt_at = %next,
            "{}. The next attempt is at {next}", told.text
        );
        self.tls.progress().last_error = Some(told);
    }

    /// The authority's certificate is not valid now: either it has not been renewed, or this machine's clock is wrong.
    async fn doubt_the_clock(&self, trouble: Trouble) -> Trouble {
        match clock_check::measure(self.config().acme_directory_url.as_str(), self.roots.clone()).await {
            Ok(reading) if reading.off() > CLOCK_TOLERANCE => Trouble::new(
                TroubleKind::Clock,
                format!(
                    "this machine's clock is {} (by {}), so that good certificates look bad. What to do: set it, best by \
                     switching NTP on (timedatectl set-ntp true)",
                    reading.in_words(),
                    reading.host
                ),
            ),
            Ok(_) => Trouble {
                text: format!(
                    "{}. This machine's clock is right, so the authority's certificate is at fault",
                    trouble.text
                ),
                ..trouble
            },
            Err(_) => trouble,
        }
    }

    /// Obtains a certificate for all names. An error that a retry can solve is retried at once, a few times.
    async fn obtain(&mut self) -> Result<Certificate, Trouble> {
        self.check_own_clock()?;
        let mut outcome = self.with_account().await;
        for _ in 1..TIMES {
            match &outcome {
                Err(trouble) if trouble.kind == TroubleKind::Account => {
                    tracing::warn!(event = "TLS_ACCOUNT_GONE", "{}", trouble.text);
                    self.forget_account()?;
                }
                Err(trouble) if trouble.kind == TroubleKind::Nonce => {}
                _ => break,
            }
            outcome = self.with_account().await;
        }
        outcome
    }

    async fn with_account(&mut self) -> Result<Certificate, Trouble> {
        let account = self.account().await?;
        self.by_any_way(&account).await
    }

    /// Tries the challenge types in order until one succeeds.
    async fn by_any_way(&mut self, account: &Account) -> Result<Certificate, Trouble> {
        let mut ways = self.ways().into_iter();
        let mut outcome =
            Err(Trouble::new(TroubleKind::Refused, "there is no challenge type to validate the names with"));
        while let Some(way) = ways.next() {
            outcome = self.by(account, way).await;
            match &outcome {
                Err(trouble) if trouble.kind == TroubleKind::Challenge && ways.len() > 0 => {
                    tracing::warn!(event = "TLS_CHALLENGE_FAILED", way = way.as_str(), "{}", trouble.text);
                }
                _ => break,
            }
        }
        outcome
    }

    /// The challenge types to try, the best first.
    fn ways(&self) -> Vec<AcmeChallenge> {
        let mut ways = match self.config().acme_challenge {
            AcmeChallenge::Auto if self.tls.inner.doors.http => vec![AcmeChallenge::Http01, AcmeChallenge::TlsAlpn01],
            // The public port may be forwarded to another listener of the daemon, so HTTP-01 is still worth an attempt.
            AcmeChallenge::Auto => vec![AcmeChallenge::TlsAlpn01, AcmeChallenge::Http01],
            one => vec![one],
        };
        // The challenge type of an unfinished order comes first.
        let begun = self.journal.order.as_ref().map(|order| order.way);
        ways.sort_by_key(|way| Some(*way) != begun);
        ways
    }

    /// A certificate already obtained was issued in the past, unless the clock was set back.
    fn check_own_clock(&self) -> Result<(), Trouble> {
        match self.tls.inner.served.current() {
            Some((CertificateSource::Acme, certificate))
                if certificate.not_before > clock::now().plus(CLOCK_TOLERANCE) =>
            {
                let text = format!(
                    "this machine's clock is behind: it shows {}, but the certificate is from {}. What to do: set it, best \
                     by switching NTP on (timedatectl set-ntp true)",
                    clock::now(),
                    certificate.not_before
                );
                Err(Trouble::new(TroubleKind::Clock, text))
            }
            _ => Ok(()),
        }
    }

    fn keep(&self, pem: &str) -> io::Result<()> {
        self.tls.inner.folder.write(FILE, pem.as_bytes())
    }
}

/// The display name of the authority with this address.
fn name(directory: &str) -> String {
    let host = url::Url::parse(directory).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if host.ends_with("letsencrypt.org") { "Let's Encrypt".to_owned() } else { format!("the authority {host}") }
}

/// Interval of checking the time of day.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Maximum number of consecutive attempts after an error that a retry can solve.
const TIMES: usize = 6;

/// Time limit of one attempt.
const LONGEST: Duration = Duration::from_mins(10);

/// A smaller clock error is ignored.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

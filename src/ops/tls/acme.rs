//! Certificates from an authority by ACME (RFC 8555): fetched, and renewed when a third of their life is left.
//!
//! What has been begun is kept in the folder, so that a restart goes on where it was, and does not ask an authority more
//! often than it allows.

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

/// The certificate that was got last.
pub(super) fn kept(folder: &Folder) -> Option<Certificate> {
    let pem = folder.read(FILE).ok().flatten()?;
    Certificate::from_pem(&pem, &pem).ok()
}

/// Gets certificates, and keeps them fresh.
pub(super) struct Acme {
    tls: Tls,
    wire: Wire,
    roots: RootCertStore,
    /// What people call the authority.
    authority: String,
    journal: Journal,
    advice: RenewalAdvice,
}

impl Acme {
    /// Reads what was begun.
    pub(super) fn new(tls: Tls) -> Result<Self, String> {
        let config = &tls.inner.config.tls;
        let roots = wire::roots(config.acme_ca_file.as_deref())?;
        let wire = Wire::new(roots.clone()).map_err(|error| error.to_string())?;
        let authority = name(config.acme_directory_url.as_str());
        let journal = Journal::read(&tls.inner.folder, Purpose::of(config));
        tls.progress().last_error.clone_from(&journal.attempts.last_error);
        Ok(Self { tls, wire, roots, authority, journal, advice: RenewalAdvice::default() })
    }

    /// For as long as it is polled.
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
            // In short pieces: the time of day jumps where a clock is set, and timers do not see a machine sleep.
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

    /// When a new certificate is wanted.
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
        tracing::info!(event = "TLS_ORDERING", names, "Asking {} for a certificate for {names}", self.authority);
        let outcome = tokio::time::timeout(LONGEST, self.obtain()).await;
        self.tls.inner.served.forget_answers();
        let outcome = outcome.unwrap_or_else(|_elapsed| {
            let text = format!("{} has not come to an end within ten minutes", self.authority);
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
            tracing::warn!(event = "TLS_NOT_KEPT", %error, "What was asked of {} could not be kept", self.authority);
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

    /// The authority's certificate is not good now: either it has been forgotten there, or our clock is wrong.
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
                text: format!("{}. This machine's clock is right, so the fault is theirs", trouble.text),
                ..trouble
            },
            Err(_) => trouble,
        }
    }

    /// A certificate for all names. What an authority wants to be asked once more is asked at once, a few times.
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

    /// By the first way that works.
    async fn by_any_way(&mut self, account: &Account) -> Result<Certificate, Trouble> {
        let mut ways = self.ways().into_iter();
        let mut outcome = Err(Trouble::new(TroubleKind::Refused, "there is no way to show that the names are ours"));
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

    /// The ways to show that a name is ours, the best first.
    fn ways(&self) -> Vec<AcmeChallenge> {
        let mut ways = match self.config().acme_challenge {
            AcmeChallenge::Auto if self.tls.inner.doors.http => vec![AcmeChallenge::Http01, AcmeChallenge::TlsAlpn01],
            // The port of the web may lead to another door of ours, so that way is still worth a try.
            AcmeChallenge::Auto => vec![AcmeChallenge::TlsAlpn01, AcmeChallenge::Http01],
            one => vec![one],
        };
        // What was begun comes first.
        let begun = self.journal.order.as_ref().map(|order| order.way);
        ways.sort_by_key(|way| Some(*way) != begun);
        ways
    }

    /// A certificate that we have got is from the past, unless the clock was set back.
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

/// What people call the authority with this address.
fn name(directory: &str) -> String {
    let host = url::Url::parse(directory).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if host.ends_with("letsencrypt.org") { "Let's Encrypt".to_owned() } else { format!("the authority {host}") }
}

/// How often the time of day is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// How many times in a row one is asked that wants to be asked again.
const TIMES: usize = 6;

/// How long one attempt may take.
const LONGEST: Duration = Duration::from_mins(10);

/// A clock that is off by less is no reason for anything.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

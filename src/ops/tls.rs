//! Certificates: which one is served, its source, and its renewal.
//!
//! A TLS connection keeps the certificate that it began with, so a new certificate never ends a call.

mod acme;
mod certificate;
mod folder;
mod own_files;
mod self_signed;
mod served;
mod status;

pub use served::{ACME_TLS, CertificateSource};
pub use status::{TlsHealth, TlsStatus, TlsTrouble};

use crate::clock;
use crate::config::Config;
use crate::domain::Timestamp;
use acme::Acme;
use certificate::Certificate;
use folder::Folder;
use own_files::{OwnFiles, Verdict};
use rustls::ServerConfig;
use rustls::crypto::ring;
use served::Served;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The listeners for which certificates are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsDoors {
    /// There is a plain HTTP listener on the public port.
    pub http: bool,
    /// The port of the listener for TLS only.
    pub https: Option<u16>,
    /// The listener for web page and API, which accepts TLS as well.
    pub crm: bool,
}

/// The certificates of this daemon; cheap to clone.
#[derive(Clone)]
pub struct Tls {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<Config>,
    doors: TlsDoors,
    folder: Folder,
    served: Arc<Served>,
    /// The TLS configuration; none if no listener accepts TLS.
    server: Option<Arc<ServerConfig>>,
    progress: Mutex<Progress>,
    reload: Notify,
}

/// The progress of fetching certificates.
#[derive(Debug, Default)]
struct Progress {
    last_error: Option<TlsTrouble>,
    next_attempt_at: Option<Timestamp>,
}

impl Tls {
    /// Loads the stored certificates. A missing or broken certificate is reported, and never prevents the start: calls
    /// arrive over other listeners too.
    pub fn open(config: Arc<Config>, doors: TlsDoors) -> Self {
        let folder = Folder::of(&config.store.data_folder());
        let served = Arc::new(Served::default());
        let speak_tls = doors.https.is_some() || doors.crm;
        let handshake = speak_tls.then(|| server_config(&served)).flatten();
        let inner = Inner {
            config,
            doors,
            folder,
            served,
            server: handshake,
            progress: Mutex::default(),
            reload: Notify::new(),
        };
        let tls = Self { inner: Arc::new(inner) };
        if tls.inner.server.is_some() {
            tls.load(clock::now());
        } else if tls.inner.config.tls.is_configured() {
            tls.trouble("no listener accepts TLS: port 443 could not be opened, and tls.https_listen is not set");
        }
        tls
    }

    /// The TLS configuration; none if no listener accepts TLS.
    pub fn server_config(&self) -> Option<Arc<ServerConfig>> {
        self.inner.server.clone()
    }

    /// The port of the listener for TLS only.
    pub fn https_port(&self) -> Option<u16> {
        self.inner.server.as_ref().and(self.inner.doors.https)
    }

    /// A host name for which TLS clients get a certificate that browsers trust.
    pub fn trusted_name(&self) -> Option<String> {
        self.trusted()?.names.iter().find(|name| !name.starts_with('*')).cloned()
    }

    /// The answer to an HTTP-01 challenge with this token.
    pub fn challenge_answer(&self, token: &str) -> Option<String> {
        self.inner.served.http_answer(token)
    }

    /// Whether TLS clients get a certificate for this host that browsers trust.
    pub fn is_good_for(&self, host: &str) -> bool {
        self.trusted().is_some_and(|certificate| certificate.covers(host))
    }

    /// Whether the served certificate is one that browsers trust.
    pub fn is_good(&self) -> bool {
        self.trusted().is_some()
    }

    /// The state of TLS.
    pub fn status(&self) -> TlsStatus {
        let now = clock::now();
        let served = self.inner.served.current();
        let (wanted, configured) = (self.wanted(), self.inner.config.tls.is_configured());
        let health = status::health(configured, &wanted, served.as_ref(), now);
        let progress = self.progress();
        let certificate = served.as_ref().map(|(_, certificate)| certificate);
        TlsStatus {
            health,
            source: served.as_ref().map_or(CertificateSource::None, |(source, _)| *source),
            names: certificate.map(|certificate| certificate.names.clone()).unwrap_or_default(),
            wanted_names: wanted,
            issuer: certificate.map(|certificate| certificate.issuer.clone()),
            fingerprint: certificate.map(|certificate| certificate.fingerprint.clone()),
            not_before: certificate.map(|certificate| certificate.not_before),
            not_after: certificate.map(|certificate| certificate.not_after),
            last_error: progress.last_error.clone(),
            next_attempt_at: progress.next_attempt_at,
        }
    }

    /// Reloads the certificate files, and makes an ACME order that failed before due again. Returns whether another
    /// certificate is served now, or why the files were rejected; then the previous certificate stays in use.
    pub fn reload(&self) -> Result<bool, String> {
        let fingerprint = || self.inner.served.current().map(|(_, certificate)| certificate.fingerprint);
        let before = fingerprint();
        match self.inner.config.tls.own_files().filter(|_| self.inner.server.is_some()) {
            Some(files) => self.take_files(&OwnFiles::new(files), clock::now())?,
            None => self.inner.reload.notify_waiters(),
        }
        Ok(fingerprint() != before)
    }

    /// Keeps the certificate valid, for as long as the future is polled.
    pub async fn run(self) {
        let Some(_) = self.inner.server else { return std::future::pending().await };
        let config = &self.inner.config.tls;
        match config.own_files() {
            Some(files) => self.watch(OwnFiles::new(files)).await,
            None if config.uses_acme() => match Acme::new(self.clone()) {
                Ok(acme) => acme.run().await,
                Err(error) => {
                    self.trouble(&format!("certificates cannot be fetched: {error}"));
                    std::future::pending::<()>().await;
                }
            },
            None => std::future::pending().await,
        }
    }

    /// Reloads the certificate files when they change.
    async fn watch(&self, mut files: OwnFiles) {
        // The first check is of files that have been loaded already: they may have changed since.
        let mut health = TlsHealth::Ok;
        let mut reload = std::pin::pin!(self.inner.reload.notified());
        loop {
            health = self.watch_health(health);
            let asked = tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => false,
                () = reload.as_mut() => {
                    reload.set(self.inner.reload.notified());
                    true
                }
            };
            // Rejected files may be one half of a pair whose other half is not written yet.
            if files.have_changed() || asked || self.progress().last_error.is_some() {
                // A rejection has been reported by `take_files`.
                let _ = self.take_files(&files, clock::now());
            }
        }
    }

    fn load(&self, now: Timestamp) {
        let Inner { config, folder, served, .. } = &*self.inner;
        if let Some(files) = config.tls.own_files() {
            let _ = self.take_files(&OwnFiles::new(files), now);
        } else if config.tls.uses_acme()
            && let Some(kept) = acme::kept(folder)
        {
            served.set(CertificateSource::Acme, kept);
        }
        if served.current().is_none() {
            self.sign_for_ourselves(now);
        }
        // Certificates from files were reported when they were loaded.
        if let Some((source, certificate)) = served.current().filter(|(source, _)| *source != CertificateSource::Files)
        {
            tell(source, &certificate);
        }
    }

    /// Loads the files; returns why, if they are rejected.
    fn take_files(&self, files: &OwnFiles, now: Timestamp) -> Result<(), String> {
        let before = self.inner.served.current();
        let served = before.as_ref().filter(|(source, _)| *source == CertificateSource::Files).map(|(_, it)| it);
        let take = |certificate: Certificate| {
            let is_new = served.is_none_or(|served| served.fingerprint != certificate.fingerprint);
            self.inner.served.set(CertificateSource::Files, certificate.clone());
            if is_new {
                tell(CertificateSource::Files, &certificate);
            }
        };
        match files.judge(served, &self.wanted(), now) {
            Verdict::Take(certificate) => {
                take(certificate);
                self.progress().last_error = None;
            }
            Verdict::TakeAlthough(certificate, fault) => {
                take(certificate);
                self.trouble(&fault);
            }
            Verdict::Refuse(reason) => {
                let goes_on = if served.is_some() { "; the previous certificate is still served" } else { "" };
                self.trouble(&format!("{reason}{goes_on}"));
                return Err(reason);
            }
        }
        Ok(())
    }

    /// Logs once when the served certificate becomes invalid or is about to expire.
    fn watch_health(&self, before: TlsHealth) -> TlsHealth {
        let served = self.inner.served.current();
        let health = status::health(true, &self.wanted(), served.as_ref(), clock::now());
        if let Some((source, certificate)) = served
            && source != CertificateSource::SelfSigned
            && health == TlsHealth::Error
            && before != health
        {
            let not_after = certificate.not_after;
            tracing::error!(
                event = "TLS_EXPIRING", source = source.as_str(), %not_after,
                "The served certificate has expired, expires soon, or lacks a host name: it is valid until {not_after} for {}",
                certificate.names.join(", ")
            );
        }
        health
    }

    fn sign_for_ourselves(&self, now: Timestamp) {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        match self_signed::obtain(&self.inner.folder, &host, now) {
            Ok(certificate) => self.inner.served.set(CertificateSource::SelfSigned, certificate),
            Err(error) => self.trouble(&format!("a self-signed certificate could not be created: {error}")),
        }
    }

    /// The served certificate, if browsers trust it.
    fn trusted(&self) -> Option<Certificate> {
        let (source, certificate) = self.inner.served.current()?;
        let trusted = matches!(source, CertificateSource::Files | CertificateSource::Acme);
        Some(certificate).filter(|certificate| trusted && certificate.is_current(clock::now()))
    }

    /// The host names that a certificate should cover.
    fn wanted(&self) -> Vec<String> {
        self.inner.config.tls.domain.clone()
    }

    /// Stores an error, and logs it once.
    fn trouble(&self, text: &str) {
        let mut progress = self.progress();
        if progress.last_error.as_ref().is_some_and(|known| known.text == text) {
            return;
        }
        progress.last_error = Some(TlsTrouble { at: clock::now(), text: text.to_owned() });
        tracing::error!(event = "TLS_TROUBLE", "{text}");
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.inner.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fingerprint of the self-signed certificate of the daemon with this data folder, if that is what it serves.
pub fn own_fingerprint(config: &Config) -> Option<String> {
    if config.tls.is_configured() {
        return None;
    }
    fingerprint_in(&config.store.data_folder())
}

fn fingerprint_in(data_folder: &Path) -> Option<String> {
    self_signed::read(&Folder::of(data_folder)).map(|certificate| certificate.fingerprint)
}

fn tell(source: CertificateSource, certificate: &Certificate) {
    tracing::info!(
        event = "TLS_CERTIFICATE",
        source = source.as_str(),
        names = certificate.names.join(" "),
        not_after = %certificate.not_after,
        fingerprint = certificate.fingerprint,
        "Serving the certificate for {} by {}, valid until {}",
        certificate.names.join(", "), certificate.issuer, certificate.not_after
    );
}

/// A configuration for TLS 1.2 and 1.3, HTTP/1.1 and ACME challenges.
fn server_config(served: &Arc<Served>) -> Option<Arc<ServerConfig>> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions();
    let mut config = match builder {
        Ok(builder) => builder.with_no_client_auth().with_cert_resolver(served.clone()),
        Err(error) => {
            tracing::error!(event = "TLS_TROUBLE", %error, "Cannot initialize TLS; no listener accepts TLS");
            return None;
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec(), ACME_TLS.to_vec()];
    // Session tickets avoid server-side session storage.
    if let Ok(ticketer) = ring::Ticketer::new() {
        config.ticketer = ticketer;
    }
    Some(Arc::new(config))
}

/// Interval of checking the certificate files.
const LOOK_EVERY: Duration = Duration::from_secs(5);

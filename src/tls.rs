//! TLS certificates: selects the served certificate, and obtains and renews certificates.
//!
//! An open TLS connection continues to use the certificate with which it began, so a new certificate does not interrupt
//! phone calls.

mod acme;
mod acme_certificate;
mod certificate;
mod file_certificate;
mod folder;
mod resolver;
mod self_signed;
mod status;
mod upkeep;

pub use resolver::{ACME_TLS, CertificateSource};
pub use status::{TlsError, TlsHealth, TlsStatus};

use crate::clock;
use crate::config::Config;
use crate::domain::{Cause, Causes, Language, Timestamp};
use crate::messages;
use certificate::Certificate;
use file_certificate::{Candidate, CertificateFiles};
use folder::Folder;
use resolver::CertResolver;
use rustls::ServerConfig;
use rustls::crypto::ring;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Returns why the certificate files of the settings cannot be used; `None` if they can, or if none are set.
pub fn check_files(config: &Config) -> Option<Causes> {
    let files = CertificateFiles::new(config.tls.own_files()?);
    match files.evaluate(None, &config.tls.domain, clock::now()) {
        Candidate::Accept(_) => None,
        Candidate::AcceptWithWarning(_, causes) | Candidate::Reject(causes) => Some(causes),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsListeners {
    /// Whether the plain HTTP listener for redirects and HTTP-01 challenges is open, by default on port 80.
    pub http: bool,
    /// The port of the TLS listener, if there is one.
    pub https: Option<u16>,
    /// Whether the listener for web page and API exists, which also accepts TLS.
    pub crm: bool,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<Config>,
    listeners: TlsListeners,
    folder: Folder,
    resolver: Arc<CertResolver>,
    /// `None` if no listener accepts TLS.
    server: Option<Arc<ServerConfig>>,
    progress: Mutex<Progress>,
    reload: Notify,
}

#[derive(Debug, Default)]
struct Progress {
    last_error: Option<TlsError>,
    next_attempt_at: Option<Timestamp>,
}

impl Tls {
    /// A missing or broken certificate is reported but does not prevent the start, because phone calls can arrive over
    /// other listeners.
    pub fn open(config: Arc<Config>, listeners: TlsListeners) -> Self {
        let folder = Folder::of(&config.store.data_folder());
        let resolver = Arc::new(CertResolver::default());
        let accepts_tls = listeners.https.is_some() || listeners.crm;
        let server = accepts_tls.then(|| server_config(&resolver)).flatten();
        let inner =
            Inner { config, listeners, folder, resolver, server, progress: Mutex::default(), reload: Notify::new() };
        let tls = Self { inner: Arc::new(inner) };
        if tls.inner.server.is_some() {
            tls.load(clock::now());
        } else if tls.inner.config.tls.is_configured() {
            tls.report_error(Cause::TlsNoListener, "");
        }
        tls
    }

    /// `None` if no listener accepts TLS.
    pub fn server_config(&self) -> Option<Arc<ServerConfig>> {
        self.inner.server.clone()
    }

    /// `None` if there is no TLS listener, or TLS cannot be used.
    pub fn https_port(&self) -> Option<u16> {
        self.inner.server.as_ref().and(self.inner.listeners.https)
    }

    /// A host name for which TLS clients get a certificate that browsers trust.
    pub fn trusted_name(&self) -> Option<String> {
        self.trusted()?.names.iter().find(|name| !name.starts_with('*')).cloned()
    }

    /// The answer to the HTTP-01 challenge with this token.
    pub fn challenge_answer(&self, token: &str) -> Option<String> {
        self.inner.resolver.http_challenge(token)
    }

    /// Returns true if the served certificate is trusted by browsers and covers this host.
    pub fn is_trusted_for(&self, host: &str) -> bool {
        self.trusted().is_some_and(|certificate| certificate.covers(host))
    }

    pub fn is_trusted(&self) -> bool {
        self.trusted().is_some()
    }

    pub fn status(&self) -> TlsStatus {
        let now = clock::now();
        let served = self.inner.resolver.current();
        let (required_names, configured) = (self.required_names(), self.inner.config.tls.is_configured());
        let health = status::health(configured, &required_names, served.as_ref(), now);
        let progress = self.progress();
        let certificate = served.as_ref().map(|(_, certificate)| certificate);
        TlsStatus {
            health,
            source: served.as_ref().map_or(CertificateSource::None, |(source, _)| *source),
            names: certificate.map(|certificate| certificate.names.clone()).unwrap_or_default(),
            wanted_names: required_names,
            issuer: certificate.map(|certificate| certificate.issuer.clone()),
            fingerprint: certificate.map(|certificate| certificate.fingerprint.clone()),
            not_before: certificate.map(|certificate| certificate.not_before),
            not_after: certificate.map(|certificate| certificate.not_after),
            last_error: progress.last_error.clone(),
            next_attempt_at: progress.next_attempt_at,
        }
    }

    /// Reloads the certificate files, or, without files, makes a failed ACME order due again. Returns true if another
    /// certificate is served now. If the files are rejected, returns the reason, and the previous certificate stays in
    /// use.
    pub fn reload(&self) -> Result<bool, Causes> {
        let fingerprint = || self.inner.resolver.current().map(|(_, certificate)| certificate.fingerprint);
        let before = fingerprint();
        match self.inner.config.tls.own_files().filter(|_| self.inner.server.is_some()) {
            Some(files) => self.load_files(&CertificateFiles::new(files), clock::now())?,
            None => self.inner.reload.notify_waiters(),
        }
        Ok(fingerprint() != before)
    }

    fn load(&self, now: Timestamp) {
        let Inner { config, folder, resolver, .. } = &*self.inner;
        if let Some(files) = config.tls.own_files() {
            let _ = self.load_files(&CertificateFiles::new(files), now);
        } else if config.tls.uses_acme()
            && let Some(kept) = acme_certificate::read(folder)
        {
            resolver.set(CertificateSource::Acme, kept);
        }
        if resolver.current().is_none() {
            self.serve_self_signed(now);
        }
        // Certificates from files were already logged when they were loaded.
        if let Some((source, certificate)) =
            resolver.current().filter(|(source, _)| *source != CertificateSource::Files)
        {
            log_certificate(source, &certificate);
        }
    }

    /// Returns the reason if the files are rejected.
    fn load_files(&self, files: &CertificateFiles, now: Timestamp) -> Result<(), Causes> {
        let before = self.inner.resolver.current();
        let served = before.as_ref().filter(|(source, _)| *source == CertificateSource::Files).map(|(_, it)| it);
        let serve = |certificate: Certificate| {
            let is_new = served.is_none_or(|served| served.fingerprint != certificate.fingerprint);
            self.inner.resolver.set(CertificateSource::Files, certificate.clone());
            if is_new {
                log_certificate(CertificateSource::Files, &certificate);
            }
        };
        match files.evaluate(served, &self.required_names(), now) {
            Candidate::Accept(certificate) => {
                serve(certificate);
                self.progress().last_error = None;
            }
            Candidate::AcceptWithWarning(certificate, fault) => {
                serve(certificate);
                self.report_error(
                    fault,
                    "; this certificate is served nevertheless, because no better one is available",
                );
            }
            Candidate::Reject(reason) => {
                if served.is_some() {
                    self.report_error(Cause::TlsPreviousServed.because(reason.clone()), "");
                } else {
                    self.report_error(
                        reason.clone(),
                        "; until valid files are loaded, only a self-signed certificate can be served",
                    );
                }
                return Err(reason);
            }
        }
        Ok(())
    }

    /// Logs once when the served certificate becomes invalid, is about to expire, or lacks a required host name.
    fn watch_health(&self, before: TlsHealth) -> TlsHealth {
        let served = self.inner.resolver.current();
        let health = status::health(true, &self.required_names(), served.as_ref(), clock::now());
        if let Some((source, certificate)) = served
            && source != CertificateSource::SelfSigned
            && health == TlsHealth::Error
            && before != health
        {
            let not_after = certificate.not_after;
            let fault = if !certificate.is_valid_at(clock::now()) {
                "is not valid now"
            } else if self.required_names().iter().all(|name| certificate.covers(name)) {
                "expires soon"
            } else {
                "lacks a host name of tls.domain"
            };
            let remedy =
                if source == CertificateSource::Files { "replace its files" } else { "the daemon retries to renew it" };
            tracing::error!(
                event = "TLS_EXPIRING", source = source.as_str(), %not_after,
                "The served certificate {fault}; {remedy}. Its validity ends at {not_after}; its names: {}",
                certificate.names.join(", ")
            );
        }
        health
    }

    fn serve_self_signed(&self, now: Timestamp) {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        match self_signed::load_or_create(&self.inner.folder, &host, now) {
            Ok(certificate) => self.inner.resolver.set(CertificateSource::SelfSigned, certificate),
            Err(error) => self.report_error(Cause::TlsSelfSigned.because(Cause::other(error.to_string())), ""),
        }
    }

    /// The served certificate if it is valid now, and is from files or an authority. Browsers are then assumed to trust
    /// it.
    fn trusted(&self) -> Option<Certificate> {
        let (source, certificate) = self.inner.resolver.current()?;
        let trusted = matches!(source, CertificateSource::Files | CertificateSource::Acme);
        Some(certificate).filter(|certificate| trusted && certificate.is_valid_at(clock::now()))
    }

    fn required_names(&self) -> Vec<String> {
        self.inner.config.tls.domain.clone()
    }

    /// Logs the error if it is new. `outcome` is the end of the log line.
    fn report_error(&self, causes: impl Into<Causes>, outcome: &str) {
        let causes = causes.into();
        let mut progress = self.progress();
        if progress.last_error.as_ref().is_some_and(|known| known.causes == causes) {
            return;
        }
        tracing::error!(event = "TLS_ERROR", "{}{outcome}", messages::causes(Language::English, &causes));
        progress.last_error = Some(TlsError { at: clock::now(), causes });
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.inner.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fingerprint of the self-signed certificate in this data folder. `None` if TLS is configured, although the daemon
/// may then serve that certificate until it has another one.
pub fn own_fingerprint(config: &Config) -> Option<String> {
    if config.tls.is_configured() {
        return None;
    }
    fingerprint_in(&config.store.data_folder())
}

fn fingerprint_in(data_folder: &Path) -> Option<String> {
    self_signed::read(&Folder::of(data_folder)).map(|certificate| certificate.fingerprint)
}

fn log_certificate(source: CertificateSource, certificate: &Certificate) {
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

/// For TLS 1.2 and 1.3, HTTP/1.1 and ACME challenges.
fn server_config(resolver: &Arc<CertResolver>) -> Option<Arc<ServerConfig>> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions();
    let mut config = match builder {
        Ok(builder) => builder.with_no_client_auth().with_cert_resolver(resolver.clone()),
        Err(error) => {
            tracing::error!(event = "TLS_ERROR", %error, "Cannot initialize TLS; no listener accepts TLS until the daemon is restarted");
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

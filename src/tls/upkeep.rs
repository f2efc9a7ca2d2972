//! The task that keeps the served certificate valid.

use super::Tls;
use super::acme::Acme;
use super::file_certificate::CertificateFiles;
use super::status::TlsHealth;
use crate::clock;
use crate::domain::Cause;
use std::time::Duration;

impl Tls {
    /// Never returns; the caller stops it by dropping the future.
    pub async fn run(self) {
        let Some(_) = self.inner.server else { return std::future::pending().await };
        let config = &self.inner.config.tls;
        match config.own_files() {
            Some(files) => self.watch(CertificateFiles::new(files)).await,
            None if config.uses_acme() => match Acme::new(self.clone()) {
                Ok(acme) => acme.run().await,
                Err(causes) => {
                    self.report_error(Cause::AcmeUnavailable.because(causes), "");
                    std::future::pending::<()>().await;
                }
            },
            None => std::future::pending().await,
        }
    }

    async fn watch(&self, mut files: CertificateFiles) {
        // The first check covers files that have already been loaded, because they may have changed since then.
        let mut health = TlsHealth::Ok;
        let mut reload = std::pin::pin!(self.inner.reload.notified());
        loop {
            health = self.watch_health(health);
            let requested = tokio::select! {
                () = tokio::time::sleep(CHECK_INTERVAL) => false,
                () = reload.as_mut() => {
                    reload.set(self.inner.reload.notified());
                    true
                }
            };
            // If the files were rejected, they are checked again: perhaps only one file of the pair had been written.
            if files.have_changed() || requested || self.progress().last_error.is_some() {
                // `load_files` has already reported a rejection.
                let _ = self.load_files(&files, clock::now());
            }
        }
    }
}

/// The interval at which the certificate files are checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

//! Reloads the settings at run time: they are validated as a whole and then activated, or nothing changes.

use crate::config::{Config, ConfigDiff, ConfigErrors, LastGood, Reloadable};
use crate::drive::outbox::Outbox;
use crate::drive::reload::{Orders, Outcome, Refused, Reloaded};
use crate::drive::status::StatusLine;
use crate::drive::{InForce, InForceError};
use crate::ops::log::Log;
use crate::ops::notify;
use crate::ops::tls::Tls;
use crate::store::Store;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Reads the settings from their sources, as at the start.
pub type Source = Arc<dyn Fn() -> Result<Config, ConfigErrors> + Send + Sync>;

/// Makes a part reread its own files before new settings are activated. Returns whether anything has changed; on an
/// error the part keeps the previous state.
pub(super) type ReadAgain = Arc<dyn Fn(&Config) -> Result<bool, String> + Send + Sync>;

/// Executes the requests to reload the settings.
pub(super) struct Reloader {
    pub(super) source: Source,
    pub(super) log: Log,
    pub(super) store: Store,
    pub(super) client: reqwest::Client,
    /// For components that need only the settings.
    pub(super) settings: Reloadable,
    pub(super) in_force: Reloadable<InForce>,
    pub(super) outbox: Outbox,
    /// The parts with the names under which their changes are reported.
    pub(super) parts: Vec<(&'static str, ReadAgain)>,
    /// The systemd status after a reload.
    pub(super) status: StatusLine,
    pub(super) last_good: LastGood,
}

impl Reloader {
    /// Executes the requests one after the other, while it is polled.
    pub(super) async fn run(self, mut orders: Orders) {
        self.keep_settings().await;
        while let Some(answer) = orders.next().await {
            notify::reloading("Reloading the settings");
            let outcome = self.reload().await;
            tell(&outcome);
            self.keep_settings().await;
            notify::ready(&self.status.text());
            // A reload by signal has no receiver for the outcome.
            let _ = answer.send(outcome);
        }
        std::future::pending::<()>().await;
    }

    /// Stores the active settings as the last valid ones, unless they are unchanged.
    async fn keep_settings(&self) {
        let (config, last_good) = (self.settings.current(), self.last_good.clone());
        if !config.rejected.is_empty() {
            return;
        }
        let kept = tokio::task::spawn_blocking(move || last_good.save(&config)).await;
        if let Ok(Err(error)) = kept {
            tracing::warn!(
                event = "CONFIG_NOT_KEPT",
                %error,
                "Cannot store the settings as the last valid ones: if they are invalid at the next start, older ones are used"
            );
        }
    }

    async fn reload(&self) -> Outcome {
        let source = self.source.clone();
        let config = aside(move || source()).await?.map_err(|errors| reasons(&errors))?;
        // From here on, none of the new secrets may appear in the log.
        self.log.learn_secrets(&config);
        let stored = super::with_stored_settings(config, &self.store).await;
        let (config, left_out) = stored.map_err(|error| Refused::because(Chain(&*error)))?;
        let mut warnings: Vec<String> =
            left_out.iter().map(|problem| format!("{problem}; the setting is ignored")).collect();
        warnings.extend(config.warnings());
        let before = self.in_force.current();
        let (config, ConfigDiff { changed, needs_restart }) = before.config.merge_reloadable(&config);
        let client = self.client.clone();
        let next = aside(move || InForce::build(Arc::new(config), &client)).await?;
        let next = next.map_err(|error| match &error {
            InForceError::Config(errors) => reasons(errors),
            InForceError::Client(_) => Refused::because(Chain(&error)),
        })?;
        let mut changed: Vec<String> = changed.into_iter().map(str::to_owned).collect();
        changed.extend(before.sounds_changed(&next).into_iter().map(str::to_owned));
        changed.sort_unstable();
        changed.dedup();
        for (name, read_again) in &self.parts {
            let (read_again, config) = (read_again.clone(), next.config.clone());
            if aside(move || read_again(&config)).await?.map_err(Refused::because)? {
                changed.push((*name).to_owned());
            }
        }
        self.log.set_level(&next.config);
        self.settings.replace(next.config.clone());
        self.in_force.replace(next);
        self.outbox.settings_changed();
        Ok(Reloaded { changed, needs_restart: needs_restart.into_iter().map(str::to_owned).collect(), warnings })
    }
}

/// Rereads the certificates in the owner's files, and retries a certificate authority that failed before.
pub(super) fn certificates(tls: Tls) -> (&'static str, ReadAgain) {
    ("certificates", Arc::new(move |_: &Config| tls.reload()))
}

/// Reads files on a blocking thread, so no call waits for a slow disk.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.map_err(Refused::because)
}

fn reasons(errors: &ConfigErrors) -> Refused {
    Refused { reasons: errors.0.iter().map(ToString::to_string).collect() }
}

fn tell(outcome: &Outcome) {
    match outcome {
        Ok(Reloaded { changed, needs_restart, warnings }) => {
            for warning in warnings {
                tracing::warn!(event = "CONFIG_WARNING", "{warning}");
            }
            let (changed, needs_restart) = (changed.join(" "), needs_restart.join(" "));
            let sentence = match (changed.is_empty(), needs_restart.is_empty()) {
                (true, true) => "Settings reloaded: nothing has changed",
                (false, true) => "Settings reloaded and active",
                (true, false) => "Settings reloaded: the changes need a restart",
                (false, false) => "Settings reloaded and active; some of the changes need a restart",
            };
            tracing::info!(event = "CONFIG_RELOADED", changed, needs_restart, "{sentence}");
        }
        Err(refused) => {
            let reasons = refused.to_string();
            tracing::error!(
                event = "CONFIG_RELOAD_REFUSED",
                reasons,
                "The new settings are invalid and were not applied; the previous ones stay active: {reasons}"
            );
        }
    }
}

/// An error with all of its causes, in one line.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut reason = self.0.source();
        while let Some(error) = reason {
            write!(f, ": {error}")?;
            reason = error.source();
        }
        Ok(())
    }
}

//! Reloads the settings at run time. All settings are validated first. If a setting from the file or the
//! environment is invalid, nothing changes; an invalid setting from the database is ignored.

use crate::clock;
use crate::config::{
    Config, ConfigDiff, ConfigErrors, DataMarker, LastGood, PageSecrets, ProposedSettings, Reloadable, tool_secret,
};
use crate::crm::agent_tool::{self, ToolSecretKeys};
use crate::crm::setting::{self, ChangedSettings};
use crate::crm::{self};
use crate::domain::{Language, PageUrls};
use crate::host::systemd_notify;
use crate::http::{PageListeners, page_urls};
use crate::maintenance::systemd_status::StatusLine;
use crate::messages;
use crate::runtime::outbox::Outbox;
use crate::runtime::reload::{
    ChangeRejected, ReloadHandle, ReloadOutcome, ReloadRejected, ReloadRequests, Reloaded, Request, SettingsChange,
    ToolSecrets,
};
use crate::runtime::{ActivationError, ActiveSettings, GreetingSource, Settings};
use crate::store::Store;
use crate::telemetry::log::Log;
use crate::tls::Tls;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Reads the settings from their sources, in the same way as at the start.
type Source = Arc<dyn Fn() -> Result<Config, ConfigErrors> + Send + Sync>;

pub struct Reloading {
    pub source: Source,
    /// The log, whose redacted secrets and level follow the settings.
    pub log: Log,
    pub reload_handle: ReloadHandle,
    pub reload_requests: ReloadRequests,
    pub last_good: LastGood,
    pub data_marker: Option<DataMarker>,
}

/// The interval between two removals of deleted tools of the agent and of their header values.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

pub(super) struct Reloader {
    pub(super) source: Source,
    pub(super) log: Log,
    pub(super) store: Store,
    pub(super) client: reqwest::Client,
    pub(super) settings: Settings,
    pub(super) outbox: Outbox,
    pub(super) tls: Tls,
    pub(super) status: StatusLine,
    pub(super) pages: Reloadable<PageUrls>,
    pub(super) page_listeners: PageListeners,
    pub(super) last_good: LastGood,
}

impl Reloader {
    /// Never returns; the caller stops it by dropping the future.
    pub(super) async fn run(self, mut requests: ReloadRequests) {
        self.save_last_good().await;
        // The first tick is immediate.
        let mut purge = tokio::time::interval(PURGE_INTERVAL);
        purge.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let request = tokio::select! {
                request = requests.next() => request,
                _ = purge.tick() => {
                    self.purge_tool_secrets().await;
                    continue;
                }
            };
            match request {
                None => break,
                // A reload by signal has no receiver for the outcome.
                Some(Request::Reload(answer)) => _ = answer.send(self.reload_and_report(BadCertificate::Rejects).await),
                Some(Request::Greeting(answer)) => _ = answer.send(self.refresh_greeting().await),
                Some(Request::ToolSecrets(secrets, answer)) => _ = answer.send(self.store_tool_secrets(secrets).await),
                // Boxed, because the settings are large, and this future exists as long as the daemon.
                Some(Request::Change(change, answer)) => _ = answer.send(Box::pin(self.change(change)).await),
            }
        }
        std::future::pending::<()>().await;
    }

    async fn reload_and_report(&self, bad_certificate: BadCertificate) -> ReloadOutcome {
        systemd_notify::reloading("Reloading the settings");
        let outcome = self.reload(bad_certificate).await;
        log_outcome(&outcome);
        if outcome.is_ok() {
            self.report_active().await;
        }
        self.save_last_good().await;
        systemd_notify::ready(&self.status.text());
        outcome
    }

    /// Notifies clients of the change feed that new settings are active. Data that such clients read between the commit
    /// and now may still show the former settings.
    async fn report_active(&self) {
        if let Err(error) = self.store.write(|tx| tx.record_active_settings()).await {
            tracing::warn!(event = "RELOAD_NOT_REPORTED", %error, "Cannot record the reload of the settings; pages of the web interface that are open may show the former settings until they are loaded again");
        }
    }

    async fn refresh_greeting(&self) -> Result<(), ReloadRejected> {
        let (config, client) = (self.settings.config(), self.client.clone());
        let greeting = super::startup::stored_greeting(&self.store).await;
        let next = run_blocking(move || ActiveSettings::build(config, greeting, &client)).await?;
        let next = next.map_err(|error| unusable(&error))?;
        let heard = match next.prompts.greeting_source {
            GreetingSource::Page => "the one that was set in the web interface",
            GreetingSource::Shipped => "the default one",
            GreetingSource::File => "the one in voice.greeting_file",
        };
        self.settings.replace(next);
        tracing::info!(
            event = "GREETING_CHANGED",
            "The greeting of the web interface was set or removed; from the next call on, callers hear {heard}"
        );
        self.report_active().await;
        Ok(())
    }

    async fn store_tool_secrets(&self, secrets: ToolSecrets) -> io::Result<()> {
        let file = PageSecrets::of(&self.settings.config().store);
        let changes: Vec<_> = secrets.into_iter().map(|(id, value)| (tool_secret(&id), value)).collect();
        let stored = tokio::task::spawn_blocking(move || file.change(&changes)).await;
        stored.map_err(io::Error::other)?.map(drop)
    }

    /// Removes the tools of the agent that can no longer be restored, with their header values. A value that no tool
    /// needs for another reason, such as a restore of an earlier database, is removed after 30 days.
    async fn purge_tool_secrets(&self) {
        let purged = crm::transact(&self.store, move |tx| agent_tool::purge(tx, clock::now())).await;
        let ToolSecretKeys { needed, deleted } = match purged {
            Ok(keys) => keys,
            Err(error) => {
                tracing::warn!(event = "TOOL_SECRETS_KEPT", %error, "Cannot delete the removed tools of the agent from the database, or read which secrets the other tools need; the removed tools and the unused secrets in page-secrets.toml stay until a later hourly check");
                return;
            }
        };
        let file = PageSecrets::of(&self.settings.config().store);
        let purge = move || file.purge_tool_secrets(&needed, &deleted, clock::now());
        let purged = tokio::task::spawn_blocking(purge).await.map_err(io::Error::other).flatten();
        if let Err(error) = purged {
            tracing::warn!(event = "TOOL_SECRETS_KEPT", %error, "Cannot remove the secrets that no tool of the agent needs from page-secrets.toml; the daemon retries this in an hour, and removes them after 30 days at the latest");
        }
    }

    async fn change(
        &self,
        SettingsChange { changes, expected, save }: SettingsChange,
    ) -> Result<Reloaded, ChangeRejected> {
        let proposed = self.propose(changes).await?;
        // From here on, the new secrets must be redacted in the log.
        self.log.add_secrets(&proposed.config);
        let ProposedSettings { config, stored, secrets } = proposed;
        let changed = ChangedSettings {
            values: stored,
            secrets: secrets.iter().map(|(key, secret)| (*key, secret.is_some())).collect(),
        };
        self.check_versions(&changed, expected).await?;
        let file = PageSecrets::of(&config.store);
        // The file is written first, because it can be restored if the database does not store the change.
        let replaced =
            if secrets.is_empty() { None } else { Some(file.change(&secrets).map_err(ChangeRejected::Secrets)?) };
        if let Err(not_saved) = save(changed).await {
            if let Some(Err(error)) = replaced.map(|before| file.restore_previous(before)) {
                let keys = secrets.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", ");
                tracing::error!(event = "SECRETS_NOT_RESTORED", keys, %error, "The database did not store the change of {keys} ({not_saved}), and page-secrets.toml, which contains the new values, cannot be restored ({error}); save the change again on the settings page of the web interface");
            }
            return Err(ChangeRejected::Store(not_saved));
        }
        // The change is stored by now, so a certificate that cannot be used is only a warning.
        self.reload_and_report(BadCertificate::Warns).await.map_err(ChangeRejected::NotActive)
    }

    /// Rejects a change that is based on other versions than the current ones. Only this task changes settings, so the
    /// versions are still the same when the change is stored.
    async fn check_versions(
        &self,
        changed: &ChangedSettings,
        expected: BTreeMap<String, i64>,
    ) -> Result<(), ChangeRejected> {
        let changed = changed.clone();
        let overtaken = self.store.read(move |tx| setting::overtaken(tx, &changed, &expected)).await;
        let overtaken = overtaken.map_err(|error| ChangeRejected::Store(error.into()))?;
        if overtaken.is_empty() { Ok(()) } else { Err(ChangeRejected::Overtaken(overtaken)) }
    }

    async fn propose(&self, changes: Vec<(String, serde_json::Value)>) -> Result<ProposedSettings, ChangeRejected> {
        let rejected = ChangeRejected::Settings;
        let stored = self.store.read(|tx| tx.stored_settings()).await;
        let stored = stored.map_err(|error| ChangeRejected::Store(error.into()))?;
        let (source, client) = (self.source.clone(), self.client.clone());
        let proposed = run_blocking(move || {
            let config = source().map_err(|errors| rejected(reasons(&errors)))?;
            let proposed = config.propose(&stored, &changes).map_err(ChangeRejected::Setting)?;
            // Some errors are found only when the objects are built, such as an invalid audio file. Such a
            // change must not be stored.
            ActiveSettings::build(Arc::new(proposed.config.clone()), None, &client)
                .map_err(|error| rejected(unusable(&error)))?;
            Ok(proposed)
        });
        proposed.await.map_err(rejected)?
    }

    /// Does nothing if the active settings are the last valid ones, because the configured ones are invalid.
    async fn save_last_good(&self) {
        let (config, last_good) = (self.settings.config(), self.last_good.clone());
        if !config.rejected.is_empty() {
            return;
        }
        let saved = tokio::task::spawn_blocking(move || last_good.save(&config)).await;
        if let Ok(Err(error)) = saved {
            tracing::warn!(
                event = "CONFIG_NOT_STORED",
                %error,
                "Cannot store a copy of the valid settings; if the settings are invalid at the next start, the service uses an older copy, or does not start if there is none"
            );
        }
    }

    async fn reload(&self, bad_certificate: BadCertificate) -> ReloadOutcome {
        let source = self.source.clone();
        let config = run_blocking(move || source()).await?.map_err(|errors| reasons(&errors))?;
        // From here on, the new secrets must be redacted in the log.
        self.log.add_secrets(&config);
        let stored = super::startup::with_stored_settings(config, &self.store).await;
        let (config, ignored) = stored.map_err(|error| ReloadRejected::because(ErrorChain(&*error)))?;
        let mut warnings: Vec<String> =
            ignored.iter().map(|problem| format!("{problem}; the setting is ignored")).collect();
        warnings.extend(config.english_warnings());
        let before = self.settings.current();
        let (config, ConfigDiff { changed, needs_restart }) = before.config.merge_reloadable(&config);
        let client = self.client.clone();
        let greeting = super::startup::stored_greeting(&self.store).await;
        let next = run_blocking(move || ActiveSettings::build(Arc::new(config), greeting, &client)).await?;
        let next = next.map_err(|error| unusable(&error))?;
        let mut changed: Vec<String> = changed.into_iter().map(str::to_owned).collect();
        changed.extend(before.changed_audio(&next).into_iter().map(str::to_owned));
        changed.sort_unstable();
        changed.dedup();
        // Reloaded last, because it takes effect immediately. On an error, the previous certificate stays in use.
        let tls = self.tls.clone();
        match run_blocking(move || tls.reload()).await? {
            Ok(is_new) => changed.extend(is_new.then(|| "certificates".to_owned())),
            Err(causes) => {
                let reason = messages::causes(Language::English, &causes);
                match bad_certificate {
                    BadCertificate::Rejects => return Err(ReloadRejected::because(reason)),
                    BadCertificate::Warns => warnings.push(reason),
                }
            }
        }
        self.log.set_level(&next.config);
        // Before the settings, whose change starts the delivery of alerts again with the new URLs.
        self.pages.replace(page_urls(&next.config.http, Some(self.page_listeners)));
        self.settings.replace(next);
        self.outbox.settings_changed();
        Ok(Reloaded { changed, needs_restart: needs_restart.into_iter().map(str::to_owned).collect(), warnings })
    }
}

/// What follows if the files of the certificate cannot be used. The previous certificate stays in use in both cases.
#[derive(Clone, Copy)]
enum BadCertificate {
    /// The reload fails, and the previous settings stay active.
    Rejects,
    /// The reload succeeds with a warning.
    Warns,
}

/// Runs work that reads files on a blocking thread, so that calls do not wait for a slow disk.
async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ReloadRejected> {
    tokio::task::spawn_blocking(work).await.map_err(ReloadRejected::because)
}

fn reasons(errors: &ConfigErrors) -> ReloadRejected {
    ReloadRejected { reasons: errors.0.iter().map(ToString::to_string).collect() }
}

fn unusable(error: &ActivationError) -> ReloadRejected {
    match error {
        ActivationError::Config(errors) => reasons(errors),
        ActivationError::Client(_) => ReloadRejected::because(ErrorChain(error)),
    }
}

fn log_outcome(outcome: &ReloadOutcome) {
    match outcome {
        Ok(Reloaded { changed, needs_restart, warnings }) => {
            for warning in warnings {
                tracing::warn!(event = "CONFIG_WARNING", "{warning}");
            }
            let (changed, needs_restart) = (changed.join(" "), needs_restart.join(" "));
            let sentence = match (changed.is_empty(), needs_restart.is_empty()) {
                (true, true) => "Settings reloaded: nothing has changed".to_owned(),
                (false, true) => format!("Settings reloaded and active: {changed}"),
                (true, false) => format!("Settings reloaded; the changes need a restart: {needs_restart}"),
                (false, false) => format!("Settings reloaded and active: {changed}; need a restart: {needs_restart}"),
            };
            tracing::info!(event = "CONFIG_RELOADED", changed, needs_restart, "{sentence}");
        }
        Err(rejected) => {
            let (reasons, listed) = (rejected.to_string(), rejected.reasons.join("; "));
            tracing::error!(
                event = "CONFIG_RELOAD_REFUSED",
                reasons,
                "The settings were not reloaded ({listed}); the previous ones stay active"
            );
        }
    }
}

/// An error with all of its causes, in one line.
struct ErrorChain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
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

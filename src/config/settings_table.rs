//! The table of all settings.

use super::setting::Setting;
use super::{
    Config, Secret, agent, alerts, backup, business, disk, google, http, log, mail, maintenance, openai, pipeline,
    retention, soniox, speech, store, tls, twilio, updates, voice, whatsapp,
};
use crate::domain::AllowedValues;

/// Returns all settings, in the order of the example file.
pub(super) fn all() -> Vec<Setting<Config>> {
    [
        section(|config| &mut config.http, http::settings()),
        section(|config| &mut config.tls, tls::settings()),
        section(|config| &mut config.twilio, twilio::settings()),
        section(|config| &mut config.whatsapp, whatsapp::settings()),
        section(|config| &mut config.openai, openai::settings()),
        section(|config| &mut config.google, google::settings()),
        section(|config| &mut config.elevenlabs, speech::elevenlabs_settings()),
        section(|config| &mut config.deepgram, speech::deepgram_settings()),
        section(|config| &mut config.soniox, soniox::settings()),
        section(|config| &mut config.pipeline, pipeline::settings()),
        section(|config| &mut config.voice, voice::settings()),
        section(|config| &mut config.business, business::settings()),
        section(|config| &mut config.agent, agent::settings()),
        section(|config| &mut config.alerts, alerts::settings()),
        section(|config| &mut config.mail, mail::settings()),
        section(|config| &mut config.disk, disk::settings()),
        section(|config| &mut config.retention, retention::settings()),
        section(|config| &mut config.maintenance, maintenance::settings()),
        section(|config| &mut config.store, store::settings()),
        section(|config| &mut config.backup, backup::settings()),
        section(|config| &mut config.log, log::settings()),
        section(|config| &mut config.updates, updates::settings()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn section<S: 'static>(section: fn(&mut Config) -> &mut S, settings: Vec<Setting<S>>) -> Vec<Setting<Config>> {
    settings.into_iter().map(|setting| setting.within(section)).collect()
}

impl Setting<Config> {
    /// Includes the value of a secret; null if it is not set.
    pub(super) fn value(&self, config: &Config) -> serde_json::Value {
        if self.secret {
            self.secret(&mut config.clone()).map(Secret::expose).into()
        } else {
            config.shown_value(self.key)
        }
    }

    /// Returns the secret; `None` if it is not set or empty, or if the setting is not a secret.
    pub(super) fn secret_value(&self, config: &Config) -> Option<Secret> {
        if self.secret { Secret::present(self.secret(&mut config.clone())).cloned() } else { None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSetting {
    pub key: &'static str,
    pub allowed: AllowedValues,
    pub secret: bool,
    pub needs_restart: bool,
    /// The environment variables that set the value, in order of increasing precedence.
    pub variables: Vec<&'static str>,
}

pub fn known_settings() -> Vec<KnownSetting> {
    let known = |setting: Setting<Config>| KnownSetting {
        key: setting.key,
        secret: setting.secret,
        needs_restart: setting.needs_restart,
        variables: setting.variables.iter().map(|variable| variable.name).collect(),
        allowed: setting.allowed().clone(),
    };
    all().into_iter().map(known).collect()
}

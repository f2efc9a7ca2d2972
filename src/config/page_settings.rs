//! Changes of settings on the web page: checks which changes are allowed, and computes the resulting settings.

use super::builder::ConfigBuilder;
use super::raw_value::RawValue;
use super::setting::Setting;
use super::value_kind::ValueKind;
use super::{BaseUrl, Config, Lock, Origin, PageSecrets, Problem, Secret, settings_table, suggest, validate};
use crate::domain::SettingError;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeError {
    /// The key that the request names, or the key of a setting with which the change conflicts.
    pub key: String,
    pub refusal: ChangeRefusal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// The value is not allowed, or no setting has this key.
    Invalid(SettingError),
    Locked(Lock),
}

#[derive(Clone, Debug)]
pub struct ProposedSettings {
    pub config: Config,
    /// The values to store in the database; `None` resets a setting.
    pub stored: Vec<(&'static str, Option<Value>)>,
    /// The secrets to store in the file of secrets; `None` deletes a secret.
    pub secrets: Vec<(&'static str, Option<Secret>)>,
}

impl Config {
    /// Returns the settings that result from `changes`, by key; null resets a setting. `self` must not contain settings
    /// from the database; these are in `stored`. Validates the resulting settings in combination.
    pub fn propose(
        self,
        stored: &[(String, Value)],
        changes: &[(String, Value)],
    ) -> Result<ProposedSettings, ChangeError> {
        let (current, known_problems) = self.clone().with_stored(stored);
        let mut proposed = current.with_values(changes)?;
        let is_changed = |key: &str| proposed.stored.iter().any(|(changed, _)| *changed == key);
        let mut next: Vec<_> = stored.iter().filter(|(key, _)| !is_changed(key)).cloned().collect();
        let new = proposed.stored.iter().filter_map(|(key, value)| Some(((*key).to_owned(), value.clone()?)));
        next.extend(new);
        // Keep the changed secrets, reset the stored settings, and validate them again in combination.
        let mut base = proposed.config;
        base.forget_stored(self);
        let (config, problems) = base.with_stored(&next);
        if let Some(problem) = problems.into_iter().find(|problem| !known_problems.contains(problem)) {
            return Err(conflict(problem, changes));
        }
        proposed.config = config;
        Ok(proposed)
    }

    /// Applies changes by key; null resets a setting. Validates each value, the destinations of secrets, and the
    /// settings in combination.
    pub fn with_values(self, changes: &[(String, Value)]) -> Result<ProposedSettings, ChangeError> {
        let settings = settings_table::all();
        let (before, mut defaults) = (self.clone(), Self::default());
        let page_secrets = Origin::PageSecrets(PageSecrets::of(&self.store).path().to_owned());
        let mut proposed = ProposedSettings { config: self, stored: Vec::new(), secrets: Vec::new() };
        for (key, value) in changes {
            let refuse = |refusal| ChangeError { key: key.clone(), refusal };
            let setting = find(&settings, key).map_err(|error| refuse(ChangeRefusal::Invalid(error)))?;
            if let Some(lock) = setting.lock(&before.origins) {
                return Err(refuse(ChangeRefusal::Locked(lock)));
            }
            let config = &mut proposed.config;
            if value.is_null() {
                setting.copy_value(&mut defaults, config);
                config.origins.set(setting.key, Origin::Default);
            } else {
                let set = setting.set(config, &RawValue::from_json(value));
                set.map_err(|error| refuse(ChangeRefusal::Invalid(error)))?;
                let origin = if setting.secret { page_secrets.clone() } else { Origin::Stored };
                config.origins.set(setting.key, origin);
            }
            if setting.secret {
                proposed.secrets.push((setting.key, setting.secret_value(config)));
            } else {
                proposed.stored.push((setting.key, (!value.is_null()).then(|| stored_form(setting, value, config))));
            }
        }
        check_destinations(&before, &proposed.config, changes)?;
        let mut checked = ConfigBuilder { config: proposed.config, problems: Vec::new() };
        validate::finish(&mut checked);
        proposed.config = checked.config;
        match checked.problems.into_iter().next() {
            None => Ok(proposed),
            Some(problem) => Err(conflict(problem, changes)),
        }
    }

    /// Returns these settings with the values of `stored`, the current settings in the database, including values that
    /// take effect only after a restart.
    #[must_use]
    pub fn with_saved(&self, stored: &[(String, Value)]) -> Self {
        let mut config = self.clone();
        config.forget_stored(Self::default());
        config.with_stored(stored).0
    }

    /// Resets every setting from the database to its value in `base`, which contains no stored settings.
    fn forget_stored(&mut self, mut base: Self) {
        for setting in settings_table::all() {
            if self.origins.of(setting.key) == Origin::Stored {
                setting.copy_value(&mut base, self);
                self.origins.set(setting.key, base.origins.of(setting.key));
            }
        }
    }
}

/// Returns the value as it is stored: a text in the form that is in effect, such as a name without invisible characters,
/// so that the history of the setting shows this form; another value as it was given.
fn stored_form(setting: &Setting<Config>, given: &Value, config: &Config) -> Value {
    let parsed = setting.value(config);
    if given.is_string() && parsed.is_string() { parsed } else { given.clone() }
}

fn conflict(problem: Problem, changes: &[(String, Value)]) -> ChangeError {
    let first = || changes.first().map(|(key, _)| key.clone()).unwrap_or_default();
    ChangeError { key: problem.key.unwrap_or_else(first), refusal: ChangeRefusal::Invalid(problem.error) }
}

fn find<'s>(settings: &'s [Setting<Config>], key: &str) -> Result<&'s Setting<Config>, SettingError> {
    settings.iter().find(|setting| setting.key == key).ok_or_else(|| match key.split_once('.') {
        Some((section, _)) if !settings.iter().any(|setting| setting.is_in(section)) => {
            suggest::unknown_section(section, settings)
        }
        Some((section, name)) => suggest::unknown_key(section, name, settings),
        None => SettingError::KeyForm { key: key.to_owned() },
    })
}

/// Rejects a new destination for a secret that is set, unless the secret is entered again in the same change.
/// Otherwise, an attacker with a stolen login could change the destination and receive the secret. Also rejects URLs
/// of internal addresses, except for `http.public_base_url`. Accepts each reset to the default.
fn check_destinations(before: &Config, after: &Config, changes: &[(String, Value)]) -> Result<(), ChangeError> {
    let settings = settings_table::all();
    let refused = |key: &str, error| ChangeError { key: key.to_owned(), refusal: ChangeRefusal::Invalid(error) };
    let (mut before, mut after) = (before.clone(), after.clone());
    let is_changed =
        |setting: &&Setting<Config>| changes.iter().any(|(key, value)| key == setting.key && !value.is_null());
    for setting in settings.iter().filter(is_changed) {
        if setting.has_equal_value(&mut before, &mut after) {
            continue;
        }
        let (key, value) = (setting.key, setting.value(&after));
        let url = value.as_str().filter(|_| setting.kind == ValueKind::Url && key != "http.public_base_url");
        if url.and_then(|url| BaseUrl::parse(url).ok()).is_some_and(|url| url.is_internal()) {
            return Err(refused(key, SettingError::InternalAddress { found: value.to_string() }));
        }
        let secrets = DESTINATIONS.iter().find(|(destination, _)| *destination == key).map_or(&[][..], |(_, all)| all);
        let is_set = |secret: &str| settings.iter().any(|other| other.key == secret && !other.value(&before).is_null());
        let kept = secrets.iter().find(|secret| is_set(secret) && !changes.iter().any(|(key, _)| key == *secret));
        if let Some(secret) = kept {
            return Err(refused(secret, SettingError::EnterAgain { setting: key.to_owned() }));
        }
    }
    Ok(())
}

/// Settings that determine where secrets are sent, each with the keys of these secrets.
const DESTINATIONS: [(&str, &[&str]); 16] = [
    ("twilio.api_base_url", &["twilio.auth_token", "twilio.auth_token_secondary"]),
    ("twilio.content_base_url", &["twilio.auth_token", "twilio.auth_token_secondary"]),
    ("openai.base_url", &["openai.api_key"]),
    ("soniox.stt_base_url", &["soniox.api_key"]),
    ("soniox.tts_base_url", &["soniox.api_key"]),
    ("elevenlabs.base_url", &["elevenlabs.api_key"]),
    ("deepgram.base_url", &["deepgram.api_key"]),
    ("pipeline.model_base_url", &["pipeline.model_api_key"]),
    ("pipeline.speech_base_url", &["pipeline.speech_api_key"]),
    ("pipeline.transcription_base_url", &["pipeline.transcription_api_key"]),
    ("whatsapp.baileys_outbound_url", &["whatsapp.shared_secret", "whatsapp.webhook_secret"]),
    // The account's access token is sent to these addresses, and it may permit more than speech.
    ("google.speech_base_url", &["google.credentials_json", "google.credentials_file"]),
    ("google.tts_base_url", &["google.credentials_json", "google.credentials_file"]),
    ("google.token_url", &["google.credentials_json", "google.credentials_file"]),
    ("mail.host", &["mail.password"]),
    ("backup.s3_endpoint", &["backup.s3_access_key_id", "backup.s3_secret_access_key"]),
];

#[cfg(test)]
mod tests;

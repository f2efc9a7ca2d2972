//! Reading the settings: defaults, under the file, under the environment; over the defaults alone, what the page keeps
//! in the database.

use super::data_marker::DataMarker;
use super::draft::Draft;
use super::environment::{self, Environment};
use super::found::Found;
use super::{Config, ConfigErrors, LastGood, Origin, Problem, StoreConfig, check, file, setting};
use std::path::Path;

#[cfg(test)]
mod tests;

/// Reads the settings from the file, if there is one, and from the environment, which wins.
///
/// Everything is checked, also what is overruled, and all problems come back together.
pub fn load(file: Option<&Path>, env: Environment<'_>) -> Result<Config, ConfigErrors> {
    let draft = read_all(file, env);
    ConfigErrors::check(draft.problems)?;
    Ok(draft.config)
}

/// Where the data is, as far as file and environment say, whatever is wrong with the rest: for asking the daemon that has
/// it open, and nothing else.
pub fn find_store(file: Option<&Path>, env: Environment<'_>) -> StoreConfig {
    read_all(file, env).config.store
}

/// Where the last settings that worked are: in the folder that systemd has made for the service, else in that of the data.
pub fn find_last_good(file: Option<&Path>, env: Environment<'_>) -> LastGood {
    LastGood::of(environment::state_folder(env).unwrap_or_else(|| find_store(file, env).data_folder()))
}

/// The note that there was data, in the second folder that systemd has made for the service; none where there is no such folder.
pub fn find_data_marker(env: Environment<'_>) -> Option<DataMarker> {
    environment::second_state_folder(env).map(|folder| DataMarker::in_folder(&folder))
}

fn read_all(file: Option<&Path>, env: Environment<'_>) -> Draft {
    let settings = setting::all();
    let mut draft = Draft::default();
    environment::read_data_folder(env, &mut draft);
    if let Some(path) = file {
        file::read(path, &settings, &mut draft);
    }
    environment::read(env, file, &settings, &mut draft);
    check::finish(&mut draft);
    draft
}

impl Config {
    /// Lays what the page keeps in the database, as pairs of key and JSON, under what file and environment say.
    ///
    /// A stored setting that is not right is left out and told: the page must still start, or nobody could mend it
    /// there.
    #[must_use]
    pub fn with_stored(self, stored: &[(String, serde_json::Value)]) -> (Self, Vec<Problem>) {
        let settings = setting::all();
        let mut draft = Draft { config: self, problems: Vec::new() };
        for (key, value) in stored {
            match settings.iter().find(|setting| setting.key == key && setting.is_storable()) {
                None => draft.problem(Origin::Stored, format!("unknown key {key}; it is not used")),
                Some(setting) if draft.config.origins.of(setting.key) == Origin::Default => {
                    draft.take(setting, &Found::from_json(value), Origin::Stored);
                }
                Some(_) => {}
            }
        }
        (draft.config, draft.problems)
    }

    /// What will work, but is probably not meant so, as sentences.
    pub fn warnings(&self) -> Vec<String> {
        check::warnings(self)
    }

    /// The error for a setting whose content turns out to be wrong only when it is used, such as a file's.
    pub fn wrong(&self, key: &str, message: impl std::fmt::Display) -> ConfigErrors {
        ConfigErrors(vec![Problem::new(self.origins.of(key), format!("{key}: {message}"))])
    }

    /// Every setting with its value and where that came from; secrets are shown as `•••`.
    pub fn shown(&self) -> Vec<ShownSetting> {
        let values = serde_json::to_value(self).unwrap_or_default();
        let shown = |setting: setting::Setting| ShownSetting {
            key: setting.key,
            value: value_of(&values, setting.key),
            origin: self.origins.of(setting.key),
        };
        setting::all().into_iter().map(shown).collect()
    }

    /// The value of one setting; a secret is `•••`.
    pub(super) fn shown_value(&self, key: &str) -> serde_json::Value {
        value_of(&serde_json::to_value(self).unwrap_or_default(), key)
    }
}

fn value_of(values: &serde_json::Value, key: &str) -> serde_json::Value {
    values.pointer(&format!("/{}", key.replace('.', "/"))).cloned().unwrap_or_default()
}

/// A setting as `config show` lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownSetting {
    /// `section.name`.
    pub key: &'static str,
    /// Its value, null where it is not set.
    pub value: serde_json::Value,
    /// Where it came from.
    pub origin: Origin,
}

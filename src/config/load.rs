//! Loads the settings. Precedence, highest first: environment, settings file, secrets entered on the web page, settings
//! in the database, defaults.

use super::builder::ConfigBuilder;
use super::data_marker::DataMarker;
use super::environment::{self, Environment};
use super::raw_value::RawValue;
use super::setting::Setting;
use super::{
    Config, ConfigErrors, LastGood, Origin, Problem, StoreConfig, file, page_secrets, settings_table, validate,
};
use crate::domain::{Language, SettingError, SettingWarning};
use crate::messages;
use std::path::Path;

#[cfg(test)]
mod tests;

/// All values are validated, also overridden ones, and all problems are returned together.
pub fn load(file: Option<&Path>, env: Environment<'_>) -> Result<Config, ConfigErrors> {
    let builder = read_all(file, env);
    ConfigErrors::check(builder.problems)?;
    Ok(builder.config)
}

/// Works even if other settings are invalid.
pub fn find_store(file: Option<&Path>, env: Environment<'_>) -> StoreConfig {
    read_all(file, env).config.store
}

/// Returns the location of the last working settings: the folder that systemd created for the service, otherwise the
/// data folder.
pub fn find_last_good(file: Option<&Path>, env: Environment<'_>) -> LastGood {
    LastGood::in_folder(environment::state_folder(env).unwrap_or_else(|| find_store(file, env).data_folder()))
}

/// `None` if systemd created no second folder for the service.
pub fn find_data_marker(env: Environment<'_>) -> Option<DataMarker> {
    environment::second_state_folder(env).map(|folder| DataMarker::in_folder(&folder))
}

fn read_all(file: Option<&Path>, env: Environment<'_>) -> ConfigBuilder {
    let settings = settings_table::all();
    let mut builder = ConfigBuilder::default();
    environment::read_data_folder(env, &mut builder);
    if let Some(path) = file {
        file::read(path, &settings, &mut builder);
    }
    environment::read(env, file, &settings, &mut builder);
    page_secrets::read(&settings, &mut builder);
    validate::finish(&mut builder);
    builder
}

impl Config {
    /// Adds the settings from the database, as pairs of key and JSON. Settings from the file and the environment take
    /// precedence.
    ///
    /// An invalid stored setting is omitted and reported. The daemon must still start, because users correct the
    /// setting on the web page.
    #[must_use]
    pub fn with_stored(self, stored: &[(String, serde_json::Value)]) -> (Self, Vec<Problem>) {
        let settings = settings_table::all();
        let mut builder = ConfigBuilder { config: self.clone(), problems: Vec::new() };
        for (key, value) in stored {
            match settings.iter().find(|setting| setting.key == key && setting.is_storable()) {
                None => builder.add_problem_of_file(Origin::Stored, SettingError::NotUsed { key: key.clone() }),
                Some(setting) if builder.config.origins.of(setting.key) == Origin::Default => {
                    builder.set(setting, &RawValue::from_json(value), Origin::Stored);
                }
                Some(_) => {}
            }
        }
        self.leave_out_conflicts(builder, &settings)
    }

    /// Validates the settings in combination. A stored setting that conflicts with other settings is reported, and
    /// replaced by its value in `self`, which contains no stored settings.
    fn leave_out_conflicts(
        mut self,
        ConfigBuilder { mut config, mut problems }: ConfigBuilder,
        settings: &[Setting<Config>],
    ) -> (Self, Vec<Problem>) {
        loop {
            let mut checked = ConfigBuilder { config: config.clone(), problems: Vec::new() };
            validate::finish(&mut checked);
            let Some(problem) = checked.problems.into_iter().next() else { return (checked.config, problems) };
            let key = problem.key.clone().unwrap_or_default();
            let is_stored = |setting: &&Setting<Config>| config.origins.of(setting.key) == Origin::Stored;
            let stored: Vec<_> = settings.iter().filter(is_stored).collect();
            let section = key.split('.').next().unwrap_or_default();
            // Leaves out the named setting if it is stored, otherwise the stored settings of its section, otherwise all
            // stored settings.
            let named = stored.iter().filter(|setting| setting.key == key).collect::<Vec<_>>();
            let related = stored.iter().filter(|setting| setting.is_in(section)).collect::<Vec<_>>();
            let left_out = [named, related, stored.iter().collect()].into_iter().find(|some| !some.is_empty());
            problems.push(problem);
            // If no stored setting is involved, the conflict was already reported when the other settings were loaded.
            let Some(left_out) = left_out else { return (checked.config, problems) };
            for setting in left_out {
                setting.copy_value(&mut self, &mut config);
                config.origins.set(setting.key, self.origins.of(setting.key));
            }
        }
    }

    /// Returns warnings about settings that are valid but probably a mistake.
    pub fn warnings(&self) -> Vec<SettingWarning> {
        validate::warnings(self)
    }

    /// Returns [`Self::warnings`] as texts for the log and the command line.
    pub fn english_warnings(&self) -> Vec<String> {
        self.warnings().iter().map(|warning| messages::text(Language::English, warning)).collect()
    }

    /// Returns the error for a setting that turns out to be invalid at its first use, such as the path of a file with
    /// invalid content.
    pub fn invalid_setting(&self, key: &str, error: SettingError) -> ConfigErrors {
        ConfigErrors(vec![Problem { origin: self.origins.of(key), key: Some(key.to_owned()), error }])
    }

    /// Secrets are shown as `•••`.
    pub fn shown(&self) -> Vec<ShownSetting> {
        let values = serde_json::to_value(self).unwrap_or_default();
        let shown = |setting: Setting<Config>| ShownSetting {
            key: setting.key,
            value: value_of(&values, setting.key),
            origin: self.origins.of(setting.key),
        };
        settings_table::all().into_iter().map(shown).collect()
    }

    /// A secret is shown as `•••`.
    pub(super) fn shown_value(&self, key: &str) -> serde_json::Value {
        value_of(&serde_json::to_value(self).unwrap_or_default(), key)
    }
}

pub(super) fn value_of(values: &serde_json::Value, key: &str) -> serde_json::Value {
    values.pointer(&format!("/{}", key.replace('.', "/"))).cloned().unwrap_or_default()
}

#[derive(Clone, Debug, PartialEq)]
pub struct ShownSetting {
    pub key: &'static str,
    /// The value; null if it is not set.
    pub value: serde_json::Value,
    pub origin: Origin,
}

//! The last working settings, including secrets, in a file that only the service's user can read. If the settings are
//! invalid at a start, the daemon uses this copy. A typo in the settings and a later reboot then do not stop the phone
//! service.

use super::builder::ConfigBuilder;
use super::raw_value::RawValue;
use super::setting::Setting;
use super::{Config, ConfigErrors, Origin, Origins, private_file, settings_table, validate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct LastGood {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct SavedSettings {
    /// The folder in which the settings were stored. In a copy of this folder at another path, the settings are
    /// ignored.
    folder: PathBuf,
    settings: BTreeMap<String, Value>,
}

impl LastGood {
    /// The folder need not exist.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Stores the settings that the daemon currently uses, except defaults and settings from the database.
    pub fn save(&self, config: &Config) -> io::Result<()> {
        let settings = settings_table::all();
        let changed = settings.iter().filter(|setting| is_set_outside(&config.origins, setting));
        let saved = SavedSettings {
            folder: fs::canonicalize(&self.folder)?,
            settings: changed.map(|setting| (setting.key.to_owned(), setting.value(config))).collect(),
        };
        let text = serde_json::to_vec(&saved)?;
        let file = self.file();
        if fs::read(&file).is_ok_and(|before| before == text) {
            return Ok(());
        }
        private_file::replace(&file, &text)
    }

    /// Loads the stored settings, which are used instead of the settings that have `errors`. Returns `None` if there
    /// are no usable stored settings. Omits a stored setting that this version does not accept.
    pub fn load(&self, errors: &ConfigErrors) -> Option<Config> {
        let saved: SavedSettings = serde_json::from_slice(&fs::read(self.file()).ok()?).ok()?;
        if saved.folder != fs::canonicalize(&self.folder).ok()? {
            return None;
        }
        let mut builder = ConfigBuilder::default();
        for setting in settings_table::all() {
            if let Some(value) = saved.settings.get(setting.key) {
                builder.set(&setting, &RawValue::from_json(value), Origin::LastGood);
            }
        }
        builder.problems.clear();
        validate::finish(&mut builder);
        builder.config.rejected.clone_from(&errors.0);
        builder.problems.is_empty().then_some(builder.config)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("live").join("last-settings.json")
    }
}

fn is_set_outside(origins: &Origins, setting: &Setting<Config>) -> bool {
    !matches!(origins.of(setting.key), Origin::Default | Origin::Stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;
    use crate::domain::SettingError;

    const EXAMPLE: &str = include_str!("../../config.toml.example");

    /// Returns the example file with every key set, except keys that name a file.
    fn all_set() -> String {
        let set = |line: &'static str| {
            let (key, _) = line.strip_prefix('#')?.split_once(" = ")?;
            let is_key = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            is_key.then_some(&line[1..])
        };
        let lines = EXAMPLE.lines().map(|line| set(line).unwrap_or(line));
        let names_file = |line: &&str| ["_file = ", "_folder = ", "_json = "].iter().any(|key| line.contains(key));
        lines.filter(|line| !names_file(line)).flat_map(|line| [line, "\n"]).collect()
    }

    #[test]
    fn saved_settings_are_loaded_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("live")).unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, all_set()).unwrap();
        let env = |name: &str| (name == "TWILIO_AUTH_TOKEN").then(|| "geheim".to_owned());
        let config = load(Some(&file), &env).unwrap();
        let last_good = LastGood::in_folder(folder.path().to_owned());
        last_good.save(&config).unwrap();
        let errors = config.invalid_setting("log.level", SettingError::NotUtf8);
        let back = last_good.load(&errors).unwrap();
        assert_eq!(back.rejected.len(), 1);
        let values =
            |config: &Config| settings_table::all().iter().map(|setting| setting.value(config)).collect::<Vec<_>>();
        assert_eq!(values(&back), values(&config));
        assert_eq!(back.twilio.auth_token, config.twilio.auth_token);
        assert_eq!(back.origins.of("twilio.auth_token"), Origin::LastGood);
    }

    #[test]
    fn a_copied_folder_does_not_use_saved_settings() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            fs::create_dir_all(folder.path().join(name).join("live")).unwrap();
        }
        let [a, b] = ["a", "b"].map(|name| LastGood::in_folder(folder.path().join(name)));
        let config = Config::default();
        a.save(&config).unwrap();
        fs::copy(a.file(), b.file()).unwrap();
        let errors = config.invalid_setting("log.level", SettingError::NotUtf8);
        assert!(a.load(&errors).is_some() && b.load(&errors).is_none());
    }
}

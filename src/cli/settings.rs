//! Loads the settings of a command from the settings file and the environment of this process or of the service.

use super::output::print_status;
use super::unit_settings::UnitSettings;
use crate::config::{
    Config, ConfigErrors, DataMarker, LastGood, MissingData, Origin, StoreConfig, find_data_marker, find_last_good,
    find_store, load, process_env,
};
use crate::runtime::TwilioPrompts;
use crate::store::{self, Store};
use std::path::{Path, PathBuf};

type ReadSettings<T> = fn(Option<&Path>, &dyn Fn(&str) -> Option<String>) -> T;

#[derive(Clone)]
pub(super) struct Settings {
    /// The file named by `--config`.
    pub(super) file: Option<PathBuf>,
}

impl Settings {
    /// Returns the settings file: the named file, otherwise the default file if it exists.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref().or_else(|| Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists()))
    }

    pub(super) fn load_from_process(&self) -> Result<Config, ConfigErrors> {
        load(self.file(), &process_env)
    }

    /// Loads and validates the settings for a command. The service's environment is added if `--config` is missing and
    /// the process's own settings are invalid or name no database.
    pub(super) fn load(&self) -> Result<Config, ConfigErrors> {
        self.read(load, |outcome| outcome.as_ref().is_ok_and(|config| config.origins.of(DATABASE) != Origin::Default))
    }

    /// If `--config` is missing and `names_database` returns false for the result, reads the settings again, with the
    /// variables of the service's unit as a fallback.
    fn read<T>(&self, read: ReadSettings<T>, names_database: impl FnOnce(&T) -> bool) -> T {
        let own = read(self.file(), &process_env);
        if self.file.is_some() || names_database(&own) {
            return own;
        }
        match UnitSettings::query() {
            None => own,
            Some(unit) => read(self.file(), &|name| {
                process_env(name).filter(|value| !value.trim().is_empty()).or_else(|| unit.get(name))
            }),
        }
    }

    pub(super) fn print_default_database(config: &Config) {
        if config.origins.of(DATABASE) == Origin::Default {
            let file = config.store.published_file();
            let file = std::path::absolute(&file).unwrap_or(file);
            print_status(&format!(
                "Using the database {}: neither store.database_url nor DATABASE_URL is set, and there is no service.",
                file.display()
            ));
        }
    }

    /// Loads the settings for the start of the daemon. If they are invalid, a start by systemd uses the last valid
    /// settings, if there are any, so that calls are still answered. A manual start fails.
    pub(super) fn load_for_service(&self) -> Result<Config, ConfigErrors> {
        // Also validate the audio files of the prompts now, before the daemon opens or creates any file.
        let set = self.load_from_process().and_then(|config| TwilioPrompts::load(&config).map(|_| config));
        set.or_else(|errors| {
            if process_env("NOTIFY_SOCKET").is_none() {
                return Err(errors);
            }
            let mut config = self.last_good().load(&errors).ok_or(errors)?;
            if TwilioPrompts::load(&config).is_err() {
                (config.voice.greeting_file, config.voice.fallback_file) = (None, None);
            }
            Ok(config)
        })
    }

    pub(super) fn last_good(&self) -> LastGood {
        find_last_good(self.file(), &process_env)
    }

    /// `None` if systemd has not given this process a second state folder.
    pub(super) fn data_marker_of_service() -> Option<DataMarker> {
        find_data_marker(&process_env)
    }

    /// A command in a shell queries systemd for the marker's location.
    pub(super) fn data_marker() -> Option<DataMarker> {
        Self::data_marker_of_service().or_else(|| {
            let unit = UnitSettings::query()?;
            find_data_marker(&|name| unit.get(name))
        })
    }

    /// Opens the database without the daemon; fails if the service's data is missing.
    pub(super) fn open_store(config: &Config) -> Result<(Store, Vec<String>), OpenError> {
        Self::check_marker(config)?;
        Ok(Store::open(&config.store)?)
    }

    /// Like [`Settings::open_store`], but fails if there is no database, instead of creating one: a command with a wrong
    /// path would otherwise report success for an empty database.
    pub(super) fn open_existing_store(config: &Config) -> Result<(Store, Vec<String>), OpenError> {
        Self::check_marker(config)?;
        if !DataMarker::data_exists(&config.store) {
            let file = config.store.published_file();
            return Err(OpenError::NoDatabase { file: std::path::absolute(&file).unwrap_or(file) });
        }
        Ok(Store::open(&config.store)?)
    }

    /// Checks the marker only if the data is missing, because running `systemctl` takes time.
    fn check_marker(config: &Config) -> Result<(), OpenError> {
        if !DataMarker::data_exists(&config.store)
            && let Some(marker) = Self::data_marker()
        {
            marker.check(&config.store)?;
        }
        Ok(())
    }

    /// Returns the location of the data according to the settings, even if other settings are invalid.
    pub(super) fn store(&self) -> StoreConfig {
        self.read(find_store, |store| store.database_url.is_some())
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error(transparent)]
    Missing(#[from] MissingData),
    #[error(
        "there is no database at {}; store.database_url or DATABASE_URL may name another file. To create a database there, start \
         the daemon, or run: agentlocator setup",
        file.display()
    )]
    NoDatabase { file: PathBuf },
    #[error("cannot open the database")]
    Store(#[from] store::Error),
}

const DATABASE: &str = "store.database_url";
const DEFAULT_FILE: &str = "/etc/agentlocator/config.toml";

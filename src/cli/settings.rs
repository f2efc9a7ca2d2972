//! Where the settings of a command come from: the named file, this process's environment, or the service's.

use super::output::print_status;
use super::unit_settings::UnitSettings;
use crate::config::{
    Config, ConfigErrors, DataMarker, LastGood, MissingData, Origin, StoreConfig, find_data_marker, find_last_good,
    find_store, load, process_env,
};
use crate::runtime::TwilioPrompts;
use crate::store::{self, Store};
use std::path::{Path, PathBuf};

/// Reads settings from a file and an environment.
type ReadSettings<T> = fn(Option<&Path>, &dyn Fn(&str) -> Option<String>) -> T;

/// Where the settings come from.
#[derive(Clone)]
pub(super) struct Settings {
    /// `--config`.
    pub(super) file: Option<PathBuf>,
}

impl Settings {
    /// The settings file, if there is one.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref().or_else(|| Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists()))
    }

    /// The settings of this process, validated.
    pub(super) fn load_from_process(&self) -> Result<Config, ConfigErrors> {
        load(self.file(), &process_env)
    }

    /// The settings for a command, validated: those of the service if no settings file is named and no setting names the
    /// database.
    pub(super) fn load(&self) -> Result<Config, ConfigErrors> {
        self.read(load, |outcome| outcome.as_ref().is_ok_and(|config| config.origins.of(DATABASE) != Origin::Default))
    }

    /// Reads the settings with this process's environment, and again with the service's environment unless
    /// `names_database` reports that they name a database.
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

    /// Prints on stderr which database a command uses if no setting names it.
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

    /// The settings for a start of the daemon: the configured ones. If they are invalid, the service starts with the last ones
    /// that worked, so calls are answered; a start by hand fails.
    pub(super) fn load_for_service(&self) -> Result<Config, ConfigErrors> {
        // A greeting that is not an MP3 is an invalid setting too, and is reported before anything is opened or created.
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

    /// The last settings that worked.
    pub(super) fn last_good(&self) -> LastGood {
        find_last_good(self.file(), &process_env)
    }

    /// The marker that the folder contained data, for a process that systemd has started as the service.
    pub(super) fn data_marker_of_service() -> Option<DataMarker> {
        find_data_marker(&process_env)
    }

    /// The service's marker that its folder contained data, also for a command in a shell.
    pub(super) fn data_marker() -> Option<DataMarker> {
        Self::data_marker_of_service().or_else(|| {
            let unit = UnitSettings::query()?;
            find_data_marker(&|name| unit.get(name))
        })
    }

    /// Opens the database without the daemon; fails if the service's data is missing.
    pub(super) fn open_store(config: &Config) -> Result<(Store, Vec<String>), OpenError> {
        // systemctl takes time, so it runs only if the data is missing.
        if !DataMarker::data_exists(&config.store)
            && let Some(marker) = Self::data_marker()
        {
            marker.check(&config.store)?;
        }
        Ok(Store::open(&config.store)?)
    }

    /// The location of the data by the settings, even if other settings are invalid.
    pub(super) fn store(&self) -> StoreConfig {
        self.read(find_store, |store| store.database_url.is_some())
    }
}

/// Why a command cannot open the database.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// The service's data is missing.
    #[error(transparent)]
    Missing(#[from] MissingData),
    #[error("cannot open the database")]
    Store(#[from] store::Error),
}

const DATABASE: &str = "store.database_url";
const DEFAULT_FILE: &str = "/etc/agentlocator/config.toml";

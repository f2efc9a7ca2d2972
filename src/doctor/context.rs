//! The installation to check, and the clients that the checks use.

use crate::config::{Config, ConfigErrors, MissingData, StoreConfig};
use crate::control::{self, ControlError, Status};
use crate::domain::PhoneNumber;
use crate::host::instance_challenge::InstanceKey;
use crate::providers::http_client;
use crate::store::FsSupport;
use reqwest::Client;
use serde_json::Value;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

pub struct DoctorContext {
    settings: Result<Config, ConfigErrors>,
    /// Errors in the settings that the web page has stored in the database, or the reason why these settings cannot be
    /// read.
    pub(super) stored_problems: Vec<String>,
    /// The path of the settings file; `None` if there is no file, or if the daemon itself runs the checks.
    pub(super) settings_file: Option<PathBuf>,
    /// Set if the data folder contained data earlier and is now empty or missing.
    pub(super) missing_data: Option<MissingData>,
    /// The running daemon's status, or the error of the query. `NotRunning` if the daemon itself runs the checks.
    pub(super) daemon: Result<Status, ControlError>,
    /// The identity of this process, if the daemon itself runs the checks; `None` on the command line, which queries
    /// the running daemon.
    own_identity: Option<InstanceKey>,
    /// The numbers given by `--number`.
    pub(super) named_numbers: Vec<PhoneNumber>,
    pub(super) file_system: fn(&Path, &str) -> Result<FsSupport, String>,
    pub(super) client: Client,
    /// A client that accepts any certificate; it must not send secrets. If it cannot be created, this is `client`.
    pub(super) insecure_client: Client,
}

/// The parts of an installation that the command line determines before the checks run.
pub struct Installation {
    /// The location of the data, even if other settings are invalid.
    pub store: StoreConfig,
    pub settings_file: Option<PathBuf>,
    pub missing_data: Option<MissingData>,
    pub reads: OwnerReads,
}

type ReadStored = fn(&StoreConfig) -> Result<Vec<(String, Value)>, String>;

/// Functions that read files in the data folder with the permissions of the folder's owner. If root read them directly,
/// it could follow the owner's symbolic links to files that the service must not read. Their errors are messages for
/// the user.
pub struct OwnerReads {
    pub stored_settings: ReadStored,
    /// Tests the file system under the published database file, in a temporary folder with the given name.
    pub file_system: fn(&Path, &str) -> Result<FsSupport, String>,
}

impl DoctorContext {
    /// `settings` contains the settings from the file and the environment. Fails only if the HTTP client cannot be
    /// created.
    pub async fn find(
        settings: Result<Config, ConfigErrors>,
        installation: Installation,
        named_numbers: Vec<PhoneNumber>,
    ) -> Result<Self, reqwest::Error> {
        let client = http_client::build()?;
        let insecure_client = http_client::build_insecure(None).unwrap_or_else(|| client.clone());
        let Installation { store, settings_file, missing_data, reads } = installation;
        let stored_settings = reads.stored_settings;
        let queried =
            tokio::task::spawn_blocking(move || query_settings_and_status(settings, &store, stored_settings)).await;
        let (settings, stored_problems, daemon) =
            queried.unwrap_or_else(|_| (Ok(Config::default()), Vec::new(), Err(ControlError::NotRunning)));
        Ok(Self {
            settings,
            stored_problems,
            settings_file,
            missing_data,
            daemon,
            own_identity: None,
            named_numbers,
            file_system: reads.file_system,
            client,
            insecure_client,
        })
    }

    /// For checks that run inside the daemon. The settings may not be active yet.
    pub fn of_daemon(config: Config, identity: InstanceKey) -> Result<Self, reqwest::Error> {
        let client = http_client::build()?;
        let insecure_client = http_client::build_insecure(None).unwrap_or_else(|| client.clone());
        Ok(Self {
            settings: Ok(config),
            stored_problems: Vec::new(),
            settings_file: None,
            missing_data: None,
            daemon: Err(ControlError::NotRunning),
            own_identity: Some(identity),
            named_numbers: Vec::new(),
            file_system: |_, _| Err("not checked".to_owned()),
            client,
            insecure_client,
        })
    }

    pub(super) fn identity(&self) -> Option<&InstanceKey> {
        self.own_identity.as_ref().or_else(|| self.running().map(|status| &status.info.identity))
    }

    pub fn config(&self) -> Option<&Config> {
        self.settings.as_ref().ok()
    }

    pub(super) fn settings_problems(&self) -> Vec<String> {
        self.settings.as_ref().err().map_or_else(Vec::new, |errors| errors.0.iter().map(ToString::to_string).collect())
    }

    /// Returns the running daemon's status; `None` if the query failed, or if the daemon itself runs the checks.
    pub fn running(&self) -> Option<&Status> {
        self.daemon.as_ref().ok()
    }

    /// Without a trailing slash.
    pub fn local_url(&self) -> Option<String> {
        let mut listener: SocketAddr = *self.running()?.info.listeners.first()?;
        if listener.ip().is_unspecified() {
            let same = if listener.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
            listener.set_ip(same);
        }
        Some(format!("http://{listener}"))
    }

    /// Returns the HTTP status and the body; `None` without a response.
    pub async fn get_local(&self, path: &str) -> Option<(u16, String)> {
        let response = self.client.get(format!("{}{path}", self.local_url()?)).send().await.ok()?;
        let status = response.status().as_u16();
        Some((status, response.text().await.ok()?))
    }
}

type SettingsAndStatus = (Result<Config, ConfigErrors>, Vec<String>, Result<Status, ControlError>);

fn query_settings_and_status(
    settings: Result<Config, ConfigErrors>,
    store: &StoreConfig,
    stored_settings: ReadStored,
) -> SettingsAndStatus {
    let daemon = control::query_status(&control::socket_path(&store.live_file()));
    let Ok(config) = settings else { return (settings, Vec::new(), daemon) };
    match stored_settings(&config.store) {
        Ok(stored) => {
            let (config, problems) = config.with_stored(&stored);
            (Ok(config), problems.iter().map(ToString::to_string).collect(), daemon)
        }
        Err(error) => (Ok(config), vec![format!("the settings of the page cannot be read: {error}")], daemon),
    }
}

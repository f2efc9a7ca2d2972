//! Requests to the task that reloads and changes the settings. The requester receives the outcome.

use crate::config::{ChangeError, Secret};
use crate::crm;
use crate::crm::setting::ChangedSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use tokio::sync::{mpsc, oneshot};

pub type ReloadOutcome = Result<Reloaded, ReloadRejected>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// The changes: keys of settings, and the names of parts that read their files again.
    pub changed: Vec<String>,
    /// Keys of settings that take effect only after a restart.
    pub needs_restart: Vec<String>,
    /// Likely mistakes in the settings, as sentences.
    pub warnings: Vec<String>,
}

/// The settings were not replaced, for example because they are invalid or the daemon is stopping. The previous
/// settings stay active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadRejected {
    /// The problems, those of settings with their locations; never empty.
    pub reasons: Vec<String>,
}

impl ReloadRejected {
    pub fn because(reason: impl fmt::Display) -> Self {
        Self { reasons: vec![reason.to_string()] }
    }
}

impl fmt::Display for ReloadRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reasons.join("\n"))
    }
}

pub struct SettingsChange {
    /// The new values by key; null resets a setting to its default.
    pub changes: Vec<(String, Value)>,
    /// The versions that the change is based on, by key; see [`crm::setting::overtaken`].
    pub expected: BTreeMap<String, i64>,
    /// Stores the change in one transaction. Called after the change was validated.
    pub save: SaveChange,
}

pub type SaveChange =
    Box<dyn FnOnce(ChangedSettings) -> Pin<Box<dyn Future<Output = Result<(), crm::Error>> + Send>> + Send>;

/// The reason why a change of settings did not take effect. Except for `NotActive`, nothing was stored in the database.
#[derive(Debug)]
pub enum ChangeRejected {
    /// A changed setting is locked, or is invalid in combination with other settings.
    Setting(ChangeError),
    /// No change can take effect, usually because the settings from the file and the environment are invalid, or
    /// because the daemon is stopping.
    Settings(ReloadRejected),
    /// The change is stored, but the reload after it failed.
    NotActive(ReloadRejected),
    /// Another change has modified these settings since the versions that this change is based on.
    Overtaken(Vec<String>),
    /// The database could not store the change. The file with the secrets has its previous content again, unless the
    /// log reports that it could not be restored.
    Store(crm::Error),
    /// The file with the secrets cannot be written.
    Secrets(std::io::Error),
}

/// Values of headers of the agent's tools, by the id of the secret; `None` removes a value.
pub type ToolSecrets = Vec<(String, Option<Secret>)>;

pub enum Request {
    Reload(oneshot::Sender<ReloadOutcome>),
    /// Use the greeting that is currently stored.
    Greeting(oneshot::Sender<Result<(), ReloadRejected>>),
    ToolSecrets(ToolSecrets, oneshot::Sender<std::io::Result<()>>),
    Change(SettingsChange, oneshot::Sender<Result<Reloaded, ChangeRejected>>),
}

/// Clones send to the same task.
#[derive(Clone, Debug)]
pub struct ReloadHandle {
    requests: mpsc::Sender<Request>,
}

#[derive(Debug)]
pub struct ReloadRequests {
    requests: mpsc::Receiver<Request>,
}

pub fn channel() -> (ReloadHandle, ReloadRequests) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (ReloadHandle { requests: sender }, ReloadRequests { requests: receiver })
}

impl ReloadHandle {
    pub async fn request(&self) -> ReloadOutcome {
        let (answer, outcome) = oneshot::channel();
        if self.requests.send(Request::Reload(answer)).await.is_err() {
            return Err(ReloadRejected::because(STOPPING));
        }
        outcome.await.unwrap_or_else(|_| Err(ReloadRejected::because(STOPPING)))
    }

    /// The other settings are not reloaded, so this also works while the settings file is invalid.
    pub async fn refresh_greeting(&self) -> Result<(), ReloadRejected> {
        let (answer, outcome) = oneshot::channel();
        if self.requests.send(Request::Greeting(answer)).await.is_err() {
            return Err(ReloadRejected::because(STOPPING));
        }
        outcome.await.unwrap_or_else(|_| Err(ReloadRejected::because(STOPPING)))
    }

    /// Only the reloading task changes the file of secrets.
    pub async fn store_tool_secrets(&self, secrets: ToolSecrets) -> std::io::Result<()> {
        let stopping = || std::io::Error::other(STOPPING);
        let (answer, outcome) = oneshot::channel();
        self.requests.send(Request::ToolSecrets(secrets, answer)).await.map_err(|_| stopping())?;
        outcome.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Waits until the settings are active. Changes and reloads are processed one after the other.
    pub async fn change(&self, change: SettingsChange) -> Result<Reloaded, ChangeRejected> {
        let stopping = || ChangeRejected::Settings(ReloadRejected::because(STOPPING));
        let (answer, outcome) = oneshot::channel();
        self.requests.send(Request::Change(change, answer)).await.map_err(|_| stopping())?;
        outcome.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Does not wait. Returns false if the queue of requests is full, or if the daemon is stopping.
    pub fn try_request(&self) -> bool {
        self.requests.try_send(Request::Reload(oneshot::channel().0)).is_ok()
    }
}

impl ReloadRequests {
    /// `None` once all senders have been dropped.
    pub async fn next(&mut self) -> Option<Request> {
        self.requests.recv().await
    }
}

const WAITING: usize = 16;
const STOPPING: &str = "the daemon is stopping";

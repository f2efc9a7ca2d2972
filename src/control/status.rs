//! The running daemon's status, as the control socket returns it.

use crate::clock;
use crate::config::{PageSecrets, VersionInfo, folder_of};
use crate::domain::{AgentTool, BusinessId, Language, Timestamp};
use crate::host::instance_challenge::InstanceKey;
use crate::maintenance::database_notice;
use crate::maintenance::update_check::UpdateState;
use crate::providers::release_feed::Release;
use crate::store::{Store, boot_id};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// The part of the status that does not change while the daemon runs.
#[derive(Clone, Serialize, Deserialize)]
pub struct DaemonInfo {
    pub release: String,
    pub build: VersionInfo,
    pub pid: u32,
    pub started_at: Timestamp,
    /// The addresses of the public listener, then of the plain HTTP listener (by default on port 80).
    pub listeners: Vec<SocketAddr>,
    /// The key with which the daemon identifies itself at a public address.
    pub identity: InstanceKey,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Status {
    #[serde(flatten)]
    pub info: DaemonInfo,
    /// The state of the store: the published copy (`publish`) and `integrity`, each with its reason, and whether the
    /// boot id is known (`boot_known`).
    pub store: Value,
    pub newer_release: Option<Release>,
    /// The number of messages that have waited in the outbox for 15 minutes or longer; `None` if it cannot be read.
    pub overdue_messages: Option<u64>,
    /// The names of the enabled tools of the owner that lack the value of a header.
    #[serde(default)]
    pub incomplete_tools: Vec<String>,
}

impl DaemonInfo {
    pub(super) async fn status(&self, store: &Store) -> Status {
        let (health, language) = (store.health(), Language::English);
        let file = store.published_file().display().to_string();
        let cutoff = clock::now().minus(OVERDUE);
        let overdue = store.read(move |tx| tx.count_messages_waiting_since(cutoff)).await;
        let known = store.read(UpdateState::read).await.unwrap_or_default();
        Status {
            newer_release: known.newer().cloned(),
            info: self.clone(),
            store: json!({
                "publish": database_notice::published(&health, file, language),
                "integrity": database_notice::integrity(&health.integrity, language),
                "boot_known": !boot_id().is_empty(),
            }),
            overdue_messages: overdue.ok(),
            incomplete_tools: incomplete_tools(store).await,
        }
    }
}

async fn incomplete_tools(store: &Store) -> Vec<String> {
    let Ok(tools) = store.read(|tx| tx.agent_tools(BusinessId::FIRST)).await else { return Vec::new() };
    let file = PageSecrets::in_folder(folder_of(store.published_file()));
    let read = tokio::task::spawn_blocking(move || file.tool_secrets()).await;
    let secrets = read.ok().and_then(Result::ok).unwrap_or_default();
    let is_incomplete = |tool: &AgentTool| tool.headers.iter().any(|header| !secrets.contains_key(&header.secret));
    tools.into_iter().filter(|tool| tool.is_enabled && is_incomplete(tool)).map(|tool| tool.name).collect()
}

const OVERDUE: Duration = Duration::from_mins(15);

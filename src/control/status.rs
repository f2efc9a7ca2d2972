//! The running daemon's status, as the control socket returns it.

use crate::clock;
use crate::config::VersionInfo;
use crate::domain::{Language, Timestamp};
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
        }
    }
}

const OVERDUE: Duration = Duration::from_mins(15);

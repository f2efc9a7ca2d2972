//! What the running daemon tells of itself to somebody who may give it orders.

use crate::clock;
use crate::config::VersionInfo;
use crate::domain::Timestamp;
use crate::drive::updates::Known;
use crate::ops::identity::Identity;
use crate::providers::release_feed::Release;
use crate::store::{Store, boot_id};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// What a daemon knows of itself from its start on.
#[derive(Clone, Serialize, Deserialize)]
pub struct About {
    /// Its release, as `0.1.0`.
    pub release: String,
    /// What was built into it.
    pub build: VersionInfo,
    /// Its process.
    pub pid: u32,
    /// Since when it runs.
    pub started_at: Timestamp,
    /// Where it listens without TLS.
    pub doors: Vec<SocketAddr>,
    /// What it proves with that an address leads to it.
    pub identity: Identity,
}

/// What a daemon tells of itself.
#[derive(Clone, Serialize, Deserialize)]
pub struct Status {
    /// From its start on.
    #[serde(flatten)]
    pub about: About,
    /// Its store: `publish` and `integrity`, as `/readyz` sums them up, with their reasons.
    pub store: Value,
    /// A release that is newer than the running one, if the feed has named one.
    pub newer_release: Option<Release>,
    /// Messages that have waited for long to go out.
    pub overdue_messages: u64,
}

impl About {
    pub(super) async fn status(&self, store: &Store) -> Status {
        let health = store.health();
        let long_ago = clock::now().minus(OVERDUE);
        let overdue = store.read(move |tx| tx.count_messages_waiting_since(long_ago)).await;
        let known = store.read(Known::read).await.unwrap_or_default();
        Status {
            newer_release: known.newer().cloned(),
            about: self.clone(),
            store: json!({"publish": health.publish, "integrity": health.integrity, "boot_known": !boot_id().is_empty()}),
            overdue_messages: overdue.unwrap_or_default(),
        }
    }
}

/// How long a message may take to go out.
const OVERDUE: Duration = Duration::from_mins(15);

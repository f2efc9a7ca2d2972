//! Requests to reload the settings; the requester gets the outcome.

use serde::{Deserialize, Serialize};
use std::fmt;
use tokio::sync::{mpsc, oneshot};

/// The outcome of a reload.
pub type ReloadOutcome = Result<Reloaded, ReloadRejected>;

/// The new settings are active.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// What changed: keys of settings, and parts that reread their files.
    pub changed: Vec<String>,
    /// Keys of settings that take effect only after a restart.
    pub needs_restart: Vec<String>,
    /// Likely mistakes in the settings, as sentences.
    pub warnings: Vec<String>,
}

/// The settings are invalid; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadRejected {
    /// What is wrong and where; never empty.
    pub reasons: Vec<String>,
}

impl ReloadRejected {
    /// A rejection with a single reason.
    pub fn because(reason: impl fmt::Display) -> Self {
        Self { reasons: vec![reason.to_string()] }
    }
}

impl fmt::Display for ReloadRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reasons.join("\n"))
    }
}

/// Requests a reload; clones ask the same daemon.
#[derive(Clone, Debug)]
pub struct ReloadHandle {
    requests: mpsc::Sender<oneshot::Sender<ReloadOutcome>>,
}

/// The receiver of the requests.
#[derive(Debug)]
pub struct ReloadRequests {
    requests: mpsc::Receiver<oneshot::Sender<ReloadOutcome>>,
}

/// Creates the handle and its receiver.
pub fn channel() -> (ReloadHandle, ReloadRequests) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (ReloadHandle { requests: sender }, ReloadRequests { requests: receiver })
}

impl ReloadHandle {
    /// Requests a reload, and waits for its outcome.
    pub async fn request(&self) -> ReloadOutcome {
        let (answer, outcome) = oneshot::channel();
        if self.requests.send(answer).await.is_err() {
            return Err(ReloadRejected::because(STOPPING));
        }
        outcome.await.unwrap_or_else(|_| Err(ReloadRejected::because(STOPPING)))
    }

    /// Requests a reload without waiting; false if so many requests are queued that one more changes nothing.
    pub fn try_request(&self) -> bool {
        self.requests.try_send(oneshot::channel().0).is_ok()
    }
}

impl ReloadRequests {
    /// The next request; none once all senders are gone.
    pub async fn next(&mut self) -> Option<oneshot::Sender<ReloadOutcome>> {
        self.requests.recv().await
    }
}

const WAITING: usize = 16;
const STOPPING: &str = "the daemon is stopping";

//! Requests to reload the settings; the requester gets the outcome.

use serde::{Deserialize, Serialize};
use std::fmt;
use tokio::sync::{mpsc, oneshot};

/// The outcome of a reload.
pub type Outcome = Result<Reloaded, Refused>;

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
pub struct Refused {
    /// What is wrong and where; never empty.
    pub reasons: Vec<String>,
}

impl Refused {
    /// A rejection with a single reason.
    pub fn because(reason: impl fmt::Display) -> Self {
        Self { reasons: vec![reason.to_string()] }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reasons.join("\n"))
    }
}

/// Requests a reload; clones ask the same daemon.
#[derive(Clone, Debug)]
pub struct Reloads {
    orders: mpsc::Sender<oneshot::Sender<Outcome>>,
}

/// The receiver of the requests.
#[derive(Debug)]
pub struct Orders {
    orders: mpsc::Receiver<oneshot::Sender<Outcome>>,
}

/// Creates both ends.
pub fn channel() -> (Reloads, Orders) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Reloads { orders: sender }, Orders { orders: receiver })
}

impl Reloads {
    /// Requests a reload, and waits for its outcome.
    pub async fn ask(&self) -> Outcome {
        let (answer, outcome) = oneshot::channel();
        if self.orders.send(answer).await.is_err() {
            return Err(Refused::because(STOPPING));
        }
        outcome.await.unwrap_or_else(|_| Err(Refused::because(STOPPING)))
    }

    /// Requests a reload without waiting; false if so many requests are queued that one more changes nothing.
    pub fn ask_soon(&self) -> bool {
        self.orders.try_send(oneshot::channel().0).is_ok()
    }
}

impl Orders {
    /// The next request; none once all senders are gone.
    pub async fn next(&mut self) -> Option<oneshot::Sender<Outcome>> {
        self.orders.recv().await
    }
}

const WAITING: usize = 16;
const STOPPING: &str = "the daemon is stopping";

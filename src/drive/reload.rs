//! Asking the daemon to read its settings again: whoever asks hears what came of it.

use serde::{Deserialize, Serialize};
use std::fmt;
use tokio::sync::{mpsc, oneshot};

/// What came of it.
pub type Outcome = Result<Reloaded, Refused>;

/// Other settings are in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// What holds from now on: keys of settings, and parts that read their files again.
    pub changed: Vec<String>,
    /// What holds after a restart, by its key.
    pub needs_restart: Vec<String>,
    /// What is probably not meant so, as sentences.
    pub warnings: Vec<String>,
}

/// Nothing has changed, because something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What is wrong and where; never empty.
    pub reasons: Vec<String>,
}

impl Refused {
    /// For this reason alone.
    pub fn because(reason: impl fmt::Display) -> Self {
        Self { reasons: vec![reason.to_string()] }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reasons.join("\n"))
    }
}

/// Asks for it; clones ask the same daemon.
#[derive(Clone, Debug)]
pub struct Reloads {
    orders: mpsc::Sender<oneshot::Sender<Outcome>>,
}

/// Where the orders arrive, for the one who carries them out.
#[derive(Debug)]
pub struct Orders {
    orders: mpsc::Receiver<oneshot::Sender<Outcome>>,
}

/// Both ends.
pub fn channel() -> (Reloads, Orders) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Reloads { orders: sender }, Orders { orders: receiver })
}

impl Reloads {
    /// Asks, and waits for what comes of it.
    pub async fn ask(&self) -> Outcome {
        let (answer, outcome) = oneshot::channel();
        if self.orders.send(answer).await.is_err() {
            return Err(Refused::because(STOPPING));
        }
        outcome.await.unwrap_or_else(|_| Err(Refused::because(STOPPING)))
    }

    /// Asks and does not wait; false if so many wait already that one more changes nothing.
    pub fn ask_soon(&self) -> bool {
        self.orders.try_send(oneshot::channel().0).is_ok()
    }
}

impl Orders {
    /// The next one; none when nobody is left who could ask.
    pub async fn next(&mut self) -> Option<oneshot::Sender<Outcome>> {
        self.orders.recv().await
    }
}

const WAITING: usize = 16;
const STOPPING: &str = "the daemon is stopping";

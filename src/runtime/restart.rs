//! A restart that an owner requests: the daemon ends as after SIGTERM, and its supervisor starts it again.

use super::calls::Calls;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Requests a restart; clones ask the same daemon.
#[derive(Clone, Debug, Default)]
pub struct RestartHandle {
    /// Cancelled when the daemon must end.
    requested: CancellationToken,
    /// Cancels the restart that waits for the end of the calls.
    waiting: Arc<Mutex<Option<CancellationToken>>>,
}

impl RestartHandle {
    /// Ends the daemon.
    pub fn now(&self) {
        tracing::info!(
            event = "RESTART_REQUESTED",
            "Restart requested: the daemon ends, and its supervisor starts it again"
        );
        self.requested.cancel();
    }

    /// Ends the daemon when no call is active. A second request changes nothing.
    pub fn after_calls(&self, calls: &Calls) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_some() {
            return;
        }
        let cancelled = CancellationToken::new();
        *waiting = Some(cancelled.clone());
        drop(waiting);
        tracing::info!(
            event = "RESTART_WAITS",
            calls = calls.count(),
            "Restart requested: waiting for {} active calls to end",
            calls.count()
        );
        let (this, calls) = (self.clone(), calls.clone());
        tokio::spawn(async move {
            if cancelled.run_until_cancelled(calls.wait_until_idle()).await.is_some() {
                this.now();
            }
        });
    }

    /// Cancels a restart that waits for calls.
    pub fn cancel(&self) {
        if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waiting.cancel();
        }
    }

    /// Whether a restart waits for the end of the calls.
    pub fn is_waiting(&self) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Waits for a request to end the daemon.
    pub async fn requested(&self) {
        self.requested.cancelled().await;
    }
}

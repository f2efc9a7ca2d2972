//! A restart that an owner requests: the daemon exits as after SIGTERM, and its supervisor starts it again.

use super::calls::Calls;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Clones control the same daemon.
#[derive(Clone, Debug, Default)]
pub struct RestartHandle {
    requested: CancellationToken,
    /// Cancels a restart that waits for active calls to end; `None` if no restart waits.
    waiting: Arc<Mutex<Option<CancellationToken>>>,
}

impl RestartHandle {
    pub fn now(&self) {
        tracing::info!(
            event = "RESTART_REQUESTED",
            "Restart requested: the daemon stops, and the service manager starts it again"
        );
        self.requested.cancel();
    }

    /// Has no effect while such a request waits already.
    pub fn after_calls(&self, calls: &Calls) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_some() {
            return;
        }
        let cancelled = CancellationToken::new();
        *waiting = Some(cancelled.clone());
        drop(waiting);
        tracing::info!(
            event = "RESTART_DELAYED",
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

    pub fn cancel(&self) {
        if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waiting.cancel();
        }
    }

    pub fn is_waiting(&self) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub async fn requested(&self) {
        self.requested.cancelled().await;
    }
}

//! The timer of a call's task.

use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::time::{Sleep, sleep};

/// A timer that is re-armed only when the deadline moves to an earlier time. Therefore a deadline that moves later with
/// every frame does not re-arm the timer each time.
pub(super) struct DeadlineTimer {
    sleep: Pin<Box<Sleep>>,
    at: Option<Instant>,
}

impl DeadlineTimer {
    pub(super) fn new() -> Self {
        Self { sleep: Box::pin(sleep(Duration::ZERO)), at: None }
    }

    /// Completes at the deadline, and clears it. Never completes while no deadline is set.
    pub(super) async fn expired(&mut self) {
        if self.at.is_none() {
            return std::future::pending().await;
        }
        self.sleep.as_mut().await;
        self.at = None;
    }

    /// Sets the deadline; `None` changes nothing. A later deadline is not armed until the earlier one has passed.
    pub(super) fn set(&mut self, at: Option<Instant>) {
        let Some(at) = at else { return };
        if self.at.is_none_or(|armed| at < armed) {
            self.sleep.as_mut().reset(at.into());
            self.at = Some(at);
        }
    }
}

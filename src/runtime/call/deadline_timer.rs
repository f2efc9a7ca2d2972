//! The timer of a call's task.

use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::time::{Sleep, sleep};

/// A timer that is reset only when the deadline moves to an earlier time, so a deadline that moves later with every
/// frame costs nothing.
pub(super) struct DeadlineTimer {
    sleep: Pin<Box<Sleep>>,
    at: Option<Instant>,
}

impl DeadlineTimer {
    /// A timer without a deadline.
    pub(super) fn new() -> Self {
        Self { sleep: Box::pin(sleep(Duration::ZERO)), at: None }
    }

    /// Completes at the deadline, which is then cleared; never without a deadline.
    pub(super) async fn expired(&mut self) {
        if self.at.is_none() {
            return std::future::pending().await;
        }
        self.sleep.as_mut().await;
        self.at = None;
    }

    /// Moves the deadline; a later one takes effect when the earlier one has passed.
    pub(super) fn set(&mut self, at: Option<Instant>) {
        let Some(at) = at else { return };
        if self.at.is_none_or(|armed| at < armed) {
            self.sleep.as_mut().reset(at.into());
            self.at = Some(at);
        }
    }
}

//! The progress of one requested comparison of the whole published file with the live database.

use super::state::CheckedCopy;
use crate::clock;
use std::time::Instant;
use tokio::sync::oneshot;

/// A requested check whose result has not been sent yet.
#[derive(Debug)]
pub(super) struct RunningCheck {
    pub next: u32,
    /// The time before which no further step runs, so that the check uses the disk for at most half of the time.
    pub next_at: Instant,
    differing: u32,
    first: u32,
    pub reply: oneshot::Sender<CheckedCopy>,
}

impl RunningCheck {
    pub(super) fn new(reply: oneshot::Sender<CheckedCopy>) -> Self {
        Self { next: 1, next_at: clock::instant(), differing: 0, first: 0, reply }
    }

    pub(super) fn add(&mut self, differing: &[u32]) {
        if self.differing == 0 {
            self.first = differing.first().copied().unwrap_or_default();
        }
        self.differing += u32::try_from(differing.len()).unwrap_or(u32::MAX);
    }

    pub(super) fn result(&self, has_expected_length: bool) -> CheckedCopy {
        if self.differing == 0 && has_expected_length {
            CheckedCopy::Equal
        } else {
            CheckedCopy::Differs { pages: self.differing, first: self.first }
        }
    }
}

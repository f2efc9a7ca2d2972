//! The writer's interface to publishing: a guard around each commit, which passes the commit and its callers to the
//! queue.

use super::queue::Queue;
use crate::acknowledge::Callers;
use crate::clock;
use crate::wal::WalReader;
use std::sync::{Arc, MutexGuard};

/// Receives the writer's commits.
pub struct CommitSink {
    queue: Arc<Queue>,
}

/// A guard that the writer holds while it commits and passes the commit to the publisher.
pub struct CommitGuard<'q> {
    queue: &'q Queue,
    log: MutexGuard<'q, WalReader>,
}

impl CommitSink {
    pub(super) fn new(queue: Arc<Queue>) -> Self {
        Self { queue }
    }

    /// Returns the guard for a commit. Must be called before the commit.
    pub fn begin_commit(&self) -> CommitGuard<'_> {
        CommitGuard { queue: &self.queue, log: self.queue.log() }
    }

    /// Returns the number of frames in the write-ahead log after the last recorded commit.
    pub fn frames(&self) -> u32 {
        self.queue.log().at().position.frame
    }
}

impl CommitGuard<'_> {
    /// Passes a new commit and its callers to the publisher, which acknowledges the commit to them once it is
    /// published. Returns the callers that need not wait.
    pub fn committed(mut self, callers: Callers) -> Callers {
        self.queue.committed(&mut self.log, callers, clock::instant())
    }
}

//! The writer's interface to publishing.

use super::queue::Queue;
use crate::acknowledge::Callers;
use crate::clock;
use crate::wal::WalReader;
use std::sync::{Arc, MutexGuard};

/// Receives the writer's commits.
pub struct CommitSink {
    queue: Arc<Queue>,
}

/// Held while a commit is made and handed over.
pub struct CommitGuard<'q> {
    queue: &'q Queue,
    log: MutexGuard<'q, WalReader>,
}

impl CommitSink {
    pub(super) fn new(queue: Arc<Queue>) -> Self {
        Self { queue }
    }

    /// Must be called before a commit.
    pub fn begin_commit(&self) -> CommitGuard<'_> {
        CommitGuard { queue: &self.queue, log: self.queue.log() }
    }

    /// Number of frames in the write-ahead log.
    pub fn frames(&self) -> u32 {
        self.queue.log().at().position.frame
    }
}

impl CommitGuard<'_> {
    /// Hands over a commit that has just been made, and its callers, who are answered when it is published. Returns the
    /// callers that are answered at once.
    pub fn committed(mut self, callers: Callers) -> Callers {
        self.queue.committed(&mut self.log, callers, clock::instant())
    }
}

//! The writer's side of publishing.

use super::queue::Queue;
use super::wal::WalReader;
use crate::clock;
use crate::store::pending::Group;
use std::sync::{Arc, MutexGuard};

/// What the writer hands its commits to.
pub(in crate::store) struct Feed {
    queue: Arc<Queue>,
    wal: WalReader,
}

/// Held while a commit is made and handed over.
pub(in crate::store) struct CommitTurn<'q> {
    _gate: MutexGuard<'q, ()>,
}

impl Feed {
    pub(super) fn new(queue: Arc<Queue>, wal: WalReader) -> Self {
        Self { queue, wal }
    }

    /// To be held from before a commit until it has been handed over.
    pub(in crate::store) fn turn(queue: &Queue) -> CommitTurn<'_> {
        CommitTurn { _gate: queue.gate() }
    }

    /// The queue, for [`Feed::turn`].
    pub(in crate::store) fn queue(&self) -> Arc<Queue> {
        self.queue.clone()
    }

    /// Takes over a commit that has just been made, and its callers, who are answered when it is published. Returns those
    /// who are to be answered at once.
    pub(in crate::store) fn committed(&mut self, group: Group) -> Group {
        let delta = self.wal.read(self.queue.buffer());
        self.queue.committed(delta, group, clock::instant())
    }

    /// Frames in the write-ahead log.
    pub(in crate::store) fn frames(&self) -> u32 {
        self.wal.at().position.frame
    }
}

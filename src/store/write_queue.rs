//! The writer's queue, with one FIFO lane for each priority.

use super::write_request::{WriteBatch, WriteRequest};
use crate::clock;
use sqlite_mirror::{AckAfter, CommitError};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The writer serves higher priorities first. To prevent starvation, a write that has waited for `MAX_WAIT` is served
/// regardless of its priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Webhooks, phone calls and requests of users.
    #[default]
    Live,
    /// Jobs, such as storing fetched files.
    Job,
    /// Housekeeping and backfills after a migration.
    Backfill,
}

pub(in crate::store) struct WriteQueue {
    // Locked for a push or a pop, never during a write.
    lanes: Mutex<Lanes>,
    changed: Condvar,
}

#[derive(Default)]
struct Lanes {
    waiting: [VecDeque<(Instant, Box<dyn WriteRequest>)>; 3],
    closed: bool,
}

impl WriteQueue {
    pub(in crate::store) fn new() -> Self {
        Self { lanes: Mutex::default(), changed: Condvar::new() }
    }

    /// Fails if the queue is full or closed.
    pub(in crate::store) fn push(&self, priority: Priority, write: Box<dyn WriteRequest>) -> Result<(), Rejected> {
        let mut lanes = self.lock();
        if lanes.closed {
            return Err(Rejected::Closed);
        }
        if lanes.len() >= MAX_QUEUED {
            return Err(Rejected::Full);
        }
        lanes.waiting[priority as usize].push_back((clock::instant(), write));
        drop(lanes);
        self.changed.notify_one();
        Ok(())
    }

    pub(in crate::store) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Rejects further writes. [`Self::next_batch`] still returns the queued writes.
    pub(in crate::store) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Rejects further writes and drops the queued ones, whose callers receive an error.
    pub(in crate::store) fn abandon(&self) {
        let dropped = {
            let mut lanes = self.lock();
            lanes.closed = true;
            std::mem::take(&mut lanes.waiting)
        };
        for (_, write) in dropped.into_iter().flatten() {
            write.complete(&Err(CommitError::Closed));
        }
        self.changed.notify_one();
    }

    /// Waits for writes, and returns up to `max` writes of one lane; `None` when the queue is closed and empty.
    ///
    /// If no caller waits for any of these writes, waits up to [`BATCH_DELAY`] for more: phone calls store their
    /// transcripts in small writes, and a commit of many writes costs as much as a commit of one.
    pub(in crate::store) fn next_batch(&self, max: usize) -> Option<WriteBatch> {
        let mut lanes = self.lock();
        let lane = loop {
            match lanes.pick(clock::instant()) {
                Some(lane) => break lane,
                None if lanes.closed => return None,
                None => lanes = self.changed.wait(lanes).unwrap_or_else(PoisonError::into_inner),
            }
        };
        let mut batch = WriteBatch::with_capacity(8);
        let until = clock::instant() + BATCH_DELAY;
        loop {
            while batch.len() < max
                && let Some((_, write)) = lanes.waiting[lane].pop_front()
            {
                batch.push(write);
            }
            let caller_waits = batch.iter().any(|write| write.ack_after() != AckAfter::Never);
            let higher_waits = lanes.waiting[..lane].iter().any(|lane| !lane.is_empty());
            let left = until.saturating_duration_since(clock::instant());
            if batch.len() >= max || caller_waits || higher_waits || lanes.closed || left.is_zero() {
                return Some(batch);
            }
            lanes = self.changed.wait_timeout(lanes, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    fn len(&self) -> usize {
        self.waiting.iter().map(VecDeque::len).sum()
    }

    /// The lane with the lowest priority whose first write has waited too long, otherwise the lane with the highest
    /// priority that has a write.
    fn pick(&self, now: Instant) -> Option<usize> {
        let late = |lane: &VecDeque<(Instant, Box<dyn WriteRequest>)>| {
            lane.front().is_some_and(|(since, _)| now.saturating_duration_since(*since) >= MAX_WAIT)
        };
        let lowest_late = self.waiting.iter().rposition(late);
        lowest_late.or_else(|| self.waiting.iter().position(|lane| !lane.is_empty()))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Rejected {
    /// Too many writes are queued, because the disk is too slow.
    Full,
    /// The store is being closed.
    Closed,
}

/// How long a write may be delayed for batching, if no caller waits for it.
const BATCH_DELAY: Duration = Duration::from_millis(20);

/// A write that has waited this long is served regardless of its priority.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// At this length, the queue rejects further writes.
const MAX_QUEUED: usize = 16_384;

#[cfg(test)]
mod tests;

//! The queue in front of the writer: one lane for each priority, first in first out within a lane.

use super::pending::{Group, Pending, Told};
use crate::clock;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a write is for. The writer takes those of a higher priority first; none waits longer than a second for its turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Webhooks, calls and people at the page.
    #[default]
    Live,
    /// Jobs: fetched files, status updates, checks.
    Job,
    /// Housekeeping and data that is brought up to date after a migration.
    Backfill,
}

/// Writes that wait for the writer.
pub(in crate::store) struct WriteQueue {
    // Held for a push or a pop, never across a write.
    lanes: Mutex<Lanes>,
    changed: Condvar,
}

#[derive(Default)]
struct Lanes {
    waiting: [VecDeque<(Instant, Box<dyn Pending>)>; 3],
    closed: bool,
}

impl WriteQueue {
    pub(in crate::store) fn new() -> Self {
        Self { lanes: Mutex::default(), changed: Condvar::new() }
    }

    /// Adds a write, unless too many wait or the queue has been closed.
    pub(in crate::store) fn push(&self, priority: Priority, write: Box<dyn Pending>) -> Result<(), Refused> {
        let mut lanes = self.lock();
        if lanes.closed {
            return Err(Refused::Closed);
        }
        if lanes.len() >= MAX_WAITING {
            return Err(Refused::Full);
        }
        lanes.waiting[priority as usize].push_back((clock::instant(), write));
        drop(lanes);
        self.changed.notify_one();
        Ok(())
    }

    /// How many writes wait.
    pub(in crate::store) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Takes no more writes; those that wait are still handed out.
    pub(in crate::store) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Takes no more writes, and drops those that wait: their callers get an error.
    pub(in crate::store) fn abandon(&self) {
        let dropped = {
            let mut lanes = self.lock();
            lanes.closed = true;
            std::mem::take(&mut lanes.waiting)
        };
        drop(dropped);
        self.changed.notify_one();
    }

    /// Waits for writes and takes those of one lane, up to `most`; None once the queue is closed and empty.
    ///
    /// Where no caller waits for any of them, more may join for a moment: calls write down what is said, each a little and
    /// often, and a commit costs the same for one as for all.
    pub(in crate::store) fn next_group(&self, most: usize) -> Option<Group> {
        let mut lanes = self.lock();
        let lane = loop {
            match lanes.pick(clock::instant()) {
                Some(lane) => break lane,
                None if lanes.closed => return None,
                None => lanes = self.changed.wait(lanes).unwrap_or_else(PoisonError::into_inner),
            }
        };
        let mut group = Group::with_capacity(8);
        let until = clock::instant() + LINGER;
        loop {
            while group.len() < most
                && let Some((_, write)) = lanes.waiting[lane].pop_front()
            {
                group.push(write);
            }
            let caller_waits = group.iter().any(|write| write.told() != Told::Never);
            let higher_waits = lanes.waiting[..lane].iter().any(|lane| !lane.is_empty());
            let left = until.saturating_duration_since(clock::instant());
            if group.len() >= most || caller_waits || higher_waits || lanes.closed || left.is_zero() {
                return Some(group);
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

    /// The lane whose turn it is: one whose first write has waited too long, else the highest that has any.
    fn pick(&self, now: Instant) -> Option<usize> {
        let late = |lane: &VecDeque<(Instant, Box<dyn Pending>)>| {
            lane.front().is_some_and(|(since, _)| now.saturating_duration_since(*since) >= MAX_WAIT)
        };
        let lowest_late = self.waiting.iter().rposition(late);
        lowest_late.or_else(|| self.waiting.iter().position(|lane| !lane.is_empty()))
    }
}

/// Why a write was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Refused {
    /// The disk does not keep up.
    Full,
    /// The store is being closed.
    Closed,
}

/// How long a write for which no caller waits may wait for others.
const LINGER: Duration = Duration::from_millis(20);

/// After this long a write has its turn whatever its priority.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// More writes than this are refused.
const MAX_WAITING: usize = 16_384;

#[cfg(test)]
mod tests;

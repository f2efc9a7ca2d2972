//! Lets long reads run one at a time, so that they leave the CPU to short reads and calls. A read pauses after each
//! slice if another one waits, so a quick search does not wait for the end of heavy ones.

use crate::clock;
use crate::store::{Error, Result};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

#[derive(Clone)]
pub(super) struct Turns {
    queue: Arc<Mutex<Queue>>,
    slice: Duration,
}

#[derive(Default)]
struct Queue {
    is_taken: bool,
    is_closed: bool,
    /// New and paused reads, in the order of their next turns.
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    is_paused: bool,
    /// True if the future of the read was dropped.
    cancelled: Arc<AtomicBool>,
    /// Dropped if the read must end instead.
    turn: oneshot::Sender<Turn>,
}

/// The right to run. Dropping it passes it on, also if the read that received it has ended meanwhile.
pub(in crate::store) struct Turn {
    turns: Turns,
    ends: Instant,
}

impl Turns {
    pub(super) fn new(slice: Duration) -> Self {
        Self { queue: Arc::default(), slice }
    }

    /// Waits for the first turn of a read.
    pub(super) async fn first(&self, cancelled: Arc<AtomicBool>) -> Result<Turn> {
        let receiver = {
            let mut queue = self.lock();
            if queue.is_closed {
                return Err(Error::Closed);
            }
            if !queue.is_taken {
                queue.is_taken = true;
                drop(queue);
                return Ok(self.turn());
            }
            let (turn, receiver) = oneshot::channel();
            queue.waiting.push_back(Waiting { is_paused: false, cancelled, turn });
            receiver
        };
        receiver.await.map(Turn::started).map_err(|_| Error::Closed)
    }

    /// Removes the reads whose callers have gone from the queue. Those that are paused end.
    pub(super) fn remove_cancelled(&self) {
        let mut queue = self.lock();
        let all = std::mem::take(&mut queue.waiting).into_iter();
        let (gone, wanted): (VecDeque<_>, VecDeque<_>) =
            all.partition(|waiting| waiting.cancelled.load(Ordering::Relaxed));
        queue.waiting = wanted;
        drop(queue);
        drop(gone);
    }

    /// All waiting reads end.
    pub(super) fn close(&self) {
        let mut queue = self.lock();
        queue.is_closed = true;
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        drop(waiting);
    }

    fn turn(&self) -> Turn {
        Turn { turns: self.clone(), ends: clock::instant() + self.slice }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// The index of the read that runs next.
    fn next(&self) -> Option<usize> {
        let paused = self.waiting.iter().filter(|waiting| waiting.is_paused).count();
        let may_begin = paused < MAX_BEGUN;
        self.waiting.iter().position(|waiting| waiting.is_paused || may_begin)
    }
}

impl Turn {
    /// The slice begins when the read continues, which may be later than when the turn was passed to it.
    fn started(mut self) -> Self {
        self.ends = clock::instant() + self.turns.slice;
        self
    }

    /// Whether the slice is over and another read waits.
    pub(in crate::store) fn is_over(&self, now: Instant) -> bool {
        now >= self.ends && !self.turns.lock().waiting.is_empty()
    }

    /// Passes the turn on, and blocks the thread until the next turn. `None` if the read must end, because its caller
    /// has gone or the store closes.
    pub(in crate::store) fn pause(self, cancelled: &Arc<AtomicBool>) -> Option<Self> {
        let receiver = {
            let mut queue = self.turns.lock();
            // A caller that goes later removes the read from the queue.
            if queue.is_closed || cancelled.load(Ordering::Relaxed) {
                return None;
            }
            let (turn, receiver) = oneshot::channel();
            queue.waiting.push_back(Waiting { is_paused: true, cancelled: cancelled.clone(), turn });
            receiver
        };
        drop(self);
        receiver.blocking_recv().ok().map(Self::started)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.turns.lock();
            let next = queue.next().and_then(|next| queue.waiting.remove(next));
            queue.is_taken = next.is_some();
            next
        };
        if let Some(waiting) = next {
            // If the read has ended, its turn is returned, and dropping it passes it on.
            let _ = waiting.turn.send(self.turns.turn());
        }
    }
}

/// Each read that has begun keeps a thread, a connection and a snapshot, which prevents the write-ahead log from being
/// emptied.
const MAX_BEGUN: usize = 8;

#[cfg(test)]
mod tests;

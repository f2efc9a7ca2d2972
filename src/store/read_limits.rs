//! The conditions that end a read early, or pause it.

use super::readers::Turn;
use crate::clock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

pub(in crate::store) struct Limits {
    /// True if the future of the read was dropped.
    cancelled: Arc<AtomicBool>,
    /// True if the pool was closed.
    closed: Arc<AtomicBool>,
    time: Mutex<Time>,
}

struct Time {
    /// Pauses extend it.
    deadline: Instant,
    /// `None` if the read runs beside others.
    turn: Option<Turn>,
}

impl Limits {
    pub(in crate::store) fn new(
        cancelled: Arc<AtomicBool>,
        closed: Arc<AtomicBool>,
        deadline: Instant,
        turn: Option<Turn>,
    ) -> Self {
        Self { cancelled, closed, time: Mutex::new(Time { deadline, turn }) }
    }

    /// If the turn of the read is over, blocks the thread until its next turn.
    pub(in crate::store) fn are_reached(&self) -> bool {
        if self.cancelled.load(Ordering::Relaxed) || self.closed.load(Ordering::Relaxed) {
            return true;
        }
        // Only the thread of the read locks it.
        let mut time = self.time.lock().unwrap_or_else(PoisonError::into_inner);
        if time.turn.is_some() {
            // Lets the scheduler choose a thread that waits for this core now, instead of after a slice of some 3 ms.
            // The time of the others counts towards the deadline.
            std::thread::yield_now();
        }
        let now = clock::instant();
        if now >= time.deadline {
            return true;
        }
        let Some(turn) = time.turn.take_if(|turn| turn.is_over(now)) else { return false };
        let Some(turn) = turn.pause(&self.cancelled) else { return true };
        time.turn = Some(turn);
        time.deadline += clock::instant().saturating_duration_since(now);
        false
    }

    /// Whether the deadline has passed, and nothing else ended the read before.
    pub(in crate::store) fn is_late(&self) -> bool {
        !self.closed.load(Ordering::Relaxed) && clock::instant() >= self.deadline()
    }

    pub(in crate::store) fn deadline(&self) -> Instant {
        self.time.lock().unwrap_or_else(PoisonError::into_inner).deadline
    }
}

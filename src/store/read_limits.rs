//! The conditions that end a read early.

use crate::clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

#[derive(Clone)]
pub(in crate::store) struct Limits {
    /// True if the future of the read was dropped.
    pub cancelled: Arc<AtomicBool>,
    /// True if the pool was closed.
    pub closed: Arc<AtomicBool>,
    pub deadline: Instant,
}

impl Limits {
    pub(in crate::store) fn are_reached(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
            || self.closed.load(Ordering::Relaxed)
            || clock::instant() >= self.deadline
    }
}

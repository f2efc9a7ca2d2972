//! The published file is behind, and callers are answered all the same. Before the first of them is, the state file says so: else
//! a folder that is copied then would go on without their writes.

use super::queue::{Late, Queue};
use crate::store::run_state::{FOREVER, RunState};
use crate::store::stamp::Stamp;
use std::time::{Duration, Instant};

/// From here on nobody waits for the copy.
pub(super) fn loosen(queue: &Queue, state: &RunState, reason: &str, kind: Late, now: Instant) {
    queue.loosen(reason, kind, now);
    note(queue, state);
    queue.answer_loosened();
}

/// Answers all, if one of them has waited too long. True if so.
pub(super) fn answer_overdue(queue: &Queue, state: &RunState, limit: Duration, now: Instant) -> bool {
    let is_overdue = queue.loosen_if_overdue(limit, now);
    if is_overdue {
        note(queue, state);
        queue.answer_loosened();
    }
    is_overdue
}

/// Notes that the published file, which has this stamp, has all that was acknowledged, if it was behind.
pub(super) fn note_caught_up(queue: &Queue, state: &RunState, published: Stamp) {
    warn_unwritten(state.change(|record| {
        if record.late_until == Some(FOREVER) && queue.standing().is_current() {
            record.late_until = Some(published.modified);
        }
    }));
}

/// The queue is asked while nobody else can change the state: what comes last is right.
fn note(queue: &Queue, state: &RunState) {
    warn_unwritten(state.change(|record| {
        if queue.standing().is_behind() {
            record.late_until = Some(FOREVER);
        }
    }));
}

/// Says so, if the state file could not be written.
pub(super) fn warn_unwritten(outcome: std::io::Result<()>) {
    if let Err(error) = outcome {
        tracing::error!(event = "STORE_STATE_UNWRITTEN", %error, "Cannot note the state of the published file");
    }
}

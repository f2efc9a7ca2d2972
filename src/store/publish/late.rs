//! Handles a published file that is behind, while callers are answered all the same. The state file records this before
//! the first of them is answered: otherwise a folder copied at that time would be used without their writes.

use super::queue::{Late, Queue};
use crate::store::run_state::{FOREVER, RunState};
use crate::store::stamp::Stamp;
use std::time::{Duration, Instant};

/// Lets callers be answered without waiting for the copy from here on.
pub(super) fn loosen(queue: &Queue, state: &RunState, reason: &str, kind: Late, now: Instant) {
    queue.loosen(reason, kind, now);
    note(queue, state);
    queue.answer_loosened();
}

/// Answers all callers, if one of them has waited too long. Returns true if so.
pub(super) fn answer_overdue(queue: &Queue, state: &RunState, limit: Duration, now: Instant) -> bool {
    let is_overdue = queue.loosen_if_overdue(limit, now);
    if is_overdue {
        note(queue, state);
        queue.answer_loosened();
    }
    is_overdue
}

/// Records that the published file, which has this stamp, has everything that was acknowledged, if it was behind.
pub(super) fn note_caught_up(queue: &Queue, state: &RunState, published: Stamp) {
    warn_unwritten(state.change(|record| {
        if record.late_until == Some(FOREVER) && queue.standing().is_current() {
            record.late_until = Some(published.modified);
        }
    }));
}

/// The queue is read while the record is locked, so the last record is correct.
fn note(queue: &Queue, state: &RunState) {
    warn_unwritten(state.change(|record| {
        if queue.standing().is_behind() {
            record.late_until = Some(FOREVER);
        }
    }));
}

/// Logs a failure to write the state file.
pub(super) fn warn_unwritten(outcome: std::io::Result<()>) {
    if let Err(error) = outcome {
        tracing::error!(event = "STORE_STATE_UNWRITTEN", %error, "Cannot record the state of the published file in the state file");
    }
}

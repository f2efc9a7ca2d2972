//! Handles a published file that is behind, while callers are answered nevertheless. The state file records this before
//! the first of them is answered: otherwise a folder copied at that time would be used without their writes.

use super::queue::{Late, Queue};
use crate::store::file_stamp::FileStamp;
use crate::store::run_state::{FOREVER, RunState};
use std::time::{Duration, Instant};

/// Lets callers be answered without waiting for the copy from here on.
pub(super) fn start_bypass(queue: &Queue, state: &RunState, reason: &str, kind: Late, now: Instant) {
    queue.start_bypass(reason, kind, now);
    record_late(queue, state);
    queue.release_callers();
}

/// Answers all callers, if one of them has waited too long. Returns true if so.
pub(super) fn answer_overdue(queue: &Queue, state: &RunState, limit: Duration, now: Instant) -> bool {
    let is_overdue = queue.start_bypass_if_overdue(limit, now);
    if is_overdue {
        record_late(queue, state);
        queue.release_callers();
    }
    is_overdue
}

/// Records that the published file, which has this stamp, has everything that was acknowledged, if it was behind.
pub(super) fn record_caught_up(queue: &Queue, state: &RunState, published: FileStamp) {
    log_write_error(state.change(|record| {
        if record.late_until == Some(FOREVER) && queue.status().is_current() {
            record.late_until = Some(published.modified);
        }
    }));
}

/// The queue is read while the record is locked, so the last record is correct.
fn record_late(queue: &Queue, state: &RunState) {
    log_write_error(state.change(|record| {
        if queue.status().is_behind() {
            record.late_until = Some(FOREVER);
        }
    }));
}

/// Logs a failure to write the state file.
pub(super) fn log_write_error(outcome: std::io::Result<()>) {
    if let Err(error) = outcome {
        tracing::error!(event = "STORE_STATE_UNWRITTEN", %error, "Cannot record the state of the published file in the state file");
    }
}

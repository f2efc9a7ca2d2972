//! Handles a published file that is behind, while callers are answered nevertheless. The state file records this before
//! the first of them is answered: otherwise a folder copied at that time would be used without their writes.

use super::queue::Queue;
use super::state::Late;
use crate::event::{Event, Observer};
use crate::file_stamp::FileStamp;
use crate::run_state::{FOREVER, RunState};
use std::time::{Duration, Instant};

/// Lets callers be answered without waiting for the copy from here on.
pub(super) fn start_bypass(queue: &Queue, state: &RunState, observer: &Observer, kind: Late, now: Instant) {
    queue.start_bypass(kind, now);
    record_late(queue, state, observer);
    queue.release_callers();
}

/// Answers all callers, if one of them has waited too long. Returns true if so.
pub(super) fn answer_overdue(
    queue: &Queue,
    state: &RunState,
    observer: &Observer,
    limit: Duration,
    now: Instant,
) -> bool {
    let is_overdue = queue.start_bypass_if_overdue(limit, now);
    if is_overdue {
        record_late(queue, state, observer);
        queue.release_callers();
    }
    is_overdue
}

/// Records that the published file, which has this stamp, has everything that was acknowledged, if it was behind.
pub(super) fn record_caught_up(queue: &Queue, state: &RunState, observer: &Observer, published: FileStamp) {
    report_write_error(
        observer,
        state.change(|record| {
            if record.late_until == Some(FOREVER) && queue.is_current() {
                record.late_until = Some(published.modified);
            }
        }),
    );
}

/// The queue is read while the record is locked, so the last record is correct.
fn record_late(queue: &Queue, state: &RunState, observer: &Observer) {
    report_write_error(
        observer,
        state.change(|record| {
            if queue.is_behind() {
                record.late_until = Some(FOREVER);
            }
        }),
    );
}

/// Reports a failure to write the state file.
pub(super) fn report_write_error(observer: &Observer, outcome: std::io::Result<()>) {
    if let Err(error) = outcome {
        observer.report(&Event::StateUnwritten { error: &error });
    }
}

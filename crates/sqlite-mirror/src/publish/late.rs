//! Handles a published file that is behind while commits are acknowledged nevertheless. The state file records that the
//! file is behind before the first such acknowledgement. Otherwise, a copy of the folder that is made at that time
//! would count as complete, although it lacks those writes.

use super::queue::Queue;
use super::state::Late;
use crate::event::{Event, Observer};
use crate::file_stamp::FileStamp;
use crate::run_state::{FOREVER, RunState};
use std::time::{Duration, Instant};

/// Starts the bypass: from here on, commits are acknowledged without waiting for the copy.
pub(super) fn start_bypass(queue: &Queue, state: &RunState, observer: &Observer, kind: Late, now: Instant) {
    queue.start_bypass(kind, now);
    record_late(queue, state, observer);
    queue.release_callers();
}

/// Starts the bypass if a caller has waited for `limit`. Returns true if a caller has.
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

/// Records, after a bypass, that the published file with this stamp contains everything that was acknowledged.
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

/// Records that the file is behind. The queue is read while the record is locked, so the last record is correct.
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

pub(super) fn report_write_error(observer: &Observer, outcome: std::io::Result<()>) {
    if let Err(error) = outcome {
        observer.report(&Event::StateUnwritten { error: &error });
    }
}

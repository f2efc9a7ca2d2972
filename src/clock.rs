//! Reads the clock. Other modules use these functions; modules without I/O receive the time as an argument.

use crate::domain::{Moment, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[expect(clippy::disallowed_methods, reason = "the only call that reads the wall clock")]
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// Returns the monotonic time that timers use.
pub fn instant() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Returns the wall-clock time together with a monotonic time that includes suspension of the machine.
pub fn moment() -> Moment {
    let steady = Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default();
    Moment { wall: now(), steady }
}

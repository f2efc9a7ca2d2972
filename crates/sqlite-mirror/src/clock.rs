//! The only module of this crate that reads the clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Returns the monotonic time. Uses Tokio's clock, which a test can pause.
pub(crate) fn instant() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Returns the wall-clock time in milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the one reading of the wall clock")]
pub(crate) fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

use agentlocator_core::domain::Timestamp;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Returns the UTC time of the system clock, in milliseconds.
#[expect(clippy::disallowed_methods, reason = "the one reading of the wall clock")]
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// Returns the monotonic time of Tokio's clock, so that tests with paused time control it.
pub(crate) fn instant() -> Instant {
    tokio::time::Instant::now().into_std()
}

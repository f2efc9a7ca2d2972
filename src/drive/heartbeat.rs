//! What is done every few seconds: the sign of life, and tidying up.

mod workers;

use crate::clock;
use crate::ops::metrics::Metrics;
use crate::ops::notify;
use crate::store::Store;
use std::time::Duration;
use tokio::runtime::Handle;
use workers::Workers;

/// Beats for as long as it is polled.
///
/// The sign of life goes out when a write, or a round trip through the writer's thread where one was made within a minute,
/// has been answered and every thread of the event loop turns. The answer may take
/// its time, and may be an error: a daemon whose store hangs is to be restarted, one whose disk is slow or full is not,
/// because calls go on. A publisher that hangs is the store's own care, which answers without it and starts another.
pub async fn run(store: Store, metrics: Metrics) {
    let limit = notify::watchdog().unwrap_or(UNWATCHED);
    let beat = (limit / 4).min(SLOWEST);
    let mut workers = Workers::new(Handle::current().metrics(), limit / 2);
    let mut next_tidying = clock::instant();
    loop {
        tokio::time::sleep(beat).await;
        metrics.upkeep();
        // One write and not one more for each beat: what hangs need not be fed.
        let mut written = std::pin::pin!(store.heartbeat());
        while tokio::time::timeout(beat.max(SLOW), written.as_mut()).await.is_err() {
            metrics.upkeep();
            tracing::error!(event = "STORE_HANGS", "The database does not answer");
        }
        if workers.all_turn(clock::instant()) {
            notify::alive();
        } else {
            tracing::error!(event = "EVENT_LOOP_BLOCKED", "A thread of the event loop does not come round");
        }
        store.close_idle_readers();
        if next_tidying <= clock::instant() {
            next_tidying = clock::instant() + TIDY_EVERY;
            // Beside the beat: it says only for itself that it hangs.
            tokio::spawn(tidy(store.clone()));
        }
    }
}

async fn tidy(store: Store) {
    let now = clock::now();
    match store.write(move |tx| tx.delete_expired_sessions(now)).await {
        Ok(0) => {}
        Ok(sessions) => tracing::info!(event = "SESSIONS_EXPIRED", sessions, "Old logins have been dropped"),
        Err(error) => {
            tracing::warn!(event = "TIDY_FAILED", error = &error as &dyn std::error::Error, "Old logins stay");
        }
    }
}

const SLOWEST: Duration = Duration::from_secs(10);
/// A write that takes no longer is nothing to talk about.
const SLOW: Duration = Duration::from_secs(3);
/// The limit where nobody watches: then it is only told in the log.
const UNWATCHED: Duration = Duration::from_secs(30);
const TIDY_EVERY: Duration = Duration::from_hours(1);

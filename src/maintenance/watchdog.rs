//! Feeds systemd's watchdog, closes idle database readers, and deletes expired logins.

mod event_loop;

use crate::clock;
use crate::host::systemd_notify;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
use event_loop::EventLoopMonitor;
use std::time::Duration;
use tokio::runtime::Handle;

/// Never returns; the caller stops it by dropping the future.
///
/// The watchdog is fed when the store has answered an empty write and every event loop worker is responsive. The empty
/// write passes through the threads of the writer and the publisher. It changes a value on disk only if the last commit
/// failed or is older than a minute, so that an idle machine rarely writes to its disk.
///
/// A slow answer and an error also count as an answer. systemd must restart a daemon whose store hangs, but not a
/// daemon whose disk is slow or full, because its calls continue.
pub async fn run(store: Store, metrics: Metrics) {
    let limit = systemd_notify::watchdog_interval().unwrap_or(DEFAULT_LIMIT);
    let interval = (limit / 4).min(MAX_INTERVAL);
    let mut monitor = EventLoopMonitor::new(Handle::current().metrics(), limit / 2);
    let mut next_deletion = clock::instant();
    loop {
        tokio::time::sleep(interval).await;
        metrics.upkeep();
        // Only one heartbeat write is pending at a time, so that writes do not accumulate while the store hangs.
        let mut written = std::pin::pin!(store.heartbeat());
        while tokio::time::timeout(interval.max(SLOW), written.as_mut()).await.is_err() {
            metrics.upkeep();
            tracing::error!(
                event = "STORE_UNRESPONSIVE",
                "The database does not answer, so writes wait; if this lasts, systemd's watchdog restarts the daemon, unless the watchdog is off"
            );
        }
        if monitor.all_responsive(clock::instant()) {
            systemd_notify::feed_watchdog();
        } else {
            tracing::error!(
                event = "EVENT_LOOP_BLOCKED",
                "An event loop worker is blocked, so calls and requests may wait; if this lasts, systemd's watchdog restarts the daemon, unless the watchdog is off"
            );
        }
        store.close_idle_readers();
        if next_deletion <= clock::instant() {
            next_deletion = clock::instant() + DELETE_LOGINS_EVERY;
            // In its own task, so that a deletion that hangs does not affect the watchdog.
            tokio::spawn(delete_expired_logins(store.clone()));
        }
    }
}

async fn delete_expired_logins(store: Store) {
    let now = clock::now();
    match store.write(move |tx| tx.delete_expired_sessions(now)).await {
        Ok(0) => {}
        Ok(sessions) => {
            tracing::info!(event = "SESSIONS_EXPIRED", sessions, "{sessions} expired login sessions deleted");
        }
        Err(error) => {
            tracing::warn!(
                event = "SESSION_CLEANUP_FAILED",
                error = &error as &dyn std::error::Error,
                "Cannot delete expired login sessions; retrying in an hour"
            );
        }
    }
}

const MAX_INTERVAL: Duration = Duration::from_secs(10);
/// The minimum time without an answer before a hanging store is logged.
const SLOW: Duration = Duration::from_secs(3);
/// Without systemd's watchdog, a blocked daemon is only logged, not restarted.
const DEFAULT_LIMIT: Duration = Duration::from_secs(30);
const DELETE_LOGINS_EVERY: Duration = Duration::from_hours(1);

//! Feeds systemd's watchdog every few seconds, and deletes expired logins.

mod event_loop;

use crate::clock;
use crate::host::systemd_notify;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
use event_loop::EventLoopMonitor;
use std::time::Duration;
use tokio::runtime::Handle;

/// Runs while it is polled.
///
/// The watchdog is fed when an empty write through the writer's and the publisher's threads has been answered and every
/// event loop worker is responsive. At most one of these writes a minute reaches the disk, and none while others do. The
/// answer may be slow and may be an error:
/// systemd must restart a daemon whose store hangs, but not one whose disk is slow or full, because calls continue
/// there. The store itself handles a publisher that hangs: it answers without the publisher and starts another one.
pub async fn run(store: Store, metrics: Metrics) {
    let limit = systemd_notify::watchdog_interval().unwrap_or(DEFAULT_LIMIT);
    let interval = (limit / 4).min(MAX_INTERVAL);
    let mut monitor = EventLoopMonitor::new(Handle::current().metrics(), limit / 2);
    let mut next_deletion = clock::instant();
    loop {
        tokio::time::sleep(interval).await;
        metrics.upkeep();
        // One pending write at a time, not one for each interval: no further writes are queued while the store hangs.
        let mut written = std::pin::pin!(store.heartbeat());
        while tokio::time::timeout(interval.max(SLOW), written.as_mut()).await.is_err() {
            metrics.upkeep();
            tracing::error!(
                event = "STORE_HANGS",
                "The database does not answer; until it answers, systemd's watchdog is not notified"
            );
        }
        if monitor.all_responsive(clock::instant()) {
            systemd_notify::feed_watchdog();
        } else {
            tracing::error!(
                event = "EVENT_LOOP_BLOCKED",
                "An event loop worker is blocked; until it runs, systemd's watchdog is not notified"
            );
        }
        store.close_idle_readers();
        if next_deletion <= clock::instant() {
            next_deletion = clock::instant() + DELETE_LOGINS_EVERY;
            // In its own task: if this hangs, the watchdog is not affected.
            tokio::spawn(delete_expired_logins(store.clone()));
        }
    }
}

async fn delete_expired_logins(store: Store) {
    let now = clock::now();
    match store.write(move |tx| tx.delete_expired_sessions(now)).await {
        Ok(0) => {}
        Ok(sessions) => tracing::info!(event = "SESSIONS_EXPIRED", sessions, "{sessions} expired logins deleted"),
        Err(error) => {
            tracing::warn!(
                event = "SESSION_CLEANUP_FAILED",
                error = &error as &dyn std::error::Error,
                "Cannot delete expired logins; retrying in an hour"
            );
        }
    }
}

const MAX_INTERVAL: Duration = Duration::from_secs(10);
/// A write that takes no longer is not reported.
const SLOW: Duration = Duration::from_secs(3);
/// The limit without a watchdog: exceeding it is only logged.
const DEFAULT_LIMIT: Duration = Duration::from_secs(30);
const DELETE_LOGINS_EVERY: Duration = Duration::from_hours(1);

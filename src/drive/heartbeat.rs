//! What is done every few seconds: the sign of life, and tidying up.

use crate::clock;
use crate::ops::metrics::Metrics;
use crate::ops::notify;
use crate::store::Store;
use std::time::Duration;

/// Beats for as long as it is polled.
///
/// The sign of life goes out only when the database has answered, if only with an error: a daemon whose store hangs is to
/// be restarted, one whose disk is full is not, because calls go on.
pub async fn run(store: Store, metrics: Metrics) {
    let beat = notify::watchdog().map_or(SLOWEST, |limit| (limit / 3).min(SLOWEST));
    let mut next_tidying = clock::instant();
    loop {
        tokio::time::sleep(beat).await;
        metrics.upkeep();
        if tokio::time::timeout(beat, store.probe()).await.is_ok() {
            notify::alive();
        } else {
            tracing::error!(event = "STORE_HANGS", "The database does not answer");
        }
        if next_tidying <= clock::instant() {
            next_tidying = clock::instant() + TIDY_EVERY;
            tidy(&store).await;
        }
    }
}

async fn tidy(store: &Store) {
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
const TIDY_EVERY: Duration = Duration::from_hours(1);

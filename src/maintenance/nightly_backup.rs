//! Creates the nightly snapshots, and uploads pending snapshots.

use crate::backup::{CreatedSnapshot, Error, Kind, Snapshots};
use crate::clock;
use crate::store::Store;
use std::time::Duration;

/// Never returns; the caller stops it by dropping the future.
pub async fn run(snapshots: Snapshots, store: Store) {
    let mut delay = snapshots.start_delay();
    let mut failures = 0;
    loop {
        tokio::time::sleep(delay).await;
        let succeeded = run_due(&snapshots, &store, retry_delay_after(failures + 1)).await;
        failures = if succeeded { 0 } else { failures + 1 };
        delay = if succeeded { CHECK_INTERVAL } else { retry_delay_after(failures) };
    }
}

fn retry_delay_after(failures: u32) -> Duration {
    AFTER_FAILURE.saturating_mul(1 << failures.min(5)).min(MAX_RETRY_DELAY)
}

/// Returns false on failure; the caller then retries after `retry_delay`.
async fn run_due(snapshots: &Snapshots, store: &Store, retry_delay: Duration) -> bool {
    let again_s = retry_delay.as_secs();
    if snapshots.is_due(clock::now()) {
        let created = snapshots.create(Kind::Nightly).await;
        store.write_soon(|tx| tx.record_backup());
        return match created {
            Ok(created) => {
                log_created(snapshots, &created);
                created.bucket_error.is_none()
            }
            Err(error @ Error::Busy) => {
                tracing::info!(event = "SNAPSHOT_FAILED", %error, again_s, "The nightly snapshot was not created; retrying in {again_s} s");
                false
            }
            Err(error @ Error::Stopped) => {
                tracing::info!(event = "SNAPSHOT_FAILED", %error, "The nightly snapshot was not created; it is retried, at the latest after the next start");
                false
            }
            Err(error) => {
                tracing::error!(event = "SNAPSHOT_FAILED", %error, again_s, "The nightly snapshot failed; retrying in {again_s} s");
                false
            }
        };
    }
    if !snapshots.has_pending_uploads() {
        return true;
    }
    match snapshots.upload_pending().await {
        None => {
            tracing::info!(
                event = "SNAPSHOT_BUCKET_FILLED",
                "All snapshots that were missing in the bucket are uploaded"
            );
            true
        }
        Some(error) if snapshots.cancel_token().is_cancelled() => {
            tracing::info!(
                event = "SNAPSHOT_BUCKET_FAILED",
                error,
                "The stop of the service interrupted the upload of a snapshot to the bucket; the upload is retried after the next start"
            );
            false
        }
        Some(error) => {
            tracing::error!(
                event = "SNAPSHOT_BUCKET_FAILED",
                error,
                again_s,
                "Not all snapshots could be uploaded to the bucket; retrying in {again_s} s"
            );
            false
        }
    }
}

pub(super) fn log_created(snapshots: &Snapshots, created: &CreatedSnapshot) {
    let CreatedSnapshot { name, bytes, copy, dropped, bucket_error, .. } = created;
    tracing::info!(
        event = "SNAPSHOT_CREATED",
        name,
        bytes,
        messages = copy.messages,
        calls = copy.calls,
        "Snapshot {name} created and verified: {bytes} bytes"
    );
    if !dropped.is_empty() {
        tracing::info!(
            event = "SNAPSHOTS_DELETED",
            names = dropped.join(" "),
            "Snapshots deleted, because they had expired or to free space: {}",
            dropped.join(", ")
        );
    }
    if let Some(error) = bucket_error {
        let outlook =
            if snapshots.has_pending_uploads() { "is retried" } else { "is not retried before the next snapshot" };
        tracing::error!(
            event = "SNAPSHOT_BUCKET_FAILED",
            error,
            "Snapshot {name} is stored locally, but its upload to the bucket failed; it {outlook}"
        );
    }
}

const CHECK_INTERVAL: Duration = Duration::from_mins(1);
const AFTER_FAILURE: Duration = Duration::from_mins(5);
const MAX_RETRY_DELAY: Duration = Duration::from_hours(2);

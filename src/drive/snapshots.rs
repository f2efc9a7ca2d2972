//! The nightly snapshot.

use crate::clock;
use crate::ops::snapshots::{Kind, Made, Snapshots};
use std::time::Duration;
use tokio::sync::watch;

/// Creates a snapshot whenever one is due, until `stopping`; failures are retried with growing delays.
pub async fn run(snapshots: Snapshots, mut stopping: watch::Receiver<bool>) {
    let mut pause = snapshots.start_delay();
    let mut failures = 0;
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep(pause) => {}
        }
        let well = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => break,
            well = look(&snapshots, after(failures + 1)) => well,
        };
        failures = if well { 0 } else { failures + 1 };
        pause = if well { BETWEEN_LOOKS } else { after(failures) };
    }
    snapshots.stop().want();
}

/// The delay after this number of consecutive failures.
fn after(failures: u32) -> Duration {
    AFTER_FAILURE.saturating_mul(1 << failures.min(5)).min(LONGEST_PAUSE)
}

/// Does what is due. Returns false if it failed, and is retried after `again`.
async fn look(snapshots: &Snapshots, again: Duration) -> bool {
    let again_s = again.as_secs();
    if snapshots.is_due(clock::now()) {
        return match snapshots.make(Kind::Nightly).await {
            Ok(made) => {
                tell(&made);
                made.bucket_error.is_none()
            }
            Err(error) => {
                tracing::error!(event = "SNAPSHOT_FAILED", %error, again_s, "Snapshot failed: the last good one is kept, retrying in {again_s} s");
                false
            }
        };
    }
    if !snapshots.owes_bucket() {
        return true;
    }
    match snapshots.pay_bucket().await {
        None => {
            tracing::info!(event = "SNAPSHOT_BUCKET_FILLED", "All missing snapshots are uploaded to the bucket");
            true
        }
        Some(error) => {
            tracing::error!(
                event = "SNAPSHOT_BUCKET_FAILED",
                error,
                again_s,
                "Upload of a snapshot to the bucket failed, retrying in {again_s} s"
            );
            false
        }
    }
}

fn tell(made: &Made) {
    let Made { name, bytes, copy, dropped, bucket_error, .. } = made;
    tracing::info!(
        event = "SNAPSHOT_MADE",
        name,
        bytes,
        messages = copy.messages,
        calls = copy.calls,
        "Snapshot created and verified"
    );
    if !dropped.is_empty() {
        tracing::info!(event = "SNAPSHOT_DROPPED", names = dropped.join(" "), "Expired snapshots deleted");
    }
    if let Some(error) = bucket_error {
        tracing::error!(
            event = "SNAPSHOT_BUCKET_FAILED",
            error,
            "The snapshot is stored locally, but its upload to the bucket failed"
        );
    }
}

const BETWEEN_LOOKS: Duration = Duration::from_mins(1);
const AFTER_FAILURE: Duration = Duration::from_mins(5);
const LONGEST_PAUSE: Duration = Duration::from_hours(2);

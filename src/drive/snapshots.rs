//! The nightly snapshot.

use crate::clock;
use crate::ops::snapshots::{Kind, Made, Snapshots};
use std::time::Duration;
use tokio::sync::watch;

/// Makes one when it is due, until `stopping`; what failed is tried again, less and less often.
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

/// How long to wait after so many failures in a row.
fn after(failures: u32) -> Duration {
    AFTER_FAILURE.saturating_mul(1 << failures.min(5)).min(LONGEST_PAUSE)
}

/// Does what is due. False if that failed, and is to be tried again in so long.
async fn look(snapshots: &Snapshots, again: Duration) -> bool {
    let again_s = again.as_secs();
    if snapshots.is_due(clock::now()) {
        return match snapshots.make(Kind::Nightly).await {
            Ok(made) => {
                tell(&made);
                made.bucket_error.is_none()
            }
            Err(error) => {
                tracing::error!(event = "SNAPSHOT_FAILED", %error, again_s, "No snapshot could be made; the last good one stays");
                false
            }
        };
    }
    if !snapshots.owes_bucket() {
        return true;
    }
    match snapshots.pay_bucket().await {
        None => {
            tracing::info!(event = "SNAPSHOT_BUCKET_FILLED", "The bucket has all snapshots now");
            true
        }
        Some(error) => {
            tracing::error!(event = "SNAPSHOT_BUCKET_FAILED", error, again_s, "The bucket still lacks a snapshot");
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
        "A snapshot was made and read back"
    );
    if !dropped.is_empty() {
        tracing::info!(event = "SNAPSHOT_DROPPED", names = dropped.join(" "), "Older snapshots were dropped");
    }
    if let Some(error) = bucket_error {
        tracing::error!(event = "SNAPSHOT_BUCKET_FAILED", error, "The snapshot is here, but not in the bucket");
    }
}

const BETWEEN_LOOKS: Duration = Duration::from_mins(1);
const AFTER_FAILURE: Duration = Duration::from_mins(5);
const LONGEST_PAUSE: Duration = Duration::from_hours(2);

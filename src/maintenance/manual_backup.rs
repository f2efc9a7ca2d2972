//! A snapshot that an owner requests on the page.

use super::nightly_backup::log_created;
use crate::backup::{Error, Kind, RunningSnapshot, Snapshots};
use crate::store::Store;

/// Starts a snapshot and returns; the snapshot is created in the background. Clients of `/api/events` get an event when
/// it is finished. Fails at once if another snapshot is being created, or if the disk has no space for this one.
pub async fn start(snapshots: Snapshots, store: Store) -> Result<RunningSnapshot, Error> {
    let of_thread = snapshots.clone();
    // The folder may be at the other end of a network.
    let begun = tokio::task::spawn_blocking(move || of_thread.begin(Kind::Manual)).await;
    let begun = begun.map_err(|_| Error::Stopped)??;
    let Some(running) = snapshots.running() else { return Err(Error::Stopped) };
    store.write_soon(|tx| tx.record_backup());
    tokio::spawn(async move {
        match snapshots.create_begun(begun).await {
            Ok(created) => log_created(&created),
            Err(error) => {
                tracing::error!(event = "SNAPSHOT_FAILED", %error, "The requested snapshot failed: {error}");
            }
        }
        store.write_soon(|tx| tx.record_backup());
    });
    Ok(running)
}

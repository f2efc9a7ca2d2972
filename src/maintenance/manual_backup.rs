//! Creates the snapshots that an owner requests on the web page.

use super::nightly_backup::log_created;
use crate::backup::{Error, Kind, RunningSnapshot, Snapshots};
use crate::store::Store;

/// Starts a snapshot in the background. Clients of `/api/events` receive an event when it has started and when it has
/// ended. Fails immediately if another snapshot is being created, or if the disk has too little space.
pub async fn start(snapshots: Snapshots, store: Store) -> Result<RunningSnapshot, Error> {
    let of_thread = snapshots.clone();
    // The folder may be a network mount, whose system calls can block.
    let begun = tokio::task::spawn_blocking(move || of_thread.begin(Kind::Manual)).await;
    let begun = begun.map_err(|_| Error::Stopped)??;
    let Some(running) = snapshots.running() else { return Err(Error::Stopped) };
    store.write_soon(|tx| tx.record_backup());
    tokio::spawn(async move {
        match snapshots.create_begun(begun).await {
            Ok(created) => log_created(&snapshots, &created),
            Err(error @ Error::Stopped) => {
                tracing::info!(event = "SNAPSHOT_FAILED", %error, "The requested snapshot was not created: {error}");
            }
            Err(error) => {
                tracing::error!(event = "SNAPSHOT_FAILED", %error, "The requested snapshot failed: {error}");
            }
        }
        store.write_soon(|tx| tx.record_backup());
    });
    Ok(running)
}

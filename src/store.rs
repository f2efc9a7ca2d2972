//! The SQLite store: one file, one writer thread and a few reader connections. The SQL of the product's operations is
//! in `tables`.
//!
//! A use case receives a [`ReadTx`] from [`Store::read`] or a [`WriteTx`] from [`Store::write`], and does all of its
//! work in that one transaction. The live database is `live/db.sqlite`; the file that users copy is its published copy.

mod background_threads;
mod backup;
mod empty_log_requests;
mod error;
mod folder;
mod health;
mod integrity;
mod lifecycle;
mod live;
mod migrate;
mod mirror_log;
mod notice;
mod partial_index;
mod peek;
mod probe;
mod probes;
mod purge;
mod read_limits;
mod readers;
mod startup;
mod tables;
#[cfg(test)]
pub(crate) mod testing;
mod tx;
mod unstored;
mod write_queue;
mod write_request;
mod writer;

pub use backup::*;
pub use error::{Error, Result};
pub use folder::{boot_id, with_suffix};
pub use health::{ForeignCause, Health, Integrity, LateCause, PublishState, WalSize};
pub use migrate::newest_migration;
pub use notice::{StartEvent, StartNotice, leave_promotion_notice};
pub use sqlite_mirror::sys::{DiskSpace, disk_space, ignore_file_size_signal};
pub use sqlite_mirror::{FsSupport, LockHolder, probe_file_system};
pub use tables::*;
pub use tx::{ReadTx, WriteTx};
pub use unstored::UnstoredRecords;
pub use write_queue::Priority;

use crate::clock;
use background_read::BackgroundReads;
use background_threads::BackgroundThreads;
use folder::Folder;
use health::HealthState;
use probes::Probes;
use readers::Pools;
use sqlite_mirror::AckAfter;
use sqlite_mirror::{
    background_read, checkpoint, disk_reserve, fault_injection, file_stamp, open, page_copy, publish, run_state, sys,
};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{oneshot, watch};
use writer::Writer;

/// Clones share the store. [`Store::close`] closes the store, as does dropping the last handle.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    priority: Priority,
}

/// Which data the service uses after it has found a foreign file under the published name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    Found,
    /// The data of the running service.
    Current,
}

struct Inner {
    folder: Folder,
    health_state: Arc<HealthState>,
    probes: Probes,
    readers: Pools,
    // `None` after `close`. Locked only briefly, for example while a write is queued.
    writer: Mutex<Option<Writer>>,
    // `None` after `close`. Locked only briefly, for example while the state of the published copy is read.
    threads: Mutex<Option<BackgroundThreads>>,
    background_reads: BackgroundReads,
    unstored: UnstoredRecords,
}

impl Store {
    /// Writes through the returned handle have `priority`.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self { inner: self.inner.clone(), priority }
    }

    /// Runs `work` in a transaction. Waits until the commit is on disk and, unless the published copy is late or
    /// switched off, in that copy.
    ///
    /// `work` runs on the writer's thread, so it must be short and must not block. If `work` returns an error or
    /// panics, its changes are rolled back. If too many writes are queued, returns [`Error::Busy`] without running
    /// `work`.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(AckAfter::Publish, work).await
    }

    /// Queues `work` behind earlier writes of its priority and returns at once. Writes during a phone call use this
    /// function: the call does not wait for the disk, and the writes stay in order. A failed write is logged.
    pub fn write_soon<F: FnOnce(&WriteTx<'_>) -> Result<()> + Send + 'static>(&self, work: F) {
        if let Err(error) = self.queue(AckAfter::Never, work) {
            write_request::report_lost(write_request::write_name::<F>(), &error);
        }
    }

    /// Like [`Store::write_soon`], but also returns a future of the outcome. The write is queued before the future is
    /// polled.
    pub fn write_soon_with_outcome<F: FnOnce(&WriteTx<'_>) -> Result<()> + Send + 'static>(
        &self,
        work: F,
    ) -> impl Future<Output = Result<()>> + use<F> {
        let queued = self.queue(AckAfter::Never, work);
        async { queued?.await.map_err(|_| Error::Closed)? }
    }

    /// The records that could not be stored in the database, usually because the disk was full. Their functions, except
    /// `contains`, wait for the disk.
    pub fn unstored(&self) -> &UnstoredRecords {
        &self.inner.unstored
    }

    /// Runs `work` on one snapshot of the database. After 5 s, including the wait for a connection, the read is
    /// interrupted and fails with [`Error::Slow`].
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.readers.short.read(work).await
    }

    /// For reads that may touch much of the database, such as a search. They have separate connections, so they do not
    /// delay short reads, and run one at a time, in turn. The limit is 20 s, without the waits for a turn.
    pub async fn read_long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.readers.long.read(work).await
    }

    /// Runs in the background, because closing a file may wait for the disk.
    pub fn close_idle_readers(&self) {
        let (store, now) = (self.clone(), clock::instant());
        drop(tokio::task::spawn_blocking(move || store.inner.readers.close_idle(now)));
    }

    /// Returns a receiver of the number of the newest change that is on disk and, unless the published copy is late or
    /// switched off, in that copy.
    pub fn watch_changes(&self) -> Result<watch::Receiver<i64>> {
        let writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(writer.as_ref().ok_or(Error::Closed)?.watch_changes())
    }

    pub fn published_file(&self) -> &Path {
        &self.inner.folder.published
    }

    /// Does not test the store; see [`Store::probe`].
    pub fn health(&self) -> Health {
        let publish = match &*self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(threads) => threads.publish_state(),
            None => PublishState::Off,
        };
        let disk = sys::disk_space(self.inner.folder.root()).unwrap_or_default();
        self.inner.health_state.health(publish, disk)
    }

    /// The size is 0 if the write-ahead log does not exist.
    pub fn wal_size(&self) -> WalSize {
        let bytes = std::fs::metadata(self.inner.folder.wal()).map_or(0, |log| log.len());
        let threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
        WalSize { bytes, reader: threads.as_ref().and_then(|threads| threads.wal_reader()) }
    }

    /// Decides about a foreign file that has the name of the published file: it is either adopted at the next start, or
    /// archived now and replaced with a new published file. Returns false if there is no foreign file.
    pub fn choose_data(&self, choice: Choice) -> Result<bool> {
        if !matches!(self.health().publish, PublishState::Foreign { .. }) {
            return Ok(false);
        }
        match choice {
            Choice::Current => {
                let folder = &self.inner.folder;
                archive::published_file(folder, &archive::free_name(folder, archive::Kind::Found, "")).map(|()| true)
            }
            Choice::Found => {
                let threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
                threads.as_ref().ok_or(Error::Closed)?.adopt_at_next_start(&self.inner.folder)
            }
        }
    }

    /// Returns the names of the databases that restores and starts have archived beside the published file. Only the
    /// owner of the machine deletes them.
    pub fn archived_files(&self) -> Result<Vec<String>> {
        let folder = &self.inner.folder;
        archive::list(folder).map_err(archive::failed("cannot read", folder.root()))
    }

    pub fn waiting_writes(&self) -> usize {
        let writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.as_ref().map_or(0, Writer::waiting)
    }

    /// Completes the queued writes, interrupts the running reads and closes the store. Interrupted and later reads, and
    /// later writes, return [`Error::Closed`].
    pub fn close(&self) {
        self.inner.close();
    }

    async fn submit<T: Send + 'static>(
        &self,
        ack_after: AckAfter,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = self.queue(ack_after, work)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    fn queue<T: Send + 'static>(
        &self,
        ack_after: AckAfter,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.as_ref().ok_or(Error::Closed)?.submit(self.priority, ack_after, work)
    }
}

impl Inner {
    fn close(&self) {
        // Dropping the writer's handle closes its queue. The writer's thread ends when that queue is empty.
        drop(self.writer.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.readers.close();
        self.background_reads.stop();
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(threads) = threads {
            threads.stop(&self.folder);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

//! The SQLite store: one file, one writer thread, a few reader connections. All SQL of the product is in this module,
//! one submodule per noun.
//!
//! Typed functions are methods of [`ReadTx`] and [`WriteTx`]. A use case gets one of them from [`Store::read`] or
//! [`Store::write`] and does all of its work in that one transaction. The live database is `live/db.sqlite`; the file
//! that users copy is its published copy (see `publish`).

mod abilities;
mod address;
mod adopt;
mod ai_usage;
mod alert;
mod archive;
mod audit;
mod backfill;
mod backlog;
mod beside;
mod call;
mod call_log;
mod change;
mod checkpoint;
mod columns;
mod contact;
mod copy;
mod copy_check;
mod device;
mod durable;
mod error;
mod folder;
mod health;
mod idempotency;
mod integrity;
mod job;
mod journal;
mod live;
mod lock;
mod log_size;
mod media;
mod message;
mod meta;
mod migrate;
mod mishap;
mod notice;
mod open;
mod outbox;
mod page_copy;
mod partial_index;
mod pending;
mod permission;
mod probe;
mod proof;
mod publish;
mod readers;
mod recording;
mod reserve;
mod retention;
mod run_state;
mod self_check;
mod session;
mod setting;
mod setup_code;
mod shape;
mod stamp;
mod start;
mod startup;
mod swap;
mod sys;
#[cfg(test)]
pub(crate) mod testing;
mod thread;
mod token;
mod tx;
mod user;
mod write_queue;
mod writer;

pub use abilities::{Abilities, try_abilities};
pub use address::AddressHolder;
pub use adopt::{log_beside, refuse_a_log_beside};
pub use ai_usage::AiUsage;
pub use alert::AlertEvent;
pub use backfill::BackfillProgress;
pub use backlog::Undelivered;
pub use call::CallFilter;
pub use call_log::{NewCall, OpenCall, TurnNow};
pub use change::Change;
pub use contact::{Moved, NewSuggestion};
pub use copy_check::CopyCheck;
pub use device::Device;
pub use error::{Error, Result};
pub use folder::with_ending;
pub use health::{Health, Integrity, PublishState};
pub use idempotency::GivenAnswer;
pub use job::Job;
pub use journal::{JournalOutcome, NewJournal};
pub use lock::Holder;
pub use log_size::LogSize;
pub use media::{MediaInfo, MediaState, MessageMedia, StoredMedia};
pub use message::{EarlyUpdate, KnownMessage, NewMessage, NewMessageEvent};
pub use migrate::newest_migration;
pub use notice::{StartEvent, StartNotice, note_promotion};
pub use outbox::{AcceptedSend, ChatsBegun, HeldMessage, NewOutbox, OutboxEntry, OutboxState, OutboxStep};
pub use page_copy::{copy_database, spool_database};
pub use proof::{BACKUP_MARK, CopyFacts, prove_copy};
pub use recording::{CompressedFile, RecordingToFetch};
pub use retention::{Amount, Fill};
pub use run_state::boot_id;
pub use session::NewSession;
pub use setting::{Setting, SettingChange, peek_stored_settings};
pub use shape::{Shape, shape_of_copy};
pub use swap::{PutAside, discard_incoming, holder, swap_back, swap_in, take_in};
pub use sys::{DiskSpace, disk_space, survive_size_limits};
pub use thread::{FoundThread, ThreadFilter};
pub use token::NewApiToken;
pub use tx::{ReadTx, WriteTx};
pub use write_queue::Priority;

use crate::clock;
use beside::Beside;
use folder::Folder;
use health::Reports;
use pending::Told;
use probe::Probes;
use readers::Pools;
use start::Machinery;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{oneshot, watch};
use writer::Writer;

/// A handle to the store. Clones share it. The store is closed by [`Store::close`], or when the last handle is dropped.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    // Priority of the writes made through this handle.
    priority: Priority,
}

/// Which data the service continues with, when the published file is foreign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The data in the file that was found under the published name.
    Found,
    /// The data of the running service.
    Current,
}

struct Inner {
    folder: Folder,
    reports: Arc<Reports>,
    probes: Probes,
    readers: Pools,
    // Taken by `close`; locked only while a write is queued.
    writer: Mutex<Option<Writer>>,
    // Taken by `close`; locked only while the state of the published copy is read.
    machinery: Mutex<Option<Machinery>>,
    // Whole-file reads that are running in the background; locked only while that list changes.
    beside: Beside,
}

impl Store {
    /// Returns a handle to the same store whose writes have `priority`.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self { inner: self.inner.clone(), priority }
    }

    /// Runs `work` in a transaction and waits until the commit is on disk and in the published copy.
    ///
    /// `work` runs on the writer's thread, so it must be short and must not block. If it returns an error or panics,
    /// its transaction is rolled back.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(Told::Published, work).await
    }

    /// Queues `work` behind all writes of its priority and returns at once: for writes during a call that must stay in
    /// order. A failed or dropped write is logged and counted.
    pub fn write_soon<F: FnOnce(&WriteTx<'_>) -> Result<()> + Send + 'static>(&self, work: F) {
        let name = pending::name_of::<F>();
        let work = move |tx: &WriteTx<'_>| {
            work(tx).inspect_err(|error| {
                let error = error as &dyn std::error::Error;
                tracing::error!(event = "STORE_WRITE_FAILED", write = name, error, "A write failed: {name}");
            })
        };
        if let Err(error) = self.queue(Told::Never, work) {
            metrics::counter!("agentlocator_store_writes_dropped_total").increment(1);
            let error = &error as &dyn std::error::Error;
            tracing::error!(event = "STORE_WRITE_DROPPED", write = name, error, "A write was dropped: {name}");
        }
    }

    /// Runs `work` on one snapshot of the database, for short reads such as a list or a few rows. It is interrupted
    /// after 5 s, with [`Error::Slow`], and when the future is dropped.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.readers.short.read(work).await
    }

    /// Like [`Store::read`], for reads that may touch much of the database, such as a search. Uses two connections of
    /// its own, so it delays no short read; the limit is 20 s.
    pub async fn read_long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.readers.long.read(work).await
    }

    /// Closes the connections for reading that have not been used for a minute, in the background: closing a file may wait for
    /// the disk.
    pub fn close_idle_readers(&self) {
        let (store, now) = (self.clone(), clock::instant());
        drop(tokio::task::spawn_blocking(move || store.inner.readers.close_idle(now)));
    }

    /// The number of the newest change that is on disk and in the published copy, as it grows: one notification for what was
    /// committed together, in the order of commits. Where the published copy is late, followers are notified without it, as callers are.
    pub fn watch_changes(&self) -> Result<watch::Receiver<i64>> {
        let writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(writer.as_ref().ok_or(Error::Closed)?.watch_changes())
    }

    /// Reports the health of the store without testing it; see [`Store::probe`].
    pub fn health(&self) -> Health {
        let publish = match &*self.inner.machinery.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(machinery) => machinery.publish_state(),
            None => PublishState::Off,
        };
        let disk = sys::disk_space(self.inner.folder.root()).unwrap_or_default();
        self.inner.reports.health(publish, disk)
    }

    /// Decides about a foreign file that has the name of the published file: it is adopted at the next start, or
    /// archived now and replaced with a new published file. Returns false if there is no foreign file.
    pub fn choose_data(&self, choice: Choice) -> Result<bool> {
        if !matches!(self.health().publish, PublishState::Foreign { .. }) {
            return Ok(false);
        }
        match choice {
            Choice::Current => {
                let folder = &self.inner.folder;
                archive::published_file(folder, &archive::free_name(folder, "found", "")).map(|()| true)
            }
            Choice::Found => {
                let machinery = self.inner.machinery.lock().unwrap_or_else(PoisonError::into_inner);
                machinery.as_ref().ok_or(Error::Closed)?.adopt_at_next_start(&self.inner.folder)
            }
        }
    }

    /// Number of writes in the queue.
    pub fn waiting_writes(&self) -> usize {
        let writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.as_ref().map_or(0, Writer::waiting)
    }

    /// Finishes the queued writes and closes the store. Later calls get [`Error::Closed`].
    pub fn close(&self) {
        self.inner.close();
    }

    async fn submit<T: Send + 'static>(
        &self,
        told: Told,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = self.queue(told, work)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    fn queue<T: Send + 'static>(
        &self,
        told: Told,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.as_ref().ok_or(Error::Closed)?.submit(self.priority, told, work)
    }
}

impl Inner {
    fn close(&self) {
        // Without a sender the writer ends once its queue is empty.
        drop(self.writer.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.readers.close();
        self.beside.stop();
        let machinery = self.machinery.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(machinery) = machinery {
            machinery.stop(&self.folder);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

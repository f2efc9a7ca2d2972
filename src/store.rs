//! SQLite: one file, one writer, a few readers. All SQL of the product is in this room, by noun.
//!
//! Typed functions hang on [`ReadTx`] and [`WriteTx`]; a use case gets one of them from [`Store::read`] or
//! [`Store::write`] and does all of its work in that one transaction.

mod address;
mod audit;
mod call;
mod call_log;
mod columns;
mod contact;
mod error;
mod idempotency;
mod job;
mod journal;
mod media;
mod message;
mod open;
mod outbox;
mod readers;
mod recording;
mod session;
mod setting;
mod setup_code;
#[cfg(test)]
pub(crate) mod testing;
mod thread;
mod token;
mod tx;
mod user;
mod writer;

pub use call::CallFilter;
pub use call_log::{NewCall, OpenCall, TurnNow};
pub use contact::Moved;
pub use error::{Error, Result};
pub use idempotency::GivenAnswer;
pub use job::Job;
pub use journal::{JournalOutcome, NewJournal};
pub use media::{MediaState, MessageMedia, StoredMedia};
pub use message::{KnownMessage, NewMessage, NewMessageEvent};
pub use outbox::{NewOutbox, OutboxEntry, OutboxState, OutboxStep};
pub use recording::RecordingToFetch;
pub use session::NewSession;
pub use setting::peek_stored_settings;
pub use thread::{FoundThread, ThreadFilter};
pub use tx::{ReadTx, WriteTx};

use crate::config::StoreConfig;
use readers::Readers;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use writer::Writer;

/// A handle on the store; clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // Taken out by `close`.
    writer: Mutex<Option<Writer>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    readers: Readers,
}

impl Store {
    /// Opens the store, makes it if there is none, and migrates it. Returns the names of the applied migrations.
    pub fn open(config: &StoreConfig) -> Result<(Self, Vec<String>)> {
        let live = config.live_file();
        if let Some(folder) = live.parent() {
            std::fs::create_dir_all(folder).map_err(|source| Error::File {
                doing: "cannot make the folder",
                path: folder.to_owned(),
                source,
            })?;
        }
        let mut conn = open::writer(&live)?;
        let applied = open::migrate(&mut conn)?;
        let (writer, thread) = Writer::start(conn)?;
        let readers = (0..config.readers.max(1)).map(|_| open::reader(&live)).collect::<Result<_>>()?;
        let inner = Inner {
            writer: Mutex::new(Some(writer)),
            thread: Mutex::new(Some(thread)),
            readers: Readers::new(readers),
        };
        Ok((Self { inner: Arc::new(inner) }, applied))
    }

    /// Runs `work` in a transaction and waits until it is on disk and in the published copy.
    ///
    /// `work` runs on the writer's thread, so it must be short and must not block. If it returns an error, all that it
    /// did is taken back.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = {
            let writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.as_ref().ok_or(Error::Closed)?.submit(work)
        };
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Queues `work` behind all writes before it and does not wait: for what must be written in order while a call goes
    /// on. If it fails, that is only logged.
    pub fn write_soon(&self, work: impl FnOnce(&WriteTx<'_>) -> Result<()> + Send + 'static) {
        let writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(writer) = writer.as_ref() else { return };
        drop(writer.submit(move |tx| {
            work(tx).inspect_err(|error| {
                tracing::error!(
                    event = "STORE_WRITE_FAILED",
                    error = error as &dyn std::error::Error,
                    "A write failed"
                );
            })
        }));
    }

    /// Runs `work` on one snapshot of the database.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.inner.readers.read(work).await
    }

    /// Finishes what waits and closes the store. Later writes get [`Error::Closed`].
    pub fn close(&self) {
        drop(self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.inner.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

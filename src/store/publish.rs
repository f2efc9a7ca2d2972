//! The published copy: a plain database file that any program may copy at any moment with any tool. The copy then holds
//! everything that had been acknowledged before.
//!
//! The writer records what each commit changed ([`wal`]) and continues; the publisher's thread writes those pages into
//! the published file, and only then are the callers answered. No reader sees a half-written file: it is written while
//! this process holds its lease, so a process that opens it waits for a fraction of a millisecond ([`in_place`]); and
//! when another process keeps it open for long, another file takes its name ([`exchange`]).
//!
//! Invariants:
//!
//! - No byte of a file changes while another process has it open for reading.
//! - The stale pages of an image are a superset of those that differ from the live database.
//! - A file whose stamp is not the recorded one is never written; see [`file_state`].
//! - No file that opens as a database is written before the live database has been verified; see [`compare`].
//! - An acknowledged write is in the published file, unless health says `late`, `foreign` or `frozen`.

mod commit_sink;
mod compare;
mod error;
mod exchange;
mod file_state;
mod image;
mod in_place;
mod late;
mod page_set;
mod pending_changes;
mod publisher;
mod queue;
mod replace;
mod source;
mod startup;
mod supervisor;
#[cfg(test)]
mod tests;
mod wal;

pub(in crate::store) use commit_sink::CommitSink;
pub(in crate::store) use file_state::{FileState, MissingPages, Observed, classify};
pub(in crate::store) use image::clear_wal_mode;
pub(in crate::store) use wal::{Position, WalFiles, holds_write};

use super::folder::Folder;
use super::health::{HealthState, PublishState};
use super::run_state::RunState;
use super::{Error, Result, sys};
use crate::clock;
use publisher::Publisher;
use queue::{CopyStatus, Queue};
use startup::PublisherContext;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use wal::WalReader;

/// Publishing that has been prepared but not started: every commit is recorded from here on.
pub(in crate::store) struct PreparedPublisher {
    queue: Arc<Queue>,
    files: WalFiles,
    from: wal::Header,
}

/// Running publishing.
pub(in crate::store) struct Publishing {
    queue: Arc<Queue>,
    supervisor: JoinHandle<bool>,
}

/// Starts to record commits; a commit made before is not published. A connection must have read from the database
/// before.
pub(in crate::store) fn prepare(
    folder: &Folder,
    page_size: usize,
) -> Result<(PreparedPublisher, CommitSink, WalFiles)> {
    let files = WalFiles::open(folder).map_err(log_unreadable)?;
    let wal = WalReader::new(files.clone(), page_size).map_err(log_unreadable)?;
    let from = wal.at();
    let queue = Arc::new(Queue::new(wal));
    let prepared = PreparedPublisher { queue: queue.clone(), files: files.clone(), from };
    Ok((prepared, CommitSink::new(queue), files))
}

impl PreparedPublisher {
    /// Starts publishing into the file that the start has found. When this returns, that file holds everything that has
    /// been acknowledged, or health reports why it does not; after a power cut, programs that open it wait while it is
    /// compared.
    pub(in crate::store) fn start(
        self,
        folder: &Folder,
        state: Arc<RunState>,
        health_state: Arc<HealthState>,
        found: &FileState,
        longest_pause: Duration,
    ) -> Result<Publishing> {
        sys::ignore_lease_signal();
        let Self { queue, files, from } = self;
        let context = PublisherContext {
            folder: folder.clone(),
            queue: queue.clone(),
            wal: files,
            state,
            health_state,
            longest_pause,
        };
        let mut publisher = Publisher::prepare(&context, found, from)?;
        publisher.catch_up();
        let not_started =
            |source| Error::File { doing: "cannot start the thread", path: "store-publish".into(), source };
        let (supervised, state) = (queue.clone(), context.state.clone());
        let ended = supervisor::start_publisher(context, publisher).map_err(not_started)?;
        let supervisor = std::thread::Builder::new()
            .name("store-watch".into())
            .spawn(move || supervisor::supervise(&supervised, &state, &ended))
            .map_err(not_started)?;
        Ok(Publishing { queue, supervisor })
    }
}

impl Publishing {
    /// The state of the published copy.
    pub(in crate::store) fn state(&self) -> PublishState {
        match self.queue.status() {
            CopyStatus::Current => PublishState::Current,
            CopyStatus::Foreign { reason } => PublishState::Foreign { reason },
            CopyStatus::Frozen { reason } => PublishState::Frozen { reason },
            CopyStatus::Late { since, reason } => {
                PublishState::Late { age: clock::instant().saturating_duration_since(since), reason }
            }
        }
    }

    /// Publishes the remaining commits and stops. Returns false if the publisher did not stop.
    pub(in crate::store) fn stop(self) -> bool {
        self.queue.stop();
        self.supervisor.join().unwrap_or(false)
    }
}

fn log_unreadable(source: std::io::Error) -> Error {
    Error::File { doing: "cannot read the log of", path: "live/db.sqlite".into(), source }
}

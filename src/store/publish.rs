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

mod begin;
mod books;
mod compare;
mod exchange;
mod feed;
mod file_state;
mod image;
mod in_place;
mod late;
mod page_set;
mod publisher;
mod queue;
mod replace;
mod source;
#[cfg(test)]
mod tests;
mod trouble;
mod wal;
mod watch;

pub(in crate::store) use feed::Feed;
pub(in crate::store) use file_state::{FileState, Lacks, Observed, classify};
pub(in crate::store) use image::say_no_log_belongs_to_it;
pub(in crate::store) use wal::{Position, WalFiles, holds_write};

use super::folder::Folder;
use super::health::{PublishState, Reports};
use super::run_state::RunState;
use super::{Error, Result, sys};
use crate::clock;
use begin::Ground;
use publisher::Publisher;
use queue::{Queue, Standing};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use wal::WalReader;

/// Publishing that has been prepared but not started: every commit is recorded from here on.
pub(in crate::store) struct Prelude {
    queue: Arc<Queue>,
    files: WalFiles,
    from: wal::Header,
}

/// Running publishing.
pub(in crate::store) struct Publishing {
    queue: Arc<Queue>,
    watch: JoinHandle<bool>,
}

/// Starts to record commits; a commit made before is not published. A connection must have read from the database
/// before.
pub(in crate::store) fn prelude(folder: &Folder, page_size: usize) -> Result<(Prelude, Feed, WalFiles)> {
    let files = WalFiles::open(folder).map_err(log_unreadable)?;
    let wal = WalReader::new(files.clone(), page_size).map_err(log_unreadable)?;
    let from = wal.at();
    let queue = Arc::new(Queue::new(wal));
    let prelude = Prelude { queue: queue.clone(), files: files.clone(), from };
    Ok((prelude, Feed::new(queue), files))
}

impl Prelude {
    /// Starts publishing into the file that the start has found. When this returns, that file holds everything that has
    /// been acknowledged, or health reports why it does not; after a power cut, programs that open it wait while it is
    /// compared.
    pub(in crate::store) fn start(
        self,
        folder: &Folder,
        state: Arc<RunState>,
        reports: Arc<Reports>,
        found: &FileState,
        longest_pause: Duration,
    ) -> Result<Publishing> {
        sys::ignore_lease_signal();
        let Self { queue, files, from } = self;
        let ground = Ground { folder: folder.clone(), queue: queue.clone(), wal: files, state, reports, longest_pause };
        let mut publisher = Publisher::prepare(&ground, found, from)?;
        publisher.settle();
        let not_started =
            |source| Error::File { doing: "cannot start the thread", path: "store-publish".into(), source };
        let (watched, state) = (queue.clone(), ground.state.clone());
        let ended = watch::start_publisher(ground, publisher).map_err(not_started)?;
        let watch = std::thread::Builder::new()
            .name("store-watch".into())
            .spawn(move || watch::watch(&watched, &state, &ended))
            .map_err(not_started)?;
        Ok(Publishing { queue, watch })
    }
}

impl Publishing {
    /// The state of the published copy.
    pub(in crate::store) fn state(&self) -> PublishState {
        match self.queue.standing() {
            Standing::Current => PublishState::Current,
            Standing::Foreign { reason } => PublishState::Foreign { reason },
            Standing::Frozen { reason } => PublishState::Frozen { reason },
            Standing::Late { since, reason } => {
                PublishState::Late { age: clock::instant().saturating_duration_since(since), reason }
            }
        }
    }

    /// Publishes the remaining commits and stops. Returns false if the publisher did not stop.
    pub(in crate::store) fn stop(self) -> bool {
        self.queue.stop();
        self.watch.join().unwrap_or(false)
    }
}

fn log_unreadable(source: std::io::Error) -> Error {
    Error::File { doing: "cannot read the log of", path: "live/db.sqlite".into(), source }
}

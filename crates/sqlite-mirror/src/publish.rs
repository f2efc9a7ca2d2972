//! The published copy: a plain database file that any program can copy at any time with any tool. Such a copy contains
//! everything that was acknowledged before it was made, except in the cases that the last invariant names.
//!
//! The writer records what each commit changed (`wal`) and continues with the next commit. The publisher's thread
//! writes the changed pages into the published file, and then acknowledges the commits to the callers. A reader does
//! not see a half-written file, unless the kernel breaks a lease ([`LeaseBroken`](crate::Event::LeaseBroken)). Usually
//! the publisher writes while this process holds a lease on the file, so a process that opens the file waits for a
//! fraction of a millisecond (`in_place`). If another process keeps the file open for long, another file replaces it
//! under the same name (`exchange`).
//!
//! Invariants:
//!
//! - No byte of a file changes while another process has it open for reading, unless the kernel has broken the lease.
//! - The stale pages of an image and the pending commits include all pages in which the image differs from the live
//!   database.
//! - A file that does not count as the service's own is never written; see `file_state`.
//! - A file that can be opened as a database is not written before the live database has been verified; see `compare`.
//! - A write that was acknowledged with [`AckAfter::Publish`](crate::AckAfter::Publish) is in the published file,
//!   unless the state is [`CopyState::Late`].

mod commit_sink;
mod compare;
mod copy_check;
mod error;
mod exchange;
mod file_state;
mod image;
mod in_place;
mod late;
mod page_set;
mod pending_changes;
mod phase;
mod publisher;
mod queue;
mod replace;
mod running_check;
mod source;
mod startup;
mod state;
mod supervisor;
#[cfg(test)]
mod tests;

pub use commit_sink::CommitSink;
pub use file_state::{FileState, MissingPages};
pub use image::clear_wal_mode;
pub use state::{CheckedCopy, CopyState, ForeignCause, Late, LateCause};

use crate::event::Observer;
use crate::folder::Folder;
use crate::run_state::RunState;
use crate::verification::Verification;
use crate::wal::{self, WalFiles, WalReader};
use crate::{Error, Result, clock, open, sys};
use publisher::Publisher;
use queue::Queue;
use rusqlite::Connection;
use startup::PublisherContext;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// A prepared publisher that has not been started. The commits since its creation are recorded.
pub struct PreparedPublisher {
    queue: Arc<Queue>,
    files: WalFiles,
    from: wal::Header,
    observer: Observer,
}

/// A running publisher.
pub struct Publishing {
    queue: Arc<Queue>,
    supervisor: JoinHandle<bool>,
}

/// Starts to record the commits of a connection to the live database. Earlier commits are not recorded.
pub fn prepare(
    writer: &Connection,
    folder: &Folder,
    observer: &Observer,
) -> Result<(PreparedPublisher, CommitSink, WalFiles)> {
    let page_size = open::page_size(writer)?;
    // The first read creates the index of the write-ahead log.
    writer.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let files = WalFiles::open(folder).map_err(Error::log_unreadable)?;
    let wal = WalReader::new(files.clone(), page_size, observer.clone()).map_err(Error::log_unreadable)?;
    let from = wal.at();
    let queue = Arc::new(Queue::new(wal, observer.clone()));
    let prepared = PreparedPublisher { queue: queue.clone(), files: files.clone(), from, observer: observer.clone() };
    Ok((prepared, CommitSink::new(queue), files))
}

impl PreparedPublisher {
    /// Starts publishing into the file that the startup code has classified. When this function returns, the file
    /// contains everything that has been acknowledged, or [`Publishing::state`] says why not. After a power failure,
    /// programs that open the file may have to wait for a limited time, while the file is compared with the live
    /// database.
    pub fn start(
        self,
        folder: &Folder,
        state: Arc<RunState>,
        verification: Arc<Verification>,
        found: &FileState,
        max_pause: Duration,
    ) -> Result<Publishing> {
        sys::ignore_lease_signal();
        let Self { queue, files, from, observer } = self;
        let context = PublisherContext {
            folder: folder.clone(),
            queue: queue.clone(),
            wal: files,
            state,
            verification,
            max_pause,
            observer,
        };
        let mut publisher = Publisher::prepare(&context, found, from)?;
        publisher.catch_up();
        let not_started =
            |source| Error::File { doing: "cannot start the thread", path: "store-publish".into(), source };
        let (supervised, state, observer) = (queue.clone(), context.state.clone(), context.observer.clone());
        let ended = supervisor::start_publisher(context, publisher).map_err(not_started)?;
        let supervisor = std::thread::Builder::new()
            .name("store-watch".into())
            .spawn(move || supervisor::supervise(&supervised, &state, &observer, &ended))
            .map_err(not_started)?;
        Ok(Publishing { queue, supervisor })
    }
}

impl Publishing {
    /// Returns whether the published copy is current, and if it is late, since how long and why.
    pub fn state(&self) -> CopyState {
        self.queue.status().map_or(CopyState::Current, |(since, reason)| CopyState::Late {
            age: clock::instant().saturating_duration_since(since),
            reason,
        })
    }

    /// Requests a comparison of the whole published file with the live database. The result arrives on the receiver,
    /// unless the publisher ends before.
    pub fn check(&self) -> oneshot::Receiver<CheckedCopy> {
        let (reply, checked) = oneshot::channel();
        self.queue.request_check(reply);
        checked
    }

    /// Requests that the spare files be deleted, because they may contain data that was deleted from the database. The
    /// receiver gets false if a spare is left, for example because a process has it open: the caller can try again. It
    /// gets an error if the publisher ends before.
    pub fn delete_spares(&self) -> oneshot::Receiver<bool> {
        let (reply, deleted) = oneshot::channel();
        self.queue.request_spare_deletion(reply);
        deleted
    }

    /// Publishes the remaining commits, if that is possible, and stops. Returns false if the publisher ended with a
    /// panic or did not stop in time. True does not mean that all commits are published.
    pub fn stop(self) -> bool {
        self.queue.stop();
        self.supervisor.join().unwrap_or(false)
    }
}

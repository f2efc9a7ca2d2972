//! Checkpoints: moves the content of the write-ahead log into the database file, while the writer works.
//!
//! A separate thread does most of the work, including the waiting for the disk. The writer checkpoints the few frames
//! that were committed meanwhile, between two batches, so that the log can restart; under steady load it would
//! otherwise grow without limit.
//!
//! Litestream reads the log, and must have read all of it before the log restarts. Litestream ensures that itself: it
//! keeps a read transaction open, and checkpoints when it has copied everything. With Litestream configured, no
//! checkpoint is made here until the log is so long that Litestream cannot be running, and then only as far as
//! Litestream's read transaction, if there is one, permits.

use crate::event::{Event, Observer};
use crate::{Error, Result, open};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// State shared by the writer and the checkpoint thread.
pub struct Checkpoints {
    /// Length of the log, in frames, from which on it is checkpointed.
    checkpoint_frames: u32,
    observer: Observer,
    // Held only while a few flags are set or read.
    requests: Mutex<Requests>,
    changed: Condvar,
}

#[derive(Default)]
struct Requests {
    /// The log is long: a checkpoint is due.
    is_requested: bool,
    /// The thread has finished: the writer should do the rest.
    rest_for_writer: bool,
    stop: bool,
}

impl Checkpoints {
    /// Starts the checkpoint thread.
    pub fn start(live: &Path, with_litestream: bool, observer: Observer) -> Result<(Arc<Self>, JoinHandle<()>)> {
        let conn = open::checkpointer(live)?;
        let checkpoint_frames = if with_litestream { CHECKPOINT_FRAMES_WITH_LITESTREAM } else { CHECKPOINT_FRAMES };
        let checkpoints =
            Arc::new(Self { checkpoint_frames, observer, requests: Mutex::default(), changed: Condvar::new() });
        let shared = checkpoints.clone();
        let thread =
            std::thread::Builder::new().name("store-checkpoint".into()).spawn(move || shared.run(&conn)).map_err(
                |source| Error::File { doing: "cannot start the thread", path: "store-checkpoint".into(), source },
            )?;
        Ok((checkpoints, thread))
    }

    /// Called by the writer after a commit, with the length of the log in frames. Returns true if the writer should do
    /// the rest of a checkpoint.
    pub fn after_commit(&self, frames: u32) -> bool {
        if frames < self.checkpoint_frames {
            return false;
        }
        let mut requests = self.lock();
        let rest = std::mem::take(&mut requests.rest_for_writer);
        if !rest && !requests.is_requested {
            requests.is_requested = true;
            self.changed.notify_one();
        }
        rest
    }

    /// Stops the thread.
    pub fn stop(&self) {
        self.lock().stop = true;
        self.changed.notify_one();
    }

    fn run(&self, conn: &Connection) {
        loop {
            let idle = |requests: &mut Requests| !requests.stop && !requests.is_requested;
            let requests = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
            if requests.stop {
                return;
            }
            drop(requests);
            let complete = checkpoint_rounds(conn, &self.observer);
            let mut requests = self.lock();
            requests.is_requested = false;
            requests.rest_for_writer = !complete;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a passive checkpoint, which waits for no reader. Returns how many frames are left.
pub fn passive(conn: &Connection) -> Result<u32> {
    let (frames, moved): (Option<u32>, Option<u32>) = conn
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?
        .query_row([], |row| Ok((row.get::<_, i64>(1)?.try_into().ok(), row.get::<_, i64>(2)?.try_into().ok())))?;
    Ok(frames.unwrap_or(0).saturating_sub(moved.unwrap_or(0)))
}

/// Returns true if no frame is left.
fn checkpoint_rounds(conn: &Connection, observer: &Observer) -> bool {
    for _ in 0..ROUNDS {
        match passive(conn) {
            Ok(0) => return true,
            Ok(left) if left < MAX_WRITER_FRAMES => return false,
            Ok(_) => {}
            Err(error) => {
                observer.report(&Event::CheckpointFailed { error: &error });
                return false;
            }
        }
    }
    false
}

/// A log of this many frames is checkpointed: 8 MB.
const CHECKPOINT_FRAMES: u32 = 2000;
/// The same with Litestream configured, which checkpoints after 1000 frames: 32 MB.
pub const CHECKPOINT_FRAMES_WITH_LITESTREAM: u32 = 8000;
/// At most this many remaining frames are left to the writer.
const MAX_WRITER_FRAMES: u32 = 200;
const ROUNDS: usize = 3;

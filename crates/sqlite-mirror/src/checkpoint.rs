//! Runs checkpoints, which copy the content of the write-ahead log (WAL) into the database file, while the writer
//! works.
//!
//! A separate thread does most of the work, including the `fsync` calls. The writer checkpoints the frames that new
//! commits add meanwhile, between two batches, so that the WAL can restart. Otherwise the WAL would grow without limit
//! under steady load.
//!
//! Litestream reads the WAL, and must have read all of it before the WAL restarts. Litestream ensures this itself: it
//! keeps a read transaction open, and checkpoints after it has copied everything. With Litestream configured, this
//! module starts no checkpoint until the WAL is so long that Litestream is probably not running. If Litestream holds a
//! read transaction nevertheless, SQLite checkpoints only up to that transaction.

use crate::event::{Event, Observer};
use crate::{Error, Result, open};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// State shared by the writer and the checkpoint thread.
pub struct Checkpoints {
    /// Length of the WAL, in frames, at which a checkpoint starts.
    checkpoint_frames: u32,
    observer: Observer,
    // Held only while a few flags are set or read.
    requests: Mutex<Requests>,
    changed: Condvar,
}

#[derive(Default)]
struct Requests {
    is_requested: bool,
    /// The thread's last checkpoint left frames in the WAL or failed.
    rest_for_writer: bool,
    stop: bool,
}

impl Checkpoints {
    /// Starts the checkpoint thread of the database `live`.
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

    /// Requests a checkpoint if one is due. Called after each commit with the length of the WAL in frames. Returns true
    /// if the writer should checkpoint the frames that the thread has left.
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

    /// Requests the thread to stop, and does not wait for it.
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

/// Runs a passive checkpoint, which does not wait for readers. Returns the number of frames that it could not copy; 0
/// also if another connection is checkpointing, which makes SQLite skip this checkpoint.
pub fn passive(conn: &Connection) -> Result<u32> {
    let (frames, moved): (Option<u32>, Option<u32>) = conn
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?
        .query_row([], |row| Ok((row.get::<_, i64>(1)?.try_into().ok(), row.get::<_, i64>(2)?.try_into().ok())))?;
    Ok(frames.unwrap_or(0).saturating_sub(moved.unwrap_or(0)))
}

/// Returns false if frames remain or a checkpoint has failed.
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

/// Length of the WAL, in frames, at which a checkpoint starts: 8 MB with the usual page size.
const CHECKPOINT_FRAMES: u32 = 2000;
/// Length of the WAL, in frames, at which a checkpoint starts if Litestream is configured: 32 MB with the usual page
/// size. Litestream itself checkpoints after 1000 frames.
pub const CHECKPOINT_FRAMES_WITH_LITESTREAM: u32 = 8000;
/// If fewer frames than this remain, the thread leaves them to the writer without a further round.
const MAX_WRITER_FRAMES: u32 = 200;
const ROUNDS: usize = 3;

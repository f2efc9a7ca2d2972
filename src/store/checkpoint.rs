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

use super::{Error, Result, open};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// State shared by the writer and the checkpoint thread.
pub(in crate::store) struct Checkpoints {
    /// Length of the log, in frames, from which on it is checkpointed.
    long: u32,
    // Held only while a few flags are set or read.
    orders: Mutex<Orders>,
    changed: Condvar,
}

#[derive(Default)]
struct Orders {
    /// The log is long: a checkpoint is due.
    wanted: bool,
    /// The thread has finished: the writer should do the rest.
    rest_for_writer: bool,
    stop: bool,
}

impl Checkpoints {
    /// Starts the checkpoint thread.
    pub(in crate::store) fn start(live: &Path, beside_litestream: bool) -> Result<(Arc<Self>, JoinHandle<()>)> {
        let conn = open::checkpointer(live)?;
        let long = if beside_litestream { LONG_BESIDE_LITESTREAM } else { LONG };
        let checkpoints = Arc::new(Self { long, orders: Mutex::default(), changed: Condvar::new() });
        let orders = checkpoints.clone();
        let thread =
            std::thread::Builder::new().name("store-checkpoint".into()).spawn(move || orders.run(&conn)).map_err(
                |source| Error::File { doing: "cannot start the thread", path: "store-checkpoint".into(), source },
            )?;
        Ok((checkpoints, thread))
    }

    /// Called by the writer after a commit, with the length of the log in frames. Returns true if the writer should do
    /// the rest of a checkpoint.
    pub(in crate::store) fn log_has(&self, frames: u32) -> bool {
        if frames < self.long {
            return false;
        }
        let mut orders = self.lock();
        let rest = std::mem::take(&mut orders.rest_for_writer);
        if !rest && !orders.wanted {
            orders.wanted = true;
            self.changed.notify_one();
        }
        rest
    }

    /// Stops the thread.
    pub(in crate::store) fn stop(&self) {
        self.lock().stop = true;
        self.changed.notify_one();
    }

    fn run(&self, conn: &Connection) {
        loop {
            let idle = |orders: &mut Orders| !orders.stop && !orders.wanted;
            let orders = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
            if orders.stop {
                return;
            }
            drop(orders);
            let complete = bulk(conn);
            let mut orders = self.lock();
            orders.wanted = false;
            orders.rest_for_writer = !complete;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a passive checkpoint, which waits for no reader. Returns how many frames are left.
pub(in crate::store) fn passive(conn: &Connection) -> Result<u32> {
    let (frames, moved): (Option<u32>, Option<u32>) = conn
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?
        .query_row([], |row| Ok((row.get::<_, i64>(1)?.try_into().ok(), row.get::<_, i64>(2)?.try_into().ok())))?;
    Ok(frames.unwrap_or(0).saturating_sub(moved.unwrap_or(0)))
}

/// Returns true if no frame is left.
fn bulk(conn: &Connection) -> bool {
    for _ in 0..ROUNDS {
        match passive(conn) {
            Ok(0) => return true,
            Ok(left) if left < SHORT => return false,
            Ok(_) => {}
            Err(error) => {
                let reason = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(
                    event = "STORE_CHECKPOINT_FAILED",
                    %error,
                    reason,
                    "Checkpoint of the write-ahead log failed; it is tried again after a later commit"
                );
                return false;
            }
        }
    }
    false
}

/// A log of this many frames is checkpointed: 8 MB.
const LONG: u32 = 2000;
/// The same with Litestream configured, which checkpoints after 1000 frames: 32 MB.
pub(in crate::store) const LONG_BESIDE_LITESTREAM: u32 = 8000;
/// At most this many remaining frames are left to the writer.
const SHORT: u32 = 200;
const ROUNDS: usize = 3;

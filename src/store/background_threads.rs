//! The threads of a store, and how they stop.

use super::checkpoint::Checkpoints;
use super::file_stamp::FileStamp;
use super::folder::Folder;
use super::health::{HealthState, PublishState};
use super::integrity::IntegrityCheck;
use super::live::log_stamp;
use super::publish::{CheckedCopy, Publishing};
use super::run_state::RunState;
use super::{Error, Result};
use crate::domain::Causes;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use sqlite_mirror::{Lock, WalFiles};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

pub(in crate::store) struct BackgroundThreads {
    pub writer: JoinHandle<Connection>,
    pub publish_threads: Option<PublishThreads>,
    pub integrity: Option<IntegrityCheck>,
    pub state: Arc<RunState>,
    pub health_state: Arc<HealthState>,
    /// The write-ahead log then stays unchanged when the store is closed.
    pub with_litestream: bool,
    /// Why the start could not use a foreign file; may be empty.
    pub unusable: Causes,
    pub _lock: Lock,
}

pub(in crate::store) struct PublishThreads {
    pub publishing: Publishing,
    pub checkpoints: Arc<Checkpoints>,
    pub checkpointer: JoinHandle<()>,
    // Must be the last field: closing these files before the connections would release the connections' locks.
    pub files: WalFiles,
}

impl BackgroundThreads {
    pub(in crate::store) fn publish_state(&self) -> PublishState {
        let Some(publish_threads) = &self.publish_threads else { return PublishState::Off };
        PublishState::of(publish_threads.publishing.state(), &self.unusable)
    }

    /// `None` if publishing is off.
    pub(in crate::store) fn check_published(&self) -> Option<oneshot::Receiver<CheckedCopy>> {
        Some(self.publish_threads.as_ref()?.publishing.check())
    }

    /// `None` if publishing is off.
    pub(in crate::store) fn delete_spares(&self) -> Option<oneshot::Receiver<bool>> {
        Some(self.publish_threads.as_ref()?.publishing.delete_spares())
    }

    /// Records the owner's decision that the next start makes the file at the path of the published copy the live
    /// database, although this service did not write that file. Returns false if publishing is off.
    pub(in crate::store) fn adopt_at_next_start(&self, folder: &Folder) -> Result<bool> {
        let failed = |source| Error::File { doing: "cannot write", path: folder.run_state(), source };
        if self.publish_threads.is_none() {
            return Ok(false);
        }
        // Synced, so that the decision survives a power failure.
        self.state.change(|record| record.adopt = true).and_then(|()| self.state.sync()).map_err(failed)?;
        Ok(true)
    }

    /// Litestream must read the write-ahead log before it is emptied.
    pub(in crate::store) fn with_litestream(&self) -> bool {
        self.with_litestream
    }

    /// The id of another process that is reading the live database; `None` if none is known.
    pub(in crate::store) fn wal_reader(&self) -> Option<i32> {
        self.publish_threads.as_ref()?.files.reader()
    }

    /// The writer's queue must be closed first. Failures are logged; the next start then verifies the database.
    pub(in crate::store) fn stop(self, folder: &Folder) {
        // Litestream, if it still reads the database, may write to the database after this stop.
        let reader = if self.with_litestream { self.wal_reader() } else { None };
        let Self { writer, publish_threads, integrity, state, health_state, with_litestream, unusable: _, _lock } =
            self;
        if let Some(integrity) = integrity {
            integrity.stop();
        }
        let conn = writer.join();
        let copied = publish_threads.map(|publish_threads| {
            publish_threads.checkpoints.stop();
            let has_ended = publish_threads.publishing.stop();
            let _ = publish_threads.checkpointer.join();
            (has_ended, publish_threads.files)
        });
        let (Ok(conn), true) = (conn, copied.as_ref().is_none_or(|(has_ended, _)| *has_ended)) else {
            tracing::error!(
                event = "STORE_CLOSE_FAILED",
                "A thread that serves the database panicked or did not stop in time; the next start verifies the database"
            );
            return;
        };
        let log = if with_litestream { keep_log(&conn) } else { checkpoint_all(&conn) };
        let closed = log.and_then(|()| conn.close().map_err(|(_, error)| error.into()));
        drop(copied);
        let stamp = std::fs::metadata(folder.database()).map(|metadata| FileStamp::of(&metadata));
        match (closed, stamp) {
            (Ok(()), Ok(stamp)) => {
                // If the database has not been verified yet, the next start verifies it.
                let closed = (health_state.is_live_verified() && reader.is_none()).then_some(stamp);
                let closed_log = closed.and_then(|_| log_stamp(folder));
                let noted = state.change(|record| (record.closed, record.closed_log) = (closed, closed_log));
                if let Err(error) = noted.and_then(|()| state.sync()) {
                    tracing::warn!(event = "STORE_STATE_UNWRITTEN", %error, "Cannot record the clean stop in live/state; the next start verifies the database");
                }
            }
            (Err(error), _) => {
                tracing::warn!(event = "STORE_CLOSE_FAILED", %error, "The database could not be closed completely; the next start verifies it");
            }
            (_, Err(error)) => {
                tracing::warn!(event = "STORE_CLOSE_FAILED", %error, "The database was closed, but its metadata cannot be read; the next start verifies the database");
            }
        }
    }
}

/// Litestream may not have replicated all of the write-ahead log yet.
fn keep_log(conn: &Connection) -> Result<()> {
    Ok(conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop)?)
}

fn checkpoint_all(conn: &Connection) -> Result<()> {
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(Error::Busy("another process is still reading it".into())) }
}

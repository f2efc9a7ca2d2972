//! The start and the stop of a store, in order.

use super::background_read::BackgroundReads;
use super::checkpoint::Checkpoints;
use super::file_stamp::{FileId, FileStamp};
use super::folder::Folder;
use super::health::{HealthState, PublishState};
use super::integrity::IntegrityCheck;
use super::live::{LiveState, log_stamp};
use super::notice::StartNotice;
use super::probe::Probes;
use super::publish::{self, CheckedCopy, Publishing};
use super::readers::Pools;
use super::run_state::{Record, RunState};
use super::startup::{self, Startup};
use super::unstored::UnstoredRecords;
use super::write_queue::Priority;
use super::write_request::WriteRequest;
use super::writer::{self, Writer};
use super::{Error, Inner, PROGRAM, Result, Store, WriteTx, archive, copy, disk_reserve, migrate, mirror_log, open};
use crate::config::StoreConfig;
use crate::domain::Causes;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use sqlite_mirror::{AckAfter, Acknowledge, CommitError, Lock, Mount, Position, WalFiles};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// The running threads of a store, and the resources to release when it stops.
pub(in crate::store) struct BackgroundThreads {
    writer: JoinHandle<Connection>,
    publish_threads: Option<PublishThreads>,
    integrity: Option<IntegrityCheck>,
    state: Arc<RunState>,
    health_state: Arc<HealthState>,
    /// True if the write-ahead log is kept unchanged when the store is closed.
    with_litestream: bool,
    /// Why the start could not use a foreign file; may be empty.
    unusable: Causes,
    _lock: Lock,
}

/// The threads that maintain the published copy.
struct PublishThreads {
    publishing: Publishing,
    checkpoints: Arc<Checkpoints>,
    checkpointer: JoinHandle<()>,
    // Must be the last field: closing these files before the connections would release the connections' locks.
    files: WalFiles,
}

impl Store {
    /// Opens the store and migrates it. Creates it if it does not exist. Returns the names of the applied migrations.
    ///
    /// When this function returns, the published file contains everything that was ever acknowledged, or the health
    /// report says why not. If the live database is not verified yet, for example after an unclean stop, the function
    /// waits up to half a second for its verification.
    pub fn open(config: &StoreConfig) -> Result<(Self, Vec<String>)> {
        let folder = Folder::prepare(&config.published_file())?;
        let observer = mirror_log::observer(&folder);
        let lock = Lock::take(&folder, PROGRAM, &observer)?;
        disk_reserve::release_if_needed(&folder, &observer);
        let (state, left) = folder.open_run_state()?;
        let state = Arc::new(state);
        let (found, mut conn, plan) = startup::open(&folder, &state, left, config.litestream)?;
        snapshot_before(&conn, &plan, &folder, config.keep_snapshots)?;
        let prepared = if config.publish { Some(publish::prepare(&conn, &folder, &observer)?) } else { None };
        // The record of the last run's clean stop is removed, because it no longer describes the database.
        record_open(&state, &found, &folder, config.publish)?;
        let applied = if plan.pending.is_empty() { Vec::new() } else { migrate::apply(&mut conn)? };
        store_start_notice(&conn, &folder)?;

        let health_state = Arc::new(HealthState::new(found.verified));
        // The check starts before anything is published, so that publishing can wait for it.
        let integrity = if found.verified { None } else { check_live(&folder, &health_state, found.live) };
        let pause = Duration::from_millis(config.publish_interval_ms);
        let (commit_sink, publish_threads) = if let Some((prepared_publisher, sink, files)) = prepared {
            // Publishes the pages that the migrations changed.
            sink.begin_commit().committed(Vec::new());
            let publishing = prepared_publisher.start(
                &folder,
                state.clone(),
                health_state.verification(),
                &found.published,
                pause,
            )?;
            let (checkpoints, checkpointer) =
                Checkpoints::start(&folder.database(), config.litestream, observer.clone())?;
            let commit_sink = writer::Publishing { sink, checkpoints: checkpoints.clone() };
            let publish_threads = PublishThreads { publishing, checkpoints, checkpointer, files };
            (Some(commit_sink), Some(publish_threads))
        } else {
            open::checkpoint_by_itself(&conn, config.litestream)?;
            (None, None)
        };
        disk_reserve::create_if_possible(&folder);
        let unstored = UnstoredRecords::open(&folder);
        let (writer, thread) = Writer::start(conn, Mount::of(&folder)?, commit_sink, health_state.clone())?;
        if !found.verified {
            wait_until_published(&writer);
        }
        let threads = BackgroundThreads {
            writer: thread,
            publish_threads,
            integrity,
            state,
            health_state: health_state.clone(),
            with_litestream: config.litestream,
            unusable: found.unusable,
            _lock: lock,
        };
        let inner = Inner {
            health_state,
            probes: Probes::default(),
            readers: Pools::new(&folder.database(), config.readers),
            writer: Mutex::new(Some(writer)),
            threads: Mutex::new(Some(threads)),
            background_reads: BackgroundReads::default(),
            unstored,
            folder,
        };
        Ok((Self { inner: Arc::new(inner), priority: Priority::default() }, applied))
    }
}

impl BackgroundThreads {
    /// Returns the state of the published copy.
    pub(in crate::store) fn publish_state(&self) -> PublishState {
        let Some(publish_threads) = &self.publish_threads else { return PublishState::Off };
        PublishState::of(publish_threads.publishing.state(), &self.unusable)
    }

    /// Requests a comparison of the whole published file with the live database; `None` if publishing is off.
    pub(in crate::store) fn check_published(&self) -> Option<oneshot::Receiver<CheckedCopy>> {
        Some(self.publish_threads.as_ref()?.publishing.check())
    }

    /// Records that the owner wants the foreign file under the published name to be adopted. Returns false if
    /// publishing is off.
    pub(in crate::store) fn adopt_at_next_start(&self, folder: &Folder) -> Result<bool> {
        let failed = |source| Error::File { doing: "cannot write", path: folder.run_state(), source };
        if self.publish_threads.is_none() {
            return Ok(false);
        }
        // The state is synced, so that the decision survives a kill of the process.
        self.state.change(|record| record.adopt = true).and_then(|()| self.state.sync()).map_err(failed)?;
        Ok(true)
    }

    /// Returns true if the write-ahead log belongs to Litestream.
    pub(in crate::store) fn with_litestream(&self) -> bool {
        self.with_litestream
    }

    /// Returns the id of another process that is reading the live database, if known.
    pub(in crate::store) fn log_reader(&self) -> Option<i32> {
        self.publish_threads.as_ref()?.files.reader()
    }

    /// Stops all threads. The writer's queue must be closed first.
    pub(in crate::store) fn stop(self, folder: &Folder) {
        // A program that still has the database open may write to it later.
        let reader = if self.with_litestream { self.log_reader() } else { None };
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
                "A thread of the store panicked or did not stop in time; the next start verifies the database"
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
                    tracing::warn!(event = "STORE_STATE_UNWRITTEN", %error, "Cannot record the clean stop in the state file; the next start verifies the database");
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

/// Records that a run has started, and which live database it uses. The record applies until the publisher has
/// inspected the published file.
fn record_open(state: &RunState, found: &Startup, folder: &Folder, publish: bool) -> Result<()> {
    let failed = |source| Error::File { doing: "cannot write", path: folder.run_state(), source };
    let live = Some(FileId::of(&std::fs::metadata(folder.database()).map_err(failed)?));
    let left = found.record.clone().unwrap_or_else(|| Record::of_boot(state.boot()));
    let is_known = left.live.is_some() && left.live == live;
    // The boot id of the last run is kept until the publisher has inspected the files of that run.
    let mut record = Record { closed: None, closed_log: None, live, ..left };
    if !publish && let Some(published) = &mut record.published {
        // Without publishing, the file falls behind without a recorded position.
        published.position = Position::NOWHERE;
        published.writing = Some(Position::NOWHERE);
    }
    state.replace(&record).map_err(failed)?;
    // The state is synced: after a power failure this folder must not be mistaken for a copy.
    if is_known { Ok(()) } else { state.sync().map_err(failed) }
}

/// Stores the start notice for the owner in the database, and holds messages that may already have been sent.
fn store_start_notice(conn: &Connection, folder: &Folder) -> Result<()> {
    let Some(notice) = StartNotice::load(folder) else { return Ok(()) };
    let tx = conn.unchecked_transaction()?;
    let write = WriteTx::new(&tx);
    write.set_start_notice(Some(&notice))?;
    let (mut messages, mut calls) = (0, 0);
    if notice.uses_another_database() {
        write.restart_changes(notice.at)?;
        messages = write.hold_outbox()? + write.hold_scheduled(notice.at)?;
        // The calls may have been made since this database was copied.
        calls = write.cancel_outbound_calls(notice.at)?;
    }
    tx.commit()?;
    if messages > 0 {
        tracing::info!(
            event = "OUTBOX_HELD",
            messages,
            "{messages} queued or scheduled messages of this database are held until the owner sends or discards them"
        );
    }
    if calls > 0 {
        tracing::info!(
            event = "OUTBOUND_CANCELLED",
            calls,
            "{calls} waiting outbound calls are cancelled: this database is a copy, and they may have been made since it was copied"
        );
    }
    archive::remove(&folder.notice())
}

fn check_live(folder: &Folder, health_state: &Arc<HealthState>, live: LiveState) -> Option<IntegrityCheck> {
    let reason = match live {
        LiveState::Unclosed => "No clean stop of the last run is recorded",
        LiveState::Moved => "The data folder was moved or copied after a clean stop",
        LiveState::Replicated => "The database has changed since the last stop, and Litestream may write to it",
        LiveState::Changed | LiveState::Closed => "Another program changed the database after the last stop",
    };
    // A move and Litestream's writes are expected and need no action.
    if matches!(live, LiveState::Moved | LiveState::Replicated) {
        tracing::info!(event = "STORE_UNCLEAN_STOP", "{reason}: starting to verify the database in the background");
    } else {
        tracing::warn!(event = "STORE_UNCLEAN_STOP", "{reason}: starting to verify the database in the background");
    }
    IntegrityCheck::start(&folder.database(), health_state.clone())
}

fn snapshot_before(conn: &Connection, plan: &migrate::Plan, folder: &Folder, keep: usize) -> Result<()> {
    let Some(current) = plan.current.as_deref().filter(|_| !plan.pending.is_empty()) else { return Ok(()) };
    let snapshot = copy::before_migration(conn, folder, current, keep)?;
    tracing::info!(event = "STORE_SNAPSHOT", file = %snapshot.display(), "Copied the database to {} before its migration", snapshot.display());
    Ok(())
}

/// Waits for a limited time until the live database has been verified and published. The limit is short, because the
/// phone must be answered soon. A database of common size is therefore published before the first response, and a large
/// one shortly afterwards.
fn wait_until_published(writer: &Writer) {
    let (sender, published) = mpsc::sync_channel(1);
    if writer.push(Priority::Live, Box::new(Marker(sender))).is_ok() {
        let _ = published.recv_timeout(PUBLISH_BEFORE_READY);
    }
}

/// A write that changes nothing. Its completion shows that all earlier writes have been published, unless the copy is
/// late.
struct Marker(mpsc::SyncSender<()>);

impl WriteRequest for Marker {
    fn name(&self) -> &'static str {
        "store::start"
    }

    fn run(&mut self, _: &WriteTx<'_>) -> bool {
        true
    }
}

impl Acknowledge for Marker {
    fn complete(self: Box<Self>, _: &std::result::Result<(), CommitError>) {
        let _ = self.0.send(());
    }

    fn ack_after(&self) -> AckAfter {
        AckAfter::Publish
    }
}

/// How long a start with an unverified live database waits for the published file.
const PUBLISH_BEFORE_READY: Duration = Duration::from_millis(500);

/// Keeps the log at the stop, because Litestream may not have replicated all of it yet.
fn keep_log(conn: &Connection) -> Result<()> {
    Ok(conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop)?)
}

/// Checkpoints the whole log into the database file.
fn checkpoint_all(conn: &Connection) -> Result<()> {
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(Error::Busy("another process is still reading it".into())) }
}

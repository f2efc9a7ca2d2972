//! The start of a store, in order. The stop of a store is in `background_threads`.

use super::background_read::BackgroundReads;
use super::background_threads::{BackgroundThreads, PublishThreads};
use super::checkpoint::Checkpoints;
use super::file_stamp::FileId;
use super::folder::{Folder, PROGRAM};
use super::health::HealthState;
use super::integrity::IntegrityCheck;
use super::live::LiveState;
use super::notice::StartNotice;
use super::probes::Probes;
use super::readers::Pools;
use super::run_state::{Record, RunState};
use super::startup::{self, Startup};
use super::unstored::UnstoredRecords;
use super::write_queue::Priority;
use super::write_request::WriteRequest;
use super::writer::{self, Writer};
use super::{Error, Inner, Result, Store, WriteTx, disk_reserve, migrate, mirror_log, open, publish};
use crate::config::StoreConfig;
use crate::store::backup::{archive, copy};
use rusqlite::Connection;
use sqlite_mirror::{AckAfter, Acknowledge, CommitError, Lock, Mount, Position};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

impl Store {
    /// Opens the store, creates it if it does not exist, and migrates its database. Returns the names of the applied
    /// migrations.
    ///
    /// When this function returns, the published file contains everything that was ever acknowledged, or the health
    /// report says why not. If the live database is not verified yet, for example after an unclean stop, the function
    /// waits up to half a second for its verification.
    pub fn open(config: &StoreConfig) -> Result<(Self, Vec<String>)> {
        let folder = Folder::prepare(&config.published_file())?;
        let observer = mirror_log::observer(&folder);
        let lock = Lock::take(&folder, PROGRAM, &observer)?;
        disk_reserve::release_if_needed(&folder, &observer);
        folder.record_name();
        let (state, left) = folder.open_run_state()?;
        let state = Arc::new(state);
        let (found, mut conn, plan) = startup::open(&folder, &state, left, config.litestream)?;
        snapshot_before(&conn, &plan, &folder, config.keep_snapshots)?;
        let prepared = if config.publish { Some(publish::prepare(&conn, &folder, &observer)?) } else { None };
        // The record of a clean stop no longer describes the database.
        record_open(&state, &found, &folder, config.publish)?;
        let applied = if plan.pending.is_empty() { Vec::new() } else { migrate::apply(&mut conn)? };
        store_start_notice(&conn, &folder)?;

        let health_state = Arc::new(HealthState::new(found.verified));
        // Before anything is published, so that publishing can wait for the check.
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

/// The record applies until the publisher has inspected the published file.
fn record_open(state: &RunState, found: &Startup, folder: &Folder, publish: bool) -> Result<()> {
    let failed = |source| Error::File { doing: "cannot write", path: folder.run_state(), source };
    let live = Some(FileId::of(&std::fs::metadata(folder.database()).map_err(failed)?));
    let left = found.record.clone().unwrap_or_else(|| Record::of_boot(state.boot()));
    let is_known = left.live.is_some() && left.live == live;
    // The boot id of the last run is kept until the publisher has inspected the files of that run.
    let mut record = Record { closed: None, closed_log: None, live, ..left };
    if !publish && let Some(published) = &mut record.published {
        // This run's commits do not reach the published file. The next run that publishes must compare the whole file,
        // so it must not find a position.
        published.position = Position::NOWHERE;
        published.writing = Some(Position::NOWHERE);
    }
    state.replace(&record).map_err(failed)?;
    // After a power failure, this folder must not be mistaken for a copy.
    if is_known { Ok(()) } else { state.sync().map_err(failed) }
}

/// If the start used another database, messages may already have been sent, and calls made, since it was copied.
fn store_start_notice(conn: &Connection, folder: &Folder) -> Result<()> {
    let Some(notice) = StartNotice::load(folder) else { return Ok(()) };
    let tx = conn.unchecked_transaction()?;
    let write = WriteTx::new(&tx);
    write.set_start_notice(Some(&notice))?;
    let (mut messages, mut calls) = (0, 0);
    if notice.uses_another_database() {
        write.restart_changes(notice.at)?;
        messages = write.hold_outbox()? + write.hold_scheduled(notice.at)?;
        calls = write.cancel_outbound_calls(notice.at)?;
    }
    tx.commit()?;
    if messages > 0 {
        tracing::info!(
            event = "OUTBOX_HELD",
            messages,
            "{messages} queued or scheduled messages are held until the owner sends or discards them: this database may be a copy, and they may have been sent since it was copied"
        );
    }
    if calls > 0 {
        tracing::info!(
            event = "OUTBOUND_CANCELLED",
            calls,
            "{calls} outbound calls that were waiting or being dialed are cancelled: this database may be a copy, and they may have been made since it was copied"
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

/// The wait is short, because the phone must be answered soon. A database of common size is published within it, a
/// large one shortly afterwards.
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

const PUBLISH_BEFORE_READY: Duration = Duration::from_millis(500);

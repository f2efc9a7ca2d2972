//! The start and the stop of a store, in order.

use super::beside::Beside;
use super::checkpoint::Checkpoints;
use super::durable::Disk;
use super::folder::Folder;
use super::health::{PublishState, Reports};
use super::integrity::IntegrityCheck;
use super::live::log_left;
use super::lock::Lock;
use super::notice::StartNotice;
use super::pending::{CommitError, Pending, Told};
use super::probe::Probes;
use super::publish::{self, Feed, Position, Prelude, Publishing, WalFiles};
use super::readers::Pools;
use super::run_state::{Record, RunState};
use super::stamp::{FileId, Stamp};
use super::startup::{self, Startup};
use super::write_queue::Priority;
use super::writer::{self, Writer};
use super::{Error, Inner, Result, Store, WriteTx, archive, copy, migrate, open, reserve};
use crate::config::StoreConfig;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// The running threads of a store, and the resources to release when it stops.
pub(in crate::store) struct Machinery {
    writer: JoinHandle<Connection>,
    copying: Option<Copying>,
    integrity: Option<IntegrityCheck>,
    state: Arc<RunState>,
    reports: Arc<Reports>,
    /// The log is kept as it is when the store is closed.
    beside_litestream: bool,
    _lock: Lock,
}

/// The threads that maintain the published copy.
struct Copying {
    publishing: Publishing,
    checkpoints: Arc<Checkpoints>,
    checkpointer: JoinHandle<()>,
    // Last: closing these files before the connections would release the connections' locks.
    files: WalFiles,
}

impl Store {
    /// Opens the store, creates it if there is none, and migrates it. Returns the names of the applied migrations.
    ///
    /// When it returns, the published file holds everything that was ever acknowledged, or health reports why it does
    /// not. After an unclean stop it waits up to half a second for the verification of the live database.
    pub fn open(config: &StoreConfig) -> Result<(Self, Vec<String>)> {
        let folder = Folder::prepare(&config.published_file())?;
        let lock = Lock::take(&folder)?;
        reserve::give_up_if_needed(&folder);
        let (state, left) = RunState::open(&folder.run_state())?;
        let state = Arc::new(state);
        let (found, mut conn, plan) = startup::open(&folder, &state, left, config.litestream)?;
        snapshot_before(&conn, &plan, &folder, config.keep_snapshots)?;
        let begun = if config.publish { Some(begin_publishing(&conn, &folder)?) } else { None };
        // From here on the last run's clean stop says nothing about the database.
        note_open(&state, &found, &folder, config.publish)?;
        let applied = if plan.pending.is_empty() { Vec::new() } else { migrate::apply(&mut conn)? };
        note_start(&conn, &folder)?;

        let reports = Arc::new(Reports::new(found.verified));
        // Started before anything is published, so that publishing can wait for it.
        let integrity = if found.verified { None } else { check_live(&folder, &reports) };
        let pause = Duration::from_millis(config.publish_interval_ms);
        let (feeding, copying) = if let Some((prelude, feed, files)) = begun {
            // The pages that the migrations changed.
            feed.turn().committed(Vec::new());
            let publishing = prelude.start(&folder, state.clone(), reports.clone(), &found.published, pause)?;
            let (feeding, copying) = start_publishing(publishing, feed, files, &folder, config.litestream)?;
            (Some(feeding), Some(copying))
        } else {
            open::checkpoint_by_itself(&conn, config.litestream)?;
            (None, None)
        };
        reserve::keep(&folder);
        let (writer, thread) = Writer::start(conn, Disk::of(&folder)?, feeding, reports.clone())?;
        if !found.verified {
            wait_until_published(&writer);
        }
        let machinery = Machinery {
            writer: thread,
            copying,
            integrity,
            state,
            reports: reports.clone(),
            beside_litestream: config.litestream,
            _lock: lock,
        };
        let inner = Inner {
            reports,
            probes: Probes::default(),
            readers: Pools::new(&folder.database(), config.readers),
            writer: Mutex::new(Some(writer)),
            machinery: Mutex::new(Some(machinery)),
            beside: Beside::default(),
            folder,
        };
        Ok((Self { inner: Arc::new(inner), priority: Priority::default() }, applied))
    }
}

impl Machinery {
    /// The state of the published copy.
    pub(in crate::store) fn publish_state(&self) -> PublishState {
        self.copying.as_ref().map_or(PublishState::Off, |copying| copying.publishing.state())
    }

    /// Records that the owner wants the foreign file under the published name to be adopted. Returns false if
    /// publishing is off.
    pub(in crate::store) fn adopt_at_next_start(&self, folder: &Folder) -> Result<bool> {
        let failed = |source| Error::File { doing: "cannot write", path: folder.run_state(), source };
        if self.copying.is_none() {
            return Ok(false);
        }
        // Synced, so that it also applies to a start after a kill.
        self.state.change(|record| record.adopt = true).and_then(|()| self.state.sync()).map_err(failed)?;
        Ok(true)
    }

    /// The id of another process that is reading the live database, if known.
    pub(in crate::store) fn log_reader(&self) -> Option<i32> {
        self.copying.as_ref()?.files.reader()
    }

    /// Stops all threads. The writer's queue must be closed before.
    pub(in crate::store) fn stop(self, folder: &Folder) {
        // A program that has the database open may write to it later.
        let reader = if self.beside_litestream { self.log_reader() } else { None };
        let Self { writer, copying, integrity, state, reports, beside_litestream, _lock } = self;
        if let Some(integrity) = integrity {
            integrity.stop();
        }
        let conn = writer.join();
        let copied = copying.map(|copying| {
            copying.checkpoints.stop();
            let has_ended = copying.publishing.stop();
            let _ = copying.checkpointer.join();
            (has_ended, copying.files)
        });
        let (Ok(conn), true) = (conn, copied.as_ref().is_none_or(|(has_ended, _)| *has_ended)) else {
            tracing::error!(
                event = "STORE_STOPPED_UNCLEANLY",
                "A thread of the store did not stop; the next start verifies the database"
            );
            return;
        };
        let log = if beside_litestream { keep_log(&conn) } else { checkpoint_all(&conn) };
        let closed = log.and_then(|()| conn.close().map_err(|(_, error)| error.into()));
        drop(copied);
        let stamp = std::fs::metadata(folder.database()).map(|metadata| Stamp::of(&metadata));
        match (closed, stamp) {
            (Ok(()), Ok(stamp)) => {
                // A database that has not been verified yet is verified at the next start.
                let closed = (reports.is_live_verified() && reader.is_none()).then_some(stamp);
                let closed_log = closed.and_then(|_| log_left(folder));
                let noted = state.change(|record| (record.closed, record.closed_log) = (closed, closed_log));
                if let Err(error) = noted.and_then(|()| state.sync()) {
                    tracing::warn!(event = "STORE_STATE_UNWRITTEN", %error, "Cannot record the clean stop in the state file");
                }
            }
            (Err(error), _) => {
                tracing::warn!(event = "STORE_STOPPED_UNCLEANLY", %error, "The write-ahead log could not be emptied; the next start will empty it");
            }
            (_, Err(error)) => {
                tracing::warn!(event = "STORE_STOPPED_UNCLEANLY", %error, "Cannot inspect the database file at the stop");
            }
        }
    }
}

/// Records that a run has begun and which live database it uses, until the publisher has inspected the published file.
fn note_open(state: &RunState, found: &Startup, folder: &Folder, publish: bool) -> Result<()> {
    let failed = |source| Error::File { doing: "cannot write", path: folder.run_state(), source };
    let live = Some(FileId::of(&std::fs::metadata(folder.database()).map_err(failed)?));
    let left = found.record.clone().unwrap_or_else(Record::of_this_boot);
    let is_known = left.live.is_some() && left.live == live;
    // The boot id stays that of the last run, until the publisher has inspected what that run left.
    let mut record = Record { closed: None, closed_log: None, live, ..left };
    if !publish && let Some(published) = &mut record.published {
        // The file falls behind without a recorded position.
        published.position = Position::NOWHERE;
        published.writing = Some(Position::NOWHERE);
    }
    state.replace(&record).map_err(failed)?;
    // Synced: a power cut must not make this folder look like a copy.
    if is_known { Ok(()) } else { state.sync().map_err(failed) }
}

/// Stores the start notice for the owner in the database, and holds messages that may have been sent already.
fn note_start(conn: &Connection, folder: &Folder) -> Result<()> {
    let Some(notice) = StartNotice::left_in(folder) else { return Ok(()) };
    let tx = conn.unchecked_transaction()?;
    let write = WriteTx::new(&tx);
    write.set_start_notice(Some(&notice))?;
    if notice.uses_another_database() {
        write.restart_changes(notice.at)?;
        let messages = write.hold_outbox()?;
        if messages > 0 {
            tracing::info!(
                event = "OUTBOX_HELD",
                messages,
                "{messages} queued messages of this database are held until the owner sends or discards them"
            );
        }
    }
    tx.commit()?;
    archive::remove(&folder.notice())
}

fn check_live(folder: &Folder, reports: &Arc<Reports>) -> Option<IntegrityCheck> {
    tracing::warn!(
        event = "STORE_UNCLEAN_STOP",
        "The last run did not stop cleanly; the database is verified in the background"
    );
    IntegrityCheck::start(&folder.database(), reports.clone())
}

fn snapshot_before(conn: &Connection, plan: &migrate::Plan, folder: &Folder, keep: usize) -> Result<()> {
    let Some(current) = plan.current.as_deref().filter(|_| !plan.pending.is_empty()) else { return Ok(()) };
    let snapshot = copy::before_migration(conn, folder, current, keep)?;
    tracing::info!(event = "STORE_SNAPSHOT", file = %snapshot.display(), "Copied the database before its migration");
    Ok(())
}

fn begin_publishing(conn: &Connection, folder: &Folder) -> Result<(Prelude, Feed, WalFiles)> {
    let page_size = open::page_size(conn)?;
    // The first read creates the log's index.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    publish::prelude(folder, page_size)
}

fn start_publishing(
    publishing: Publishing,
    feed: Feed,
    files: WalFiles,
    folder: &Folder,
    beside_litestream: bool,
) -> Result<(writer::Publishing, Copying)> {
    let (checkpoints, checkpointer) = Checkpoints::start(&folder.database(), beside_litestream)?;
    let feeding = writer::Publishing { feed, checkpoints: checkpoints.clone() };
    Ok((feeding, Copying { publishing, checkpoints, checkpointer, files }))
}

/// Waits a limited time until the live database has been verified and published: the phone must answer soon. So the
/// published copy of a database of common size is current from the first response on, and that of a large one a little
/// later.
fn wait_until_published(writer: &Writer) {
    let (sender, published) = mpsc::sync_channel(1);
    if writer.push(Priority::Live, Box::new(Marker(sender))).is_ok() {
        let _ = published.recv_timeout(PUBLISH_BEFORE_READY);
    }
}

/// A write that changes nothing. Its completion shows that everything before it has been published.
struct Marker(mpsc::SyncSender<()>);

impl Pending for Marker {
    fn name(&self) -> &'static str {
        "store::start"
    }

    fn run(&mut self, _: &WriteTx<'_>) -> bool {
        true
    }

    fn answer(self: Box<Self>, _: &std::result::Result<(), CommitError>) {
        let _ = self.0.send(());
    }

    fn told(&self) -> Told {
        Told::Published
    }
}

/// How long a start after an unclean stop waits for the published file.
const PUBLISH_BEFORE_READY: Duration = Duration::from_millis(500);

/// Keeps the log at the stop: Litestream may not have replicated all of it yet.
fn keep_log(conn: &Connection) -> Result<()> {
    Ok(conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop)?)
}

/// Checkpoints the whole log into the database file.
fn checkpoint_all(conn: &Connection) -> Result<()> {
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(Error::Busy("another process is still reading it".into())) }
}

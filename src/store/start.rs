//! The start and the end of a store, in order.

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

/// What runs, and what has to be put away at the end.
pub(in crate::store) struct Machinery {
    writer: JoinHandle<Connection>,
    copying: Option<Copying>,
    integrity: Option<IntegrityCheck>,
    state: Arc<RunState>,
    reports: Arc<Reports>,
    /// The log stays as it is when the store is closed.
    beside_litestream: bool,
    _lock: Lock,
}

/// What keeps the published copy.
struct Copying {
    publishing: Publishing,
    checkpoints: Arc<Checkpoints>,
    checkpointer: JoinHandle<()>,
    // Last: closing it before the connections would drop their locks.
    files: WalFiles,
}

impl Store {
    /// Opens the store, makes it if there is none, and migrates it. Returns the names of the applied migrations.
    ///
    /// When it returns, the published file holds all that was ever acknowledged, or health says why it does not. After an
    /// unclean stop it waits up to half a second for the verification of the live database.
    pub fn open(config: &StoreConfig) -> Result<(Self, Vec<String>)> {
        let folder = Folder::prepare(&config.published_file())?;
        let lock = Lock::take(&folder)?;
        reserve::give_up_if_needed(&folder);
        let (state, left) = RunState::open(&folder.run_state())?;
        let state = Arc::new(state);
        let (found, mut conn, plan) = startup::open(&folder, &state, left, config.litestream)?;
        snapshot_before(&conn, &plan, &folder, config.keep_snapshots)?;
        let begun = if config.publish { Some(begin_publishing(&conn, &folder)?) } else { None };
        // From here on the last run's clean end says nothing any more.
        note_open(&state, &found, &folder, config.publish)?;
        let applied = if plan.pending.is_empty() { Vec::new() } else { migrate::apply(&mut conn)? };
        note_start(&conn, &folder)?;

        let reports = Arc::new(Reports::new(found.verified));
        // Before anything is published, so that what is published may wait for it.
        let integrity = if found.verified { None } else { check_live(&folder, &reports) };
        let pause = Duration::from_millis(config.publish_interval_ms);
        let (feeding, copying) = if let Some((prelude, feed, files)) = begun {
            // What the migrations changed.
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
    /// How far the published copy is.
    pub(in crate::store) fn publish_state(&self) -> PublishState {
        self.copying.as_ref().map_or(PublishState::Off, |copying| copying.publishing.state())
    }

    /// The foreign file that has the published name is what the owner wants.
    pub(in crate::store) fn adopt_at_next_start(&self, folder: &Folder) -> Result<bool> {
        let failed = |source| Error::File { doing: "cannot write", path: folder.run_state(), source };
        if self.copying.is_none() {
            return Ok(false);
        }
        // Also for a start after a kill.
        self.state.change(|record| record.adopt = true).and_then(|()| self.state.sync()).map_err(failed)?;
        Ok(true)
    }

    /// A process, not this one, that is reading the live database, where that is known.
    pub(in crate::store) fn log_reader(&self) -> Option<i32> {
        self.copying.as_ref()?.files.reader()
    }

    /// Ends everything; the writer must have been told to end before.
    pub(in crate::store) fn stop(self, folder: &Folder) {
        // As long as another program has the database open, it may go on writing to it.
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
                "A part of the store did not end; the next start will check"
            );
            return;
        };
        let log = if beside_litestream { keep_log(&conn) } else { checkpoint_all(&conn) };
        let closed = log.and_then(|()| conn.close().map_err(|(_, error)| error.into()));
        drop(copied);
        let stamp = std::fs::metadata(folder.database()).map(|metadata| Stamp::of(&metadata));
        match (closed, stamp) {
            (Ok(()), Ok(stamp)) => {
                // What has not been verified yet is verified at the next start.
                let closed = (reports.is_live_verified() && reader.is_none()).then_some(stamp);
                let closed_log = closed.and_then(|_| log_left(folder));
                let noted = state.change(|record| (record.closed, record.closed_log) = (closed, closed_log));
                if let Err(error) = noted.and_then(|()| state.sync()) {
                    tracing::warn!(event = "STORE_STATE_UNWRITTEN", %error, "Cannot note the clean stop");
                }
            }
            (Err(error), _) => {
                tracing::warn!(event = "STORE_STOPPED_UNCLEANLY", %error, "The log could not be emptied; the next start will do it");
            }
            (_, Err(error)) => {
                tracing::warn!(event = "STORE_STOPPED_UNCLEANLY", %error, "Cannot look at the database");
            }
        }
    }
}

/// Notes that a run goes on, and in which database, until the publisher has looked at the published file.
fn note_open(state: &RunState, found: &Startup, folder: &Folder, publish: bool) -> Result<()> {
    let failed = |source| Error::File { doing: "cannot write", path: folder.run_state(), source };
    let live = Some(FileId::of(&std::fs::metadata(folder.database()).map_err(failed)?));
    let left = found.record.clone().unwrap_or_else(Record::of_this_boot);
    let is_known = left.live.is_some() && left.live == live;
    // The boot stays that of the last run, until the publisher has looked at what that run left.
    let mut record = Record { closed: None, closed_log: None, live, ..left };
    if !publish && let Some(published) = &mut record.published {
        // It falls behind without a note of where.
        published.position = Position::NOWHERE;
        published.writing = Some(Position::NOWHERE);
    }
    state.replace(&record).map_err(failed)?;
    // A power cut must not make this folder look like a copy.
    if is_known { Ok(()) } else { state.sync().map_err(failed) }
}

/// Keeps in the database what the owner must be told of this start, and holds what the database may have sent already.
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
                "{messages} messages that waited in this database are held until the owner sends or discards them"
            );
        }
    }
    tx.commit()?;
    archive::remove(&folder.notice())
}

fn check_live(folder: &Folder, reports: &Arc<Reports>) -> Option<IntegrityCheck> {
    tracing::warn!(
        event = "STORE_UNCLEAN_STOP",
        "The last run did not end cleanly; the database is checked beside the service"
    );
    IntegrityCheck::start(&folder.database(), reports.clone())
}

fn snapshot_before(conn: &Connection, plan: &migrate::Plan, folder: &Folder, keep: usize) -> Result<()> {
    let Some(current) = plan.current.as_deref().filter(|_| !plan.pending.is_empty()) else { return Ok(()) };
    let snapshot = copy::before_migration(conn, folder, current, keep)?;
    tracing::info!(event = "STORE_SNAPSHOT", file = %snapshot.display(), "Kept a copy of the database from before the migration");
    Ok(())
}

fn begin_publishing(conn: &Connection, folder: &Folder) -> Result<(Prelude, Feed, WalFiles)> {
    let page_size = open::page_size(conn)?;
    // The first read makes the log's index.
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

/// Waits until the live database has been verified and published, but not for long: the phone must answer. So copies of a
/// database of common size are current from the first answer on, and copies of a large one a little later.
fn wait_until_published(writer: &Writer) {
    let (sender, published) = mpsc::sync_channel(1);
    if writer.push(Priority::Live, Box::new(Marker(sender))).is_ok() {
        let _ = published.recv_timeout(PUBLISH_BEFORE_READY);
    }
}

/// A write that changes nothing, to learn when everything before it has been published.
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

/// Whatever has not been replicated yet is still in the log at the next start.
fn keep_log(conn: &Connection) -> Result<()> {
    Ok(conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop)?)
}

/// Moves the whole log into the database file.
fn checkpoint_all(conn: &Connection) -> Result<()> {
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(Error::Busy("somebody is still reading it".into())) }
}

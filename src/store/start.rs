//! The start and the end of a store, in order.

use super::beside::Beside;
use super::checkpoint::Checkpoints;
use super::durable::Disk;
use super::folder::Folder;
use super::health::{PublishState, Reports};
use super::integrity::IntegrityCheck;
use super::lock::Lock;
use super::probe::Probes;
use super::publish::{self, Feed, Heritage, Position, Prelude, Publishing, WalFiles};
use super::readers::Pools;
use super::run_state::{Record, RunState};
use super::stamp::Stamp;
use super::write_queue::Priority;
use super::writer::{self, Writer};
use super::{Error, Inner, Result, Store, copy, import, migrate, open, reserve};
use crate::config::StoreConfig;
use rusqlite::Connection;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What runs, and what has to be put away at the end.
pub(in crate::store) struct Machinery {
    writer: JoinHandle<Connection>,
    copying: Option<Copying>,
    integrity: Option<IntegrityCheck>,
    state: Arc<RunState>,
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
    /// When it returns, the published file is current, or locked against openers while it is made so.
    pub fn open(config: &StoreConfig) -> Result<(Self, Vec<String>)> {
        let folder = Folder::prepare(&config.published_file())?;
        let lock = Lock::take(&folder)?;
        reserve::give_up_if_needed(&folder);
        let (state, mut left) = RunState::open(&folder.run_state())?;
        let state = Arc::new(state);
        let existed = folder.database().exists();
        if let Some(taken_over) = import::adopt_published(&folder, &state)? {
            left = Some(taken_over);
        }
        let clean = left.as_ref().is_some_and(|record| was_closed_cleanly(record, &folder));

        let mut conn = open::writer(&folder.database())?;
        let plan = migrate::plan(&conn)?;
        snapshot_before(&conn, &plan, &folder, config.keep_snapshots)?;
        let begun = if config.publish { Some(begin_publishing(&conn, &folder)?) } else { None };
        // From here on the last run's clean end says nothing any more.
        write_state(&state, &while_open(left.as_ref(), config.publish), &folder)?;
        let applied = if plan.pending.is_empty() { Vec::new() } else { migrate::apply(&mut conn)? };

        let reports = Arc::new(Reports::new());
        let heritage = Heritage { record: left.as_ref(), clean };
        let pause = Duration::from_millis(config.publish_interval_ms);
        let (feeding, copying) = if let Some((prelude, feed, files)) = begun {
            let (feeding, copying) = start_publishing(prelude, feed, files, &folder, &state, &heritage, pause)?;
            (Some(feeding), Some(copying))
        } else {
            open::checkpoint_by_itself(&conn)?;
            (None, None)
        };
        let integrity = if existed && !clean {
            tracing::warn!(
                event = "STORE_UNCLEAN_STOP",
                "The last run did not end cleanly; the database is checked beside the service"
            );
            IntegrityCheck::start(&folder.database(), reports.clone())
        } else {
            None
        };
        reserve::keep(&folder);
        let (writer, thread) = Writer::start(conn, Disk::of(&folder)?, feeding, reports.clone())?;
        let machinery = Machinery { writer: thread, copying, integrity, state, _lock: lock };
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

    /// A process, not this one, that is reading the live database, where that is known.
    pub(in crate::store) fn log_reader(&self) -> Option<i32> {
        self.copying.as_ref()?.files.reader()
    }

    /// Ends everything; the writer must have been told to end before.
    pub(in crate::store) fn stop(self, folder: &Folder) {
        let Self { writer, copying, integrity, state, _lock } = self;
        if let Some(integrity) = integrity {
            integrity.stop();
        }
        let conn = writer.join();
        let mut record = Some(state.read());
        let files = copying.map(|copying| {
            copying.checkpoints.stop();
            record = copying.publishing.stop();
            let _ = copying.checkpointer.join();
            copying.files
        });
        let (Ok(conn), Some(mut record)) = (conn, record) else {
            tracing::error!(
                event = "STORE_STOPPED_UNCLEANLY",
                "A part of the store did not end; the next start will check"
            );
            return;
        };
        let closed = checkpoint_all(&conn).and_then(|()| conn.close().map_err(|(_, error)| error.into()));
        drop(files);
        let stamp = std::fs::metadata(folder.database()).map(|metadata| Stamp::of(&metadata));
        match (closed, stamp) {
            (Ok(()), Ok(stamp)) => {
                record.closed = Some(stamp);
                if let Err(error) = state.write(&record).and_then(|()| state.sync()) {
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

/// The database is as the last run's clean end left it.
fn was_closed_cleanly(record: &Record, folder: &Folder) -> bool {
    let now = std::fs::metadata(folder.database()).ok().map(|metadata| Stamp::of(&metadata));
    let log_is_empty = std::fs::metadata(folder.wal()).map_or(true, |metadata| metadata.len() == 0);
    record.closed.is_some() && record.closed == now && log_is_empty
}

/// What the state file says until the publisher has looked at the published file.
fn while_open(left: Option<&Record>, publish: bool) -> Record {
    let mut record = Record { closed: None, ..left.cloned().unwrap_or_else(Record::of_this_boot) };
    if !publish && let Some(published) = &mut record.published {
        // It falls behind without anybody noting where.
        published.position = Position::NOWHERE;
        published.writing = Some(Position::NOWHERE);
    }
    record
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
    prelude: Prelude,
    mut feed: Feed,
    files: WalFiles,
    folder: &Folder,
    state: &Arc<RunState>,
    heritage: &Heritage<'_>,
    pause: Duration,
) -> Result<(writer::Publishing, Copying)> {
    // What the migrations changed.
    feed.committed(Vec::new());
    let publishing = prelude.start(folder, state.clone(), heritage, pause)?;
    let (checkpoints, checkpointer) = Checkpoints::start(&folder.database())?;
    let feeding = writer::Publishing { feed, checkpoints: checkpoints.clone() };
    Ok((feeding, Copying { publishing, checkpoints, checkpointer, files }))
}

fn write_state(state: &RunState, record: &Record, folder: &Folder) -> Result<()> {
    state.write(record).map_err(|source| Error::File { doing: "cannot write", path: folder.run_state(), source })
}

/// Moves the whole log into the database file.
fn checkpoint_all(conn: &Connection) -> Result<()> {
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(Error::Busy("somebody is still reading it".into())) }
}

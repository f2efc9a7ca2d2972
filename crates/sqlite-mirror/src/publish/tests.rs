//! Drives the publisher step by step. After every sequence of events, the published file equals the live database, and
//! a file that another process has open does not change.

mod faults;
mod large;

use super::error::PublishError;
use super::phase::Phase;
use super::publisher::Publisher;
use super::startup::PublisherContext;
use super::*;
use crate::acknowledge::{AckAfter, Acknowledge, Callers, CommitError, complete_all};
use crate::fault_injection;
use crate::run_state::{FOREVER, Record, boot_id};
use proptest::prelude::*;
use rusqlite::Connection;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

struct Rig {
    conn: Connection,
    sink: CommitSink,
    publisher: Publisher,
    folder: Folder,
    // Must be the last field: the connections above are closed before the files of the WAL.
    files: Vec<WalFiles>,
    dir: TempDir,
}

fn empty() -> (TempDir, Folder, Connection) {
    sys::ignore_lease_signal();
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::prepare(&dir.path().join("shop.db")).unwrap();
    let conn = open::writer(&folder.database()).unwrap();
    conn.execute_batch("CREATE TABLE filler(id INTEGER PRIMARY KEY, content BLOB)").unwrap();
    (dir, folder, conn)
}

fn open_state(folder: &Folder) -> (RunState, Option<Record>) {
    RunState::open(&folder.run_state(), "shop", &boot_id()).unwrap()
}

/// Reads the record in the state file.
fn left(folder: &Folder) -> Record {
    open_state(folder).1.unwrap()
}

fn context(conn: &Connection, folder: &Folder) -> (CommitSink, PublisherContext, wal::Header, WalFiles) {
    let (prepared, sink, files) = prepare(conn, folder, &Observer::none()).unwrap();
    let PreparedPublisher { queue, files: wal, from, observer } = prepared;
    let state = Arc::new(open_state(folder).0);
    let context = PublisherContext {
        folder: folder.clone(),
        queue,
        wal,
        state,
        verification: Arc::new(Verification::new(true)),
        max_pause: Duration::ZERO,
        observer,
    };
    (sink, context, from, files)
}

/// Classifies the published file as a start does.
fn found(folder: &Folder, record: Option<&Record>) -> FileState {
    let metadata = std::fs::symlink_metadata(&folder.published).ok();
    FileState::of(folder, metadata.as_ref(), record, &boot_id(), false)
}

fn rig() -> Rig {
    let (dir, folder, conn) = empty();
    let (sink, context, from, files) = context(&conn, &folder);
    let mut publisher = Publisher::prepare(&context, &FileState::Missing, from).unwrap();
    publisher.catch_up();
    Rig { conn, sink, publisher, folder, files: vec![files], dir }
}

impl Rig {
    /// Commits as the service does.
    fn commit(&mut self, sql: &str) {
        self.commit_for(sql, Callers::new());
    }

    fn commit_for(&mut self, sql: &str, callers: Callers) {
        let guard = self.sink.begin_commit();
        self.conn.execute_batch(sql).unwrap();
        guard.committed(callers);
    }

    /// Runs the publisher until no work remains, without waiting for processes that have the file open.
    fn publish(&mut self) {
        for _ in 0..200 {
            self.publisher.busy_since = Some(clock::instant().checked_sub(Duration::from_secs(1)).unwrap());
            while matches!(self.publisher.phase, Phase::Verifying(_)) {
                self.publisher.advance();
            }
            self.publisher.catch_up();
            if self.difference().is_none() {
                return;
            }
        }
        panic!("the published file stays different: {:?}", self.difference());
    }

    fn publish_once(&mut self) {
        let batch = self.publisher.queue.take_now();
        self.publisher.pending.add(batch, &mut self.publisher.images);
        self.publisher.advance();
    }

    /// Simulates a kill of the process and a restart.
    fn restarted(self) -> Self {
        let Self { conn, sink, publisher, folder, mut files, dir } = self;
        drop((sink, publisher));
        let left = open_state(&folder).1;
        let (sink, context, from, log) = context(&conn, &folder);
        files.push(log);
        let mut publisher = Publisher::prepare(&context, &found(&folder, left.as_ref()), from).unwrap();
        publisher.catch_up();
        Self { conn, sink, publisher, folder, files, dir }
    }

    /// Returns the content that the published file must have when it is current.
    fn exact_copy(&self) -> Vec<u8> {
        let snapshot = self.publisher.source.current_snapshot().unwrap();
        let mut copy = Vec::new();
        for page in 1..=snapshot.page_count() {
            snapshot.read(page, &mut copy).unwrap();
        }
        copy[18..20].copy_from_slice(&[1, 1]);
        copy
    }

    /// Returns the first page in which the published file differs from the live database; 0 if the length differs.
    fn difference(&self) -> Option<usize> {
        let (exact, published) = (self.exact_copy(), std::fs::read(&self.folder.published).unwrap());
        if published.len() != exact.len() {
            return Some(0);
        }
        let page_size = self.publisher.source.page_size();
        let different = |(ours, theirs)| ours != theirs;
        exact.chunks(page_size).zip(published.chunks(page_size)).position(different).map(|page| page + 1)
    }
}

#[derive(Clone, Default)]
struct Caller(Arc<AtomicBool>);

impl Caller {
    fn is_answered(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Acknowledge for Caller {
    fn complete(self: Box<Self>, outcome: &Result<(), CommitError>) {
        self.0.store(outcome.is_ok(), Ordering::Relaxed);
    }

    fn ack_after(&self) -> AckAfter {
        AckAfter::Publish
    }
}

/// A file that a process has open, with its content at the time of opening.
struct Reader {
    file: File,
    content: Vec<u8>,
}

impl Reader {
    fn open(rig: &Rig) -> Self {
        let mut file = File::open(&rig.folder.published).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        Self { file, content }
    }

    fn sees_no_change(&self) {
        let mut now = vec![0; self.content.len()];
        std::os::unix::fs::FileExt::read_exact_at(&self.file, &mut now, 0).unwrap();
        assert!(now == self.content, "a file changed while it was open");
        assert_eq!(self.file.metadata().unwrap().len(), self.content.len() as u64);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert { bytes: usize },
    InsertMany,
    Delete { share: u32 },
    Vacuum,
    Checkpoint(&'static str),
    ForeignCommit,
    ForeignCheckpoint,
    Publish,
    OpenReader,
    CloseReader,
    LinkIt,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..20_000_usize).prop_map(|bytes| Step::Insert { bytes }),
        1 => Just(Step::InsertMany),
        2 => (2..5_u32).prop_map(|share| Step::Delete { share }),
        1 => Just(Step::Vacuum),
        1 => prop_oneof![Just("PASSIVE"), Just("RESTART"), Just("TRUNCATE")].prop_map(Step::Checkpoint),
        1 => Just(Step::ForeignCommit),
        1 => Just(Step::ForeignCheckpoint),
        5 => Just(Step::Publish),
        2 => Just(Step::OpenReader),
        1 => Just(Step::CloseReader),
        1 => Just(Step::LinkIt),
    ]
}

fn take(rig: &mut Rig, step: &Step, readers: &mut Vec<Reader>, links: &mut Vec<(PathBuf, Vec<u8>)>) {
    let other_program = |rig: &Rig, sql: &str| {
        let conn = Connection::open(rig.folder.database()).unwrap();
        conn.busy_timeout(Duration::from_secs(1)).unwrap();
        let _ = conn.prepare(sql).unwrap().query([]).unwrap().next();
    };
    match step {
        Step::Insert { bytes } => rig.commit(&format!("INSERT INTO filler(content) VALUES (randomblob({bytes}))")),
        Step::InsertMany => rig.commit(
            "INSERT INTO filler(content) SELECT randomblob(3000) FROM (VALUES (1),(2),(3),(4)) a, (VALUES (1),(2),(3),(4)) b",
        ),
        Step::Delete { share } => rig.commit(&format!("DELETE FROM filler WHERE id % {share} = 0")),
        Step::Vacuum => rig.commit("PRAGMA incremental_vacuum(10); VACUUM;"),
        Step::Checkpoint(mode) => {
            let _: i64 = rig.conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get(0)).unwrap();
        }
        Step::ForeignCommit => other_program(rig, "INSERT INTO filler(content) VALUES (randomblob(5000)) RETURNING id"),
        Step::ForeignCheckpoint => other_program(rig, "PRAGMA wal_checkpoint(RESTART)"),
        Step::Publish => {
            // The publisher detects another program's commit at once only when the service itself commits.
            rig.commit("INSERT INTO filler(content) VALUES (NULL)");
            rig.publish();
        }
        Step::OpenReader if readers.len() < 2 => readers.push(Reader::open(rig)),
        Step::OpenReader | Step::CloseReader => drop(readers.pop()),
        Step::LinkIt => {
            let link = rig.folder.root().join(format!("link-{}", links.len()));
            std::fs::hard_link(&rig.folder.published, &link).unwrap();
            let content = std::fs::read(&link).unwrap();
            links.push((link, content));
        }
    }
    readers.iter().for_each(Reader::sees_no_change);
    for (link, content) in links {
        assert!(std::fs::read(link).unwrap() == *content, "a file changed that has another name");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_copy_becomes_exact_whatever_happens(steps in prop::collection::vec(step(), 1..30)) {
        let (mut rig, mut readers, mut links) = (rig(), Vec::new(), Vec::new());
        for step in &steps {
            take(&mut rig, step, &mut readers, &mut links);
        }
        take(&mut rig, &Step::Publish, &mut readers, &mut links);
        prop_assert_eq!(rig.difference(), None);
        prop_assert_eq!(rig.publisher.queue.is_current(), true);
    }
}

/// Writes as Litestream does: a small write, a checkpoint, and another write into the restarted WAL.
#[test]
fn commits_of_another_program_are_read_from_the_log() {
    let mut rig = rig();
    rig.commit("INSERT INTO filler(content) VALUES (randomblob(4000000))");
    rig.publish();
    let other = Connection::open(rig.folder.database()).unwrap();
    for round in 0..3 {
        other.execute_batch("INSERT INTO filler(content) VALUES (randomblob(100))").unwrap();
        rig.publisher.maintain_at = clock::instant();
        rig.publisher.maintain().unwrap();
        assert!(
            rig.publisher.write_missing_pages(0, 16).unwrap(),
            "round {round}: more than a few pages count as changed"
        );
        assert_eq!(rig.difference(), None, "round {round}");
        let _: i64 = other.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0)).unwrap();
    }
}

/// A caller that records whether the state file already says, at the acknowledgement, that the published file is
/// behind.
struct Witness {
    folder: Folder,
    seen: std::sync::mpsc::Sender<bool>,
}

impl Acknowledge for Witness {
    fn complete(self: Box<Self>, _: &Result<(), CommitError>) {
        self.seen.send(left(&self.folder).late_until == Some(FOREVER)).unwrap();
    }

    fn ack_after(&self) -> AckAfter {
        AckAfter::Publish
    }
}

#[test]
fn the_state_file_says_that_the_copy_is_behind_before_any_caller_is_answered() {
    let mut rig = rig();
    let (sender, seen) = std::sync::mpsc::channel();
    let folder = rig.folder.clone();
    let witness = || -> Callers { vec![Box::new(Witness { folder: folder.clone(), seen: sender.clone() })] };
    let guard = rig.sink.begin_commit();
    rig.conn.execute_batch("INSERT INTO filler(content) VALUES (1)").unwrap();
    assert!(guard.committed(witness()).is_empty());
    let (queue, state, observer) = (&rig.publisher.queue, &rig.publisher.state, &rig.publisher.observer);
    let limit = Duration::from_secs(2);
    assert!(!late::answer_overdue(queue, state, observer, limit, clock::instant()));
    assert!(late::answer_overdue(queue, state, observer, limit, clock::instant() + limit));
    assert_eq!(seen.try_recv(), Ok(true));

    // Later callers need not wait until the copy is current again.
    let guard = rig.sink.begin_commit();
    rig.conn.execute_batch("INSERT INTO filler(content) VALUES (2)").unwrap();
    complete_all(guard.committed(witness()), &Ok(()));
    assert_eq!(seen.try_recv(), Ok(true));
    rig.publish();
    assert_eq!(left(&rig.folder).late_until, Some(rig.publisher.images[0].stamp.modified));
    let guard = rig.sink.begin_commit();
    rig.conn.execute_batch("INSERT INTO filler(content) VALUES (3)").unwrap();
    assert!(guard.committed(witness()).is_empty());
    rig.publish();
    assert_eq!(seen.try_recv(), Ok(false));
}

#[test]
fn a_copy_that_the_last_run_left_behind_counts_as_late_until_it_is_current() {
    let Rig { conn, sink, publisher, folder, files: _files, dir: _dir } = rig();
    publisher.record_write_started(wal::Position::NOWHERE, wal::Position::NOWHERE);
    drop((sink, publisher));
    conn.execute_batch("INSERT INTO filler(content) VALUES (1)").unwrap();
    let left = open_state(&folder).1;
    let (_sink, context, from, _log) = context(&conn, &folder);
    let context = PublisherContext { verification: Arc::new(Verification::new(false)), ..context };
    let mut publisher = Publisher::prepare(&context, &found(&folder, left.as_ref()), from).unwrap();
    publisher.catch_up();
    assert!(context.queue.is_behind(), "the database is not verified, so nothing could be published");
    context.verification.record_sound();
    while !context.queue.is_current() {
        publisher.advance();
    }
    let row = |file: &Connection| file.query_row("SELECT content FROM filler", [], |row| row.get::<_, i64>(0));
    assert_eq!(row(&open::lone_file(&folder.published).unwrap()), Ok(1));
}

#[test]
fn a_publisher_that_panics_is_replaced() {
    let (_dir, folder, conn) = empty();
    let (sink, context, from, _files) = context(&conn, &folder);
    let mut publisher = Publisher::prepare(&context, &FileState::Missing, from).unwrap();
    publisher.catch_up();
    let (queue, caller) = (context.queue.clone(), Caller::default());
    let publishing = std::thread::spawn(move || {
        fault_injection::plan(0, fault_injection::Fault::Kill);
        supervisor::run_with_restarts(&context, publisher)
    });
    let guard = sink.begin_commit();
    conn.execute_batch("INSERT INTO filler(content) VALUES (randomblob(9000))").unwrap();
    complete_all(guard.committed(vec![Box::new(caller.clone())]), &Ok(()));
    let rows = || -> rusqlite::Result<i64> {
        open::lone_file(&folder.published).unwrap().query_row("SELECT count(*) FROM filler", [], |row| row.get(0))
    };
    let deadline = clock::instant() + Duration::from_secs(20);
    while !caller.is_answered() || !queue.is_current() || !matches!(rows(), Ok(1)) {
        assert!(clock::instant() < deadline, "no other thread took over: {:?}", queue.status());
        queue.pause(Duration::from_millis(2));
    }
    queue.stop();
    assert!(publishing.join().unwrap());
}

#[test]
fn a_file_that_is_gone_is_recreated_without_pauses() {
    let mut rig = rig();
    rig.commit("INSERT INTO filler(content) VALUES (randomblob(12000000))");
    rig.publish();
    assert_eq!(rig.publisher.next_check(), rig.publisher.maintain_at);
    std::fs::remove_file(&rig.folder.published).unwrap();
    rig.publisher.handle_error(PublishError::Missing);
    let mut steps = 0;
    while !rig.folder.published.exists() {
        assert!(rig.publisher.next_check() <= clock::instant());
        rig.publisher.advance();
        steps += 1;
    }
    assert!(steps > 2, "only {steps}");
    assert_eq!(rig.publisher.next_check(), rig.publisher.maintain_at);
}

#[test]
fn spares_are_deleted_on_request_once_no_process_has_one_open() {
    let mut rig = rig();
    let spare = rig.folder.spare(1);
    let request = |rig: &mut Rig| {
        let (reply, mut deleted) = tokio::sync::oneshot::channel();
        rig.publisher.queue.request_spare_deletion(reply);
        rig.publisher.delete_spares_on_request();
        deleted.try_recv().unwrap()
    };
    assert!(request(&mut rig), "there is none yet");
    // The reader has the published file open, so a spare takes its place. The reader's file is the spare then.
    let reader = Reader::open(&rig);
    rig.commit("INSERT INTO filler(content) VALUES (randomblob(9000))");
    rig.publish();
    assert!(!request(&mut rig) && spare.exists(), "the reader has it open");
    reader.sees_no_change();
    drop(reader);
    assert!(request(&mut rig) && !spare.exists());
    rig.commit("INSERT INTO filler(content) VALUES (randomblob(9000))");
    rig.publish();
    assert_eq!(rig.difference(), None);
}

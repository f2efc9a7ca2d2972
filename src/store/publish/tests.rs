//! Drives the publisher by hand: whatever happens in whatever order, the published file ends equal to the live
//! database, and a file that another process has open does not change.

mod mishaps;

use super::begin::Ground;
use super::publisher::{Phase, Publisher};
use super::trouble::Trouble;
use super::*;
use crate::store::WriteTx;
use crate::store::mishap;
use crate::store::open;
use crate::store::pending::{CommitError, Group, Pending, Told, answer_all};
use crate::store::run_state::{FOREVER, Record};
use crate::store::stamp::Stamp;
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
    feed: Feed,
    publisher: Publisher,
    folder: Folder,
    // Last: the connections above are closed before the log's files.
    files: Vec<WalFiles>,
    dir: TempDir,
}

fn empty() -> (TempDir, Folder, Connection) {
    sys::ignore_lease_signal();
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::prepare(&dir.path().join("agentlocator.db")).unwrap();
    let conn = open::writer(&folder.database()).unwrap();
    conn.execute_batch("CREATE TABLE filler(id INTEGER PRIMARY KEY, content BLOB)").unwrap();
    (dir, folder, conn)
}

fn ground(folder: &Folder) -> (Feed, Ground, wal::Header, WalFiles) {
    let (prelude, feed, files) = prelude(folder, 4096).unwrap();
    let Prelude { queue, files: wal, from } = prelude;
    let state = Arc::new(RunState::open(&folder.run_state()).unwrap().0);
    let ground = Ground {
        folder: folder.clone(),
        queue,
        wal,
        state,
        reports: Arc::new(Reports::new(true)),
        longest_pause: Duration::ZERO,
    };
    (feed, ground, from, files)
}

/// How a start classifies the published file.
fn found(folder: &Folder, record: Option<&Record>) -> FileState {
    let Ok(metadata) = std::fs::symlink_metadata(&folder.published) else { return FileState::Missing };
    let file = File::open(&folder.published).unwrap();
    let mut header = [0; 16];
    let _ = std::os::unix::fs::FileExt::read_at(&file, &mut header, 0);
    let observed = Observed {
        stamp: Stamp::of(&metadata),
        changed_at: std::os::unix::fs::MetadataExt::ctime(&metadata),
        has_header: header != [0; 16],
        clean: false,
        record,
    };
    classify(&observed, |place| holds_write(&folder.wal(), &file, place).unwrap_or(false))
}

fn rig() -> Rig {
    let (dir, folder, conn) = empty();
    let (feed, ground, from, files) = ground(&folder);
    let mut publisher = Publisher::prepare(&ground, &FileState::Missing, from).unwrap();
    publisher.settle();
    Rig { conn, feed, publisher, folder, files: vec![files], dir }
}

impl Rig {
    /// Commits as the service.
    fn commit(&mut self, sql: &str) {
        self.commit_for(sql, Group::new());
    }

    /// The same with waiting callers.
    fn commit_for(&mut self, sql: &str, callers: Group) {
        let turn = self.feed.turn();
        self.conn.execute_batch(sql).unwrap();
        turn.committed(callers);
    }

    /// Lets the publisher work until nothing is left to do, without waiting for processes that have the file open.
    fn publish(&mut self) {
        for _ in 0..200 {
            self.publisher.busy_since = Some(clock::instant().checked_sub(Duration::from_secs(1)).unwrap());
            // Processes that open the file meanwhile wait.
            while matches!(self.publisher.phase, Phase::Verifying(_)) {
                self.publisher.advance();
            }
            self.publisher.settle();
            if self.difference().is_none() {
                return;
            }
        }
        panic!("the published file stays different: {:?}", self.difference());
    }

    /// Kills the process and starts it again.
    fn restarted(self) -> Self {
        let Self { conn, feed, publisher, folder, mut files, dir } = self;
        drop((feed, publisher));
        let left = RunState::open(&folder.run_state()).unwrap().1;
        let (feed, ground, from, log) = ground(&folder);
        files.push(log);
        let mut publisher = Publisher::prepare(&ground, &found(&folder, left.as_ref()), from).unwrap();
        publisher.settle();
        Self { conn, feed, publisher, folder, files, dir }
    }

    /// The content of the published file when it is current.
    fn exact_copy(&self) -> Vec<u8> {
        let snapshot = self.publisher.source.glance().unwrap();
        let mut copy = Vec::new();
        for page in 1..=snapshot.page_count() {
            snapshot.read(page, &mut copy).unwrap();
        }
        copy[18..20].copy_from_slice(&[1, 1]);
        copy
    }

    /// The first page in which the published file differs from the live database.
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

/// A caller that waits for a commit to be published.
#[derive(Clone, Default)]
struct Caller(Arc<AtomicBool>);

impl Caller {
    fn is_answered(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Pending for Caller {
    fn name(&self) -> &'static str {
        "caller"
    }

    fn run(&mut self, _: &WriteTx<'_>) -> bool {
        true
    }

    fn answer(self: Box<Self>, outcome: &crate::store::Result<(), CommitError>) {
        self.0.store(outcome.is_ok(), Ordering::Relaxed);
    }

    fn told(&self) -> Told {
        Told::Published
    }
}

/// A file that a process has open, and its content at the time of opening.
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
    SomebodyCommits,
    SomebodyCheckpoints,
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
        1 => Just(Step::SomebodyCommits),
        1 => Just(Step::SomebodyCheckpoints),
        5 => Just(Step::Publish),
        2 => Just(Step::OpenReader),
        1 => Just(Step::CloseReader),
        1 => Just(Step::LinkIt),
    ]
}

fn take(rig: &mut Rig, step: &Step, readers: &mut Vec<Reader>, links: &mut Vec<(PathBuf, Vec<u8>)>) {
    let somebody = |rig: &Rig, sql: &str| {
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
        Step::SomebodyCommits => somebody(rig, "INSERT INTO filler(content) VALUES (randomblob(5000)) RETURNING id"),
        Step::SomebodyCheckpoints => somebody(rig, "PRAGMA wal_checkpoint(RESTART)"),
        Step::Publish => {
            // Only a commit by the service detects at once that another program has committed.
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
    fn whatever_happens_the_copy_becomes_exact(steps in prop::collection::vec(step(), 1..30)) {
        let (mut rig, mut readers, mut links) = (rig(), Vec::new(), Vec::new());
        for step in &steps {
            take(&mut rig, step, &mut readers, &mut links);
        }
        take(&mut rig, &Step::Publish, &mut readers, &mut links);
        prop_assert_eq!(rig.difference(), None);
        prop_assert_eq!(rig.publisher.queue.standing().is_current(), true);
    }
}

/// As Litestream does: it writes a little, checkpoints, and writes again, into a log that was restarted.
#[test]
fn what_another_program_commits_is_read_from_the_log_and_not_from_the_whole_database() {
    let mut rig = rig();
    rig.commit("INSERT INTO filler(content) VALUES (randomblob(4000000))");
    rig.publish();
    let other = Connection::open(rig.folder.database()).unwrap();
    for round in 0..3 {
        other.execute_batch("INSERT INTO filler(content) VALUES (randomblob(100))").unwrap();
        rig.publisher.chores_at = clock::instant();
        rig.publisher.chores().unwrap();
        assert!(rig.publisher.bring_up(0, 16).unwrap(), "round {round}: more than a few pages count as changed");
        assert_eq!(rig.difference(), None, "round {round}");
        let _: i64 = other.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0)).unwrap();
    }
}

/// Records, when it is answered, whether the state file already says that the published file is behind.
struct Witness {
    state: PathBuf,
    seen: std::sync::mpsc::Sender<bool>,
}

impl Pending for Witness {
    fn name(&self) -> &'static str {
        "witness"
    }

    fn run(&mut self, _: &WriteTx<'_>) -> bool {
        true
    }

    fn answer(self: Box<Self>, _: &crate::store::Result<(), CommitError>) {
        let left = RunState::open(&self.state).unwrap().1.unwrap();
        self.seen.send(left.late_until == Some(FOREVER)).unwrap();
    }

    fn told(&self) -> Told {
        Told::Published
    }
}

#[test]
fn the_state_file_says_that_the_copy_is_behind_before_anybody_is_answered() {
    let mut rig = rig();
    let (sender, seen) = std::sync::mpsc::channel();
    let state_file = rig.folder.run_state();
    let witness = || -> Group { vec![Box::new(Witness { state: state_file.clone(), seen: sender.clone() })] };
    let turn = rig.feed.turn();
    rig.conn.execute_batch("INSERT INTO filler(content) VALUES (1)").unwrap();
    assert!(turn.committed(witness()).is_empty());
    let (queue, state) = (&rig.publisher.queue, &rig.publisher.state);
    let limit = Duration::from_secs(2);
    assert!(!late::answer_overdue(queue, state, limit, clock::instant()));
    assert!(late::answer_overdue(queue, state, limit, clock::instant() + limit));
    assert_eq!(seen.try_recv(), Ok(true));

    // Later callers need not wait, until the copy is current.
    let turn = rig.feed.turn();
    rig.conn.execute_batch("INSERT INTO filler(content) VALUES (2)").unwrap();
    answer_all(turn.committed(witness()), &Ok(()));
    assert_eq!(seen.try_recv(), Ok(true));
    rig.publish();
    let left = RunState::open(&rig.folder.run_state()).unwrap().1.unwrap();
    assert_eq!(left.late_until, Some(rig.publisher.images[0].stamp.modified));
    let turn = rig.feed.turn();
    rig.conn.execute_batch("INSERT INTO filler(content) VALUES (3)").unwrap();
    assert!(turn.committed(witness()).is_empty());
    rig.publish();
    assert_eq!(seen.try_recv(), Ok(false));
}

#[test]
fn a_publisher_that_panics_is_replaced() {
    let (_dir, folder, conn) = empty();
    let (feed, ground, from, _files) = ground(&folder);
    let mut publisher = Publisher::prepare(&ground, &FileState::Missing, from).unwrap();
    publisher.settle();
    let (queue, caller) = (ground.queue.clone(), Caller::default());
    let publishing = std::thread::spawn(move || {
        mishap::plan(0, mishap::Mishap::Kill);
        watch::keep_publishing(&ground, publisher)
    });
    let turn = feed.turn();
    conn.execute_batch("INSERT INTO filler(content) VALUES (randomblob(9000))").unwrap();
    answer_all(turn.committed(vec![Box::new(caller.clone())]), &Ok(()));
    let rows = || -> rusqlite::Result<i64> {
        open::lone_file(&folder.published).unwrap().query_row("SELECT count(*) FROM filler", [], |row| row.get(0))
    };
    let deadline = clock::instant() + Duration::from_secs(20);
    while !caller.is_answered() || !queue.standing().is_current() || !matches!(rows(), Ok(1)) {
        assert!(clock::instant() < deadline, "nobody took over: {:?}", queue.standing());
        queue.pause(Duration::from_millis(2));
    }
    queue.stop();
    assert!(publishing.join().unwrap());
}

#[test]
fn a_file_that_is_gone_is_made_anew_without_pauses() {
    let mut rig = rig();
    rig.commit("INSERT INTO filler(content) VALUES (randomblob(12000000))");
    rig.publish();
    assert_eq!(rig.publisher.next_look(), rig.publisher.chores_at);
    std::fs::remove_file(&rig.folder.published).unwrap();
    rig.publisher.meet(Trouble::Gone);
    let mut steps = 0;
    while !rig.folder.published.exists() {
        assert!(rig.publisher.next_look() <= clock::instant());
        rig.publisher.advance();
        steps += 1;
    }
    assert!(steps > 2, "only {steps}");
    assert_eq!(rig.publisher.next_look(), rig.publisher.chores_at);
}

#[test]
fn a_large_file_that_a_process_has_open_gets_no_spare_for_minutes_and_no_caller_waits() {
    mishap::pretend_large();
    let mut rig = rig();
    let reader = Reader::open(&rig);
    let spare = rig.folder.spare(1);
    let held_for = |rig: &mut Rig, time: Duration| {
        rig.publisher.busy_since = clock::instant().checked_sub(time);
        let work = rig.publisher.queue.take_now();
        rig.publisher.books.absorb(work, &mut rig.publisher.images);
        rig.publisher.advance();
    };
    let caller = Caller::default();
    rig.commit_for("INSERT INTO filler(content) VALUES (randomblob(9000))", vec![Box::new(caller.clone())]);
    held_for(&mut rig, Duration::from_millis(50));
    assert!(!caller.is_answered() && rig.publisher.queue.standing().is_current());
    held_for(&mut rig, Duration::from_millis(150));
    assert!(caller.is_answered() && !rig.publisher.queue.standing().is_current(), "late, and it says so");
    // More than fits in memory, so that only the page numbers are kept.
    rig.commit("INSERT INTO filler(content) VALUES (randomblob(18000000))");
    held_for(&mut rig, Duration::from_mins(4));
    assert!(!spare.exists());
    reader.sees_no_change();
    drop(reader);
    held_for(&mut rig, Duration::from_mins(4));
    assert_eq!(rig.difference(), None);
    assert!(rig.publisher.queue.standing().is_current() && !spare.exists(), "it was written in place");

    let reader = Reader::open(&rig);
    rig.commit("INSERT INTO filler(content) VALUES (randomblob(9000))");
    for _ in 0..20 {
        held_for(&mut rig, Duration::from_mins(6));
    }
    assert_eq!(rig.difference(), None);
    assert!(spare.exists());
    reader.sees_no_change();
}

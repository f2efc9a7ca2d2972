//! The publisher driven by hand: whatever happens in whatever order, the published file ends equal to the live database,
//! and what somebody has open does not change.

use super::begin::{Ground, Heritage};
use super::publisher::Publisher;
use super::watch::{Patience, Watch};
use super::*;
use crate::store::open;
use crate::store::stamp::Stamp;
use proptest::prelude::*;
use rusqlite::Connection;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

struct Rig {
    conn: Connection,
    feed: Feed,
    publisher: Publisher,
    folder: Folder,
    // Last: the connections above are closed before the log's files.
    _files: WalFiles,
    _dir: TempDir,
}

fn ground() -> (TempDir, Folder, Connection, Feed, Ground, wal::Header, WalFiles) {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::prepare(&dir.path().join("agentlocator.db")).unwrap();
    let conn = open::writer(&folder.database()).unwrap();
    conn.execute_batch("CREATE TABLE filler(id INTEGER PRIMARY KEY, content BLOB)").unwrap();
    let (prelude, feed, files) = prelude(&folder, 4096).unwrap();
    let Prelude { queue, files: wal, from } = prelude;
    let state = Arc::new(RunState::open(&folder.run_state()).unwrap().0);
    let ground = Ground { folder: folder.clone(), queue, wal, state, longest_pause: Duration::ZERO };
    (dir, folder, conn, feed, ground, from, files)
}

fn nothing_left() -> Heritage<'static> {
    Heritage { record: None, clean: false, adopted: false }
}

fn rig() -> Rig {
    let (dir, folder, conn, feed, ground, from, files) = ground();
    let mut publisher = Publisher::prepare(&ground, &nothing_left(), from).unwrap();
    publisher.settle();
    Rig { conn, feed, publisher, folder, _files: files, _dir: dir }
}

impl Rig {
    /// One commit of ours.
    fn commit(&mut self, sql: &str) {
        let queue = self.feed.queue();
        let turn = Feed::turn(&queue);
        self.conn.execute_batch(sql).unwrap();
        self.feed.committed(Vec::new());
        drop(turn);
    }

    /// Lets the publisher work until it has nothing left to do; nobody waits for those who have the file open.
    fn publish(&mut self) {
        for _ in 0..200 {
            self.publisher.busy_since = Some(clock::instant().checked_sub(Duration::from_secs(1)).unwrap());
            self.publisher.settle();
            if self.difference().is_none() {
                return;
            }
        }
        panic!("the published file stays different: {:?}", self.difference());
    }

    /// The first page in which the published file differs from the live database.
    fn difference(&self) -> Option<u32> {
        let snapshot = self.publisher.source.glance().unwrap();
        let published = std::fs::read(&self.folder.published).unwrap();
        let page_size = self.publisher.source.page_size();
        if published.len() != snapshot.page_count() as usize * page_size {
            return Some(0);
        }
        let mut page = Vec::new();
        (1..=snapshot.page_count()).zip(published.chunks(page_size)).find_map(|(number, theirs)| {
            page.clear();
            snapshot.read(number, &mut page).unwrap();
            if number == 1 {
                page[18..20].copy_from_slice(&[1, 1]);
            }
            (page != theirs).then_some(number)
        })
    }
}

/// A file that somebody has open, and what was in it when he opened it.
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
            // Only a commit of ours tells at once that somebody else has committed.
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

/// What the watch takes over when a publisher has ended in whatever way.
fn after_the_publisher(ended: std::sync::mpsc::Receiver<Record>, patience: Patience) {
    let (_dir, folder, conn, mut feed, ground, from, _files) = ground();
    let mut publisher = Publisher::prepare(&ground, &nothing_left(), from).unwrap();
    publisher.settle();
    let before = std::fs::metadata(&folder.published).unwrap();
    drop(publisher);
    let queue = feed.queue();
    let watch = std::thread::spawn(move || Watch::new(ground, ended).with_patience(patience).run());
    conn.execute_batch("INSERT INTO filler(content) VALUES (randomblob(9000))").unwrap();
    feed.committed(Vec::new());
    let deadline = clock::instant() + Duration::from_secs(20);
    while !queue.standing().is_current()
        || Stamp::of(&std::fs::metadata(&folder.published).unwrap()) == Stamp::of(&before)
    {
        assert!(clock::instant() < deadline, "nobody took over: {:?}", queue.standing());
        queue.pause(Duration::from_millis(2));
    }
    let copy = open::lone_file(&folder.published).unwrap();
    assert_eq!(copy.query_row("SELECT count(*) FROM filler", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    queue.stop();
    assert!(watch.join().unwrap().is_some());
}

#[test]
fn a_publisher_that_died_is_replaced() {
    let (_, ended) = std::sync::mpsc::channel();
    after_the_publisher(ended, Patience::default());
}

#[test]
fn a_publisher_that_hangs_is_replaced() {
    let (_silent, ended) = std::sync::mpsc::channel();
    let patience = Patience { tick: Duration::from_millis(5), hung: Duration::from_millis(50), ..Patience::default() };
    after_the_publisher(ended, patience);
}

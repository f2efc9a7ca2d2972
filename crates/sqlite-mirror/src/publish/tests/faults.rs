//! Injects a fault at every point of publishing, in every scenario. Afterwards the published file is either complete or
//! rejected by every reader, it contains everything that was acknowledged, and it becomes exact again by itself.

use super::super::phase::Phase;
use super::*;
use crate::fault_injection::{self, Fault, Killed};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The situation in which a commit is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    InPlace,
    Grown,
    /// The database has grown by more than the allocated space.
    GrownFar,
    /// The same, with the content read from the database and not from memory.
    FromDatabase,
    Shrunk,
    /// Another process has the file open.
    Exchange,
    /// The file is missing.
    Recreated,
    /// The file system has no leases.
    Renaming,
}

const SCENARIOS: [Scenario; 8] = [
    Scenario::InPlace,
    Scenario::Grown,
    Scenario::GrownFar,
    Scenario::FromDatabase,
    Scenario::Shrunk,
    Scenario::Exchange,
    Scenario::Recreated,
    Scenario::Renaming,
];

/// An exact published file, and a commit that is to be published.
struct Fixture {
    rig: Rig,
    _reader: Option<Reader>,
    answered: Caller,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Fixture {
    fn new(scenario: Scenario) -> Self {
        let mut rig = rig();
        if scenario == Scenario::Renaming {
            fault_injection::disable_leases();
        }
        rig.commit("INSERT INTO filler(content) SELECT randomblob(3000) FROM (VALUES (1),(2),(3),(4),(5),(6),(7),(8))");
        rig.publish();
        if matches!(scenario, Scenario::GrownFar | Scenario::FromDatabase) {
            // A publisher that has just started has allocated no disk space beyond the end of the file.
            rig = rig.restarted();
        }
        let before = rig.exact_copy();
        let reader = (scenario == Scenario::Exchange).then(|| Reader::open(&rig));
        if scenario == Scenario::Recreated {
            std::fs::remove_file(&rig.folder.published).unwrap();
        }
        let answered = Caller::default();
        let sql = match scenario {
            Scenario::Grown | Scenario::GrownFar | Scenario::FromDatabase => {
                "INSERT INTO filler(content) VALUES (randomblob(30000))"
            }
            Scenario::Shrunk => "DELETE FROM filler WHERE id > 2; VACUUM",
            Scenario::InPlace | Scenario::Exchange | Scenario::Recreated | Scenario::Renaming => {
                "UPDATE filler SET content = randomblob(3000) WHERE id = 3"
            }
        };
        rig.commit_for(sql, vec![Box::new(answered.clone())]);
        if scenario == Scenario::FromDatabase {
            rig.publisher.images[0].stale.insert(1);
        }
        let after = rig.exact_copy();
        Self { rig, _reader: reader, answered, before, after }
    }

    /// Publishes. Returns true if the planned kill occurred before the end.
    fn is_killed(&mut self) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.rig.publish()));
        // The kernel closes the files of a killed process.
        self.rig.publisher.images.clear();
        match outcome {
            Ok(()) => !fault_injection::clear(),
            Err(ended) if ended.is::<Killed>() => true,
            Err(ended) => resume_unwind(ended),
        }
    }

    /// Checks that no reader can mistake the published file for another state.
    fn assert_not_misleading(&self, scenario: Scenario) {
        let Ok(found) = std::fs::read(&self.rig.folder.published) else {
            assert_eq!(scenario, Scenario::Recreated);
            return;
        };
        let is_refused = found.starts_with(&[0; 16]);
        assert!(is_refused || found == self.before || found == self.after, "it is torn");
        assert!(!self.answered.is_answered() || found == self.after, "it lacks what was acknowledged");
    }

    /// Reverts parts of what was written since `state`, as a power failure can. The live database loses nothing.
    fn lose_some(&self, seed: usize, state: &Record) {
        let path = &self.rig.folder.published;
        let written = std::fs::read(path).unwrap();
        let kept = if seed.is_multiple_of(3) { &self.before } else { &written };
        let mut found = kept.clone();
        for (page, content) in found.chunks_mut(4096).enumerate() {
            let other = if (page * 7 + seed).is_multiple_of(2) { &written } else { &self.before };
            let same = other.chunks(4096).nth(page).filter(|other| other.len() == content.len());
            content.copy_from_slice(same.unwrap_or(&[0; 4096]));
        }
        std::fs::write(path, found).unwrap();
        // The inode is written completely, including its times.
        let now = u64::try_from(clock::now_ms()).unwrap();
        let marked = Duration::from_millis(now) + Duration::from_nanos(123_457);
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + marked).unwrap();
        let (file, left) = open_state(&self.rig.folder);
        let left = if seed.is_multiple_of(2) { state.clone() } else { left.unwrap() };
        file.replace(&Record { boot: "another".into(), ..left }).unwrap();
    }

    fn becomes_exact(&mut self) {
        for _ in 0..2 {
            assert!(!matches!(self.rig.publisher.phase, Phase::Foreign), "its own file is strange to it");
            self.rig.publish();
            assert!(self.rig.publisher.queue.is_current());
            self.rig.commit("INSERT INTO filler(content) VALUES (randomblob(100))");
        }
    }
}

fn killed_at_every_point(scenario: Scenario) {
    for point in 0.. {
        let mut fixture = Fixture::new(scenario);
        fault_injection::plan(point, Fault::Kill);
        let is_over = !fixture.is_killed();
        fixture.assert_not_misleading(scenario);
        fixture.rig = fixture.rig.restarted();
        fixture.becomes_exact();
        if is_over {
            assert!(point > 4, "there were only {point} points");
            return;
        }
    }
}

#[test]
fn the_copy_recovers_from_a_kill_at_any_point_of_writing_in_place() {
    killed_at_every_point(Scenario::InPlace);
}

#[test]
fn the_copy_recovers_from_a_kill_at_any_point_of_growing_and_shrinking() {
    killed_at_every_point(Scenario::Grown);
    killed_at_every_point(Scenario::Shrunk);
}

#[test]
fn the_copy_recovers_from_a_kill_at_any_point_of_growing_beyond_what_is_reserved() {
    killed_at_every_point(Scenario::GrownFar);
    killed_at_every_point(Scenario::FromDatabase);
}

#[test]
fn the_copy_recovers_from_a_kill_at_any_point_of_an_exchange() {
    killed_at_every_point(Scenario::Exchange);
}

#[test]
fn the_copy_recovers_from_a_kill_at_any_point_of_recreating_the_file() {
    killed_at_every_point(Scenario::Recreated);
}

#[test]
fn the_copy_recovers_from_a_kill_at_any_point_without_leases() {
    killed_at_every_point(Scenario::Renaming);
}

#[test]
fn the_copy_recovers_from_a_power_cut_at_any_point() {
    for scenario in [Scenario::InPlace, Scenario::Grown, Scenario::Shrunk] {
        for point in 0.. {
            let mut fixture = Fixture::new(scenario);
            let state = left(&fixture.rig.folder);
            fault_injection::plan(point, Fault::Kill);
            let is_over = !fixture.is_killed();
            fixture.lose_some(point as usize, &state);
            fixture.rig = fixture.rig.restarted();
            fixture.becomes_exact();
            if is_over {
                break;
            }
        }
    }
}

#[test]
fn the_copy_recovers_from_a_disk_error_at_any_point() {
    for (scenario, code) in SCENARIOS.into_iter().flat_map(|scenario| [(scenario, libc::ENOSPC), (scenario, libc::EIO)])
    {
        for point in 0.. {
            let mut fixture = Fixture::new(scenario);
            // The queue is stopped so that the publisher does not pause between two attempts.
            fixture.rig.publisher.queue.stop();
            fault_injection::plan(point, Fault::Errno(code));
            fixture.rig.publish();
            fixture.assert_not_misleading(scenario);
            fixture.becomes_exact();
            if fault_injection::clear() {
                break;
            }
        }
    }
}

/// A copy-on-write file system, or a quota, may reject even the first page.
#[test]
fn a_disk_that_refuses_before_any_page_is_written_leaves_the_last_copy_readable() {
    for scenario in [Scenario::InPlace, Scenario::Grown, Scenario::FromDatabase] {
        let mut unchanged = 0;
        for point in 0.. {
            let mut fixture = Fixture::new(scenario);
            fixture.rig.publisher.queue.stop();
            fault_injection::plan(point, Fault::Errno(libc::ENOSPC));
            fixture.rig.publish_once();
            let is_over = fault_injection::clear();
            let found = std::fs::read(&fixture.rig.folder.published).unwrap();
            if !is_over && found[16..].starts_with(&fixture.before[16..]) {
                assert_eq!(
                    found[..16],
                    fixture.before[..16],
                    "{scenario:?}, point {point}: an unchanged copy is unreadable"
                );
                unchanged += 1;
            }
            fixture.becomes_exact();
            if is_over {
                break;
            }
        }
        assert!(unchanged > 1, "{scenario:?}: the header was never zeroed while the pages were unchanged");
    }
}

#[test]
fn the_copy_recovers_from_a_kill_at_any_point_where_names_cannot_be_exchanged() {
    fault_injection::disable_exchange();
    killed_at_every_point(Scenario::Exchange);
    killed_at_every_point(Scenario::Recreated);
}

//! Injects a fault at every point of publishing, by every way: the published file is always either complete or rejected
//! by every reader, has everything that was acknowledged, and becomes exact again by itself.

use super::super::publisher::Phase;
use super::*;
use crate::store::mishap::{self, Killed, Mishap};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Why and how a commit is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    InPlace,
    Grown,
    /// Grown by more than the allocated space.
    GrownFar,
    /// The same, from the database and not from memory.
    BroughtUp,
    Shrunk,
    /// Another process has the file open.
    Exchange,
    /// There is no file.
    Anew,
    /// There are no leases.
    Renaming,
}

const WAYS: [Way; 8] =
    [Way::InPlace, Way::Grown, Way::GrownFar, Way::BroughtUp, Way::Shrunk, Way::Exchange, Way::Anew, Way::Renaming];

/// A published file that is exact, and a commit that is to be published.
struct Scene {
    rig: Rig,
    _reader: Option<Reader>,
    answered: Caller,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Scene {
    fn set(way: Way) -> Self {
        let mut rig = rig();
        if way == Way::Renaming {
            mishap::forget_leases();
        }
        rig.commit("INSERT INTO filler(content) SELECT randomblob(3000) FROM (VALUES (1),(2),(3),(4),(5),(6),(7),(8))");
        rig.publish();
        if matches!(way, Way::GrownFar | Way::BroughtUp) {
            // After a start nothing is allocated.
            rig = rig.restarted();
        }
        let before = rig.exact_copy();
        let reader = (way == Way::Exchange).then(|| Reader::open(&rig));
        if way == Way::Anew {
            std::fs::remove_file(&rig.folder.published).unwrap();
        }
        let answered = Caller::default();
        let sql = match way {
            Way::Grown | Way::GrownFar | Way::BroughtUp => "INSERT INTO filler(content) VALUES (randomblob(30000))",
            Way::Shrunk => "DELETE FROM filler WHERE id > 2; VACUUM",
            Way::InPlace | Way::Exchange | Way::Anew | Way::Renaming => {
                "UPDATE filler SET content = randomblob(3000) WHERE id = 3"
            }
        };
        rig.commit_for(sql, vec![Box::new(answered.clone())]);
        if way == Way::BroughtUp {
            rig.publisher.images[0].stale.insert(1);
        }
        let after = rig.exact_copy();
        Self { rig, _reader: reader, answered, before, after }
    }

    /// Publishes. Returns true if the planned kill came before the end.
    fn is_killed(&mut self) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.rig.publish()));
        // The kernel closes the files of a killed process.
        self.rig.publisher.images.clear();
        match outcome {
            Ok(()) => !mishap::unplan(),
            Err(ended) if ended.is::<Killed>() => true,
            Err(ended) => resume_unwind(ended),
        }
    }

    /// Checks that the published file cannot be mistaken for another state.
    fn nobody_is_deceived(&self, way: Way) {
        let Ok(found) = std::fs::read(&self.rig.folder.published) else {
            assert_eq!(way, Way::Anew);
            return;
        };
        let is_refused = found.starts_with(&[0; 16]);
        assert!(is_refused || found == self.before || found == self.after, "it is torn");
        assert!(!self.answered.is_answered() || found == self.after, "it lacks what was acknowledged");
    }

    /// Loses parts of what was written since `state`, as in a power cut; the live database is on disk.
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
        // The inode is written as a whole, with its times.
        let now = u64::try_from(clock::now().as_millis()).unwrap();
        let marked = Duration::from_millis(now) + Duration::from_nanos(123_457);
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + marked).unwrap();
        let (file, left) = RunState::open(&self.rig.folder.run_state()).unwrap();
        let left = if seed.is_multiple_of(2) { state.clone() } else { left.unwrap() };
        file.replace(&Record { boot: "another".into(), ..left }).unwrap();
    }

    fn becomes_exact(&mut self) {
        for _ in 0..2 {
            assert!(!matches!(self.rig.publisher.phase, Phase::Foreign), "its own file is strange to it");
            self.rig.publish();
            assert!(self.rig.publisher.queue.standing().is_current());
            self.rig.commit("INSERT INTO filler(content) VALUES (randomblob(100))");
        }
    }
}

fn killed_at_every_point(way: Way) {
    for point in 0.. {
        let mut scene = Scene::set(way);
        mishap::plan(point, Mishap::Kill);
        let is_over = !scene.is_killed();
        scene.nobody_is_deceived(way);
        scene.rig = scene.rig.restarted();
        scene.becomes_exact();
        if is_over {
            assert!(point > 4, "there were only {point} points");
            return;
        }
    }
}

#[test]
fn a_kill_at_any_point_in_place() {
    killed_at_every_point(Way::InPlace);
}

#[test]
fn a_kill_at_any_point_of_growing_and_shrinking() {
    killed_at_every_point(Way::Grown);
    killed_at_every_point(Way::Shrunk);
}

#[test]
fn a_kill_at_any_point_of_growing_beyond_what_is_reserved() {
    killed_at_every_point(Way::GrownFar);
    killed_at_every_point(Way::BroughtUp);
}

#[test]
fn a_kill_at_any_point_of_an_exchange() {
    killed_at_every_point(Way::Exchange);
}

#[test]
fn a_kill_at_any_point_of_making_it_anew() {
    killed_at_every_point(Way::Anew);
}

#[test]
fn a_kill_at_any_point_without_leases() {
    killed_at_every_point(Way::Renaming);
}

#[test]
fn a_power_cut_at_any_point() {
    for way in [Way::InPlace, Way::Grown, Way::Shrunk] {
        for point in 0.. {
            let mut scene = Scene::set(way);
            let state = RunState::open(&scene.rig.folder.run_state()).unwrap().1.unwrap();
            mishap::plan(point, Mishap::Kill);
            let is_over = !scene.is_killed();
            scene.lose_some(point as usize, &state);
            scene.rig = scene.rig.restarted();
            scene.becomes_exact();
            if is_over {
                break;
            }
        }
    }
}

#[test]
fn a_disk_that_refuses_at_any_point() {
    for (way, code) in WAYS.into_iter().flat_map(|way| [(way, libc::ENOSPC), (way, libc::EIO)]) {
        for point in 0.. {
            let mut scene = Scene::set(way);
            // So that nothing waits between two attempts.
            scene.rig.publisher.queue.stop();
            mishap::plan(point, Mishap::Refusal(code));
            scene.rig.publish();
            scene.nobody_is_deceived(way);
            scene.becomes_exact();
            if mishap::unplan() {
                break;
            }
        }
    }
}

#[test]
fn a_kill_at_any_point_where_names_cannot_be_exchanged() {
    mishap::forget_exchange();
    killed_at_every_point(Way::Exchange);
    killed_at_every_point(Way::Anew);
}

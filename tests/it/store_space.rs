//! A start on a disk without space for a second copy of the database still uses the newest valid data.

use super::store_start::{files, notice, run};
use super::support::small_disk::SmallDisk;
use super::support::store::{StoreFixture, color_in, integrity};
use agentlocator::store::{LateCause, PublishState, StartEvent, Store};
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    /// A backup was put in place of the published file.
    Backup,
    /// The live database cannot be opened.
    LiveDamaged,
    /// The live database is missing.
    NoLive,
}

/// Prepares a stopped store on a small disk, and a backup on another disk. The color was "old" when the backup was
/// made, and is "new" now.
async fn fixture_on(small: &SmallDisk) -> (StoreFixture, PathBuf) {
    let fixture = StoreFixture::on(small);
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "old")).await.unwrap();
    for number in 0..100 {
        store.write(move |tx| tx.set_meta(&format!("filler-{number}"), &"x".repeat(20_000))).await.unwrap();
    }
    let backup = fixture.copy();
    store.write(|tx| tx.set_meta("color", "new")).await.unwrap();
    store.close();
    (fixture, backup)
}

fn archived(small: &SmallDisk) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(small.path()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("agentlocator-before-")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_published_file_is_adopted_without_a_second_copy() {
    for case in [Case::Backup, Case::LiveDamaged, Case::NoLive] {
        // The disk is smaller than the space that the store reserves for a start.
        let Some(small) = SmallDisk::mount(24) else { return };
        let (fixture, backup) = fixture_on(&small).await;
        match case {
            Case::Backup => run("cp", &[&backup, &fixture.published()]),
            Case::LiveDamaged => std::fs::write(fixture.live(), "no database any more").unwrap(),
            Case::NoLive => std::fs::remove_file(fixture.live()).unwrap(),
        }
        let ballast = small.fill(2 << 20);

        let (store, _) = Store::open(fixture.config()).unwrap();
        let (color, event) = match case {
            Case::Backup => ("old", StartEvent::Restored),
            Case::LiveDamaged => ("new", StartEvent::LiveDamaged),
            Case::NoLive => ("new", StartEvent::Restored),
        };
        assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some(color), "{case:?}");
        let start_notice = notice(&store).await.unwrap();
        assert_eq!((start_notice.event, start_notice.archived.as_ref()), (event, archived(&small).first()), "{case:?}");
        if case == Case::Backup {
            assert_eq!(color_in(&archived(&small)[0]), "new");
        }
        store.write(|tx| tx.set_meta("color", "newest")).await.unwrap();
        let PublishState::Late { cause, .. } = store.health().publish else {
            panic!("{case:?}: {:?}", store.health().publish)
        };
        assert!(matches!(cause, LateCause::NoSpace { size_mb } if size_mb > 0), "{cause}");
        std::fs::remove_file(ballast).unwrap();
        fixture.until_current(&store).await;
        store.close();
        assert_eq!((integrity(&fixture.copy()), color_in(&fixture.published())), (None, "newest".into()), "{case:?}");
    }
}

/// A backup that has another hard link, or that another program has open, is not moved to the live database's path.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_for_the_service_alone_is_not_written() {
    for is_linked in [true, false] {
        let Some(small) = SmallDisk::mount(24) else { return };
        let (fixture, backup) = fixture_on(&small).await;
        let here = small.path().join("backup.db");
        run("cp", &[&backup, &here]);
        std::fs::remove_file(fixture.published()).unwrap();
        let mut reader = None;
        if is_linked {
            std::fs::hard_link(&here, fixture.published()).unwrap();
        } else {
            std::fs::rename(&here, fixture.published()).unwrap();
            reader = Some(std::fs::File::open(fixture.published()).unwrap());
        }
        let bytes = std::fs::read(&backup).unwrap();
        let _ballast = small.fill(2 << 20);

        let (store, _) = Store::open(fixture.config()).unwrap();
        assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("new"));
        let PublishState::Foreign { cause, .. } = store.health().publish else {
            panic!("{:?}", store.health().publish)
        };
        let reason = cause.to_string();
        assert!(reason.contains("not enough disk space") && reason.contains("MB free"), "{reason}");
        store.close();
        drop(reader);
        assert!(std::fs::read(fixture.published()).unwrap() == bytes, "linked: {is_linked}");
        assert_eq!(files(&fixture, "agentlocator-"), Vec::<PathBuf>::new());
        assert_eq!(archived(&small), Vec::<PathBuf>::new());
    }
}

//! Starts after the live database was changed, emptied or damaged while the service was stopped.

use super::store_start::{files, notice, run};
use super::support::store::{Child, StoreFixture, color_in, integrity, open_copy};
use agentlocator::store::{StartEvent, Store};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

/// Prepares a store in which the color was "old" when a backup was made and is "new" now. Returns the store's folder
/// and the backup.
async fn fixture_with_a_backup(stopped_by_kill: bool) -> (StoreFixture, std::path::PathBuf) {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "old")).await.unwrap();
    let backup = fixture.copy();
    store.write(|tx| tx.set_meta("color", "new")).await.unwrap();
    store.close();
    if stopped_by_kill {
        Child::start(&fixture, 0).kill9();
    }
    (fixture, backup)
}

async fn color(store: &Store) -> String {
    store.read(|tx| tx.meta("color")).await.unwrap().unwrap_or_default()
}

/// Checks that the data of the published file is used, and that the file is intact after the start.
async fn is_rescued(fixture: &StoreFixture, case: &str) {
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!(color(&store).await, "new", "{case}");
    let start_notice = notice(&store).await.expect(case);
    assert_eq!(start_notice.event, StartEvent::LiveDamaged, "{case}");
    assert!(start_notice.archived.is_some_and(|kept| kept.exists()), "{case}");
    fixture.until_current(&store).await;
    store.close();
    assert_eq!((integrity(&fixture.copy()), color_in(&fixture.published())), (None, "new".into()), "{case}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_live_database_does_not_replace_the_published_file() {
    for by_kill in [false, true] {
        let (fixture, _) = fixture_with_a_backup(by_kill).await;
        for log in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{log}", fixture.live().display()));
        }
        OpenOptions::new().write(true).open(fixture.live()).unwrap().set_len(0).unwrap();
        is_rescued(&fixture, &format!("stopped by kill: {by_kill}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_in_what_a_start_reads_first_does_not_keep_the_service_off() {
    let (fixture, _) = fixture_with_a_backup(false).await;
    let root: i64 = open_copy(&fixture.published())
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'settings'", [], |row| row.get(0))
        .unwrap();
    let live = OpenOptions::new().write(true).open(fixture.live()).unwrap();
    live.write_all_at(&[0x55; 4096], u64::try_from(root - 1).unwrap() * 4096).unwrap();
    drop(live);
    is_rescued(&fixture, "settings").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_over_the_live_database_keeps_the_newer_published_file() {
    let (fixture, backup) = fixture_with_a_backup(false).await;
    run("cp", &[&backup, &fixture.live()]);
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!(color(&store).await, "old");
    let start_notice = notice(&store).await.unwrap();
    assert_eq!(start_notice.event, StartEvent::LiveChanged);
    let kept = files(&fixture, "agentlocator-before-change-");
    assert_eq!(start_notice.archived.as_ref(), kept.first());
    assert_eq!((integrity(&kept[0]), color_in(&kept[0])), (None, "new".into()));
    fixture.until_current(&store).await;
    store.close();
    assert_eq!(color_in(&fixture.published()), "old");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_permissions_do_not_make_a_folder_a_copy() {
    let (fixture, _) = fixture_with_a_backup(true).await;
    let state = fixture.live().with_file_name("state");
    // Simulates a `chmod -R` an hour after the last state was recorded.
    let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
    File::open(&state).unwrap().set_modified(hour_ago).unwrap();
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!((color(&store).await, notice(&store).await), ("new".into(), None));
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_state_file_the_sound_live_database_stays() {
    let (fixture, backup) = fixture_with_a_backup(false).await;
    std::fs::remove_file(fixture.live().with_file_name("state")).unwrap();
    run("cp", &[&backup, &fixture.published()]);
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!(color(&store).await, "new");
    assert_eq!(notice(&store).await.unwrap().event, StartEvent::FoundForeign);
    assert_eq!(color_in(&files(&fixture, "agentlocator-found-")[0]), "old");
    store.close();
}

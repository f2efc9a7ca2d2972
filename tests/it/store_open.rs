//! Opening the store: migrations, the lock, snapshots, and files from an earlier run.

use super::support::store::{StoreFixture, integrity};
use agentlocator::store::{Error, Integrity, PublishState, Store};
use rusqlite::Connection;
use std::process::Command;

#[tokio::test]
async fn migrations_are_named_once() {
    let fixture = StoreFixture::new();
    let (store, applied) = Store::open(fixture.config()).unwrap();
    assert!(applied[0].starts_with("V1__"), "{applied:?}");
    store.close();
    let (store, applied) = Store::open(fixture.config()).unwrap();
    assert_eq!(applied, Vec::<String>::new());
    assert_eq!(store.health().publish, PublishState::Current);
    assert_eq!(store.health().integrity, Integrity::Unchecked);
}

#[tokio::test]
async fn the_store_is_opened_once_at_a_time() {
    let fixture = StoreFixture::new();
    let (first, _) = Store::open(fixture.config()).unwrap();
    let Err(Error::Busy(text)) = Store::open(fixture.config()) else { panic!("it opened twice") };
    assert!(text.contains(&std::process::id().to_string()), "{text}");
    first.close();
    Store::open(fixture.config()).unwrap();
}

/// With another name the same live database would be published again, and the file with the first name, which is out of
/// date by then, would replace it at the next start with that name.
#[tokio::test]
async fn a_second_name_in_the_same_folder_is_refused() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    store.close();
    let mut other = fixture.config().clone();
    let path = fixture.folder().join("other.db");
    other.database_url = Some(path.to_str().unwrap().to_owned());
    let Err(error @ Error::OtherName { .. }) = Store::open(&other) else { panic!("it opened") };
    assert!(error.to_string().contains(fixture.published().to_str().unwrap()), "{error}");
    assert!(!path.exists());

    std::fs::rename(fixture.published(), &path).unwrap();
    let (store, _) = Store::open(&other).unwrap();
    assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("blue"), "after a rename");
    assert_eq!(store.read(|tx| tx.meta("start_notice")).await.unwrap(), None);
}

/// A record of the name that could not be written completely, on a full disk or in a power failure.
#[tokio::test]
async fn a_damaged_record_of_the_name_is_ignored() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.close();
    let record = fixture.live().with_file_name("published-name");
    let name = std::fs::read_to_string(&record).unwrap();
    for damaged in ["", "..", "/", "\0\0"] {
        std::fs::write(&record, damaged).unwrap();
        let (store, _) = Store::open(fixture.config()).unwrap();
        store.close();
        assert_eq!(std::fs::read_to_string(&record).unwrap(), name);
    }
}

#[tokio::test]
async fn written_data_is_there_after_a_restart_and_in_the_copy() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    assert_eq!(fixture.copy_value::<String>("SELECT value FROM meta WHERE key = 'color'"), "blue");
    store.close();
    assert!(matches!(store.write(|tx| tx.set_meta("color", "red")).await, Err(Error::Closed)));
    assert!(matches!(store.read(|tx| tx.meta("color")).await, Err(Error::Closed)));
    assert_eq!(fixture.copy_value::<String>("SELECT value FROM meta WHERE key = 'color'"), "blue");
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("blue"));
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_refused() {
    let fixture = StoreFixture::new();
    drop(Store::open(fixture.config()).unwrap());
    Connection::open(fixture.live())
        .unwrap()
        .execute("INSERT INTO refinery_schema_history VALUES (900, 'from_the_future', '2030-01-01T00:00:00Z', '1')", [])
        .unwrap();
    let Err(error @ Error::Newer(_)) = Store::open(fixture.config()) else { panic!("it opened") };
    let text = error.to_string();
    assert!(text.contains("V900__from_the_future") && text.contains("snapshots"), "{text}");
}

#[tokio::test]
async fn a_copy_that_is_put_in_place_becomes_the_database() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    let copy = fixture.copy();
    drop(store);

    let other = StoreFixture::new();
    std::fs::copy(copy, other.published()).unwrap();
    let (store, applied) = Store::open(other.config()).unwrap();
    assert_eq!(applied, Vec::<String>::new());
    assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("blue"));
    store.write(|tx| tx.set_meta("color", "green")).await.unwrap();
    other.until_current(&store).await;
    assert_eq!(other.copy_value::<String>("SELECT value FROM meta WHERE key = 'color'"), "green");
}

#[tokio::test]
async fn a_torn_copy_is_not_taken_for_the_database() {
    let fixture = StoreFixture::new();
    std::fs::write(fixture.published(), [0; 8192]).unwrap();
    assert!(Store::open(fixture.config()).is_err());
    assert!(!fixture.live().exists());
}

#[tokio::test]
async fn without_publishing_nothing_is_published() {
    let fixture = StoreFixture::with(|config| config.publish = false);
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    assert_eq!(store.health().publish, PublishState::Off);
    assert!(!fixture.published().exists());
    store.close();
    // The store creates the copy when publishing is enabled later.
    let fixture = fixture.changed(|config| config.publish = true);
    let (_store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!(fixture.copy_value::<String>("SELECT value FROM meta WHERE key = 'color'"), "blue");
}

#[tokio::test]
async fn switched_off_and_on_again_the_copy_is_current_when_the_store_is_open() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    // The data is large, so that the comparison of the two databases takes time.
    store.write(|tx| tx.set_meta("filler", &"x".repeat(60 << 20))).await.unwrap();
    drop(store);
    let fixture = fixture.changed(|config| config.publish = false);
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    drop(store);
    let fixture = fixture.changed(|config| config.publish = true);
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!(store.health().publish, PublishState::Current);
    assert_eq!(fixture.copy_value::<String>("SELECT value FROM meta WHERE key = 'color'"), "blue");
    assert_eq!(integrity(&fixture.copy()), None);
}

/// Checks that later writes also reach the published file.
async fn assert_writes_continue(fixture: &StoreFixture) {
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "green")).await.unwrap();
    fixture.until_current(&store).await;
    assert_eq!(fixture.copy_value::<String>("SELECT value FROM meta WHERE key = 'color'"), "green");
}

#[tokio::test]
async fn a_folder_that_moved_as_a_whole_works_as_before() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    drop(store);
    let other = StoreFixture::new();
    let moved = Command::new("cp").arg("-a").arg(fixture.folder().join(".")).arg(other.folder()).status().unwrap();
    assert!(moved.success());
    assert_writes_continue(&other).await;
}

#[tokio::test]
async fn a_start_that_fails_after_a_copy_was_put_in_place_forgets_nothing() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    let copy = fixture.copy();
    drop(store);
    let other = StoreFixture::new();
    std::fs::copy(copy, other.published()).unwrap();
    // A folder in place of the `-shm` file makes the start fail after it has adopted the copy. Afterwards, no
    // clean stop is recorded.
    std::fs::create_dir_all(other.live().with_file_name("db.sqlite-shm")).unwrap();
    assert!(Store::open(other.config()).is_err());
    std::fs::remove_dir(other.live().with_file_name("db.sqlite-shm")).unwrap();
    assert_writes_continue(&other).await;
}

#[tokio::test]
async fn a_copy_with_a_log_beside_it_is_not_taken_for_the_whole() {
    let fixture = StoreFixture::new();
    drop(Store::open(fixture.config()).unwrap());
    let other = StoreFixture::new();
    std::fs::copy(fixture.published(), other.published()).unwrap();
    let log = other.folder().join("agentlocator.db-wal");
    std::fs::write(&log, "something").unwrap();
    let Err(error) = Store::open(other.config()) else { panic!("it opened") };
    let reason = error.to_string();
    assert!(reason.contains("agentlocator.db-wal") && reason.contains("journal_mode"), "{reason}");
    assert!(!other.live().exists());
    std::fs::remove_file(log).unwrap();
    Store::open(other.config()).unwrap();
}

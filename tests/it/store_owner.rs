//! A change of the published file by another process is detected, and the file is not overwritten.

use super::support::store::{StoreFixture, integrity};
use agentlocator::store::{PublishState, Store};
use rusqlite::Connection;
use std::io::{Seek, SeekFrom, Write};
use std::time::Duration;

const COLOR: &str = "SELECT value FROM meta WHERE key = 'color'";

async fn set_color(store: &Store, color: &'static str) {
    store.write(move |tx| tx.set_meta("color", color)).await.unwrap();
}

/// Opens a store, and makes a copy of its file before the last change.
async fn with_an_old_copy() -> (StoreFixture, Store, std::path::PathBuf) {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    set_color(&store, "blue").await;
    let old = fixture.copy();
    set_color(&store, "green").await;
    (fixture, store, old)
}

fn is_foreign(state: &PublishState) -> bool {
    matches!(state, PublishState::Foreign { .. })
}

/// Checks that the change is detected, and that the file keeps its content while writes continue. After the file is
/// moved away, a new one is created.
async fn is_left_alone(fixture: &StoreFixture, store: &Store) {
    let theirs = std::fs::read(fixture.published()).unwrap();
    set_color(store, "red").await;
    fixture.until(store, is_foreign).await;
    set_color(store, "yellow").await;
    assert_eq!(std::fs::read(fixture.published()).unwrap(), theirs);
    assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("yellow"));

    let kept = fixture.fresh_path();
    std::fs::rename(fixture.published(), &kept).unwrap();
    fixture.until_current(store).await;
    set_color(store, "white").await;
    assert_eq!(fixture.copy_value::<String>(COLOR), "white");
    assert_eq!(std::fs::read(&kept).unwrap(), theirs);
}

#[tokio::test]
async fn a_copy_over_the_published_file_is_left_alone() {
    let (fixture, store, old) = with_an_old_copy().await;
    std::fs::write(fixture.published(), std::fs::read(old).unwrap()).unwrap();
    is_left_alone(&fixture, &store).await;
}

#[tokio::test]
async fn a_file_moved_over_the_published_file_is_left_alone() {
    let (fixture, store, old) = with_an_old_copy().await;
    std::fs::rename(old, fixture.published()).unwrap();
    is_left_alone(&fixture, &store).await;
}

#[tokio::test]
async fn a_write_by_a_database_program_is_left_alone() {
    let (fixture, store, _) = with_an_old_copy().await;
    let conn = Connection::open(fixture.published()).unwrap();
    conn.execute("UPDATE meta SET value = 'black' WHERE key = 'color'", []).unwrap();
    drop(conn);
    is_left_alone(&fixture, &store).await;
}

#[tokio::test]
async fn one_changed_byte_is_noticed() {
    let (fixture, store, _) = with_an_old_copy().await;
    let mut file = std::fs::OpenOptions::new().write(true).open(fixture.published()).unwrap();
    file.seek(SeekFrom::Start(5000)).unwrap();
    file.write_all(b"y").unwrap();
    drop(file);
    is_left_alone(&fixture, &store).await;
}

#[tokio::test]
async fn an_appended_byte_is_noticed_without_any_write() {
    let (fixture, store, _) = with_an_old_copy().await;
    let mut file = std::fs::OpenOptions::new().append(true).open(fixture.published()).unwrap();
    file.write_all(b"x").unwrap();
    drop(file);
    fixture.until(&store, is_foreign).await;
}

#[tokio::test]
async fn a_reader_of_the_published_file_disturbs_no_write() {
    let (fixture, store, _) = with_an_old_copy().await;
    let conn = Connection::open(fixture.published()).unwrap();
    for color in ["red", "yellow", "white"] {
        let _: i64 = conn.query_row("SELECT count(*) FROM meta", [], |row| row.get(0)).unwrap();
        set_color(&store, color).await;
        assert_eq!(fixture.copy_value::<String>(COLOR), color);
    }
    assert_eq!(store.health().publish, PublishState::Current);
}

#[tokio::test]
async fn a_removed_file_is_created_again() {
    let (fixture, store, _) = with_an_old_copy().await;
    std::fs::remove_file(fixture.published()).unwrap();
    set_color(&store, "red").await;
    fixture.until_current(&store).await;
    assert_eq!(fixture.copy_value::<String>(COLOR), "red");
    // The removal is detected even without a write.
    std::fs::remove_file(fixture.published()).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !fixture.published().exists() {
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(integrity(&fixture.copy()), None);
}

#[tokio::test]
async fn another_program_writing_to_the_live_database_is_caught_up_with() {
    let (fixture, store, _) = with_an_old_copy().await;
    for color in ["black", "grey"] {
        let conn = Connection::open(fixture.live()).unwrap();
        conn.busy_timeout(Duration::from_secs(5)).unwrap();
        conn.execute("UPDATE meta SET value = ?1 WHERE key = 'color'", [color]).unwrap();
        // A checkpoint by another process may reset the write-ahead log without a notification to the store.
        let _: i64 = conn.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0)).unwrap();
        drop(conn);
        store.write(|tx| tx.set_meta("other", "1")).await.unwrap();
        assert_eq!(fixture.copy_value::<String>(COLOR), color);
        assert_eq!(integrity(&fixture.copy()), None);
    }
}

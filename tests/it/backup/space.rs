//! Snapshots on a disk that fills up: the oldest snapshots are deleted before a new one is created.

use super::stderr;
use crate::support::Daemon;
use crate::support::small_disk::SmallDisk;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Starts a daemon with a database of 12 MB on the disk.
fn on(disk: &SmallDisk, more: &str) -> Daemon {
    let mut daemon = Daemon::prepare(|setup| {
        setup.env("DATABASE_URL", disk.path().join("agentlocator.db").display().to_string());
        setup.toml(&format!("[disk]\nmedia_stops_below = \"4 MB\"\ncritical_below = \"1 MB\"\n{more}"));
    });
    assert!(daemon.cli(&["migrate"]).status.success());
    let live = rusqlite::Connection::open(disk.path().join("live/db.sqlite")).unwrap();
    live.execute_batch("INSERT INTO meta(key, value) VALUES ('ballast', hex(zeroblob(6000000)))").unwrap();
    drop(live);
    daemon.launch();
    daemon
}

/// Creates a nightly snapshot for each of these days in March.
fn place(disk: &SmallDisk, days: std::ops::RangeInclusive<u32>) {
    for day in days {
        std::fs::copy(disk.path().join("agentlocator.db"), snapshots(disk).join(night(day))).unwrap();
    }
}

fn night(day: u32) -> String {
    format!("nightly-202603{day:02}T030000000Z.db")
}

fn snapshots(disk: &SmallDisk) -> PathBuf {
    let folder = disk.path().join("snapshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn left(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.contains(".sha256") && name.starts_with(['n', 'm'])).collect();
    names.sort();
    names
}

fn create(daemon: &Daemon) -> Result<Value, String> {
    let output = daemon.cli(&["snapshots", "create", "--json"]);
    if output.status.success() { Ok(serde_json::from_slice(&output.stdout).unwrap()) } else { Err(stderr(&output)) }
}

#[test]
fn the_oldest_snapshots_are_deleted_for_space_and_two_intact_ones_are_kept() {
    let Some(disk) = SmallDisk::mount(200) else { return };
    let mut daemon = on(&disk, "");
    place(&disk, 1..=10);
    // Corrupts the checksum of the newest snapshot.
    std::fs::write(snapshots(&disk).join(format!("{}.sha256", night(10))), format!("{}  x\n", "0".repeat(64))).unwrap();
    let ballast = disk.fill(20 << 20);

    // By default, snapshots may use a quarter of the disk. A quarter of 200 MB has space for three older snapshots and
    // the new one.
    let made = create(&daemon).expect("space for the new snapshot is freed");
    let new = made["name"].as_str().unwrap();
    assert_eq!(left(&snapshots(&disk)), [new, &night(8), &night(9), &night(10)]);
    assert_eq!(made["dropped"].as_array().unwrap().len(), 7, "{made}");

    // Although this limit is smaller than one snapshot, the new snapshot and the newest valid one before it are kept.
    assert!(daemon.stop().success());
    daemon.reconfigure(|setup| {
        setup.toml("[disk]\nmedia_stops_below = \"4 MB\"\ncritical_below = \"1 MB\"\n[backup]\nbudget = \"1 MB\"\n");
    });
    let second = create(&daemon).unwrap();
    let mut expected = [new.to_owned(), second["name"].as_str().unwrap().to_owned()];
    expected.sort();
    assert_eq!(left(&snapshots(&disk)), expected);
    drop(ballast);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_enough_deletable_snapshots_none_is_deleted_and_the_disk_is_reported() {
    let Some(disk) = SmallDisk::mount(200) else { return };
    let daemon = on(&disk, "[backup]\nbudget = \"100 %\"\n");
    place(&disk, 1..=4);
    let ballast = disk.fill(10 << 20);
    // At most 22 MB can be freed, but 44 MB are needed.
    let refused = create(&daemon).unwrap_err();
    assert!(refused.contains("not enough disk space for a snapshot"), "{refused}");
    assert_eq!(left(&snapshots(&disk)).len(), 4, "a snapshot was deleted without effect");
    let checks = daemon.client().get("/readyz").await.json();
    assert_eq!((&checks["disk"], &checks["backup"]), (&"error".into(), &"error".into()), "{checks}");

    std::fs::remove_file(ballast).unwrap();
    create(&daemon).unwrap();
    let checks = daemon.client().get("/readyz").await.json();
    assert_eq!((&checks["disk"], &checks["backup"]), (&"ok".into(), &"ok".into()), "{checks}");
}

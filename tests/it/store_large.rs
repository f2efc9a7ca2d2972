//! A database of ten gigabytes: neither the time of a start after a kill nor the use of memory grows with its size.

use super::support::store::open_copy;
use super::support::whatsapp::Shop;
use rusqlite::Connection;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const WANTED_GB: u64 = 10;
/// The number of files of this size on the disk: live database, published file, its spare, a copy, three snapshots, and
/// temporary files.
const FILES: u64 = 8;
const MAX_DURATION: Duration = Duration::from_mins(30);
/// The limit for a start after a kill. The start waits at most half a second for the verification of the database,
/// whatever the size of the database. The remaining time allows for a busy machine.
const MAX_START: Duration = Duration::from_secs(10);

/// Waits for a condition, with a timeout that allows for reading and writing this amount of data.
fn until(what: &str, found: impl Fn() -> bool) {
    let deadline = Instant::now() + MAX_DURATION;
    while !found() {
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        std::thread::park_timeout(Duration::from_millis(200));
    }
}

/// Returns the peak memory of a process so far, in megabytes.
fn peak_memory_mb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_ten_gigabytes_are_started_copied_and_kept_in_little_memory() {
    let free = rustix::fs::statvfs(std::env::temp_dir()).map(|found| found.f_bavail * found.f_frsize).unwrap();
    let gigabytes: u64 = std::env::var("LARGE_GB").map_or(WANTED_GB, |wanted| wanted.parse().unwrap());
    let (needed, free) = (gigabytes * FILES, free >> 30);
    assert!(
        free >= needed,
        "a database of {gigabytes} GB needs {needed} GB in {}, which has {free} GB free: set TMPDIR to another disk, or LARGE_GB \
         to test a smaller one",
        std::env::temp_dir().display()
    );
    let megabytes = gigabytes << 10;
    eprintln!("a database of {megabytes} MB");
    let fill = format!(
        "PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         CREATE TABLE ballast(content BLOB);
         INSERT INTO ballast WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})
             SELECT zeroblob(10485760) FROM n;
         PRAGMA journal_mode = WAL;",
        megabytes / 10
    );
    let budget = format!("[backup]\nbudget = \"{} MB\"\n", megabytes * 5 / 2);
    let began = Instant::now();
    let mut shop = Shop::open_with(|setup| _ = setup.toml(&budget), &fill).await;
    eprintln!("filled and started after {} s", began.elapsed().as_secs());
    let published = shop.daemon.published_file();
    let mut number = 0;
    for round in 0..2 {
        // The daemon is ready and accepts messages while another thread verifies the database.
        number += 1;
        shop.receive_by_twilio("whatsapp:+972501111111", &format!("SM{number:032x}"), "early").await;
        until("the copy to hold the message", || messages_in_copy(&published) == Some(number));
        eprintln!("round {round}: current after {} s", began.elapsed().as_secs());

        let copy = shop.daemon.folder().join("copy.db");
        assert!(Command::new("cp").arg(&published).arg(&copy).status().unwrap().success());
        assert_eq!(count_messages(&open_copy(&copy)), Ok(number));
        std::fs::remove_file(&copy).unwrap();
        assert!(peak_memory_mb(shop.daemon.pid()) < 128, "{} MB", peak_memory_mb(shop.daemon.pid()));
        shop.daemon.kill9();
        let started = Instant::now();
        shop.daemon.launch();
        let took = started.elapsed();
        eprintln!("round {round}: the start after a kill took {took:?}");
        assert!(took < MAX_START, "{took:?}");
    }
    until("the copy to be current", || messages_in_copy(&published) == Some(number));
    for _ in 0..3 {
        let output = shop.daemon.cli(&["snapshots", "create", "--json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        eprintln!("a snapshot after {} s", began.elapsed().as_secs());
    }
    let listed = shop.daemon.cli(&["snapshots", "list", "--json"]).stdout;
    let listed: Value = serde_json::from_slice(&listed).unwrap();
    let kept = listed.as_array().or_else(|| listed["snapshots"].as_array()).unwrap();
    assert_eq!(kept.len(), 2, "{listed}");
    assert!(peak_memory_mb(shop.daemon.pid()) < 128, "{} MB", peak_memory_mb(shop.daemon.pid()));
}

/// Returns the number of messages in the published file; `None` while the file is being written.
fn messages_in_copy(published: &Path) -> Option<u32> {
    let conn = Connection::open_with_flags(published, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    count_messages(&conn).ok()
}

fn count_messages(conn: &Connection) -> rusqlite::Result<u32> {
    conn.query_row("SELECT count(*) FROM messages", [], |row| row.get(0))
}

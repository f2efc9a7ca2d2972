//! A process that keeps the database open for reading prevents the truncation of the write-ahead log.

use super::support::Daemon;
use super::support::small_disk::SmallDisk;
use super::support::store::integrity;
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn the_size_of_the_log_is_a_metric() {
    let daemon = Daemon::start(|_| {});
    let on_disk = || std::fs::metadata(daemon.folder().join("live/db.sqlite-wal")).unwrap().len();
    // The daemon may write between the two measurements. Therefore only a response during which the file did not grow
    // is compared.
    loop {
        let before = on_disk();
        let metrics = daemon.client().get("/metrics").await.text();
        if on_disk() == before {
            let size = metrics.lines().find_map(|line| line.strip_prefix("agentlocator_store_wal_bytes ")).unwrap();
            assert_eq!(size.parse::<u64>().unwrap(), before);
            return;
        }
    }
}

/// A backup program that reads the live database is stopped in the middle, as if its network share did not respond.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn long_a_log_that_a_stopped_backup_program_holds_raises_an_alert_until_it_ends() {
    for is_killed in [false, true] {
        let daemon = Daemon::start(|setup| _ = setup.toml("[alerts]\nsettle_s = 0\n"));
        let live = daemon.folder().join("live/db.sqlite");
        let mut reader = Reader::start(&live);
        reader.signal(Signal::STOP);
        // Writes all data in one transaction, on the test's own connection.
        let writer = Connection::open(&live).unwrap();
        writer.execute_batch("PRAGMA wal_autocheckpoint = 0; CREATE TABLE ballast(content BLOB)").unwrap();
        let fill = "INSERT INTO ballast WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 270)
                    SELECT zeroblob(1048576) FROM n";
        writer.execute_batch(fill).unwrap();
        drop(writer);
        let raised = daemon.logs().wait_for_event("ALERT_RAISED");
        assert!(raised.to_string().contains("wal_size"), "{raised}");
        let api = tokio::task::block_in_place(|| daemon.api());
        let alerts = api.get("/api/alerts").await.text();
        let named = format!("Process {} is reading the database", reader.process.id());
        assert!(alerts.contains(&named), "{alerts}");

        reader.signal(if is_killed { Signal::KILL } else { Signal::CONT });
        reader.end();
        // The daemon must truncate the write-ahead log while it continues to write.
        let cleared =
            || daemon.logs().events_named("ALERT_CLEARED").iter().any(|event| event["alert.kind"] == "wal_size");
        let deadline = Instant::now() + Duration::from_mins(2);
        while !cleared() {
            assert!(Instant::now() < deadline, "it never cleared");
            // Creates a token, so that the daemon writes to its database.
            tokio::task::block_in_place(|| daemon.api());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Stops `agentlocator backup` while it reads the database.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn long_a_stopped_backup_delays_no_write_and_raises_an_alert() {
    let daemon = Daemon::start(|setup| _ = setup.toml("[alerts]\nsettle_s = 0\n"));
    let live = daemon.folder().join("live/db.sqlite");
    let writer = Connection::open(&live).unwrap();
    writer.execute_batch("PRAGMA wal_autocheckpoint = 0; CREATE TABLE ballast(content BLOB)").unwrap();
    let fill = "INSERT INTO ballast WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 270)
                SELECT zeroblob(1048576) FROM n";
    writer.execute_batch(fill).unwrap();
    let _: i64 = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
    let target = daemon.folder().join("copy.db");
    let mut backup = daemon.start_cli(&["backup", target.to_str().unwrap()]);
    let group = Pid::from_child(&backup);
    let part = target.with_file_name("copy.db.part");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !std::fs::metadata(&part).is_ok_and(|found| found.len() > 1 << 20) {
        assert!(Instant::now() < deadline && backup.try_wait().unwrap().is_none(), "it was not seen while it copied");
        std::thread::yield_now();
    }
    kill_process_group(group, Signal::STOP).unwrap();

    writer.execute_batch("DELETE FROM ballast").unwrap();
    writer.execute_batch(fill).unwrap();
    drop(writer);
    let alert = |name: &str| daemon.logs().events_named(name).iter().any(|event| event["alert.kind"] == "wal_size");
    let until = async |name: &str| {
        let deadline = Instant::now() + Duration::from_mins(2);
        while !alert(name) {
            assert!(Instant::now() < deadline, "no {name}");
            // The creation of a token is a write, which the stopped process must not delay.
            let began = Instant::now();
            tokio::task::block_in_place(|| daemon.api());
            assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    until("ALERT_RAISED").await;
    let api = tokio::task::block_in_place(|| daemon.api());
    let alerts = api.get("/api/alerts").await.text();
    assert!(alerts.contains("is reading the database") && alerts.contains("backup"), "{alerts}");

    kill_process_group(group, Signal::CONT).unwrap();
    assert!(tokio::task::block_in_place(|| backup.wait()).unwrap().success());
    assert_eq!(integrity(&target), None);
    until("ALERT_CLEARED").await;
}

/// Another process that is reading the live database.
struct Reader {
    process: Child,
}

impl Reader {
    fn start(live: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "wal_size::the_reading_process", "--nocapture"])
            .env(ROLE, live)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("READING")), "the other process ended");
        Self { process }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    fn end(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

/// The code of the reading process. As a test, this function returns immediately, because the environment variable is
/// not set. The reading process reads the first row, waits for input or the end of stdin, and then reads the remaining
/// rows.
#[test]
fn the_reading_process() {
    let Ok(live) = std::env::var(ROLE) else { return };
    let conn = Connection::open(live).unwrap();
    let mut query = conn.prepare("SELECT name FROM sqlite_schema").unwrap();
    let mut rows = query.query([]).unwrap();
    rows.next().unwrap().unwrap();
    println!("READING");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    while rows.next().unwrap().is_some() {}
}

const ROLE: &str = "WAL_SIZE_TEST_READER";

#[test]
fn a_backup_to_another_disk_is_whole_and_leaves_nothing_beside_the_database() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let daemon = Daemon::start(|_| {});
    let files = || {
        let names = std::fs::read_dir(daemon.folder().join("live")).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with("db.sqlite")).collect();
        names.sort();
        names
    };
    let before = files();
    let target = disk.path().join("copy.db");
    let output = daemon.cli(&["backup", target.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(integrity(&target), None);
    assert_eq!(files(), before);
}

//! A process that reads the database without end keeps the write-ahead log from being emptied.

use super::support::Daemon;
use super::support::small_disk::SmallDisk;
use super::support::store::integrity;
use rusqlite::Connection;

#[tokio::test(flavor = "multi_thread")]
async fn the_size_of_the_log_is_a_metric() {
    let daemon = Daemon::start(|_| {});
    let metrics = daemon.client().get("/metrics").await.text();
    let size = metrics.lines().find_map(|line| line.strip_prefix("agentlocator_store_log_bytes ")).unwrap();
    assert_eq!(
        size.parse::<u64>().unwrap(),
        std::fs::metadata(daemon.folder().join("live/db.sqlite-wal")).unwrap().len()
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn long_a_log_that_a_hanging_reader_holds_raises_an_alert_with_its_process() {
    let daemon = Daemon::start(|setup| _ = setup.toml("[alerts]\nsettle_s = 0\n"));
    let open = || Connection::open(daemon.folder().join("live/db.sqlite")).unwrap();
    let (reader, writer) = (open(), open());
    reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;").unwrap();
    let _: i64 = reader.query_row("SELECT count(*) FROM contacts", [], |row| row.get(0)).unwrap();
    writer.execute_batch("PRAGMA wal_autocheckpoint = 0; CREATE TABLE ballast(content BLOB)").unwrap();
    let fill = "INSERT INTO ballast WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 270)
                SELECT zeroblob(1048576) FROM n";
    writer.execute_batch(fill).unwrap();
    let raised = daemon.logs().wait_for_event("ALERT_RAISED");
    assert!(raised.to_string().contains("log_size"), "{raised}");
    let api = tokio::task::block_in_place(|| daemon.api());
    let alerts = api.get("/api/alerts").await.text();
    assert!(alerts.contains(&format!("Process {} is reading the database", std::process::id())), "{alerts}");
}

#[test]
fn a_backup_to_another_disk_is_whole_and_leaves_nothing_beside_the_database() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let daemon = Daemon::start(|_| {});
    let files = || {
        let mut names: Vec<_> =
            std::fs::read_dir(daemon.folder().join("live")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
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

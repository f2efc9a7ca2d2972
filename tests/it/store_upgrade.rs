//! The daemon starts on the database of every earlier version, and keeps all its data.

use super::support::store::{integrity, open_copy};
use super::support::whatsapp::until;
use super::support::{Daemon, log::WAIT_TIMEOUT, skipped};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns the newest version of the schema, and the version and the SQL of each stored database.
fn versions() -> (u32, Vec<(u32, String)>) {
    let numbers = |folder: &Path, first: char| -> Vec<(u32, PathBuf)> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let number = |path: &Path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let digits: String = name.strip_prefix(first)?.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        };
        entries.filter_map(|path| Some((number(&path)?, path))).collect()
    };
    let newest = numbers(&folder("migrations"), 'V').iter().map(|(number, _)| *number).max().unwrap();
    let mut fixtures: Vec<_> = numbers(&folder("tests/fixtures/schema"), 'v')
        .into_iter()
        .map(|(number, path)| (number, std::fs::read_to_string(path).unwrap()))
        .collect();
    fixtures.sort();
    (newest, fixtures)
}

/// Creates a database file from this SQL.
pub(super) fn put(sql: &str, file: &Path) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let conn = Connection::open(file).unwrap();
    conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = OFF;").unwrap();
    conn.execute_batch(sql).unwrap();
}

/// Returns all rows of these tables, as text, by table.
fn rows(conn: &Connection, tables: &[String]) -> BTreeMap<String, Vec<String>> {
    tables
        .iter()
        .map(|table| {
            let mut columns = conn.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
            let columns: Vec<String> =
                columns.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            (table.clone(), columns)
        })
        .map(|(table, columns)| {
            let quoted: Vec<_> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
            let mut rows =
                conn.prepare(&format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || ',' || "))).unwrap();
            let rows = rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            (table, rows)
        })
        .collect()
}

/// Returns the tables that the daemon does not change by itself at its start. The search index is excluded because it
/// is derived from other tables.
fn steady_tables(conn: &Connection) -> Vec<String> {
    let mut names = conn
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
               AND name NOT IN ('meta', 'setup_codes', 'refinery_schema_history') AND name NOT LIKE 'search_%'",
        )
        .unwrap();
    names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Checks that all rows of `before` still exist with the same values in their original columns.
fn is_all_there(before: &Connection, after: &Connection) {
    for table in steady_tables(before) {
        let mut columns = before.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
        let columns: Vec<String> = columns.query_map([&table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let quoted: Vec<_> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
        let sql = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || ',' || "));
        let all = |conn: &Connection| -> Vec<String> {
            let mut rows = conn.prepare(&sql).unwrap();
            rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let (was, is) = (all(before), all(after));
        assert!(was.iter().all(|row| is.contains(row)), "{table}: {was:?} became {is:?}");
    }
}

#[test]
fn there_is_a_database_of_every_earlier_version() {
    let (newest, fixtures) = versions();
    let found: Vec<u32> = fixtures.iter().map(|(number, _)| *number).filter(|number| *number < newest).collect();
    assert_eq!(found, (1..newest).collect::<Vec<_>>(), "see tests/fixtures/schema/README.md");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_starts_on_each_version_and_keeps_every_row() {
    let (newest, fixtures) = versions();
    for (version, sql) in fixtures {
        // The database is tested as the live database, and as a copy that was put in place.
        for place in ["live/db.sqlite", "agentlocator.db"] {
            let mut daemon = Daemon::prepare(|_| {});
            put(&sql, &daemon.folder().join(place));
            let before = Connection::open_in_memory().unwrap();
            before.execute_batch(&sql).unwrap();
            daemon.launch();
            let applied = daemon.stdout().lines().iter().filter(|line| line.starts_with("Applied migration: ")).count();
            assert_eq!(applied, (newest - version) as usize, "from version {version}");
            is_all_there(&before, &daemon.database());
            let threads = daemon.api().get("/api/threads").await;
            assert_eq!((threads.status, threads.json()["threads"].as_array().unwrap().len()), (200, 4));
            // On a busy machine, the published file may be out of date for a while.
            let checks = until("a current copy", async || {
                let checks = daemon.client().get("/readyz").await.json();
                Some(checks).filter(|checks| checks["published_copy"] == "ok")
            });
            assert_eq!(checks.await["db"], "ok");

            if version < newest {
                let snapshots = std::fs::read_dir(daemon.folder().join("snapshots")).unwrap();
                let snapshots: Vec<_> = snapshots.map(|entry| entry.unwrap().path()).collect();
                let [snapshot] = &snapshots[..] else { panic!("{snapshots:?}") };
                assert!(
                    snapshot.file_name().unwrap().to_str().unwrap().starts_with(&format!("pre-migration-V{version}-"))
                );
                assert_eq!(integrity(snapshot), None);
                let tables = steady_tables(&before);
                assert_eq!(rows(&open_copy(snapshot), &tables), rows(&before, &tables));
            }
        }
    }
}

#[test]
fn a_kill_in_the_middle_of_an_upgrade_loses_no_data() {
    let (_, fixtures) = versions();
    let sql = &fixtures[0].1;
    let before = Connection::open_in_memory().unwrap();
    before.execute_batch(sql).unwrap();
    for round in 0..12 {
        let mut daemon = Daemon::prepare(|_| {});
        put(sql, &daemon.folder().join("live/db.sqlite"));
        daemon.spawn();
        // Kills the daemon at different times between the opening of the database and readiness.
        std::thread::sleep(Duration::from_millis(4 + round * 6));
        daemon.kill9();
        daemon.launch();
        is_all_there(&before, &daemon.database());
        assert_eq!(integrity(&daemon.folder().join("agentlocator.db")), None, "round {round}");
    }
}

#[test]
fn a_newer_database_is_refused_permanently() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed("INSERT INTO refinery_schema_history VALUES (900, 'from_the_future', '2030-01-01T00:00:00Z', '1')");
    // A daemon that runs as a service exits with the code that tells systemd not to restart the service.
    for (as_a_service, code) in [(false, 1), (true, 78)] {
        if as_a_service {
            daemon.reconfigure(|setup| {
                setup.env("NOTIFY_SOCKET", "/nonexistent");
            });
        }
        daemon.spawn();
        let status = daemon.wait(WAIT_TIMEOUT);
        daemon.kill9();
        assert_eq!(status.code(), Some(code));
    }
    let is_reason = |line: &String| line.contains("V900__from_the_future") && line.contains("snapshots");
    daemon
        .logs()
        .wait_until("the reason", |lines| (lines.iter().filter(|line| is_reason(line)).count() == 2).then_some(()));
    let conn = Connection::open(daemon.folder().join("live/db.sqlite")).unwrap();
    let applied: u32 = conn.query_row("SELECT count(*) FROM refinery_schema_history", [], |row| row.get(0)).unwrap();
    assert_eq!(applied, versions().0 + 1, "it was touched");
}

#[test]
fn a_database_without_space_for_its_copy_is_not_upgraded() {
    let (newest, fixtures) = versions();
    let (version, sql) = &fixtures[0];
    assert!(*version < newest);
    let folder = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(folder.path()).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        skipped("mounting a small file system is not allowed here");
        return;
    }
    let mut daemon = Daemon::prepare(|setup| {
        setup.env("DATABASE_URL", folder.path().join("agentlocator.db").display().to_string());
    });
    let live = folder.path().join("live/db.sqlite");
    put(sql, &live);
    let conn = Connection::open(&live).unwrap();
    conn.execute("UPDATE media SET content = zeroblob(8000000)", []).unwrap();
    drop(conn);
    daemon.spawn();
    let status = daemon.wait(WAIT_TIMEOUT);
    daemon.kill9();
    let sentence = "not enough disk space for a copy of the database from before the upgrade";
    daemon.logs().wait_until("the reason", |lines| lines.iter().any(|line| line.contains(sentence)).then_some(()));
    let conn = Connection::open(&live).unwrap();
    let found = "SELECT (SELECT max(version) FROM refinery_schema_history), (SELECT length(content) FROM media)";
    let after: (u32, i64) = conn.query_row(found, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    drop(conn);
    let left: Vec<_> = std::fs::read_dir(folder.path().join("snapshots")).unwrap().collect();
    let _ = Command::new("umount").arg("-l").arg(folder.path()).output();
    assert_eq!(status.code(), Some(1));
    assert_eq!(after, (*version, 8_000_000), "the database was touched");
    assert!(left.is_empty(), "{left:?}");
}

/// Creates half a gigabyte of data in the schema of the first version: files, messages, and recordings that are still
/// WAV.
fn put_large(file: &Path) {
    let sql = &versions().1[0].1;
    put(sql, file);
    let conn = Connection::open(file).unwrap();
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN").unwrap();
    let upto =
        |count| format!("WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {count})");
    conn.execute_batch(&format!(
        "{} INSERT INTO media(sha256, mime, bytes, content, created_at)
            SELECT hex(randomblob(32)), 'image/jpeg', 200000, randomblob(200000), '2026-11-10T10:00:00.000Z' FROM number",
        upto(FILES)
    ))
    .unwrap();
    conn.execute_batch(&format!(
        "{} INSERT INTO messages(thread_id, direction, message_type, content_text, status, created_at)
            SELECT 1, 'in', 'text', 'message ' || n, 'received', '2026-11-10T10:00:00.000Z' FROM number",
        upto(100_000)
    ))
    .unwrap();
    let sound = vec![0xff_u8; 16_000];
    let wav = [&agentlocator::audio::wav::header(2, sound.len() as u64)[..], &sound].concat();
    for id in 2..2 + RECORDINGS {
        let insert =
            "INSERT INTO recordings(id, call_id, source, provider_sid, channels, duration_ms, bytes, state, created_at)
                      VALUES (?1, 1, 'stream', 'MZ' || ?1, 2, 1000, ?2, 'complete', '2026-11-12T10:00:00.000Z')";
        conn.execute(insert, (id, i64::try_from(wav.len()).unwrap())).unwrap();
        conn.execute("INSERT INTO recording_chunks(recording_id, seq, content) VALUES (?1, 0, ?2)", (id, &wav))
            .unwrap();
    }
    conn.execute_batch("COMMIT").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn half_a_gigabyte_of_the_first_version_is_ready_soon_and_moves_its_data_afterwards() {
    let mut daemon = Daemon::prepare(|_| {});
    let live = daemon.folder().join("live/db.sqlite");
    put_large(&live);
    assert!(std::fs::metadata(&live).unwrap().len() > 500_000_000);
    let files: i64 = Connection::open(&live).unwrap().query_row(COUNT_FILES, [], |row| row.get(0)).unwrap();
    let began = std::time::Instant::now();
    daemon.launch();
    let ready = began.elapsed();
    let api = daemon.api();
    assert_eq!(api.get("/api/threads?type=call").await.status, 200);
    daemon.logs().wait_for_event("RECORDING_COMPRESSED");
    let first = daemon.memory_kb("VmHWM");
    daemon.kill9();
    let progress = "SELECT done_to || ' ' || (finished_at IS NULL) FROM backfills";
    let published = daemon.published_file();
    let value =
        |sql: &str| -> rusqlite::types::Value { open_copy(&published).query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(value(progress), "16 1".to_owned().into());

    let mark = daemon.logs().mark();
    let began = std::time::Instant::now();
    daemon.launch();
    let again = began.elapsed();
    assert_eq!(daemon.logs().wait_for_event_from(mark, "BACKFILL_STARTED")["done_to"], 16);
    assert_eq!(daemon.logs().wait_for_event_from(mark, "BACKFILL_FINISHED")["done_to"], 1 + RECORDINGS);
    let api = daemon.api();
    super::support::whatsapp::until("all recordings are compressed", async || {
        let call = api.get("/api/calls/1").await.json();
        let left = call["recordings"].as_array()?.iter().filter(|recording| recording["mime"] == "audio/wav");
        // One recording is not compressed, because it is not valid audio.
        (left.count() == 1).then_some(())
    })
    .await;
    let second = daemon.memory_kb("VmHWM");
    eprintln!("ready after {ready:?}, after the kill {again:?}; at most {first} and {second} KB of memory");
    assert!(ready.as_secs() < 20 && again.as_secs() < 5, "ready after {ready:?}, after the kill {again:?}");
    assert!(first.max(second) < 100 << 10, "{first} and {second} KB of memory");
    assert!(daemon.stop().success());
    assert_eq!(integrity(&published), None);
    assert_eq!(value(COUNT_FILES), files.into());
}

const COUNT_FILES: &str = "SELECT count(*) FROM media";
const FILES: i64 = 2500;
const RECORDINGS: i64 = 40;

#[tokio::test]
async fn tokens_of_earlier_versions_belong_to_those_who_created_them() {
    let mut daemon = Daemon::prepare(|_| {});
    put(include_str!("../fixtures/schema/v2.sql"), &daemon.folder().join("live/db.sqlite"));
    daemon.launch();
    // The tokens of an owner, of a deleted owner, and of the command line.
    for (token, status) in [("agl_till", 200), ("agl_backup", 401), ("agl_console", 200)] {
        assert_eq!(daemon.client().with_token(token).get("/api/session").await.status, status, "{token}");
    }
    let tokens = daemon.api().get("/api/tokens").await.json()["items"].clone();
    assert_eq!((&tokens[0]["created_by"], &tokens[0]["user_name"]), (&"user:2".into(), &"noa".into()), "{tokens}");
}

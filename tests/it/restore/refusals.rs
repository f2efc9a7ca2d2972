//! Files that `restore` rejects without changing the database.

use super::{stderr, with_a_copy};
use crate::support::Daemon;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// Checks that `restore` fails with this reason, and that the database is unchanged.
fn is_refused(daemon: &Daemon, from: &Path, reason: &str) {
    let state = || {
        let files = [daemon.published_file(), daemon.folder().join("live/db.sqlite")];
        files.map(|file| std::fs::read(file).unwrap())
    };
    let before = state();
    let output = daemon.cli(&["restore", from.to_str().unwrap(), "--yes"]);
    let printed = stderr(&output);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{printed}");
    assert!(printed.contains(reason), "{reason} is not in {printed}");
    assert!(state() == before, "{reason}: something was changed");
    assert!(!daemon.folder().join(".agentlocator.restore").exists());
}

#[test]
fn an_invalid_copy_is_refused_with_the_reason() {
    let (daemon, copy) = with_a_copy();
    let make = |name: &str, change: &dyn Fn(&Path)| -> PathBuf {
        let path = daemon.folder().join(name);
        std::fs::copy(&copy, &path).unwrap();
        change(&path);
        path
    };
    let sql = |path: &Path, sql: &str| Connection::open(path).unwrap().execute_batch(sql).unwrap();
    let torn = make("torn.db", &|path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[20_000..30_000].fill(0x55);
        std::fs::write(path, bytes).unwrap();
    });
    is_refused(&daemon, &torn, "is damaged");
    let cut = make("cut.db", &|path| {
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    });
    is_refused(&daemon, &cut, "is damaged");
    let orphan = make("orphan.db", &|path| sql(path, "PRAGMA foreign_keys = OFF; DELETE FROM threads WHERE id = 3"));
    is_refused(&daemon, &orphan, "is damaged");
    let empty = make("empty.db", &|path| std::fs::write(path, "").unwrap());
    is_refused(&daemon, &empty, "it is empty");
    let text = make("text.db", &|path| std::fs::write(path, "Dear diary").unwrap());
    is_refused(&daemon, &text, "not a database");
    let strange = make("strange.db", &|path| {
        std::fs::remove_file(path).unwrap();
        sql(path, "CREATE TABLE theirs(a)");
    });
    is_refused(&daemon, &strange, "another program");
    let newer = make("newer.db", &|path| {
        sql(path, "INSERT INTO refinery_schema_history VALUES (900, 'future', '2030-01-01T00:00:00Z', '1')");
    });
    is_refused(&daemon, &newer, "made by a newer version");
    is_refused(&daemon, &newer, "Install the newer version again");
    let logged = make("logged.db", &|path| std::fs::write(format!("{}-wal", path.display()), "x").unwrap());
    is_refused(&daemon, &logged, "logged.db-wal");
    let sealed = make("sealed.db", &|path| std::fs::write(path, "age-encryption.org/v1\n-> X25519 abc\n").unwrap());
    is_refused(&daemon, &sealed, "--identity");
    is_refused(&daemon, Path::new("nothing.db"), "there is no file and no snapshot");
    is_refused(&daemon, daemon.folder(), "is not a regular file");
}

#[test]
fn a_running_daemon_is_left_alone() {
    let (mut daemon, copy) = with_a_copy();
    daemon.launch();
    let output = daemon.cli(&["restore", copy.to_str().unwrap(), "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    let printed = stderr(&output);
    assert!(printed.contains(&format!("process {}", daemon.pid())) && printed.contains("stop it first"), "{printed}");
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM messages"), 5);
}

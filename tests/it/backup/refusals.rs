//! Requests that the backup command rejects without changing anything.

use super::{stderr, with_data};
use crate::support::Daemon;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

#[test]
fn invalid_backup_targets_are_refused_with_the_reason() {
    let daemon = with_data();
    let folder = daemon.folder();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    std::fs::write(folder.join("logged.db-wal"), "of another database").unwrap();
    std::os::unix::fs::symlink(folder.join("nowhere.db"), folder.join("dangling.db")).unwrap();
    for (target, reason) in [
        ("-".to_owned(), "not stdout"),
        (path(""), "is not a file name"),
        (path("live"), "is a folder"),
        (path("live/copy.db"), "belongs to the service"),
        (path("agentlocator.db"), "belongs to the service"),
        (path("logged.db"), "logged.db-wal belongs to another database"),
        (path("dangling.db"), "leads nowhere"),
        (path("no/such/folder.db"), "cannot find the folder"),
        ("/dev/null".to_owned(), "is not a regular file"),
    ] {
        let output = daemon.cli(&["backup", &target]);
        let printed = stderr(&output);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{target}: {printed}");
        assert!(printed.contains(reason), "{target}: {printed}");
    }
    assert!(
        !std::fs::read_dir(folder)
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_string_lossy().ends_with(".part") })
    );
}

#[test]
fn a_backup_without_a_database_fails_and_creates_none() {
    let daemon = Daemon::prepare(|_| {});
    let target = daemon.folder().join("copy.db");
    let output = daemon.cli(&["backup", target.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no database at"), "{}", stderr(&output));
    assert_eq!(std::fs::read_dir(daemon.folder()).unwrap().count(), 0);
}

#[test]
fn a_backup_without_disk_space_keeps_the_older_file() {
    let daemon = with_data();
    let target = daemon.folder().join("copy.db");
    std::fs::write(&target, "an older one").unwrap();
    // The command may write files of at most 64 KB. The limit does not apply to the daemon.
    let command = Command::new("prlimit")
        .args(["--fsize=65536", env!("CARGO_BIN_EXE_agentlocator"), "backup"])
        .arg(&target)
        .env("DATABASE_URL", daemon.published_file())
        .output();
    let output = command.unwrap();
    assert!(!output.status.success());
    assert!(output.status.signal().is_none() && stderr(&output).contains("cannot copy the database"), "{output:?}");
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "an older one");
    assert!(!daemon.folder().join("copy.db.part").exists());
}

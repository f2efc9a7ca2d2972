//! `agentlocator restore` with a daemon that does not run under systemd.

use super::{add_user, public, restore, stderr, users, with_a_copy};
use crate::support::Daemon;
use crate::support::store::{integrity, open_copy};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn the_copy_replaces_the_database_and_the_old_one_is_kept_and_can_be_restored() {
    let (mut daemon, copy) = with_a_copy();
    add_user(&daemon, "dana");
    daemon.launch();
    add_user(&daemon, "noa");
    // After a kill, part of the old data is only in the write-ahead log.
    daemon.kill9();
    std::fs::set_permissions(daemon.published_file(), std::fs::Permissions::from_mode(0o604)).unwrap();

    let done = restore(&daemon, &copy);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&daemon.published_file()), 0o604);
    let kept = done["kept"]["database"].as_str().unwrap().to_owned();
    assert!(kept.contains("agentlocator-before-restore-20"), "{kept}");
    assert_eq!(integrity(Path::new(&kept)), None);
    let names: i64 = open_copy(Path::new(&kept)).query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    assert_eq!(names, 2, "what was in the log is kept as well");

    daemon.launch();
    assert!(users(&daemon).is_empty());
    add_user(&daemon, "tal");
    assert!(daemon.stop().success());
    restore(&daemon, Path::new(&kept));
    daemon.launch();
    assert_eq!(users(&daemon), ["dana", "noa"]);
    assert_eq!(daemon.count_messages(), 5);
}

impl Daemon {
    fn count_messages(&self) -> i64 {
        self.query_value("SELECT count(*) FROM messages")
    }
}

#[test]
fn a_new_server_takes_a_copy_into_an_empty_folder() {
    let (_old, copy) = with_a_copy();
    let mut new = Daemon::prepare(public);
    let done = restore(&new, &copy);
    assert!(done["kept"]["database"].is_null(), "{done}");
    new.launch();
    assert_eq!(new.count_messages(), 5);
    // The daemon continues with the restored database as with its own.
    add_user(&new, "dana");
    new.restart();
    assert_eq!(users(&new), ["dana"]);
}

#[test]
fn a_restore_archives_a_damaged_database_with_all_of_its_files() {
    let (mut daemon, copy) = with_a_copy();
    daemon.launch();
    add_user(&daemon, "dana");
    daemon.kill9();
    let live = daemon.folder().join("live/db.sqlite");
    std::fs::write(&live, "no database any more").unwrap();
    std::fs::write(daemon.folder().join("live/db.sqlite-wal"), "nor a log").unwrap();
    let done = restore(&daemon, &copy);
    let kept = done["kept"]["database"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "no database any more");
    assert_eq!(std::fs::read_to_string(format!("{kept}-wal")).unwrap(), "nor a log");
    daemon.launch();
    assert!(users(&daemon).is_empty());
}

#[test]
fn a_file_put_in_place_of_the_published_one_is_kept_as_well() {
    let (daemon, copy) = with_a_copy();
    add_user(&daemon, "dana");
    std::fs::copy(&copy, daemon.published_file()).unwrap();
    let done = restore(&daemon, &copy);
    let (kept, foreign_file) =
        (done["kept"]["database"].as_str().unwrap(), done["kept"]["foreign_file"].as_str().unwrap());
    assert_ne!(kept, foreign_file);
    assert_eq!(std::fs::read(foreign_file).unwrap(), std::fs::read(&copy).unwrap());
}

#[test]
fn restore_warns_before_it_changes_data() {
    let (daemon, copy) = with_a_copy();
    let before = std::fs::read(daemon.published_file()).unwrap();
    let output = daemon.cli(&["restore", copy.to_str().unwrap()]);
    let printed = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(
        printed.contains("use --yes") && printed.contains("is kept beside it") && printed.contains("5 messages"),
        "{printed}"
    );
    assert_eq!(std::fs::read(daemon.published_file()).unwrap(), before);
    let left: Vec<_> = std::fs::read_dir(daemon.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with('.')), "{left:?}");
}

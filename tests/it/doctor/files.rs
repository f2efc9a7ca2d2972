//! Owners and modes of the files in the data folder.

use super::super::support::{Daemon, skipped};
use super::DoctorReport;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

#[test]
fn files_that_everyone_may_change_are_closed() {
    let daemon = Daemon::start(|_| {});
    let (folder, file, live) = (daemon.folder(), daemon.published_file(), daemon.folder().join("live"));
    let set_mode = |path: &Path, mode: u32| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    set_mode(folder, 0o700);
    set_mode(&file, 0o666);
    // Other users cannot reach a file in a closed folder.
    DoctorReport::run(&daemon, &[]).assert("folder", &["ok"], &[]);
    set_mode(folder, 0o755);
    set_mode(&live, 0o755);
    let report = DoctorReport::run(&daemon, &[]);
    // The commands remove what the fix removes.
    let commands = [format!("chmod 660 {}", file.display()), format!("chmod 700 {}", live.display())];
    report.assert("folder", &["ok", "warning", "warning"], &[&commands[0], &commands[1]]);
    assert!(daemon.cli(&["doctor", "--fix", "--yes"]).status.success());
    assert_eq!([&file, &live].map(|path| fs::metadata(path).unwrap().mode() & 0o777), [0o660, 0o700]);
    DoctorReport::run(&daemon, &[]).assert("folder", &["ok"], &[]);
}

#[test]
fn secrets_that_everyone_may_read_are_closed() {
    let daemon = Daemon::prepare(|setup| {
        setup.toml("[twilio]\nauth_token = \"0123456789abcdef\"\n");
    });
    let file = daemon.folder().join("config.toml");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let report = DoctorReport::run(&daemon, &[]);
    assert!(report.text("settings").contains("which holds secrets"), "{}", report.text("settings"));
    daemon.cli(&["doctor", "--fix", "--yes"]);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
}

#[test]
fn files_that_root_created_are_given_to_the_service_user() {
    if !rustix::process::geteuid().is_root() {
        skipped("only root can give files to another user");
        return;
    }
    let daemon = Daemon::start(|_| {});
    let left = daemon.folder().join("live/left-behind");
    fs::write(&left, "").unwrap();
    chown(&left, Some(65_534), None).unwrap();
    // An attacker who controls the daemon can create links. `--fix` must not follow them to other users' files.
    let elsewhere = tempfile::tempdir().unwrap();
    let theirs = elsewhere.path().join("theirs");
    fs::write(&theirs, "").unwrap();
    chown(&theirs, Some(65_534), None).unwrap();
    symlink(elsewhere.path(), daemon.folder().join("link")).unwrap();
    symlink(&theirs, daemon.folder().join("live/link")).unwrap();
    let report = DoctorReport::run(&daemon, &[]);
    report.assert("folder", &["ok", "error"], &["left-behind", "chown -R"]);
    daemon.cli(&["doctor", "--fix", "--yes"]);
    assert_eq!([&left, &theirs].map(|file| fs::metadata(file).unwrap().uid()), [0, 65_534]);
}

//! If the data of a service that has run before is missing, the service does not start as a new installation.

use super::support::Daemon;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

/// Prepares a service that has run before, moves its data to the folder `unmounted`, and leaves an empty data folder.
fn without_its_data() -> Daemon {
    let mut daemon = Daemon::prepare(|_| {});
    let folder = daemon.folder().to_owned();
    let (data, marker) = (folder.join("data"), folder.join("marker"));
    for folder in [&data, &marker] {
        fs::create_dir(folder).unwrap();
    }
    daemon.reconfigure(|setup| {
        setup
            .env("DATABASE_URL", data.join("agentlocator.db").display().to_string())
            .env("STATE_DIRECTORY", format!("{}:{}", data.display(), marker.display()));
    });
    daemon.launch();
    let output = daemon.cli(&["user", "add", "dana", "--generate"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(daemon.stop().success());
    fs::rename(&data, folder.join("unmounted")).unwrap();
    fs::create_dir(&data).unwrap();
    daemon
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn assert_does_not_start(daemon: &mut Daemon) {
    daemon.spawn();
    // The exit code is not 78, so that systemd restarts the service until the disk is mounted.
    assert_eq!(daemon.wait(Duration::from_secs(15)).code(), Some(1));
    let message = daemon.logs().wait_for_event("DATA_MISSING").to_string();
    assert!(message.contains("There was data in") && message.contains("agentlocator setup --new-data"), "{message}");
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn the_service_does_not_start_without_the_disk_of_its_data() {
    let mut daemon = without_its_data();
    let data = daemon.folder().join("data");
    assert_does_not_start(&mut daemon);
    for command in [&["setup"][..], &["user", "add", "noa", "--generate"], &["migrate"]] {
        let output = daemon.cli(command);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("There was data in"), "{command:?}: {}", stderr(&output));
    }
    assert!(is_empty(&data), "no file is created there");
    let doctor = daemon.cli(&["doctor"]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("There was data in"), "{doctor:?}");

    fs::remove_dir(&data).unwrap();
    fs::rename(daemon.folder().join("unmounted"), &data).unwrap();
    daemon.relaunch();
    let users = daemon.cli(&["user", "list"]);
    assert!(String::from_utf8_lossy(&users.stdout).contains("dana"), "{users:?}");
}

#[test]
fn the_owner_may_start_with_new_data() {
    let mut daemon = without_its_data();
    assert_does_not_start(&mut daemon);
    let output = daemon.cli(&["setup", "--new-data"]);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("Code"), "{}", stderr(&output));
    daemon.relaunch();
    // Afterwards, the daemon also detects the loss of the new data.
    assert!(daemon.stop().success());
    fs::remove_dir_all(daemon.folder().join("data")).unwrap();
    fs::create_dir(daemon.folder().join("data")).unwrap();
    assert_does_not_start(&mut daemon);
}

#[test]
fn a_restore_into_the_empty_folder_lets_the_service_start() {
    let mut daemon = without_its_data();
    let copy = daemon.folder().join("unmounted/agentlocator.db");
    let output = daemon.cli(&["restore", "--yes", copy.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    daemon.launch();
    assert!(String::from_utf8_lossy(&daemon.cli(&["user", "list"]).stdout).contains("dana"));
}

//! `agentlocator restore` with a daemon that systemd runs. A script takes the place of `systemctl`.

use super::{add_user, stderr, users, with_a_copy};
use crate::support::Daemon;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A daemon that the script controls like a systemd unit. `start` fails once for each line in the file `failures`. Each
/// `stop` uses up a line of the file `restarts`: if it is `yes`, a connection to a socket starts the daemon again.
struct Unit {
    daemon: Daemon,
    copy: PathBuf,
}

impl Unit {
    fn new() -> Self {
        let (mut daemon, copy) = with_a_copy();
        let bin = daemon.folder().join("bin");
        std::fs::create_dir(&bin).unwrap();
        let script = bin.join("systemctl");
        std::fs::write(&script, SCRIPT.replace("@PROGRAM@", env!("CARGO_BIN_EXE_agentlocator"))).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let folder = daemon.folder().display().to_string();
        daemon.reconfigure(|setup| {
            setup.env("PATH", path).env("UNIT_FOLDER", folder).env("PORT", "0");
        });
        let unit = Self { daemon, copy };
        add_user(&unit.daemon, "dana");
        unit.systemctl("start");
        unit
    }

    fn systemctl(&self, verb: &str) {
        let script = self.daemon.folder().join("bin/systemctl");
        let status = std::process::Command::new(script)
            .args([verb, "agentlocator.service"])
            .env("UNIT_FOLDER", self.daemon.folder())
            .env("DATABASE_URL", self.daemon.published_file())
            .env("PORT", "0")
            .status();
        assert!(status.unwrap().success(), "{verb}");
    }

    fn calls(&self) -> Vec<String> {
        let calls = std::fs::read_to_string(self.daemon.folder().join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        self.systemctl("stop");
    }
}

const SCRIPT: &str = r#"#!/bin/sh
cd "$UNIT_FOLDER" || exit 1
echo "$1" >> calls
pid=$(cat pid 2>/dev/null)
alive() { [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; }
launch() {
    rm -f log
    "@PROGRAM@" serve </dev/null >/dev/null 2>log 3>&- &
    pid=$!
    echo "$pid" > pid
    until grep -q '"event":"STARTED"' log; do alive || exit 1; sleep 0.02; done
}
case $1 in
show)
    echo LoadState=loaded
    if alive; then echo ActiveState=active; echo "MainPID=$pid"; else echo ActiveState=inactive; echo MainPID=0; fi ;;
stop)
    alive && kill "$pid"
    while alive; do sleep 0.02; done
    rm -f pid
    again=$(head -n 1 restarts 2>/dev/null)
    [ -z "$again" ] || sed -i 1d restarts
    [ "$again" != yes ] || launch ;;
start)
    alive && exit 0
    if [ -s failures ]; then sed -i 1d failures; echo "Job failed." >&2; exit 1; fi
    launch ;;
is-active) alive ;;
reset-failed) ;;
*) exit 1 ;;
esac
"#;

#[test]
fn the_service_is_stopped_and_started_again() {
    let unit = Unit::new();
    let output = unit.daemon.cli(&["restore", unit.copy.to_str().unwrap(), "--yes"]);
    let printed = stderr(&output);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("agentlocator.service is stopped and started again"), "{printed}");
    let calls = unit.calls();
    assert_eq!(calls[1..], ["show", "stop", "reset-failed", "start", "is-active"].map(str::to_owned), "{calls:?}");
    assert!(users(&unit.daemon).is_empty(), "the daemon runs with the restored database");
}

#[test]
fn the_old_database_is_restored_if_the_daemon_does_not_start_with_the_copy() {
    let unit = Unit::new();
    std::fs::write(unit.daemon.folder().join("failures"), "once\n").unwrap();
    let output = unit.daemon.cli(&["restore", unit.copy.to_str().unwrap(), "--yes"]);
    let printed = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("the old one was restored and the daemon runs"), "{printed}");
    assert_eq!(users(&unit.daemon), ["dana"]);
    assert_eq!(unit.daemon.query_value::<i64>("SELECT count(*) FROM users"), 1);
    let left: Vec<_> = std::fs::read_dir(unit.daemon.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("before-restore"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_old_database_is_restored_although_a_connection_starts_the_daemon_meanwhile() {
    let unit = Unit::new();
    std::fs::write(unit.daemon.folder().join("failures"), "once\n").unwrap();
    // The first stop is that before the copy is put in place, the second that before the old database is restored.
    std::fs::write(unit.daemon.folder().join("restarts"), "no\nyes\n").unwrap();
    let output = unit.daemon.cli(&["restore", unit.copy.to_str().unwrap(), "--yes"]);
    let printed = stderr(&output);
    assert!(printed.contains("the old one was restored and the daemon runs"), "{printed}");
    assert_eq!(unit.calls().iter().filter(|call| *call == "stop").count(), 3);
    assert_eq!(users(&unit.daemon), ["dana"]);
}

#[test]
fn a_unit_of_another_process_is_left_alone() {
    let (mut daemon, copy) = with_a_copy();
    let unit = Unit::new();
    let path = format!("{}:{}", unit.daemon.folder().join("bin").display(), std::env::var("PATH").unwrap());
    let folder = unit.daemon.folder().display().to_string();
    daemon.reconfigure(|setup| {
        setup.env("PATH", path).env("UNIT_FOLDER", folder);
    });
    daemon.launch();
    let output = daemon.cli(&["restore", copy.to_str().unwrap(), "--yes"]);
    assert!(stderr(&output).contains("stop it first"), "{}", stderr(&output));
    assert!(!unit.calls().contains(&"stop".to_owned()));
}

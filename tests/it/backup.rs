//! `agentlocator backup` creates one verified file, whatever the daemon is doing at that time.

mod bucket;
mod command;
mod nightly;
mod refusals;
mod snapshots;
mod space;

use super::support::Daemon;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Output;

/// Starts a daemon with some data.
fn with_data() -> Daemon {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("api/data.sql"));
    daemon.launch();
    daemon
}

/// Runs the command with a new target file. Returns the file and the command's JSON output.
fn backup(daemon: &Daemon, name: &str) -> (PathBuf, Value) {
    let target = daemon.folder().join(name);
    let output = daemon.cli(&["backup", target.to_str().unwrap(), "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!daemon.folder().join(format!("{name}.part")).exists());
    (target, serde_json::from_slice(&output.stdout).unwrap())
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

//! `agentlocator restore` replaces the database by a copy, and keeps the old database.

mod api_walk;
mod by_copy;
mod command;
mod refusals;
mod tool_secrets;
mod unit;

use super::support::{Daemon, Setup};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Prepares a stopped daemon with data, and a copy of that data.
fn with_a_copy() -> (Daemon, PathBuf) {
    let daemon = Daemon::prepare(public);
    daemon.seed(include_str!("api/data.sql"));
    let copy = daemon.folder().join("copy.db");
    let output = daemon.cli(&["backup", copy.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    (daemon, copy)
}

/// Applies the same settings to every server, so that responses can be compared.
fn public(setup: &mut Setup) {
    setup.env("PUBLIC_BASE_URL", "https://shop.example");
}

/// Restores a file and returns the JSON output.
fn restore(daemon: &Daemon, from: &Path) -> Value {
    let output = daemon.cli(&["restore", from.to_str().unwrap(), "--yes", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn add_user(daemon: &Daemon, name: &str) {
    let output = daemon.cli(&["user", "add", name, "--generate"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

fn users(daemon: &Daemon) -> Vec<String> {
    let output = daemon.cli(&["user", "list", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let users: Value = serde_json::from_slice(&output.stdout).unwrap();
    users.as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

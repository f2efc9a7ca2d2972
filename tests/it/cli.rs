//! The command line, with and without a running daemon.

use super::support::{Daemon, access::PASSWORD};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

#[test]
fn users_and_tokens_are_managed_with_and_without_the_daemon() {
    for running in [true, false] {
        let mut daemon = Daemon::prepare(|_| {});
        if running {
            daemon.launch();
        } else {
            stdout(&daemon.cli(&["migrate"]));
        }
        let token = stdout(&daemon.cli(&["token", "create", "till"]));
        assert!(token.starts_with("agl_") && token.trim_end().len() == 47 && token.lines().count() == 1, "{token}");
        assert!(stdout(&daemon.cli_with_input(&["user", "add", "dana"], PASSWORD)).is_empty());
        let made_up = stdout(&daemon.cli(&["user", "add", "noa", "--generate"]));
        assert_eq!(made_up.trim_end().len(), 20);
        let users: Value = serde_json::from_str(&stdout(&daemon.cli(&["user", "list", "--json"]))).unwrap();
        let roles: Vec<_> = users.as_array().unwrap().iter().map(|user| user["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["owner", "staff"], "the first one is an owner");
        let table = stdout(&daemon.cli(&["user", "list"]));
        assert!(table.lines().count() == 3 && table.contains("noa"), "{table}");

        let again = daemon.cli_with_input(&["user", "add", "Dana"], PASSWORD);
        assert_eq!((again.status.code(), again.stdout.len()), (Some(1), 0));
        assert!(stderr(&again).contains("there is a user Dana already"), "{}", stderr(&again));
        assert_eq!(daemon.cli(&["user", "remove", "dana"]).status.code(), Some(1), "the last owner cannot be removed");
        assert!(daemon.cli(&["user", "remove", "noa"]).status.success());
        assert!(daemon.cli(&["token", "revoke", "till"]).status.success());
        assert_eq!(daemon.cli(&["token", "revoke", "till"]).status.code(), Some(1));
        assert_eq!(stdout(&daemon.cli(&["token", "list", "--json"])).trim(), "[]");
    }
}

#[test]
fn only_the_setup_creates_a_missing_database() {
    let daemon = Daemon::prepare(|_| {});
    let (published, live) = (daemon.folder().join("agentlocator.db"), daemon.folder().join("live"));
    for command in [
        &["token", "create", "till"][..],
        &["token", "list"],
        &["user", "add", "dana", "--generate"],
        &["user", "list"],
        &["alerts", "list"],
        &["retention", "--dry-run"],
    ] {
        let output = daemon.cli(command);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{command:?}");
        let expected = format!("there is no database at {}", published.display());
        assert!(stderr(&output).contains(&expected), "{command:?}: {}", stderr(&output));
        assert!(!published.exists() && !live.exists(), "{command:?} creates nothing");
    }
    assert!(stdout(&daemon.cli(&["setup"])).contains("Code"));
    assert_eq!(stdout(&daemon.cli(&["user", "list", "--json"])).trim(), "[]");
}

#[tokio::test]
async fn a_generated_password_logs_in() {
    let daemon = Daemon::start(|_| {});
    let password = stdout(&daemon.cli(&["user", "add", "dana"]));
    daemon.log_in("dana", password.trim_end()).await;
    let file = daemon.folder().join("password");
    std::fs::write(&file, "from a file\nsecond line\n").unwrap();
    let reset = daemon.cli(&["user", "reset-password", "dana", "--password-file", file.to_str().unwrap()]);
    assert!(reset.status.success() && reset.stdout.is_empty());
    daemon.log_in("dana", "from a file").await;
}

#[test]
fn wrong_usage_is_2_and_failure_is_1() {
    let daemon = Daemon::prepare(|_| {});
    for arguments in [&[][..], &["dance"], &["token"], &["token", "create"], &["user", "add", "x", "--role", "king"]] {
        let output = daemon.cli(arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
    }
    let help = stdout(&daemon.cli(&["--help"]));
    for word in ["serve", "setup", "token", "Examples:", "PUBLIC_BASE_URL", "Exit status"] {
        assert!(help.contains(word), "{help}");
    }
}

#[test]
fn migrate_says_what_it_applied_once() {
    let daemon = Daemon::prepare(|_| {});
    assert!(stdout(&daemon.cli(&["migrate"])).starts_with("Applied migration: V1__foundation\n"));
    let again = daemon.cli(&["migrate"]);
    assert_eq!(stdout(&again), "");
    assert!(stderr(&again).contains("there was no migration to apply"), "{}", stderr(&again));
}

#[test]
fn migrate_finds_a_running_daemon_up_to_date() {
    let daemon = Daemon::start(|_| {});
    let output = daemon.cli(&["migrate"]);
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("there was no migration to apply"), "{}", stderr(&output));
}

#[test]
fn version_and_openapi_are_for_programs() {
    let daemon = Daemon::prepare(|setup| {
        setup.env("GIT_COMMIT", "abc123");
    });
    let version: Value = serde_json::from_str(&stdout(&daemon.cli(&["version", "--json"]))).unwrap();
    assert_eq!((version["app"].as_str(), version["commit"].as_str()), (Some("AgentLocator"), Some("abc123")));
    let shown = stdout(&daemon.cli(&["version"]));
    assert!(shown.contains("abc123") && shown.contains(env!("CARGO_PKG_VERSION")), "{shown}");
    let document: Value = serde_json::from_str(&stdout(&daemon.cli(&["openapi"]))).unwrap();
    assert!(document["paths"]["/api/login"]["post"].is_object());
}

#[test]
fn the_control_socket_is_for_its_owner_alone() {
    let mut daemon = Daemon::start(|_| {});
    let socket = daemon.folder().join("live/control.sock");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    daemon.kill9();
    // The socket of a killed daemon does not block a command.
    assert!(daemon.cli(&["user", "list"]).status.success());
    daemon.launch();
    assert!(daemon.cli(&["user", "list"]).status.success());
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

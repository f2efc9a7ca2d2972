//! What commands say when there is nothing to do, or when they fail.

use super::support::{Daemon, skipped};
use age::secrecy::ExposeSecret;
use serde_json::Value;
use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Output;

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_setup_names_its_port_and_that_no_daemon_runs() {
    let mut daemon = Daemon::prepare(|_| {});
    let port = daemon.address().port();
    let ssh = format!("ssh -L {port}:127.0.0.1:{port} SERVER");
    let output = daemon.cli(&["setup"]);
    assert!(stdout(&output).contains(&ssh), "{}", stdout(&output));
    assert!(stderr(&output).contains("The daemon does not run"), "{}", stderr(&output));
    daemon.launch();
    let output = daemon.cli(&["setup"]);
    assert!(stdout(&output).contains(&ssh), "{}", stdout(&output));
    assert!(!stderr(&output).contains("The daemon"), "{}", stderr(&output));
}

#[test]
fn a_token_that_cannot_be_printed_is_revoked() {
    let daemon = Daemon::start(|_| {});
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = daemon.cli_into(&["token", "create", "till"], full);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("was revoked") && said.contains("stdout") && said.contains("No space left"), "{said}");
    assert_eq!(stdout(&daemon.cli(&["token", "list", "--json"])).trim(), "[]");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let said = stderr(&daemon.cli_into(&["token", "list"], full));
    assert!(said.contains("cannot write to stdout"), "{said}");
}

#[test]
fn a_missing_folder_for_snapshots_is_named() {
    let mut daemon = Daemon::prepare(|setup| _ = setup.toml("[backup]\nfolder = \"/missing/nas\"\n"));
    stdout(&daemon.cli(&["migrate"]));
    for command in [&["snapshots", "list"][..], &["snapshots", "list", "--json"], &["snapshots", "create"]] {
        let output = daemon.cli(command);
        let said = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""), "{command:?}");
        assert!(said.contains("the folder /missing does not exist") && said.contains("mounted?"), "{said}");
    }
    let nas = daemon.folder().join("nas");
    let toml = format!("[backup]\nfolder = \"{}\"\n", nas.display());
    daemon.reconfigure(|setup| _ = setup.toml(&toml));
    let output = daemon.cli(&["snapshots", "list", "--json"]);
    assert_eq!((output.status.code(), stdout(&output).trim()), (Some(0), "[]"));
    assert!(stderr(&output).contains("does not exist"), "{}", stderr(&output));
    assert!(daemon.cli(&["snapshots", "create"]).status.success());
    let output = daemon.cli(&["snapshots", "prune"]);
    assert!(output.status.success() && stderr(&output).contains("nothing to delete"), "{}", stderr(&output));
}

#[test]
fn a_key_file_that_cannot_be_used_is_explained_once() {
    let recipient = age::x25519::Identity::generate().to_public();
    let mut daemon = Daemon::prepare(|_| {});
    stdout(&daemon.cli(&["migrate"]));
    let key = daemon.folder().join("key.txt");
    daemon.reconfigure(|setup| _ = setup.toml(&format!("[backup]\nage_recipients = [\"{recipient}\"]\n")));
    assert!(daemon.cli(&["snapshots", "create"]).status.success());
    let listed: Value = serde_json::from_str(&stdout(&daemon.cli(&["snapshots", "list", "--json"]))).unwrap();
    let snapshot = listed[0]["name"].as_str().unwrap();
    let tried = |content: &str| {
        std::fs::write(&key, content).unwrap();
        let output = daemon.cli(&["restore", snapshot, "--yes", "--identity", key.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        stderr(&output)
    };
    let said = tried("");
    assert!(said.contains(&format!("the key file {} contains no key", key.display())), "{said}");
    let other = age::x25519::Identity::generate().to_string();
    let said = tried(other.expose_secret());
    assert!(said.contains("cannot be decrypted") && said.matches("No matching keys").count() == 1, "{said}");
}

#[test]
fn secrets_of_the_page_that_this_user_may_not_read_are_kept() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can create a file of another user");
    }
    let daemon = Daemon::prepare(|_| {});
    let file = daemon.folder().join("page-secrets.toml");
    std::fs::write(&file, "[openai]\napi_key = \"sk-x\"\n").unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    chown(&file, Some(65534), Some(65534)).unwrap();
    let output = daemon.cli_as_ordinary_user(&["config", "check"]);
    let said = stdout(&output) + &stderr(&output);
    assert!(said.contains("may not read the file") && said.contains("sudo") && !said.contains("delete"), "{said}");
}

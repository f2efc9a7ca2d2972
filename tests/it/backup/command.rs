//! The file that `agentlocator backup` writes, and the text that it prints.

use super::{backup, stderr, with_data};
use crate::support::Daemon;
use crate::support::store::{Acks, Load, StoreFixture, check_copy, integrity, open_copy};
use agentlocator::store::Store;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;

#[test]
fn a_backup_is_complete_with_a_running_a_stopped_and_a_killed_daemon() {
    let mut daemon = with_data();
    let users = |copy: &std::path::Path| -> Vec<String> {
        let conn = open_copy(copy);
        let mut names = conn.prepare("SELECT name FROM users ORDER BY id").unwrap();
        names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let add = |daemon: &Daemon, name: &str| {
        assert!(daemon.cli(&["user", "add", name, "--generate"]).status.success());
    };
    add(&daemon, "dana");
    let (running, body) = backup(&daemon, "running.db");
    assert_eq!(integrity(&running), None);
    assert_eq!(users(&running), ["dana"]);
    assert_eq!((body["copy"]["messages"].as_i64(), body["copy"]["calls"].as_i64()), (Some(5), Some(2)));
    assert!(body["copy"]["mark"].as_str().is_some_and(|mark| !mark.is_empty()), "{body}");
    assert_eq!(std::fs::metadata(&running).unwrap().permissions().mode() & 0o777, 0o600);

    add(&daemon, "noa");
    daemon.kill9();
    let (killed, _) = backup(&daemon, "killed.db");
    assert_eq!((integrity(&killed), users(&killed)), (None, vec!["dana".to_owned(), "noa".to_owned()]));

    let mark = daemon.logs().mark();
    daemon.launch();
    add(&daemon, "tal");
    // If the daemon stopped during its integrity check, the next start would repeat the check.
    daemon.logs().wait_for_event_from(mark, "STORE_INTEGRITY_OK");
    assert!(daemon.stop().success());
    let (stopped, _) = backup(&daemon, "stopped.db");
    assert_eq!((integrity(&stopped), users(&stopped).len()), (None, 3));

    // The backup command only reads the database. Therefore the next start finds the database as the last stop left it,
    // and needs no integrity check.
    let mark = daemon.logs().mark();
    daemon.launch();
    let lines = daemon.logs().lines();
    assert!(!lines[mark..].iter().any(|line| line.contains("STORE_UNCLEAN_STOP")), "{lines:#?}");
}

#[test]
fn an_existing_file_is_replaced_and_keeps_its_permissions() {
    let daemon = with_data();
    let target = daemon.folder().join("again.db");
    std::fs::write(&target, "an older one").unwrap();
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o644)).unwrap();
    // A file of an earlier run that was interrupted.
    std::fs::write(daemon.folder().join("again.db.part"), vec![7; 10 << 20]).unwrap();
    let link = daemon.folder().join("link.db");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    backup(&daemon, "link.db");
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink(), "what the link names is replaced");
    assert_eq!(integrity(&target), None);
    assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o644);
}

#[test]
fn the_output_says_what_is_in_the_backup() {
    let daemon = with_data();
    let target = daemon.folder().join("body.db");
    let output = daemon.cli(&["backup", target.to_str().unwrap()]);
    let printed = stderr(&output);
    assert!(output.status.success() && output.stdout.is_empty());
    assert!(printed.contains("body.db") && printed.contains("5 messages and 2 calls"), "{printed}");
}

async fn under_load(copies: usize, clients: usize) {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let acks: Arc<Acks> = Arc::new(fixture.acks(clients));
    let load = Load::start(&store, &acks);
    for _ in 0..copies {
        let (acknowledged, copy, published) = (acks.all(), fixture.fresh_path(), fixture.published());
        let run = move || {
            let command = Command::new(env!("CARGO_BIN_EXE_agentlocator"))
                .arg("backup")
                .arg(&copy)
                .env_clear()
                .env("DATABASE_URL", published)
                .output();
            let output = command.unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
            (check_copy(&copy, &acknowledged), std::fs::remove_file(&copy))
        };
        assert_eq!(tokio::task::spawn_blocking(run).await.unwrap().0, None);
    }
    load.stop().await;
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_has_everything_that_was_acknowledged_before() {
    under_load(15, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_a_backup_under_load_has_everything_that_was_acknowledged_before() {
    under_load(300, 16).await;
}

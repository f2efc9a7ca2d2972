//! The nightly snapshot of the daemon.

use super::stderr;
use crate::support::store::integrity;
use crate::support::{Daemon, Setup};
use serde_json::Value;
use std::path::PathBuf;

/// Lets the daemon create a missed nightly snapshot immediately after its start.
fn at_once(setup: &mut Setup) {
    setup.toml("[backup]\nstart_delay_s = 0\n");
}

fn snapshots(daemon: &Daemon) -> Vec<Value> {
    let output = daemon.cli(&["snapshots", "list", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_nightly_snapshot_is_made_after_the_start_and_reported() {
    let mut daemon = Daemon::prepare(at_once);
    daemon.seed(include_str!("../api/data.sql"));
    daemon.launch();
    let made = daemon.logs().wait_for_event("SNAPSHOT_CREATED");
    let name = made["name"].as_str().unwrap();
    assert!(name.starts_with("nightly-20") && name.ends_with("Z.db"), "{made}");
    assert_eq!((made["messages"].as_i64(), made["calls"].as_i64()), (Some(5), Some(2)));
    let file = daemon.folder().join("snapshots").join(name);
    assert_eq!(integrity(&file), None);
    // The checksum file must have the format that `sha256sum --check` reads.
    let sum = std::process::Command::new("sha256sum")
        .args(["--check", "--quiet", &format!("{name}.sha256")])
        .current_dir(daemon.folder().join("snapshots"))
        .status();
    assert!(sum.unwrap().success());

    let listed = snapshots(&daemon);
    assert_eq!((listed.len(), &listed[0]["name"], &listed[0]["kind"]), (1, &name.into(), &"nightly".into()));
    let body = daemon.api().get("/api/backups").await.json();
    assert_eq!((&body["status"], &body["snapshots"][0]["name"]), (&"good".into(), &name.into()), "{body}");
    assert_eq!(body["last_run"]["last_bytes"].as_u64(), Some(std::fs::metadata(&file).unwrap().len()));
    assert_eq!(daemon.client().get("/readyz").await.json()["backup"], "ok");
    let numbers = daemon.client().get("/metrics").await.text();
    assert!(numbers.contains("agentlocator_backup_last_success_timestamp_seconds 1"), "{numbers}");
    let staff = daemon.client().with_token(&daemon.token("staff"));
    assert_eq!(staff.get("/api/backups").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_reported_and_clears_with_the_next_snapshot() {
    let mut daemon = Daemon::prepare(|_| {});
    let mount = daemon.folder().join("mount");
    let folder = mount.join("agentlocator");
    daemon.reconfigure(|setup| {
        setup.toml(&format!("[backup]\nstart_delay_s = 0\nfolder = {folder:?}\n"));
    });
    daemon.launch();
    let failed = daemon.logs().wait_for_event("SNAPSHOT_FAILED");
    assert!(failed["error"].as_str().unwrap().contains(mount.to_str().unwrap()), "{failed}");
    assert_eq!(daemon.client().get("/readyz").await.json()["backup"], "error");
    let body = daemon.api().get("/api/backups").await.json();
    assert_eq!((&body["status"], body["last_run"]["last_error"].is_string()), (&"bad".into(), true), "{body}");
    assert!(!mount.exists(), "what is not mounted is not written to");

    std::fs::create_dir(&mount).unwrap();
    let output = daemon.cli(&["snapshots", "create"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(daemon.client().get("/readyz").await.json()["backup"], "ok");
    let files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
}

#[test]
fn a_nightly_snapshot_without_disk_space_is_not_begun() {
    let mut daemon = super::with_data();
    assert!(daemon.stop().success());
    // Makes the published file a sparse file of 8 TiB, for whose copy the disk has no space. The larger of the two
    // databases determines the needed space.
    let live = std::fs::OpenOptions::new().write(true).open(daemon.folder().join("agentlocator.db")).unwrap();
    live.set_len(8 << 40).unwrap();
    let output = daemon.cli(&["snapshots", "create"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("not enough disk space for a snapshot"), "{}", stderr(&output));
    assert_eq!(snapshots(&daemon).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_nightly_snapshot_is_reported_as_off() {
    let daemon = Daemon::start(|setup| {
        setup.toml("[backup]\nenabled = false\nstart_delay_s = 0\n");
    });
    assert_eq!(daemon.client().get("/readyz").await.json()["backup"], "disabled");
}

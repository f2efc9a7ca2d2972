//! Snapshots by command: create, encrypt, verify, delete, restore.

use super::{stderr, with_data};
use crate::support::Daemon;
use crate::support::store::{Acks, Load, StoreFixture, check_copy};
use age::secrecy::ExposeSecret;
use agentlocator::store::Store;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;

fn create(daemon: &Daemon) -> Value {
    let output = daemon.cli(&["snapshots", "create", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_snapshot_is_restored_by_its_name() {
    let mut daemon = with_data();
    let made = create(&daemon);
    let name = made["name"].as_str().unwrap();
    assert!(name.starts_with("manual-"), "{name}");
    let permissions = std::fs::metadata(made["file"].as_str().unwrap()).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
    assert!(daemon.cli(&["user", "add", "dana", "--generate"]).status.success());
    assert!(daemon.stop().success());
    let output = daemon.cli(&["restore", name, "--yes"]);
    assert!(output.status.success(), "{}", stderr(&output));
    daemon.launch();
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM users"), 0);
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM messages"), 5);
}

#[test]
fn an_encrypted_snapshot_in_another_folder_is_decrypted_with_the_key() {
    let key = age::x25519::Identity::generate();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut daemon = with_data();
    assert!(daemon.stop().success());
    daemon.reconfigure(|setup| {
        let folder = elsewhere.path().join("box");
        let recipient = key.to_public();
        setup.toml(&format!("[backup]\nage_recipients = [\"{recipient}\"]\nfolder = {folder:?}\n"));
    });
    let identity = daemon.folder().join("key.txt");
    std::fs::write(&identity, format!("# a key\n{}\n", key.to_string().expose_secret())).unwrap();
    let other = daemon.folder().join("other.txt");
    let other_key = age::x25519::Identity::generate();
    std::fs::write(&other, other_key.to_string().expose_secret()).unwrap();

    let made = create(&daemon);
    let name = made["name"].as_str().unwrap();
    let file = std::path::PathBuf::from(made["file"].as_str().unwrap());
    assert!(name.ends_with(".db.age") && file.starts_with(elsewhere.path()), "{made}");
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
    assert!(!String::from_utf8_lossy(&bytes).contains("SQLite format"));
    let left: Vec<_> =
        std::fs::read_dir(daemon.folder().join("snapshots")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".db")), "an unencrypted file remains: {left:?}");

    let verify = |more: &[&str]| daemon.cli(&[&["snapshots", "verify", name], more].concat());
    let unopened = verify(&[]);
    assert!(unopened.status.success() && String::from_utf8_lossy(&unopened.stdout).contains("was not verified"));
    let opened = verify(&["--identity", identity.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&opened.stdout).contains("5 messages"), "{}", stderr(&opened));
    let refused = verify(&["--identity", other.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    let printed = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(printed.contains("cannot be decrypted"), "{printed}");

    let new = Daemon::prepare(|_| {});
    let with_key = ["restore", file.to_str().unwrap(), "--yes", "--identity", identity.to_str().unwrap()];
    let without = new.cli(&["restore", file.to_str().unwrap(), "--yes"]);
    assert!(stderr(&without).contains("--identity"), "{}", stderr(&without));
    let output = new.cli(&with_key);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(new.query_value::<i64>("SELECT count(*) FROM messages"), 5);
    // A truncated file is rejected.
    std::fs::write(&file, &bytes[..bytes.len() - 70_000]).unwrap();
    assert_eq!(new.cli(&with_key).status.code(), Some(1));
}

#[test]
fn a_damaged_snapshot_is_detected() {
    let daemon = with_data();
    let made = create(&daemon);
    let file = made["file"].as_str().unwrap();
    let mut bytes = std::fs::read(file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(file, bytes).unwrap();
    let output = daemon.cli(&["snapshots", "verify", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report[0]["error"].as_str().unwrap().contains("does not read back as it was written"), "{report}");
    // If the newest snapshot is damaged, no old snapshot is deleted.
    let prune = daemon.cli(&["snapshots", "prune"]);
    assert!(prune.status.code() == Some(1) && stderr(&prune).contains("nothing was deleted"), "{}", stderr(&prune));
}

#[test]
fn old_snapshots_are_deleted_and_other_files_are_kept() {
    let mut daemon = with_data();
    assert!(daemon.stop().success());
    daemon.reconfigure(|setup| {
        setup.toml("[backup]\nkeep_days = 3\nkeep_weeks = 2\n");
    });
    let folder = daemon.folder().join("snapshots");
    std::fs::create_dir_all(&folder).unwrap();
    let place = |name: &str| std::fs::copy(daemon.published_file(), folder.join(name)).unwrap();
    // Creates nightly snapshots of ten nights in March. March 2 was a Monday.
    for day in 1..=10 {
        place(&format!("nightly-202603{day:02}T030000000Z.db"));
    }
    for name in ["mine.db", "nightly-of-mine.db", "pre-migration-V1-20260301T030000000Z.db"] {
        place(name);
    }
    let made = create(&daemon);
    let left: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.contains(".sha256") && name.contains(".db"))
        .collect();
    let stays = |name: &str| left.iter().any(|found| found == name);
    // The settings keep the snapshots of the last three nights. The snapshot of March 8 is also the last one of its
    // week. The manual snapshot does not count as one of them.
    let nights = ["nightly-20260310T030000000Z.db", "nightly-20260309T030000000Z.db", "nightly-20260308T030000000Z.db"];
    for name in nights.into_iter().chain(made["name"].as_str()) {
        assert!(stays(name), "{name}: {left:?}");
    }
    assert!(stays("mine.db") && stays("nightly-of-mine.db") && stays("pre-migration-V1-20260301T030000000Z.db"));
    assert_eq!(left.len(), 7, "{left:?}");
    assert_eq!(made["dropped"].as_array().unwrap().len(), 7);
}

async fn under_load(count: usize, clients: usize) {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let acks: Arc<Acks> = Arc::new(fixture.acks(clients));
    let load = Load::start(&store, &acks);
    for _ in 0..count {
        let (acknowledged, published) = (acks.all(), fixture.published());
        let run = move || {
            let command = Command::new(env!("CARGO_BIN_EXE_agentlocator"))
                .args(["snapshots", "create", "--json"])
                .env_clear()
                .env("DATABASE_URL", published)
                .output();
            let output = command.unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
            let made: Value = serde_json::from_slice(&output.stdout).unwrap();
            let file = std::path::PathBuf::from(made["file"].as_str().unwrap());
            (check_copy(&file, &acknowledged), std::fs::remove_file(&file))
        };
        assert_eq!(tokio::task::spawn_blocking(run).await.unwrap().0, None);
    }
    load.stop().await;
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_under_load_has_everything_that_was_acknowledged_before() {
    under_load(10, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_a_snapshot_under_load_has_everything_that_was_acknowledged_before() {
    under_load(200, 16).await;
}

//! Snapshots in a bucket.

use super::{stderr, with_data};
use crate::support::s3::{BUCKET, KEY_ID, REGION, S3, SECRET};
use crate::support::{Daemon, Setup};
use age::secrecy::ExposeSecret;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

fn with_bucket(setup: &mut Setup, s3: &S3, more: &str) {
    setup.env("BACKUP_S3_ACCESS_KEY_ID", KEY_ID).env("BACKUP_S3_SECRET_ACCESS_KEY", SECRET).toml(&format!(
        "[backup]\nkeep_days = 2\nkeep_weeks = 1\nstart_delay_s = 86400\ns3_endpoint = {:?}\ns3_bucket = \"{BUCKET}\"\n\
             s3_region = \"{REGION}\"\ns3_prefix = \"shop/\"\n{more}",
        s3.origin
    ));
}

fn box_with_bucket(s3: &S3) -> Daemon {
    let mut daemon = with_data();
    assert!(daemon.stop().success());
    daemon.reconfigure(|setup| with_bucket(setup, s3, ""));
    daemon
}

fn cli(daemon: &Daemon, arguments: &[&str]) -> std::process::Output {
    tokio::task::block_in_place(|| daemon.cli(arguments))
}

fn create(daemon: &Daemon) -> Value {
    let output = cli(daemon, &["snapshots", "create", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_survives_network_errors_expires_and_can_be_restored_elsewhere() {
    let s3 = S3::start().await;
    let daemon = box_with_bucket(&s3);
    for day in 1..=5 {
        s3.put(&format!("shop/nightly-2026030{day}T030000000Z.db"), b"older");
    }
    s3.put("shop/mine.txt", b"mine");
    s3.put("other/nightly-20260301T030000000Z.db", b"of another box");
    s3.fail_every(3);
    let made = create(&daemon);
    let key = format!("shop/{}", made["name"].as_str().unwrap());
    assert_eq!(s3.object(&key), std::fs::read(made["file"].as_str().unwrap()).unwrap());
    let keys = s3.keys();
    let expected = [
        key.as_str(),
        "other/nightly-20260301T030000000Z.db",
        "shop/mine.txt",
        "shop/nightly-20260304T030000000Z.db",
        "shop/nightly-20260305T030000000Z.db",
    ];
    assert_eq!(keys.len(), expected.len(), "{keys:?}");
    assert!(expected.iter().all(|key| keys.iter().any(|found| found == key)), "{keys:?}");

    let new = Daemon::prepare(|setup| with_bucket(setup, &s3, ""));
    let listed = cli(&new, &["snapshots", "list", "--bucket", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert!(listed.as_array().unwrap().iter().any(|one| one["name"] == made["name"]), "{listed}");
    let name = made["name"].as_str().unwrap();
    let fetched = cli(&new, &["snapshots", "fetch", name]);
    assert!(fetched.status.success(), "{}", stderr(&fetched));
    let restored = cli(&new, &["restore", name, "--yes"]);
    assert!(restored.status.success(), "{}", stderr(&restored));
    assert_eq!(new.query_value::<i64>("SELECT count(*) FROM messages"), 5);
}

/// The folder of the snapshots may be one that every user can enter.
#[tokio::test(flavor = "multi_thread")]
async fn a_fetched_snapshot_is_readable_only_by_its_owner() {
    let s3 = S3::start().await;
    let made = create(&box_with_bucket(&s3));
    let name = made["name"].as_str().unwrap();
    let new = Daemon::prepare(|setup| with_bucket(setup, &s3, ""));
    let fetched = cli(&new, &["snapshots", "fetch", name]);
    assert!(fetched.status.success(), "{}", stderr(&fetched));
    let file = std::fs::metadata(new.folder().join("snapshots").join(name)).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_encryption_no_unencrypted_snapshot_is_uploaded() {
    let s3 = S3::start().await;
    let mut daemon = with_data();
    assert!(daemon.stop().success());
    let recipient = age::x25519::Identity::generate().to_public();
    daemon.reconfigure(|setup| with_bucket(setup, &s3, &format!("age_recipients = [\"{recipient}\"]\n")));
    let older = "pre-migration-V1-20260301T030000000Z.db";
    let folder = daemon.folder().join("snapshots");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(older), b"as the migration wrote it").unwrap();
    let listed = String::from_utf8(cli(&daemon, &["snapshots", "list"]).stdout).unwrap();
    assert!(listed.contains(older), "{listed}");
    let made = create(&daemon);
    assert_eq!(s3.keys(), [format!("shop/{}", made["name"].as_str().unwrap())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_snapshot_from_the_bucket_is_verified_only_with_the_key() {
    let s3 = S3::start().await;
    let mut daemon = with_data();
    assert!(daemon.stop().success());
    let key = age::x25519::Identity::generate();
    daemon.reconfigure(|setup| with_bucket(setup, &s3, &format!("age_recipients = [\"{}\"]\n", key.to_public())));
    let made = create(&daemon);
    let name = made["name"].as_str().unwrap();

    let new = Daemon::prepare(|setup| with_bucket(setup, &s3, ""));
    let identity = new.folder().join("key.txt");
    std::fs::write(&identity, key.to_string().expose_secret()).unwrap();
    let fetched = cli(&new, &["snapshots", "fetch", name]);
    assert!(fetched.status.success() && stderr(&fetched).contains("not verified"), "{}", stderr(&fetched));
    let unverified = cli(&new, &["snapshots", "verify"]);
    let printed = String::from_utf8_lossy(&unverified.stdout).into_owned();
    assert!(printed.starts_with(&format!("not verified  {name}")) && printed.contains("--identity"), "{printed}");
    assert!(unverified.status.code() == Some(1) && !printed.contains("good"), "{printed}");
    let reported = cli(&new, &["snapshots", "verify", "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&reported.stdout).unwrap()[0]["good"], false);
    let opened = cli(&new, &["snapshots", "verify", "--identity", identity.to_str().unwrap()]);
    assert!(opened.status.success(), "{}", stderr(&opened));

    // No old snapshot is deleted while the newest one is not verified.
    std::fs::remove_file(format!("{}.sha256", made["file"].as_str().unwrap())).unwrap();
    let prune = cli(&daemon, &["snapshots", "prune"]);
    assert!(prune.status.code() == Some(1) && stderr(&prune).contains("nothing was deleted"), "{}", stderr(&prune));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_snapshot_is_uploaded_in_parts_and_unfinished_uploads_are_aborted() {
    let s3 = S3::start().await;
    let daemon = box_with_bucket(&s3);
    daemon.seed("UPDATE messages SET content_text = hex(zeroblob(10000000)) WHERE id = 1");
    let left = s3.begin_upload("shop/nightly-20260301T030000000Z.db");
    let note = serde_json::json!({ "key": "shop/nightly-20260301T030000000Z.db", "upload_id": left });
    std::fs::create_dir_all(daemon.folder().join("snapshots")).unwrap();
    std::fs::write(daemon.folder().join("snapshots/.upload.json"), note.to_string()).unwrap();
    s3.fail_every(4);
    let made = create(&daemon);
    let key = format!("shop/{}", made["name"].as_str().unwrap());
    assert_eq!(s3.object(&key), std::fs::read(made["file"].as_str().unwrap()).unwrap());
    let requests = s3.requests();
    assert!(requests.iter().filter(|request| request.contains("partNumber")).count() >= 2, "{requests:?}");
    assert!(
        !requests.iter().any(|request| request.starts_with("GET") && request.contains(&key)),
        "its ETag was enough"
    );
    assert_eq!(s3.unfinished(), 0);
    assert!(!daemon.folder().join("snapshots/.upload.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_without_a_checksum_in_the_answer_is_read_back() {
    let s3 = S3::start().await;
    let daemon = box_with_bucket(&s3);
    s3.use_opaque_etags();
    let made = create(&daemon);
    let read_back = format!("GET /{BUCKET}/shop/{} ", made["name"].as_str().unwrap());
    assert!(s3.requests().contains(&read_back), "{:?}", s3.requests());
    s3.corrupt_uploads(true);
    let output = cli(&daemon, &["snapshots", "create"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("does not read back as it was written"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_reported_in_the_servers_words_and_the_snapshot_is_kept() {
    let s3 = S3::start().await;
    let mut daemon = box_with_bucket(&s3);
    daemon.reconfigure(|setup| {
        setup.env("BACKUP_S3_SECRET_ACCESS_KEY", "not-the-secret").toml(&format!(
            "[backup]\nstart_delay_s = 0\ns3_endpoint = {:?}\ns3_bucket = \"{BUCKET}\"\ns3_region = \"{REGION}\"\n",
            s3.origin
        ));
    });
    tokio::task::block_in_place(|| daemon.launch());
    let failed = tokio::task::block_in_place(|| daemon.logs().wait_for_event("SNAPSHOT_BUCKET_FAILED"));
    assert!(failed["error"].as_str().unwrap().contains("SignatureDoesNotMatch"), "{failed}");
    assert!(!daemon.logs().lines().join("\n").contains("not-the-secret"));
    let body = tokio::task::block_in_place(|| daemon.api()).get("/api/backups").await.json();
    assert_eq!((&body["status"], body["snapshots"].as_array().unwrap().len()), (&"bad".into(), 1), "{body}");
    assert_eq!(daemon.client().get("/readyz").await.json()["backup"], "error");

    // Snapshots that are missing in the bucket are uploaded as soon as the bucket is available. No second snapshot is
    // created in the same night: the daemon uploads missing snapshots only after it has found that no new one is due.
    tokio::task::block_in_place(|| daemon.stop());
    daemon.reconfigure(|setup| {
        setup.env("BACKUP_S3_SECRET_ACCESS_KEY", SECRET);
    });
    tokio::task::block_in_place(|| daemon.launch());
    tokio::task::block_in_place(|| daemon.logs().wait_for_event("SNAPSHOT_BUCKET_FILLED"));
    let body = tokio::task::block_in_place(|| daemon.api()).get("/api/backups").await.json();
    assert_eq!((&body["status"], body["snapshots"].as_array().unwrap().len()), (&"good".into(), 1), "{body}");
    assert_eq!((s3.keys().len(), daemon.logs().events_named("SNAPSHOT_CREATED").len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_made_without_the_keys_of_the_bucket_keeps_the_record_of_a_failed_upload() {
    let s3 = S3::start().await;
    let mut daemon = box_with_bucket(&s3);
    daemon.reconfigure(|setup| {
        setup.env("BACKUP_S3_SECRET_ACCESS_KEY", "not-the-secret");
    });
    assert_eq!(cli(&daemon, &["snapshots", "create"]).status.code(), Some(1));
    let recorded = |daemon: &Daemon| -> Value {
        let text = std::fs::read(daemon.folder().join("snapshots/status.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let failed = recorded(&daemon);
    assert!(!failed["bucket_error"].is_null(), "{failed}");
    daemon.reconfigure(|setup| {
        setup.env("BACKUP_S3_SECRET_ACCESS_KEY", "");
    });
    let made = cli(&daemon, &["snapshots", "create"]);
    assert!(made.status.success() && stderr(&made).contains("cannot read the keys"), "{}", stderr(&made));
    let now = recorded(&daemon);
    assert_eq!(now["bucket_error"], failed["bucket_error"], "{now}");
    assert_ne!(now["last_snapshot"], failed["last_snapshot"], "{now}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_upload_to_a_bucket_that_was_removed_is_no_failure() {
    let s3 = S3::start().await;
    let mut daemon = box_with_bucket(&s3);
    daemon.reconfigure(|setup| {
        setup.env("BACKUP_S3_SECRET_ACCESS_KEY", "not-the-secret");
    });
    cli(&daemon, &["snapshots", "create"]);
    let status = async |daemon: &Daemon| {
        tokio::task::block_in_place(|| daemon.api()).get("/api/backups").await.json()["status"].clone()
    };
    tokio::task::block_in_place(|| daemon.launch());
    assert_eq!(status(&daemon).await, "bad");
    tokio::task::block_in_place(|| daemon.stop());
    daemon.reconfigure(|setup| {
        setup.env("BACKUP_S3_ACCESS_KEY_ID", "").env("BACKUP_S3_SECRET_ACCESS_KEY", "").toml("");
    });
    tokio::task::block_in_place(|| daemon.launch());
    assert_eq!(status(&daemon).await, "good");
}

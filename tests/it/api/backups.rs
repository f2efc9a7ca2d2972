//! Snapshots on request, and their download.

use super::with_data;
use crate::support::access::PASSWORD;
use crate::support::client::send;
use crate::support::small_disk::SmallDisk;
use crate::support::whatsapp::until;
use crate::support::{Client, Daemon};
use reqwest::Method;
use serde_json::{Value, json};

/// Creates a snapshot and returns its name.
async fn created(owner: &Client) -> String {
    let known = owner.get("/api/backups").await.json()["snapshots"].as_array().unwrap().len();
    let reply = owner.post_json("/api/backups", &json!({})).await;
    assert_eq!((reply.status, reply.json()["kind"].clone()), (202, json!("manual")), "{}", reply.text());
    until("the snapshot", async || {
        let list = owner.get("/api/backups").await.json();
        let snapshots = list["snapshots"].as_array().unwrap();
        let is_over = list["running"].is_null() && snapshots.len() > known;
        is_over.then(|| snapshots[0]["name"].as_str().unwrap().to_owned())
    })
    .await
}

async fn confirm(owner: &Client, password: &str) -> u16 {
    owner.post_json("/api/session/confirm", &json!({"password": password})).await.status
}

#[tokio::test]
async fn a_snapshot_on_request_is_listed_and_reported() {
    let (daemon, api) = with_data();
    let before: i64 = daemon.query_value("SELECT count(*) FROM changes WHERE kind = 'backup_updated'");
    let name = created(&api).await;
    assert!(name.starts_with("manual-20"), "{name}");
    assert!(daemon.folder().join("snapshots").join(&name).is_file());
    until("both changes", async || {
        let now: i64 = daemon.query_value("SELECT count(*) FROM changes WHERE kind = 'backup_updated'");
        (now == before + 2).then_some(())
    })
    .await;
    let list = api.get("/api/backups").await.json();
    assert_eq!((&list["status"], &list["snapshots"][0]["kind"]), (&json!("good"), &json!("manual")));
    assert_eq!(list["database"], json!(daemon.published_file().display().to_string()));
    assert_eq!(list["folder"], json!(daemon.folder().join("snapshots").display().to_string()));
    let staff = daemon.client().with_token(&daemon.token("staff"));
    assert_eq!(staff.post_json("/api/backups", &json!({})).await.status, 403);
}

#[tokio::test]
async fn only_one_snapshot_is_made_at_a_time() {
    let (daemon, api) = with_data();
    let lock = daemon.folder().join("snapshots/.lock");
    created(&api).await;
    // Holds the lock, as another process such as `agentlocator snapshots create` does.
    let held = std::fs::File::open(&lock).unwrap();
    held.lock().unwrap();
    let refused = api.post_json("/api/backups", &json!({})).await;
    assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (409, json!("backup_running")));
    drop(held);
    created(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_without_disk_space_is_refused_with_the_missing_amount() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let mut daemon = Daemon::prepare(|setup| {
        setup.env("DATABASE_URL", disk.path().join("agentlocator.db").display().to_string());
        setup.toml("[disk]\nmedia_stops_below = \"4 MB\"\ncritical_below = \"1 MB\"\n");
    });
    daemon.launch();
    let ballast = disk.fill(20 << 20);
    let api = daemon.api();
    let refused = api.post_json("/api/backups", &json!({})).await;
    let error = refused.json()["error"].clone();
    assert_eq!((refused.status, &error["code"]), (409, &json!("no_space")), "{error}");
    let number = |name: &str| error["params"][name].as_str().unwrap().parse::<u64>().unwrap();
    assert!(number("needed_mb") > number("free_mb"), "{error}");
    assert_eq!(api.get("/api/backups").await.json()["running"], Value::Null);
    std::fs::remove_file(ballast).unwrap();
    created(&api).await;
}

#[tokio::test]
async fn a_download_needs_the_password_again_and_is_recorded() {
    let (daemon, api) = with_data();
    let owner = daemon.logged_in("dana", "owner").await;
    let name = created(&owner).await;
    let path = format!("/api/backups/{name}/download");
    let refused = owner.get(&path).await;
    assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (403, json!("confirmation_required")));
    assert_eq!(confirm(&owner, "a wrong one").await, 403);
    assert_eq!(owner.get(&path).await.status, 403);
    assert_eq!(confirm(&owner, PASSWORD).await, 200);

    let whole = owner.get(&path).await;
    let file = std::fs::read(daemon.folder().join("snapshots").join(&name)).unwrap();
    assert_eq!((whole.status, whole.body == file), (200, true));
    assert_eq!(whole.header("content-disposition"), format!("attachment; filename=\"agentlocator-{name}\""));
    assert_eq!(whole.header("content-length"), file.len().to_string());
    let part = send(owner.request(Method::GET, &path).header("range", "bytes=16-19")).await;
    assert_eq!((part.status, &part.body[..]), (206, &file[16..20]));
    let downloads =
        "SELECT count(*) FROM audit_log WHERE action = 'backup_downloaded' AND actor LIKE 'user:%' AND subject = ";
    assert_eq!(daemon.query_value::<i64>(&format!("{downloads}'backup:{name}'")), 2);

    // A password confirmation is valid only for its session. A request with a token needs no confirmation.
    let elsewhere = daemon.log_in("dana", PASSWORD).await;
    assert_eq!(elsewhere.get(&path).await.status, 403);
    assert_eq!(api.get(&path).await.status, 200);
    let staff = daemon.client().with_token(&daemon.token("staff"));
    assert_eq!(staff.get(&path).await.status, 403);
    assert_eq!(confirm(&staff, PASSWORD).await, 403);
}

#[tokio::test]
async fn only_snapshots_are_downloaded() {
    let (daemon, api) = with_data();
    let name = created(&api).await;
    let folder = daemon.folder().join("snapshots");
    let linked = "manual-20261120T191535123Z.db";
    std::os::unix::fs::symlink(daemon.folder().join("absent"), folder.join(linked)).unwrap();
    std::fs::write(folder.join("notes.db"), "mine").unwrap();
    for other in ["..%2Fagentlocator.db", "notes.db", ".lock", "status.json", linked, &format!("{name}.sha256")] {
        assert_eq!(api.get(&format!("/api/backups/{other}/download")).await.status, 404, "{other}");
    }
}

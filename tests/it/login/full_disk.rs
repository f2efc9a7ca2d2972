//! Logging in and out while nothing can be stored.

use crate::support::access::PASSWORD;
use crate::support::small_disk::SmallDisk;
use crate::support::whatsapp::until;
use crate::support::{Client, Daemon};
use serde_json::json;
use std::path::PathBuf;

async fn status(client: &Client) -> u16 {
    client.get("/api/session").await.status
}

fn on_small_disk(disk: &SmallDisk) -> Daemon {
    let mut daemon = Daemon::prepare(|setup| {
        setup.env("DATABASE_URL", disk.path().join("agentlocator.db").display().to_string());
        setup.toml("[disk]\nmedia_stops_below = \"4 MB\"\ncritical_below = \"1 MB\"\n");
    });
    daemon.launch();
    daemon
}

/// Fills the disk until the daemon refuses a write, and returns the file that fills it.
async fn fill(disk: &SmallDisk, client: &Client) -> PathBuf {
    let ballast = disk.fill(0);
    // The daemon has a reserve, which a few writes use.
    until("the store to refuse a write", async || {
        let refused = client.post_json("/api/tasks", &json!({"title": "x"})).await;
        assert!([201, 503].contains(&refused.status), "{}", refused.text());
        (refused.status == 503).then_some(())
    })
    .await;
    ballast
}

#[tokio::test(flavor = "multi_thread")]
async fn users_log_in_and_out_on_a_full_disk_and_it_is_stored_later() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let mut daemon = on_small_disk(&disk);
    let (first, stays) = (daemon.logged_in("dana", "owner").await, daemon.log_in("dana", PASSWORD).await);
    let ballast = fill(&disk, &stays).await;

    let second = daemon.log_in("dana", PASSWORD).await;
    assert_eq!((status(&second).await, second.get("/api/threads").await.status), (200, 200));
    let third = daemon.log_in("dana", PASSWORD).await;
    for client in [&first, &third] {
        assert_eq!(client.post_json("/api/logout", &json!({})).await.status, 200);
        assert_eq!(status(client).await, 401);
    }
    let (fourth, fifth) = (daemon.log_in("dana", PASSWORD).await, daemon.log_in("dana", PASSWORD).await);
    for client in [&stays, &second, &fourth, &fifth] {
        assert_eq!(status(client).await, 200);
    }

    std::fs::remove_file(ballast).unwrap();
    // Usually before the daemon has tried again to store this session.
    assert_eq!(fourth.post_json("/api/logout", &json!({})).await.status, 200);
    assert_eq!(status(&fourth).await, 401);
    until("the login and the logouts to be stored", async || {
        let audit = stays.get("/api/audit?limit=50").await.json();
        let items = audit["items"].as_array().unwrap();
        let count = |action: &str| items.iter().filter(|row| row["action"] == action).count();
        (count("login") >= 4 && count("logout") == 3).then_some(())
    })
    .await;
    assert_eq!((status(&fourth).await, status(&fifth).await), (401, 200));
    tokio::task::block_in_place(|| daemon.restart());
    let after = [status(&first).await, status(&stays).await, status(&second).await, status(&third).await];
    assert_eq!(after, [401, 200, 200, 401]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_a_session_that_is_not_stored_yet() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let daemon = on_small_disk(&disk);
    let stays = daemon.logged_in("dana", "owner").await;
    let ballast = fill(&disk, &stays).await;
    let other = daemon.log_in("dana", PASSWORD).await;
    assert_eq!(status(&other).await, 200);

    std::fs::remove_file(ballast).unwrap();
    let change = json!({"current_password": PASSWORD, "new_password": "better horse"});
    until("the password to be changed", async || {
        let changed = stays.post_json("/api/password", &change).await.status;
        assert!([200, 503].contains(&changed), "{changed}");
        (changed == 200).then_some(())
    })
    .await;
    assert_eq!((status(&stays).await, status(&other).await), (200, 401));
}

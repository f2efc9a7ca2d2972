//! Logging in and out while nothing can be stored.

use crate::support::access::PASSWORD;
use crate::support::small_disk::SmallDisk;
use crate::support::whatsapp::until;
use crate::support::{Client, Daemon};
use serde_json::json;

async fn status(client: &Client) -> u16 {
    client.get("/api/session").await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn users_log_in_and_out_on_a_full_disk_and_it_is_stored_later() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let mut daemon = Daemon::prepare(|setup| {
        setup.env("DATABASE_URL", disk.path().join("agentlocator.db").display().to_string());
        setup.toml("[disk]\nmedia_stops_below = \"4 MB\"\ncritical_below = \"1 MB\"\n");
    });
    daemon.launch();
    let (first, stays) = (daemon.logged_in("dana", "owner").await, daemon.log_in("dana", PASSWORD).await);
    let ballast = disk.fill(0);
    // The daemon has a reserve, which a few writes use.
    until("the store to refuse a write", async || {
        let refused = stays.post_json("/api/tasks", &json!({"title": "x"})).await;
        assert!([201, 503].contains(&refused.status), "{}", refused.text());
        (refused.status == 503).then_some(())
    })
    .await;

    let second = daemon.log_in("dana", PASSWORD).await;
    assert_eq!((status(&second).await, second.get("/api/threads").await.status), (200, 200));
    let third = daemon.log_in("dana", PASSWORD).await;
    for client in [&first, &third] {
        assert_eq!(client.post_json("/api/logout", &json!({})).await.status, 200);
        assert_eq!(status(client).await, 401);
    }
    assert_eq!((status(&stays).await, status(&second).await), (200, 200));

    std::fs::remove_file(ballast).unwrap();
    until("the login and the logouts to be stored", async || {
        let audit = stays.get("/api/audit?limit=50").await.json();
        let items = audit["items"].as_array().unwrap();
        let count = |action: &str| items.iter().filter(|row| row["action"] == action).count();
        (count("login") == 3 && count("logout") == 2).then_some(())
    })
    .await;
    tokio::task::block_in_place(|| daemon.restart());
    let after = [status(&first).await, status(&stays).await, status(&second).await, status(&third).await];
    assert_eq!(after, [401, 200, 200, 401]);
}

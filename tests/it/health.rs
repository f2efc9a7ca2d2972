//! Health and version.

use super::support::{Daemon, client::send};
use reqwest::Method;

#[tokio::test]
async fn it_is_alive_without_any_setting() {
    let daemon = Daemon::start(|_| {});
    let client = daemon.client();
    for path in ["/", "/healthz", "/livez"] {
        let reply = client.get(path).await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "ok"), "{path}");
        assert!(reply.header("content-type").starts_with("text/plain"), "{path}");
        let head = client.head(path).await;
        assert_eq!((head.status, head.body.len(), head.header("content-length")), (200, 0, "2"), "{path}");
    }
}

#[tokio::test]
async fn a_browser_is_shown_to_the_page() {
    let daemon = Daemon::start(|_| {});
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let reply = send(daemon.client().request(Method::GET, "/").header("accept", accept)).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/app/"));
}

#[tokio::test]
async fn the_version_is_what_the_environment_says() {
    let daemon = Daemon::start(|setup| {
        setup.env("GIT_COMMIT", "abc123").env("BUILD_TIME", "2026-11-20T09:00:00Z").env("DEPLOY_ID", "d-7");
    });
    let version = daemon.client().get("/version").await.json();
    assert_eq!(version["app"], "AgentLocator");
    assert_eq!(version["commit"], "abc123");
    assert_eq!(version["build_time"], "2026-11-20T09:00:00Z");
    assert_eq!(version["deploy_id"], "d-7");
    assert!(version["ts"].as_i64().unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn it_keeps_its_address_over_restarts_and_stops_cleanly() {
    let mut daemon = Daemon::start(|_| {});
    assert_eq!(daemon.stdout().lines().iter().filter(|line| line.starts_with("Applied migration: ")).count(), 1);
    daemon.restart();
    assert_eq!(daemon.client().get("/healthz").await.status, 200);
    daemon.kill9();
    daemon.launch();
    assert_eq!(daemon.client().get("/healthz").await.status, 200);
    assert_eq!(daemon.stdout().lines().iter().filter(|line| line.starts_with("Applied migration: ")).count(), 1);
    assert!(daemon.stop().success());
}

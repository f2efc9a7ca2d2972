//! The health endpoints, the version and the metrics.

use super::support::log::WAIT_TIMEOUT;
use super::support::{Daemon, client::send};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_daemon_is_alive_without_any_setting() {
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
async fn a_browser_is_redirected_to_the_page() {
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
async fn the_listener_keeps_its_address_over_restarts_and_stops_cleanly() {
    let migrations = std::fs::read_dir(format!("{}/migrations", env!("CARGO_MANIFEST_DIR"))).unwrap().count();
    let mut daemon = Daemon::start(|_| {});
    assert_eq!(
        daemon.stdout().lines().iter().filter(|line| line.starts_with("Applied migration: ")).count(),
        migrations
    );
    daemon.restart();
    assert_eq!(daemon.client().get("/healthz").await.status, 200);
    daemon.kill9();
    daemon.launch();
    assert_eq!(daemon.client().get("/healthz").await.status, 200);
    assert_eq!(
        daemon.stdout().lines().iter().filter(|line| line.starts_with("Applied migration: ")).count(),
        migrations
    );
    assert!(daemon.stop().success());
}

#[tokio::test]
async fn readyz_reports_the_state_of_each_part() {
    let daemon = Daemon::start(|_| {});
    let reply = daemon.client().get("/readyz").await;
    let parts = reply.json();
    assert_eq!((reply.status, &parts["db"]), (200, &json!("ok")));
    for part in ["openai", "tts", "twilio_secrets", "baileys"] {
        assert_eq!(parts[part], "disabled", "{part}");
    }
    for part in ["disk", "published_copy", "integrity"] {
        assert_eq!(parts[part], "ok", "{part}");
    }
    assert_eq!(daemon.client().head("/readyz").await.status, 200);

    let daemon = Daemon::start(|setup| {
        setup.env("OPENAI_API_KEY", "sk-0123456789").env("TWILIO_AUTH_TOKEN", "0123456789abcdef");
    });
    let parts = daemon.client().get("/readyz").await.json();
    assert_eq!((&parts["openai"], &parts["twilio_secrets"]), (&json!("ok"), &json!("ok")));
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_not_ready_until_it_can() {
    let daemon = Daemon::start(|_| {});
    daemon.let_files_grow("1024:unlimited");
    let not_ready = wait_for_ready(&daemon, 503).await;
    assert_eq!(not_ready["db"], "error");
    assert_eq!(daemon.client().get("/livez").await.text(), "ok");
    assert_eq!(daemon.client().get("/healthz").await.text(), "ok");
    daemon.let_files_grow("unlimited:unlimited");
    assert_eq!(wait_for_ready(&daemon, 200).await["db"], "ok");
}

/// Repeats the request until the response has this status, because the daemon caches the result of a check for a
/// second.
async fn wait_for_ready(daemon: &Daemon, status: u16) -> Value {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    loop {
        let asked = Instant::now();
        let reply = daemon.client().get("/readyz").await;
        assert!(asked.elapsed() < Duration::from_secs(2), "it took {:?}", asked.elapsed());
        if reply.status == status {
            return reply.json();
        }
        assert!(Instant::now() < deadline, "{} {}", reply.status, reply.text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn readyz_never_waits_for_the_bridge() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let daemon = Daemon::start(|setup| {
        setup
            .env("BAILEYS_WEBHOOK_SECRET", "0123456789")
            .env("BAILEYS_OUTBOUND_URL", format!("http://{}/send", silent.local_addr().unwrap()));
    });
    let asked = Instant::now();
    let replies = tokio::join!(ready(&daemon), ready(&daemon), ready(&daemon));
    assert!(asked.elapsed() < Duration::from_millis(1500), "it took {:?}", asked.elapsed());
    for (status, baileys) in <[_; 3]>::from(replies) {
        assert_eq!((status, baileys.as_str()), (200, "error"));
    }
}

async fn ready(daemon: &Daemon) -> (u16, String) {
    let reply = daemon.client().get("/readyz").await;
    (reply.status, reply.json()["baileys"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn metrics_are_served_to_loopback_or_with_a_token() {
    let daemon = Daemon::start(|_| {});
    let client = daemon.client();
    client.get("/healthz").await;
    let numbers = client.get("/metrics").await;
    assert_eq!(numbers.status, 200);
    assert!(numbers.header("content-type").starts_with("text/plain; version=0.0.4"));
    for line in [
        "agentlocator_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1",
        "agentlocator_http_request_duration_seconds_bucket{route=\"/healthz\",le=\"0.5\"} 1",
        "agentlocator_outbox_messages 0",
        "agentlocator_calls_open 0",
        "agentlocator_calls_live 0",
        // The value is not checked, because the daemon may still be writing data of its start.
        "agentlocator_store_writes_waiting ",
    ] {
        assert!(numbers.text().contains(line), "{line} is not in\n{}", numbers.text());
    }
    let from_afar = client.with_header("x-forwarded-for", "203.0.113.7");
    assert_eq!(from_afar.get("/metrics").await.status, 401);
    assert_eq!(from_afar.clone().with_token("agl_wrong").get("/metrics").await.status, 401);
    assert_eq!(from_afar.with_token(&daemon.token("staff")).get("/metrics").await.status, 200);
}

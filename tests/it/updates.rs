//! The check for a newer release runs only if it is enabled, and sends no data that identifies the server.

use super::support::Daemon;
use super::support::fake_server::FakeServer;
use super::support::whatsapp::until;
use agentlocator::clock;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const NEWER: &str =
    r#"{"version":"99.1.0","date":"2026-11-01","notes_url":"https://releases.example/99.1.0","urgent":true}"#;

/// Starts a release feed that records its requests.
fn feed(body: &'static str) -> (FakeServer, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let memory = asked.clone();
    let fake_server = FakeServer::start(None, move |head| {
        memory.lock().unwrap().push(head.to_owned());
        FakeServer::answer(200, body, Duration::ZERO).replacen("\r\n", "\r\nETag: \"one\"\r\n", 1)
    });
    (fake_server, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_release_is_reported_once_and_the_feed_learns_nothing() {
    let (feed, asked) = feed(NEWER);
    let url = format!("{}/feed.json", feed.url());
    let mut daemon = Daemon::start(|setup| {
        setup.env("UPDATES_CHECK", "weekly").env("UPDATES_FEED_URL", &url);
    });
    let event = daemon.logs().wait_for_event("UPDATE_AVAILABLE");
    assert_eq!((event["version"].as_str(), event["level"].as_str()), (Some("99.1.0"), Some("warn")));
    let api = daemon.api();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let update_status = loop {
        let update_status = api.get("/api/updates").await.json();
        if !update_status["newest"].is_null() {
            break update_status;
        }
        assert!(std::time::Instant::now() < deadline, "{update_status}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!((&update_status["is_newer"], &update_status["newest"]["version"]), (&true.into(), &"99.1.0".into()));
    let output = daemon.cli(&["doctor", "--json"]);
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("version 99.1.0, released on 2026-11-01, is available"), "{report}");

    daemon.restart();
    assert!(daemon.stop().success());
    assert_eq!(daemon.logs().events_named("UPDATE_AVAILABLE").len(), 1, "each release is reported once");
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1, "once a week: {asked:?}");
    let mut fields: Vec<_> =
        asked[0].lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, _)| name.to_lowercase()).collect();
    fields.sort();
    assert_eq!(fields, ["accept", "host", "user-agent"], "{}", asked[0]);
    assert!(asked[0].starts_with("GET /feed.json HTTP/1.1\r\n"), "{}", asked[0]);
    assert!(asked[0].to_lowercase().contains("user-agent: agentlocator\r\n"), "no version: {}", asked[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_check_is_dated_when_it_was_made() {
    let feed = FakeServer::start(None, |_| FakeServer::answer(500, "", Duration::ZERO));
    let url = format!("{}/feed.json", feed.url());
    let before = clock::now().to_string();
    let daemon = Daemon::start(|setup| {
        setup.env("UPDATES_CHECK", "weekly").env("UPDATES_FEED_URL", &url);
    });
    daemon.logs().wait_for_event("UPDATE_CHECK_FAILED");
    let api = daemon.api();
    let (checked_at, failed) = until("the time of the check", async || {
        let status = api.get("/api/updates").await.json();
        status["checked_at"].as_str().map(|at| (at.to_owned(), status["failed"].clone()))
    })
    .await;
    assert_eq!(failed, true);
    assert!(checked_at >= before, "{checked_at} is before {before}");
}

#[test]
fn no_request_is_sent_unless_it_is_requested() {
    let (feed, asked) = feed(NEWER);
    let mut daemon = Daemon::start(|setup| {
        setup.env("UPDATES_FEED_URL", feed.url());
    });
    daemon.cli(&["doctor"]);
    assert!(daemon.stop().success());
    assert!(asked.lock().unwrap().is_empty());

    let output = daemon.cli(&["version", "--check"]);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("available: 99.1.0"));
    assert_eq!(asked.lock().unwrap().len(), 1);
    daemon.reconfigure(|setup| {
        setup.env("UPDATES_FEED_URL", "");
    });
    let refused = daemon.cli(&["version", "--check"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("apt-cache policy agentlocator"));
}

#[test]
fn an_invalid_release_feed_is_ignored() {
    for body in [
        "<html>",
        r#"{"version":"latest"}"#,
        r#"{"version":"99.0.0","notes_url":"http://x.example/"}"#,
        "{\"version\":\"99.0.0\",\"date\":\"\u{1b}[31m\"}",
    ] {
        let (feed, _) = feed(body);
        let daemon = Daemon::prepare(|setup| {
            setup.env("UPDATES_FEED_URL", feed.url());
        });
        let output = daemon.cli(&["version", "--check"]);
        assert_eq!(output.status.code(), Some(1), "{body}");
    }
}

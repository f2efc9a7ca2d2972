//! A server clock that shows a time in the past.

use super::support::Daemon;
use super::support::whatsapp::{BridgeReply, Shop, until};
use serde_json::Value;

/// Waits until `/readyz` reports this value for the clock.
async fn until_clock_is(daemon: &Daemon, expected: &str) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while daemon.client().get("/readyz").await.json()["clock"] != expected {
        assert!(std::time::Instant::now() < deadline, "the clock is not {expected}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn clock_alert(daemon: &Daemon) -> Value {
    let alerts = daemon.api().get("/api/alerts").await.json();
    let alerts = alerts["items"].as_array().unwrap().clone();
    alerts.into_iter().find(|alert| alert["kind"] == "clock_wrong").unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_before_the_newest_message_is_reported() {
    let daemon = Daemon::prepare(|setup| _ = setup.toml("[alerts]\nsettle_s = 0\n"));
    daemon.seed(include_str!("api/data.sql"));
    daemon.seed("UPDATE threads SET last_message_at = '2199-01-01T00:00:00.000Z' WHERE id = 1");
    let daemon = tokio::task::block_in_place(|| {
        let mut daemon = daemon;
        daemon.launch();
        daemon
    });
    let event = daemon.logs().wait_for_event("CLOCK_BEHIND");
    assert!(event["reason"].as_str().unwrap().contains("before the newest entry"), "{event}");
    until_clock_is(&daemon, "error").await;
    let alert = clock_alert(&daemon).await;
    assert!(alert["detail"]["en"].as_str().unwrap().contains("2199"), "{alert}");
    let doctor = daemon.cli(&["doctor"]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("a time that has passed already"), "{doctor:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_before_the_program_was_built_is_reported() {
    let daemon = Daemon::start(|setup| _ = setup.env("BUILD_TIME", "2199-01-01T00:00:00Z"));
    daemon.logs().wait_for_event("CLOCK_BEHIND");
    until_clock_is(&daemon, "error").await;
}

/// The clock was ahead when the retry of a message and two jobs were planned, one of them new, and was corrected while
/// the machine was off.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_does_not_wait_for_the_time_from_before_the_clock_was_set_back() {
    let mut shop = Shop::open_with(|setup| _ = setup.env("WHATSAPP_PROVIDER", "baileys"), "").await;
    shop.bridge.down(true);
    shop.bridge.reply_next(std::iter::repeat_n(BridgeReply::Refuse(503), 2));
    let answer = shop.say("+972501234567", "patience").await;
    until("an attempt", async || (!shop.bridge.requests().is_empty()).then_some(())).await;
    tokio::task::block_in_place(|| {
        shop.daemon.stop();
        shop.bridge.down(false);
        shop.daemon.seed(
            "DELETE FROM meta WHERE key = 'message_clock.steps';
             UPDATE outbox SET next_attempt_at = '2199-01-01T00:00:00.000Z';
             INSERT INTO jobs(kind, payload, state, run_at, attempts, created_at, updated_at)
                 SELECT 'summarize_call', '{}', 'waiting', '2199-01-01T00:00:00.000Z', value,
                     '2026-01-01T00:00:00.000Z', '' FROM json_each('[0, 1]')",
        );
        shop.daemon.launch();
    });
    shop.until_status(&answer, "sent").await;
    until("both jobs", async || {
        (shop.daemon.query_value::<i64>("SELECT count(*) FROM jobs WHERE state = 'failed'") == 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_clock_is_not_reported() {
    let daemon = Daemon::start(|_| {});
    until_clock_is(&daemon, "ok").await;
    assert!(daemon.logs().events_named("CLOCK_BEHIND").is_empty());
}

/// The clock was ahead when the contact last wrote, and was corrected while the machine was off.
#[tokio::test(flavor = "multi_thread")]
async fn the_reply_window_opens_again_after_the_clock_was_ahead() {
    let mut shop = Shop::open().await;
    shop.receive_by_twilio("+972501234567", "SM00000000000000000000000000000001", "first").await;
    tokio::task::block_in_place(|| {
        shop.daemon.stop();
        let ahead = "'2199-01-01T00:00:00.000Z'";
        shop.daemon.seed(&format!(
            "DELETE FROM meta WHERE key = 'message_clock.steps'; UPDATE messages SET created_at = {ahead};
             UPDATE threads SET last_message_at = {ahead}, last_in_at = {ahead}, last_in_twilio_at = {ahead};"
        ));
        shop.daemon.launch();
    });
    let window = async || {
        let route = shop.api.get("/api/threads/1/route").await.json();
        route["window_until"].as_str().map(str::to_owned)
    };
    let closed = window().await;
    shop.receive_by_twilio("+972501234567", "SM00000000000000000000000000000002", "second").await;
    let open = window().await.unwrap_or_default();
    assert!(closed.is_none() && open.starts_with("20"), "{closed:?} {open}");
}
